"""The one family of errors whose text is meant for people.

Every message says what happened, what was not lost where something could have been, and what to do next.
The user interface shows it in place, the command line prints it and exits with 2; tracebacks go to the log.
Anything that is not an ``MlreviewError`` is a bug, and is shown as one.
"""


class MlreviewError(Exception):
    """Something that a person can act on.

    Args:
        message: What happened and what was not lost, in plain words.
        hint: What to do next; shown as a separate sentence.
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()


class BadInputError(MlreviewError):
    """What was asked for can't be right: refused before anything was read or written."""


class NotFoundError(MlreviewError):
    """The store answered, and what was asked for isn't in it."""


class StoreError(MlreviewError):
    """The tracking store could not be used: unreachable, locked, of an unknown kind or schema."""


class SchemaError(StoreError):
    """The database answers, but its schema is none that this version can read."""


class WriteError(MlreviewError):
    """A write did not happen, or what is in the store afterwards is not what was sent."""
