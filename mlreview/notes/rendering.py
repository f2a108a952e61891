"""A note as Markdown that a page may show: no HTML, nothing that is loaded from elsewhere, links that are safe.

MLflow's own page shows plain Markdown, so what Streamlit would add to it is shown as written: coloured words
(``:red[…]``), badges, icons and emoji by name (``:smile:``), formulas between dollars. An image becomes a link to it.
A link leads to the web, to a mail address, to a run or within the page; any other one leads nowhere.

What comes out is parsed once more, as CommonMark with tables and strikethrough. Should an image, HTML or an unsafe
link be found in it after all, the whole note is shown as the text that it is.
"""

import html
import re
from collections.abc import Callable
from functools import lru_cache
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token

from mlreview.notes.links import replace_run_links

_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_FENCE = re.compile(r"( {0,3}(?:[-*+>]|\d{1,9}[.)]|\s)*)(`{3,}|~{3,})")
_PIECES = re.compile(
    r"(?P<code>(?<!`)(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`))"
    r"|(?P<escaped>\\[!-/:-@\[-`{-~])"
    r"|(?P<to>\]\()(?P<space>[ \t]*)(?P<destination><[^<>\n]*>|[^\s()<>]*(?:\([^\s()]*\)[^\s()<>]*)*)"
    r"|(?P<reference>^[ ]{0,3}\[[^\]\n]+\]:[ \t]*)(?P<target><[^<>\n]*>|\S+)"
    r"|(?P<auto><https?://[^\s<>]*>|(?<![\w/])https?://[^\s<>()\[\]\"'`]+)"
    r"|(?P<image>!\[)|(?P<html><)|(?P<math>\$)|(?P<colon>:(?=[A-Za-z0-9_+\-]))|(?P<strike>~)",
    re.DOTALL | re.MULTILINE,
)
_SAFE = re.compile(r"(?:https?://|mailto:|#|/(?!/)|\?|\./)", re.IGNORECASE)
NOWHERE = "#"
_JOINER = "\u2060"

RunTarget = Callable[[str, str], tuple[str, str] | None]


def to_markdown(note: str | None, run_target: RunTarget | None = None) -> str:
    """The note as Markdown that may be shown.

    Args:
        note: As stored, from whomever.
        run_target: Given a run's id and the text of a link to it, the Markdown to show and the address to lead to
            (both are trusted); ``None`` leaves the link as it is.
    """
    text = re.sub(r"\r\n|\r", "\n", note or "")
    text = "".join(" " if "\ud800" <= one <= "\udfff" or one == "\0" else one for one in text)
    shown = "\n".join(_blocks(text))
    if not is_safe(shown):
        return as_text(text)
    return replace_run_links(shown, run_target) if run_target else shown


def as_text(note: str) -> str:
    """A text as nothing but text: a block of code that none of its own marks can end."""
    longest = max((len(found) for found in re.findall(r"`+", note)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}text\n{note}\n{fence}"


def is_safe(markdown: str) -> bool:
    """Whether there is no image, no HTML and no link elsewhere than to the web, to mail or within the page."""
    return all(_harmless(token) for token in _parser().parse(markdown))


def _blocks(text: str) -> list[str]:
    """Fences are kept as they are; all between them is made safe, piece by piece."""
    done: list[str] = []
    between: list[str] = []
    fence = ""
    for line in _COMMENT.sub("", text).split("\n"):
        opened = _FENCE.match(line)
        if fence:
            done.append(line)
            if (
                opened
                and opened[2][0] == fence[0]
                and len(opened[2]) >= len(fence)
                and not line[opened.end() :].strip()
            ):
                fence = ""
        elif opened and not (opened[2][0] == "`" and "`" in line[opened.end() :]):
            done += _inline(between)
            between, fence = [], opened[2]
            done.append(line)
        else:
            between.append(line)
    return done + _inline(between)


def _inline(lines: list[str]) -> list[str]:
    if not lines:
        return []
    # A paragraph at a time: a backtick in one can't open code that another one ends.
    paragraphs = re.split(r"(\n[ \t]*\n)", "\n".join(lines))
    return ["".join(_PIECES.sub(_piece, part) for part in paragraphs)]


def _piece(found: re.Match[str]) -> str:
    if found["to"]:
        return f"{found['to']}{found['space']}{_destination(found['destination'])}"
    if found["reference"]:
        return f"{found['reference']}{_destination(found['target'])}"
    if found["image"]:
        return "[image: "
    if found["html"]:
        return "&lt;"
    if found["math"]:
        return "\\$"
    if found["colon"]:
        return f":{_JOINER}"
    if found["strike"]:
        return found[0]
    return found[0]


def _destination(written: str) -> str:
    address = written[1:-1] if written.startswith("<") and written.endswith(">") else written
    return written if _leads_somewhere_safe(address) else NOWHERE


def _leads_somewhere_safe(address: str) -> bool:
    plain = unquote(html.unescape(re.sub(r"\\(.)", r"\1", address)))
    plain = "".join(one for one in plain if one.isprintable() and not one.isspace())
    return not plain or bool(_SAFE.match(plain)) or not re.match(r"(?:[^/?#]*:|//|\\)", plain)


def _harmless(token: Token) -> bool:
    if token.type in ("image", "html_block", "html_inline"):
        return False
    if token.type == "link_open" and not _leads_somewhere_safe(str(token.attrs.get("href", ""))):
        return False
    return all(_harmless(child) for child in token.children or ())


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    parser.validateLink = lambda url: True  # pyright: ignore[reportAttributeAccessIssue] # it must be seen to be refused
    return parser
