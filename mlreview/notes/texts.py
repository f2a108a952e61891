"""The text of a note as it is stored: what it may hold, how its lines end, by what hash it is known."""

import difflib
import hashlib
import re
from dataclasses import dataclass

from mlreview import names
from mlreview.errors import BadInputError
from mlreview.secrets import find_secrets

NO_NOTE = ""
"""Hash of a run that has no note at all, which is not the hash of an empty one."""

NOT_SAVED = "Nothing was written; your text is kept."

_END = re.compile(r"\r\n|\r|\n")


def sha(text: str | None) -> str:
    """The hash that a text is known by: SHA-256 of its UTF-8 bytes, in hex; ``NO_NOTE`` for none."""
    return NO_NOTE if text is None else hashlib.sha256(text.encode()).hexdigest()


def check_text(text: str) -> None:
    """Refuse a text that some store would cut, refuse or change.

    Raises:
        BadInputError: Why, and where; nothing was written.
    """
    if len(text) > names.MAX_TAG_CHARS:
        over = len(text) - names.MAX_TAG_CHARS
        raise BadInputError(
            f"The note has {len(text):,} characters; MLflow keeps {names.MAX_TAG_CHARS:,} and would cut off "
            f"the last {over:,}.",
            hint=f"{NOT_SAVED} Shorten it, or put the long part into a file beside the run and link to it.",
        )
    if "\0" in text:
        where = _place(text, text.index("\0"))
        raise BadInputError(
            f"The note holds a NUL character {where}, which not every store takes.", hint=f"{NOT_SAVED} Remove it."
        )
    broken = re.search("[\ud800-\udfff]", text)
    if broken:
        where = _place(text, broken.start())
        raise BadInputError(
            f"The note holds half of a character {where}: a broken emoji, as a rule.",
            hint=f"{NOT_SAVED} Remove it, or type it anew.",
        )


def line_end(text: str | None) -> str:
    r"""How most lines of a text end: ``\n``, ``\r\n`` or ``\r``; ``\n`` where it has one line."""
    ends = _END.findall(text or "")
    return max(("\n", "\r\n", "\r"), key=ends.count) if ends else "\n"


def is_mixed(text: str) -> bool:
    """Whether its lines end in more than one way."""
    return len(set(_END.findall(text))) > 1


def to_lf(text: str) -> str:
    """The text as an editor in a browser has it."""
    return _END.sub("\n", text)


def like(edited: str, original: str | None) -> str:
    r"""An editor's text with the line ends of the note that it was made from.

    Lines that were not touched end as they did; new ones end as most of the note's do.

    Args:
        edited: With ``\\n`` at line ends, as browsers give it.
        original: The note that the editor was opened with.
    """
    edited = to_lf(edited)
    end = line_end(original)
    if original is None or not is_mixed(original):
        return edited if end == "\n" else edited.replace("\n", end)
    old_ends = _END.findall(original)
    old, new = to_lf(original).split("\n"), edited.split("\n")
    ends = [end] * (len(new) - 1)
    for block in difflib.SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks():
        for step in range(block.size):
            if block.a + step < len(old_ends) and block.b + step < len(ends):
                ends[block.b + step] = old_ends[block.a + step]
    return "".join(line + after for line, after in zip(new, [*ends, ""], strict=True))


@dataclass(frozen=True, slots=True)
class Secret:
    """Something in a note that looks like a secret: what it seems to be, its line (from 1), and where it stands."""

    kind: str
    line: int
    start: int
    end: int


def secrets_in(text: str) -> tuple[Secret, ...]:
    """What in a note looks like a key, a token or a password: to be pointed out before it is saved."""
    return tuple(
        Secret(found.kind, len(_END.findall(text[: found.start])) + 1, found.start, found.end)
        for found in find_secrets(text)
    )


def unified_diff(before: str | None, after: str) -> str:
    """What changed, in the usual form, without its header; empty where only line ends did."""
    old, new = to_lf(before or "").split("\n"), to_lf(after).split("\n")
    lines = list(difflib.unified_diff(old, new, lineterm="", n=2))[2:]
    return "\n".join(lines)


def changed_lines(before: str | None, after: str) -> tuple[int, int]:
    """How many lines were added and how many removed."""
    lines = unified_diff(before, after).split("\n")
    counted = [line for line in lines if line not in ("+", "-")]
    return sum(line.startswith("+") for line in counted), sum(line.startswith("-") for line in counted)


def is_blank(text: str | None) -> bool:
    """Nothing that anybody would miss."""
    return not (text or "").strip()


def _place(text: str, at: int) -> str:
    line = len(_END.findall(text[:at])) + 1
    return f"in line {line:,} (character {at + 1:,})"
