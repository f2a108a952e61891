"""The headings that a note is expected to have, what counts as filled in, and a note begun from an earlier one."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mlreview.names import NOTE_HEADINGS
from mlreview.notes.sections import put_generated, sections, without_generated

HEADINGS: Final = NOTE_HEADINGS
TRIED: Final = "Tried and compared"
_PLACEHOLDERS = frozenset({"todo", "tbd", "tba", "fixme", "xxx", "lorem", "ipsum"})
_LINK = re.compile(r"!?\[((?:[^\[\]\\]|\\.)*)\]\([^)]*\)?")


@dataclass(frozen=True, slots=True)
class Completeness:
    """How much of the template people have filled in.

    Attributes:
        filled, missing: Headings of the template, in its order. Only people's words count: a heading, a generated
            block, a placeholder such as TODO and a line of marks are none.
        words: Words that people wrote, under whatever heading.
    """

    filled: tuple[str, ...]
    missing: tuple[str, ...]
    words: int

    @property
    def total(self) -> int:
        """Headings of the template."""
        return len(self.filled) + len(self.missing)

    @property
    def complete(self) -> bool:
        """Every heading has words of people under it."""
        return not self.missing and bool(self.filled)


def template(headings: Sequence[str] = HEADINGS, tried: str = "") -> str:
    """An empty note.

    Args:
        headings: Of the team.
        tried: Generated Markdown for *Tried and compared*; empty for none.
    """
    note = "".join(f"## {heading}\n\n" for heading in headings)
    return put_generated(note, TRIED, tried) if tried and TRIED in headings else note


def completeness(note: str | None, headings: Sequence[str] = HEADINGS) -> Completeness:
    """Which headings of the template have words of people under them; headings below them count with them."""
    words: dict[str, int] = {}
    total, under, level = 0, None, 0
    for section in sections(without_generated(note or "")):
        name = next((heading for heading in headings if _same(heading, section.heading)), None)
        if name is not None:
            under, level = name, section.level
        elif section.level <= level:
            under = None
        count = _words(section.body)
        total += count
        if under is not None:
            words[under] = words.get(under, 0) + count
    filled = tuple(heading for heading in headings if words.get(heading))
    return Completeness(filled, tuple(heading for heading in headings if heading not in filled), total)


def continue_from(previous: str, link: str, headings: Sequence[str] = HEADINGS, tried: str = "") -> str:
    """A note that begins where the note of an earlier run ended.

    Its sections are kept, for their author has to say what still holds; what was generated there is not, and what was
    observed of the earlier model stays its own.

    Args:
        previous: The note of the model deployed before.
        link: To its run, as Markdown.
        headings: Of the team; those that the earlier note lacks are added.
        tried: Generated Markdown for *Tried and compared* of this run.
    """
    kept = without_generated(re.sub(r"\r\n|\r", "\n", previous)).strip()
    kept = re.sub(r"^Continues the note of .*\n+", "", kept)
    have = [section.heading for section in sections(kept)]
    missing = [heading for heading in headings if not any(_same(heading, one) for one in have)]
    note = f"Continues the note of {link}.\n\n{kept}\n\n" + "".join(f"## {heading}\n\n" for heading in missing)
    note = re.sub(r"\n{3,}", "\n\n", note)
    return put_generated(note, TRIED, tried) if tried and TRIED in headings else note


def _words(markdown: str) -> int:
    shown = _LINK.sub(r"\1", markdown)
    found = re.findall(r"[^\W_]+", shown)
    return sum(word.casefold() not in _PLACEHOLDERS for word in found)


def _same(one: str, other: str) -> bool:
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()
