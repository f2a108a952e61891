"""What somebody looks for, taken apart: the nodes of a query, and the error that points into its text."""

from dataclasses import dataclass
from typing import Final, Literal

from mlreview.errors import BadInputError

Space = Literal["param", "metric", "tag", "attribute"]
"""Where a key lives. Keys of one name in two spaces never meet."""

MAX_CHARS: Final = 1_000
MAX_DEPTH: Final = 20
COMPARISONS: Final = (">=", "<=", "!=", "==", ">", "<", "=")


class FindError(BadInputError):
    """A query that can't be read.

    Args:
        message: What is wrong, without its position.
        text: The whole query.
        at: Where it is wrong, from 0.
        length: How many characters are wrong, at least 1 even at the end of the text.
        hint: What to write instead.
    """

    def __init__(self, message: str, text: str, at: int, length: int = 1, *, hint: str = "") -> None:
        super().__init__(f"{message} (character {at + 1} of the search).", hint=hint)
        self.text, self.at, self.length = text, at, max(1, length)


@dataclass(frozen=True, slots=True)
class Words:
    """A word or a phrase, anywhere in a run's texts. ``quoted``: taken literally, even if it names a status."""

    text: str
    at: int
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Field:
    """``key:value`` and its like.

    Attributes:
        key: As typed, without the space.
        space: Named before the key (``params.lr``), else ``None``.
        test: ``:`` (is about) or a comparison.
        value: As typed; ``quoted`` when in quotes, so that ``*`` is a star.
        at, value_at: Where key and value begin.
    """

    key: str
    space: Space | None
    test: str
    value: str
    quoted: bool
    at: int
    value_at: int


@dataclass(frozen=True, slots=True)
class Clause:
    """One comparison of MLflow's filter syntax.

    Attributes:
        space, key: What is compared, exactly.
        test: ``=``, ``!=``, ``<`` ..., ``LIKE``, ``ILIKE``, ``IN``, ``NOT IN``, ``IS NULL``, ``IS NOT NULL``.
        value: A text, a number where the key is one, a tuple of texts after ``IN``, ``None`` after ``IS``.
        at: Where it begins.
    """

    space: Space
    key: str
    test: str
    value: "str | float | tuple[str, ...] | None"
    at: int


@dataclass(frozen=True, slots=True)
class Not:
    """Everything but."""

    part: "Node"


@dataclass(frozen=True, slots=True)
class AllOf:
    """Each of them; without parts, everything."""

    parts: "tuple[Node, ...]"


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one of them."""

    parts: "tuple[Node, ...]"


Node = Words | Field | Clause | Not | AllOf | AnyOf

SPACES: Final[dict[str, Space]] = {
    "param": "param",
    "params": "param",
    "parameter": "param",
    "parameters": "param",
    "metric": "metric",
    "metrics": "metric",
    "tag": "tag",
    "tags": "tag",
    "attribute": "attribute",
    "attributes": "attribute",
    "attr": "attribute",
    "run": "attribute",
}
"""How a space can be named before a key: MLflow's own words."""


def refuse_too_long(text: str) -> None:
    """Raise for a text that nobody typed."""
    if len(text) > MAX_CHARS:
        raise FindError(
            f"A search has at most {MAX_CHARS:,} characters; this one has {len(text):,}.",
            text,
            MAX_CHARS,
            hint="Take something out, or ask for fewer things at once.",
        )
