"""Tables for other programs: CSV that no spreadsheet executes, Markdown that no renderer is misled by."""

import csv
import io
import math
import re
from collections.abc import Iterable, Sequence
from typing import Final

Cell = str | float | int | None
"""A text, a number, or nothing."""

_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet takes for the beginning of a formula (OWASP, CSV Injection), in its wide forms too."""
_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)
_MARKDOWN: Final = re.compile(r"([\\`*_{}\[\]<>()#|~!$&:@])")


def to_csv(headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """A table as CSV, comma-separated and quoted where needed; lines end in a line feed.

    A text that a spreadsheet would take for a formula gets an apostrophe before it, which spreadsheets show as text;
    a number stays a number, also where it was recorded as a text. Nothing is an empty cell; an empty text is one too.
    """
    into = io.StringIO()
    writer = csv.writer(into, lineterminator="\n")
    writer.writerow([neutralise(heading) for heading in headings])
    for row in rows:
        writer.writerow([_for_csv(cell) for cell in row])
    return into.getvalue()


def neutralise(text: str) -> str:
    """A text that no spreadsheet executes."""
    text = text.replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")
    text = text.encode("utf-8", "replace").decode("utf-8")  # half of a surrogate pair
    begins = text.lstrip(" \u00a0\ufeff\u200b\u2060")
    if begins.startswith(_FORMULA) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def _for_csv(cell: Cell) -> str | float | int:
    if cell is None:
        return ""
    if isinstance(cell, str):
        return neutralise(cell)
    return _number(cell)


def _number(number: float | int) -> str | float | int:
    """NaN and infinities by name; a spreadsheet that meets ``-Infinity`` would see a formula."""
    if isinstance(number, float) and not math.isfinite(number):
        return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "'-Infinity"
    return number


def to_markdown(headings: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """A table as Markdown, every cell on one line and without markup of its own; numbers stand on the right."""
    kept = [list(row) for row in rows]
    numeric = [
        any(isinstance(row[at], int | float) for row in kept)
        and all(row[at] is None or isinstance(row[at], int | float) for row in kept)
        for at in range(len(headings))
    ]
    lines = [
        _line([literal(heading) for heading in headings]),
        _line(["---:" if number else "---" for number in numeric]),
        *(_line([_for_markdown(cell) for cell in row]) for row in kept),
    ]
    return "\n".join(lines) + "\n"


def _line(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def literal(text: str) -> str:
    """A text as literal Markdown on one line: no link, no image, no HTML, no further cell."""
    printable = "".join(character if character.isprintable() else " " for character in text)
    return _MARKDOWN.sub(r"\\\1", " ".join(printable.split()))


def _for_markdown(cell: Cell) -> str:
    if cell is None:
        return "—"
    if isinstance(cell, str):
        return literal(cell) or "(empty)"
    if isinstance(cell, float):
        return f"{cell:.6g}" if math.isfinite(cell) else "NaN" if math.isnan(cell) else f"{'−' * (cell < 0)}∞"
    return str(cell)
