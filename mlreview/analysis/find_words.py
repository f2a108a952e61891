"""The search as people type it: ``lr>0.01 hockey user:me -failed``.

Terms are joined by *and*; ``OR`` (or ``|``) joins its two neighbours, and binds tighter: ``hockey failed OR killed``
is hockey, and failed or killed. ``-`` or ``NOT`` before a term turns it round; parentheses group.
"""

import re
from dataclasses import replace

from mlreview.analysis.find_query import (
    COMPARISONS,
    MAX_CHARS,
    MAX_DEPTH,
    SPACES,
    AllOf,
    AnyOf,
    Field,
    FindError,
    Node,
    Not,
    Space,
    Words,
    refuse_too_long,
)

_QUOTES = {'"': '"', "“": "”", "„": "“", "«": "»", "`": "`"}
_OPERATOR = re.compile(r">=|<=|!=|==|≥|≤|≠|[><=:]")
_SPELT = {"≥": ">=", "≤": "<=", "≠": "!="}
_SPACED = re.compile(r"\s+(>=|<=|!=|==|≥|≤|≠|[><=])(?=\s|[^\s><=!])")
_PLAIN = re.compile(r"[\w.+-]+", re.ASCII)
_NEGATION = re.compile(r"NOT(?=\()|NOT\s+(?=[^\s)])|[-!](?=[^\s)])")
_JOINER = re.compile(r"(OR|AND|\|\|?|&&?)(?=[\s()]|$)")
_APOSTROPHES = re.compile(r"'([^']*)'(?=[\s)><=!:]|$)")
_SPACE_BEFORE_QUOTE = re.compile(rf"({'|'.join(sorted(SPACES, key=len, reverse=True))})\.(?=[\"`])", re.IGNORECASE)
_SPACE_NAME = re.compile(rf"({'|'.join(sorted(SPACES, key=len, reverse=True))})\.(?=.)", re.IGNORECASE)


def parse_words(text: str) -> Node:
    """Take a search apart.

    Args:
        text: As typed; line ends and other white space separate like a space.

    Returns:
        ``AllOf`` without parts for an empty text.

    Raises:
        FindError: A quote or a parenthesis is not closed, a value is missing, ``OR`` has nothing to join.
    """
    refuse_too_long(text)
    return _Parser(text).whole()


def term_for(space: Space, key: str, value: str | None) -> str | None:
    """The term that finds the runs with just this value; ``None`` for those that lack it.

    Returns:
        ``None`` where it can't be typed: a value with line ends, or one that is too long.
    """
    name = key if _PLAIN.fullmatch(key) else _quote(key)
    if value is None:
        term = f"-{space}s.{name}:*"
    else:
        term = f"{space}s.{name}=={value if _PLAIN.fullmatch(value) else _quote(value)}"
    return term if term.isprintable() and len(term) <= MAX_CHARS else None


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


class _Parser:
    def __init__(self, text: str) -> None:
        self.text, self.at, self.depth = text, 0, 0

    def whole(self) -> Node:
        node = self.terms()
        if self.at < len(self.text):
            raise self.wrong("This parenthesis closes nothing", self.at, hint="Take it out, or put the text in quotes.")
        return node

    def terms(self) -> Node:
        """Terms up to the end, or up to the parenthesis that closes this group."""
        groups: list[list[Node]] = []
        joining = False  # the next term is another choice beside the one before
        joined_at = 0
        while self.skip_space() and not (self.depth and self.text[self.at] == ")"):
            begin = self.at
            joiner = self.joiner()
            if joiner:
                joined_at = begin
                if not groups or joining:
                    raise self.wrong(
                        f"{joiner} has nothing before it", joined_at, len(joiner), hint="Write it between two terms."
                    )
                joining = joiner != "AND"
                continue
            if self.text[self.at] == ")":
                break
            term = self.term()
            if joining:
                groups[-1].append(term)
            else:
                groups.append([term])
            joining = False
        if joining:
            raise self.wrong("OR has nothing after it", joined_at, 2, hint="Write it between two terms.")
        parts = [group[0] if len(group) == 1 else AnyOf(tuple(group)) for group in groups]
        return parts[0] if len(parts) == 1 else AllOf(tuple(parts))

    def skip_space(self) -> bool:
        """To the next character that is none; whether there is one."""
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1
        return self.at < len(self.text)

    def joiner(self) -> str:
        found = _JOINER.match(self.text, self.at)
        if not found:
            return ""
        self.at = found.end()
        return "AND" if found[1] in ("AND", "&", "&&") else "OR"

    def term(self) -> Node:
        turned = False
        while negation := _NEGATION.match(self.text, self.at):
            turned, self.at = not turned, negation.end()
        node = self.group() if self.text[self.at] == "(" else self.atom()
        return Not(node) if turned else node

    def group(self) -> Node:
        begin = self.at
        if self.depth >= MAX_DEPTH:
            raise self.wrong(f"Parentheses go at most {MAX_DEPTH} deep", begin, hint="Write it flatter.")
        self.at += 1
        self.depth += 1
        inside = self.terms()
        if self.at >= len(self.text):
            raise self.wrong(
                "This parenthesis is not closed", begin, hint="Close it with ), or put the text in quotes."
            )
        self.at += 1
        self.depth -= 1
        if inside == AllOf(()):
            raise self.wrong("There is nothing between these parentheses", begin, self.at - begin)
        return inside

    def atom(self) -> Node:
        begin = self.at
        named = _SPACE_BEFORE_QUOTE.match(self.text, self.at)
        if named:
            self.at = named.end()
            key = self.quoted() or ""
            operator = _OPERATOR.match(self.text, self.at) or self.spaced_operator()
            if not key or operator is None:
                hint = f'Write {named.group()}"key"=value'
                raise self.wrong("A key in quotes is followed by a comparison", begin, self.at - begin, hint=hint)
            return replace(self.field(key, begin, operator), key=key, space=SPACES[named[1].lower()])
        quoted = self.quoted()
        if quoted is not None:
            operator = _OPERATOR.match(self.text, self.at) or self.spaced_operator()
            if operator is None:
                return Words(quoted, begin, quoted=True)
            return self.field(quoted, begin, operator)
        end = self.bare_end()
        chunk = self.text[begin:end]
        operator = _OPERATOR.search(chunk)
        if operator and operator.start() and not chunk.startswith("//", operator.end()):
            self.at = begin + operator.start()
            absolute = _OPERATOR.match(self.text, self.at)
            assert absolute is not None
            return self.field(chunk[: operator.start()], begin, absolute)
        self.at = end
        spaced = self.spaced_operator() if not operator else None
        return self.field(chunk, begin, spaced) if spaced else Words(chunk, begin)

    def spaced_operator(self) -> re.Match[str] | None:
        """A comparison that stands apart from its key: ``lr > 0.01``."""
        return _SPACED.match(self.text, self.at)

    def bare_end(self) -> int:
        end = self.at
        while end < len(self.text) and not self.text[end].isspace():
            if self.depth and self.text[end] == ")":
                break
            if self.text[end] in '"`' and end > self.at and _OPERATOR.search(self.text[self.at : end]):
                break  # the quoted value of a field
            end += 1
        return end

    def quoted(self) -> str | None:
        """A quoted text at this position, without its quotes, or ``None``."""
        opening = self.text[self.at : self.at + 1]
        if opening == "'":
            found = _APOSTROPHES.match(self.text, self.at)  # else it is an apostrophe
            if found is None:
                return None
            self.at = found.end()
            return found[1]
        if opening not in _QUOTES:
            return None
        closing, at, parts = _QUOTES[opening], self.at + 1, []
        while at < len(self.text) and self.text[at] != closing:
            if self.text[at] == "\\" and self.text[at + 1 : at + 2] in (closing, "\\"):
                at += 1
            parts.append(self.text[at])
            at += 1
        if at >= len(self.text):
            raise self.wrong("This quote is not closed", self.at, hint=f"Close it with {closing}")
        self.at = at + 1
        return "".join(parts)

    def field(self, key: str, begin: int, operator: re.Match[str]) -> Field:
        symbol = operator.group().strip()
        test = _SPELT.get(symbol, symbol)
        self.at = operator.end()
        if test in COMPARISONS:
            self.skip_space()
        value_at = self.at
        value = self.quoted()
        quoted = value is not None
        if value is None:
            end = self.at
            while end < len(self.text) and not self.text[end].isspace() and not (self.depth and self.text[end] == ")"):
                end += 1
            value, self.at = self.text[self.at : end], end
        if not quoted and not value:
            at = operator.end() - len(symbol)
            hint = f"Write it right behind the sign, such as {key[:40]}{symbol}value"
            raise self.wrong(f"{key[:40]!r} has no value after {symbol}", at, len(symbol), hint=f"{hint}.")
        if not quoted and value[0] in "<>=!:" and test in COMPARISONS:
            wrong = symbol + value[0]
            raise self.wrong(
                f"{wrong!r} is no comparison", value_at - 1, len(wrong), hint="There are = != > >= < <= and :"
            )
        space = _SPACE_NAME.match(key)
        if space:
            return Field(key[space.end() :], SPACES[space[1].lower()], test, value, quoted, begin, value_at)
        return Field(key, None, test, value, quoted, begin, value_at)

    def wrong(self, message: str, at: int, length: int = 1, *, hint: str = "") -> FindError:
        return FindError(message, self.text, at, length, hint=hint)
