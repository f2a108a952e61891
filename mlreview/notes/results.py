"""What loading and saving a note come to, and the refusals that a page answers with a question."""

from dataclasses import dataclass
from typing import Literal

from mlreview.errors import BadInputError, WriteError
from mlreview.notes.merge import Merge
from mlreview.notes.revisions import Revision
from mlreview.notes.texts import sha


@dataclass(frozen=True, slots=True)
class Note:
    """The note of a run as it is now.

    Attributes:
        run_id: The run.
        text: Byte for byte; ``None`` where the run has none.
        revision: The revision that has this text; ``None`` where none has: written outside, or never saved here.
        waiting: Texts that were saved and are not in the note, oldest first: a program died at the wrong moment, or
            somebody took them out in MLflow's own page.
        cut_from: The revision whose text the store has cut to what the tag now holds.
        problem: Why revisions can't be read, and so nothing can be saved, in words; empty where they can.
    """

    run_id: str
    text: str | None
    revision: Revision | None = None
    waiting: tuple[Revision, ...] = ()
    cut_from: Revision | None = None
    problem: str = ""

    @property
    def sha(self) -> str:
        """Hash of the text: what ``--base`` takes."""
        return sha(self.text)

    @property
    def written_outside(self) -> bool:
        """Somebody wrote this text in MLflow's own page, or by another program."""
        return bool(self.text) and self.revision is None and self.cut_from is None and not self.problem


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two texts that can't be merged without a person, and what both were made from.

    Attributes:
        base: Where both began.
        mine: What was to be saved; it is kept as a revision.
        theirs: What the note holds now.
        theirs_revision: The revision of ``theirs``.
        merge: Which stretches agree and which don't, for showing them.
    """

    base: str
    mine: str
    theirs: str
    theirs_revision: Revision | None
    merge: Merge


@dataclass(frozen=True, slots=True)
class Saved:
    """What a save came to.

    Attributes:
        status: ``saved``: the note has this text. ``merged``: it has this text merged with somebody else's.
            ``unchanged``: it had this text already. ``conflict``: the note was not changed, and this text is kept.
        save_id: Of the save; the revision of the text that was sent has it as its id.
        text: What the note holds now.
        revision: Of ``text``.
        with_authors: Whose texts it was merged with; an empty name is a change from outside.
        conflict: Both texts, for ``conflict``.
        kept: The text that was sent is in the history; false only where nothing at all was written.
    """

    status: Literal["saved", "merged", "unchanged", "conflict"]
    save_id: str
    text: str | None
    revision: Revision | None
    with_authors: tuple[str, ...] = ()
    conflict: Conflict | None = None
    kept: bool = True

    @property
    def sha(self) -> str:
        """Hash of what the note holds now: the base of the next save."""
        return sha(self.text)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a note's history.

    Attributes:
        revision: The text, its author and time.
        status: ``current``, ``earlier``, ``waiting`` or ``aside``: see ``graph.status``.
        before: The text that it was made from, for a diff; of a merge, that of its first parent.
        stored: It is kept as a file; false for a change from outside that nothing was saved after yet.
    """

    revision: Revision
    status: str
    before: str | None
    stored: bool = True


class EmptyOverFullError(BadInputError):
    """An empty note would replace a full one: ask first, and save again with ``confirm_empty``."""


class CutByStoreError(WriteError):
    """The store kept only the beginning of a note; the whole text is a revision.

    Attributes:
        revision_id: The revision to restore from.
    """

    def __init__(self, message: str, *, hint: str, revision_id: str) -> None:
        super().__init__(message, hint=hint)
        self.revision_id = revision_id
