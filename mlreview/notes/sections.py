"""A note as its parts: sections under headings, code, generated blocks, sentences."""

import re
from dataclasses import dataclass

GENERATED = "<!-- mlreview: generated from the runs; write above or below it -->"
END_OF_GENERATED = "<!-- mlreview: end -->"

_GENERATED_BLOCK = re.compile(rf"{re.escape(GENERATED)}.*?(?:{re.escape(END_OF_GENERATED)}|\Z)", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_HEADING = re.compile(r" {0,3}(#{1,6})[ \t]+(.*?)[ \t]*#*[ \t]*$")
_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_ENDS = re.compile(r"(?<=[.!?…])[\"')\]]*\s+|\n")
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and what stands under it, up to the next heading; the first has none.

    Attributes:
        heading: Its words, without marks.
        level: 1 to 6; 0 for what stands before all headings.
        body: As written.
    """

    heading: str
    level: int
    body: str


def sections(text: str | None) -> tuple[Section, ...]:
    """The sections of a note, in order; a # in a code block begins none."""
    found: list[tuple[str, int, list[str]]] = [("", 0, [])]
    fence = ""
    for line in re.split(r"\r\n|\r|\n", text or ""):
        opened = _FENCE.match(line)
        heading = None if fence else _HEADING.match(line)
        if opened and not fence:
            fence = opened[1]
        elif opened and opened[1].startswith(fence) and not line.strip().strip(fence[0]):
            fence = ""
        if heading:
            found.append((heading[2].strip(), len(heading[1]), []))
        else:
            found[-1][2].append(line)
    return tuple(Section(heading, level, "\n".join(lines)) for heading, level, lines in found)


def without_generated(text: str) -> str:
    """What people wrote: no generated block, no comment."""
    return _COMMENT.sub("", _GENERATED_BLOCK.sub("", text))


def generated(markdown: str) -> str:
    """Mark Markdown as generated, so that it does not count as written by people."""
    return f"{GENERATED}\n{markdown.strip()}\n{END_OF_GENERATED}\n"


def put_generated(note: str, heading: str, markdown: str) -> str:
    """Put generated Markdown under a heading: in place of the generated block there, or as a new one.

    What people wrote is left as it is. A heading that the note lacks is added at the end.
    """
    block = generated(markdown)
    lines = note.split("\n")
    at = next((n for n, line in enumerate(lines) if (m := _HEADING.match(line)) and _same(m[2], heading)), None)
    if at is None:
        return f"{note.rstrip()}\n\n## {heading}\n\n{block}".lstrip()
    end = next((n for n in range(at + 1, len(lines)) if _HEADING.match(lines[n])), len(lines))
    body = "\n".join(lines[at + 1 : end])
    if GENERATED in body:
        body = _GENERATED_BLOCK.sub(lambda _: block.rstrip("\n"), body, count=1)
    else:
        body = f"\n{block}{body if body.strip() else chr(10) if end < len(lines) else ''}"
    return "\n".join([*lines[: at + 1], body, *lines[end:]])


def sentence_around(text: str, start: int, end: int) -> str:
    """The sentence that a part of a note stands in, on one line and without Markdown's marks."""
    begin = max((found.end() for found in _ENDS.finditer(text, max(0, start - _LONGEST), start)), default=None)
    begin = max(0, start - _LONGEST) if begin is None else begin
    after = _ENDS.search(text, end, end + _LONGEST)
    stop = after.start() if after else min(len(text), end + _LONGEST)
    return plain_words(text[begin:stop])


def plain_words(markdown: str) -> str:
    """Markdown on one line, without its marks: links as their words, no images, no table bars."""
    text = _COMMENT.sub(" ", markdown)
    text = re.sub(r"!?\[((?:[^\[\]\\]|\\.)*)\]\([^)]*\)?", r"\1", text)
    text = re.sub(r"^\s*(?:#{1,6}\s+|[-*+>]\s+|\d+[.)]\s+)", "", text)
    text = re.sub(r"\\([^\w\s])|[*`~]+|(?<!\w)_+|_+(?!\w)", lambda found: found[1] or "", text)
    return " ".join(text.replace("|", " ").split())


def _same(one: str, other: str) -> bool:
    return " ".join(one.split()).casefold() == " ".join(other.split()).casefold()
