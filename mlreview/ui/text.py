"""Texts that users wrote, made safe to put into Markdown; and numbers and times for people.

A run's name or a metric's key is hostile until shown otherwise. Streamlit renders Markdown in labels, captions and
headings: images there are loaded by the browser, links can mislead, directives (``:red[...]``) can pose as ours.
"""

import math
import re
import unicodedata
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:@/&=^\"'])")
_LATE = re.compile(r":(?=\S)|www(?=\.)", re.IGNORECASE)
_TYPOGRAPHY = {"arrow_up": "↑", "arrow_down": "↓"}


def plain(text: str | None, limit: int = 80) -> str:
    """A user's text as literal Markdown, on one line, shortened to ``limit`` characters with an ellipsis.

    A backslash is not enough: icons, emoji and bare addresses are looked for once more in the finished text. An
    invisible word joiner breaks those up.
    """
    return _MARKDOWN.sub(r"\\\1", _LATE.sub("\\g<0>\u2060", clip(text, limit)))


def clip(text: str | None, limit: int = 80) -> str:
    """A user's text on one line, without control characters, shortened to ``limit`` characters with an ellipsis."""
    if text is None:
        return ""
    line = "".join(_visible(character) for character in text)
    line = " ".join(line.split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def clip_start(text: str, limit: int) -> str:
    """Like ``clip``, but the end stays: an address says most at its end."""
    line = clip(text, len(text))
    return line if len(line) <= limit else "…" + line[-(limit - 1) :]


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Cs", "Cc", "Co", "Cn"):
        return " "
    # Direction overrides can make a name read as another one.
    return "" if "\u202a" <= character <= "\u202e" or "\u2066" <= character <= "\u2069" else character


def number(value: float, digits: int = 3) -> str:
    """A metric's value: fixed decimals where that says something, else significant digits; NaN and ∞ in words."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    if value == 0 or 0.01 <= abs(value) < 100_000:
        return f"{value:.{digits}f}".replace("-", "−")
    return f"{value:.{digits}g}".replace("-", "−")


def direction_arrow(direction: str) -> str:
    """``↑`` where higher is better, ``↓`` where lower is."""
    return _TYPOGRAPHY["arrow_up" if direction == "max" else "arrow_down"]


def clock(seconds: float, timezone: str | None) -> str:
    """Time of day in the viewer's zone, ``12:03:11``; in UTC, and said so, where the zone isn't known."""
    moment = datetime.fromtimestamp(seconds, UTC)
    try:
        return f"{moment.astimezone(ZoneInfo(timezone or '')):%H:%M:%S}"
    except (ValueError, ZoneInfoNotFoundError):
        return f"{moment:%H:%M:%S} UTC"


def moment(milliseconds: int, timezone: str | None, *, seconds: bool = False) -> str:
    """Day and time in the viewer's zone, ``24 Nov 2026, 12:03``; in UTC, and said so, where the zone isn't known."""
    form = "%-d %b %Y, %H:%M:%S" if seconds else "%-d %b %Y, %H:%M"
    then = datetime.fromtimestamp(milliseconds / 1000, UTC)
    try:
        return then.astimezone(ZoneInfo(timezone or "")).strftime(form)
    except (ValueError, ZoneInfoNotFoundError):
        return f"{then.strftime(form)} UTC"


def ago(then_ms: int | None, now: datetime | None = None) -> str:
    """How long ago, in the largest whole unit: ``3 h ago``. Empty for ``None``."""
    if then_ms is None:
        return ""
    now = now or datetime.now(UTC)
    seconds = max(0, int(now.timestamp() - then_ms / 1000))
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return "just now"


_MARKS = (
    (re.compile(r"!\[([^\]]*)\]\([^)]*\)?"), r"\1"),  # an image: what stands for it
    (re.compile(r"\[([^\]]+)\]\([^)]*\)?"), r"\1"),  # a link: its text
    (re.compile(r"^\s*(?:>\s*|[-*+]\s+|\d+[.)]\s+|#+\s+)+"), ""),
    (re.compile(r"^\s*(?:-{3,}|={3,}|\*{3,}|`{3,}.*|~{3,}.*)\s*$"), ""),
    (re.compile(r"(\*\*|__|`+|~~)"), ""),
    (re.compile(r"(?<!\w)[*_](?=\S)|(?<=\S)[*_](?!\w)"), ""),
)


def first_line(note: str | None, limit: int = 160) -> str:
    """The first line of a note that says something, without its Markdown marks, on one line.

    Headings are passed over as long as text follows: notes from one template all begin with the same one.
    """
    heading = ""
    for line in (note or "").splitlines():
        text = line
        for mark, instead in _MARKS:
            text = mark.sub(instead, text)
        text = clip(text, limit)
        if text and not line.lstrip().startswith("#"):
            return text
        heading = heading or text
    return heading
