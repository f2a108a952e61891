"""Texts of a record: Markdown made safe, times, numbers. What users wrote is hostile."""

import math
import unicodedata
from datetime import UTC, datetime

MAX_NOTE = 40_000

_TAGS = frozenset(
    "p br hr h3 h4 h5 h6 strong em s code pre blockquote ul ol li table thead tbody tr th td a".split()  # noqa: SIM905
)


def shown(text: str | None, limit: int = 400) -> str:
    """On one line, without control characters and marks that turn the direction of writing."""
    line = " ".join("".join(_visible(one) for one in text or "").split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def lines(text: str | None) -> str:
    """The same with its line ends."""
    return "\n".join("".join(_visible(one) for one in line) for line in (text or "").splitlines())


def _visible(one: str) -> str:
    if unicodedata.category(one) in ("Cs", "Cc", "Co", "Cn"):
        return " "
    return "" if "\u202a" <= one <= "\u202e" or "\u2066" <= one <= "\u2069" else one


def moment(milliseconds: int | None) -> str:
    """``2026-11-25 14:02 UTC``; empty where nobody knows."""
    if not milliseconds:
        return ""
    try:
        return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%d %H:%M} UTC"
    except (ValueError, OverflowError, OSError):
        return "at a time that can't be"


def number(value: float) -> str:
    """A metric: NaN and infinities in words; MLflow stores an infinity as the largest float."""
    if math.isnan(value):
        return "NaN"
    if abs(value) > 1e308:
        return "∞" if value > 0 else "−∞"
    return f"{value:.4f}" if value == 0 or 0.001 <= abs(value) < 100_000 else f"{value:.4g}"


def markdown_html(text: str | None) -> str:
    """Markdown as HTML that loads and runs nothing: no raw HTML, no images, links to web pages and addresses alone.

    The parser turns raw HTML into text, and nh3 then lets nothing through but the tags of plain Markdown.
    """
    import nh3
    from markdown_it import MarkdownIt

    source = lines(text)
    cut = "\n\n(Cut here: the note is longer.)" if len(source) > MAX_NOTE else ""
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"]).disable("image")
    return nh3.clean(
        _lower_headings(parser.render(source[:MAX_NOTE] + cut)),
        tags=set(_TAGS),
        attributes={"a": {"href"}, "ol": {"start"}},
        attribute_filter=_only_whole_addresses,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer nofollow",
        strip_comments=True,
    )


def _only_whole_addresses(tag: str, attribute: str, value: str) -> str | None:
    """A relative address leads nowhere from a file, and ``//host`` to somebody's server."""
    return value if attribute != "href" or value.lower().startswith(("http://", "https://", "mailto:")) else None


def _lower_headings(html: str) -> str:
    """The note's own headings stand below those of the record."""
    for level in (4, 3, 2, 1):
        html = html.replace(f"<h{level}>", f"<h{level + 2}>").replace(f"</h{level}>", f"</h{level + 2}>")
    return html


def markdown_text(text: str | None) -> str:
    """Markdown for a Markdown file: nothing in it is raw HTML or an image, outside of code blocks."""
    from markdown_it import MarkdownIt

    source = lines(text)[:MAX_NOTE]
    code: set[int] = set()
    # Read as what is written below, where no raw HTML is left: a comment could hide the end of a block of code else.
    for token in MarkdownIt("commonmark", {"html": False}).parse(source):
        if token.type in ("fence", "code_block") and token.map is not None:
            code.update(range(*token.map))
    found = []
    for at, line in enumerate(source.split("\n")):
        found.append(line if at in code else line.replace("![", r"!\[").replace("<", "&lt;"))
    return "\n".join(found)
