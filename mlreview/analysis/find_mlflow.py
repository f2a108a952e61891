"""MLflow's own filter syntax, for those who know it: ``metrics.val_AUROC > 0.9 and params.model = 'x'``.

Parsed here, small and strict, and evaluated over columns: nothing of it ever reaches a database. What MLflow refuses is
refused, with the place and the way out; data sets, which are not in the table of runs, are not searched.
"""

import re
from typing import Final, NamedTuple

from mlreview.analysis.find_query import SPACES, AllOf, Clause, FindError, Node, Space, refuse_too_long

_NUMERIC: Final = frozenset({">", ">=", "<", "<=", "=", "!="})
_TEXT: Final = frozenset({"=", "!=", "LIKE", "ILIKE"})
TESTS: Final[dict[Space, frozenset[str]]] = {
    "metric": _NUMERIC,
    "param": _TEXT | {"IS NULL", "IS NOT NULL"},
    "tag": _TEXT | {"IS NULL", "IS NOT NULL"},
    "attribute": _TEXT | {"IN", "NOT IN"},
}
ATTRIBUTES: Final = {
    "run_id": "run_id",
    "run_name": "run_name",
    "run name": "run_name",
    "Run name": "run_name",
    "Run Name": "run_name",
    "user_id": "user_id",
    "status": "status",
    "artifact_uri": "artifact_uri",
    "start_time": "start_time",
    "created": "start_time",
    "Created": "start_time",
    "end_time": "end_time",
}
TIMES: Final = frozenset({"start_time", "end_time"})

_LOOKS_LIKE = re.compile(
    rf"\s*({'|'.join(sorted(SPACES, key=len, reverse=True))}|datasets?)\.(`[^`]*`|\"[^\"]*\"|[^\s`\"=<>!:]+)\s*"
    r"(=|!=|<|>|(NOT\s+)?I?LIKE\b|(NOT\s+)?IN\b|IS\b)",
    re.IGNORECASE,
)
_SURELY = re.compile(r"\s(and|i?like|in|is)\s|`", re.IGNORECASE)
_QUOTED = re.compile(r"\"(?:\\.|[^\"\\])*\"|'[^']*'")
_TOKENS = re.compile(
    r"""(?P<space>\s+)
    |(?P<text>'[^']*'|"[^"]*")
    |(?P<ticked>`[^`]*`)
    |(?P<number>[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?(?![\w.]))
    |(?P<test>>=|<=|!=|<>|=|<|>)
    |(?P<punctuation>[(),;])
    |(?P<word>[^\s'"`(),;=<>!]+)""",
    re.VERBOSE,
)


class _Token(NamedTuple):
    kind: str
    text: str
    at: int


def looks_like_mlflow(text: str) -> bool:
    """Whether a search begins as a filter of MLflow's does: a space, a key, a comparison."""
    return _LOOKS_LIKE.match(text) is not None


def surely_mlflow(text: str) -> bool:
    """Whether it can't have been meant otherwise: it joins by ``and``, or uses a word or sign of that syntax alone."""
    # What stands in quotes is somebody's value, which may hold anything.
    return looks_like_mlflow(text) and _SURELY.search(_QUOTED.sub('""', text)) is not None


def parse_mlflow(text: str) -> Node:
    """Take a filter apart.

    Raises:
        FindError: It is none that MLflow would take, or it is about data sets.
    """
    refuse_too_long(text)
    return _Parser(text).whole()


class _Parser:
    def __init__(self, text: str) -> None:
        self.text, self.next = text, 0
        self.tokens = self._tokens()

    def _tokens(self) -> list[_Token]:
        tokens, at = [], 0
        while at < len(self.text):
            found = _TOKENS.match(self.text, at)
            if found is None:
                closing = {"'": "'", '"': '"', "`": "`"}.get(self.text[at])
                what = "This quote is not closed" if closing else f"{self.text[at]!r} means nothing here"
                raise self.wrong(what, at, hint=f"Close it with {closing}" if closing else "Take it out.")
            if found.lastgroup != "space":
                kind = next(name for name, value in found.groupdict().items() if value is not None)
                tokens.append(_Token(kind, found.group(), at))
            at = found.end()
        return tokens

    def whole(self) -> Node:
        clauses: list[Node] = [self.clause()]
        while self.next < len(self.tokens):
            token = self.take("and")
            if token.text.upper() != "AND":
                hint = "Without MLflow's syntax there is: hockey OR baseball." if token.text.upper() == "OR" else ""
                raise self.at_token("Clauses are joined by AND only", token, hint or "Write AND between two clauses.")
            clauses.append(self.clause())
        return clauses[0] if len(clauses) == 1 else AllOf(tuple(clauses))

    def clause(self) -> Clause:
        first = self.take("a key, such as metrics.val_AUROC")
        space, key = self.key(first)
        test = self.test()
        if test.text not in TESTS[space] and not (space == "attribute" and key in TIMES and test.text in _NUMERIC):
            allowed = _NUMERIC if space == "attribute" and key in TIMES else TESTS[space]
            spaced = f"{space}s.{key}" if space != "attribute" else key
            hint = f"There are {' '.join(sorted(allowed))}."
            if test.text in _NUMERIC and space == "param":
                hint = f"A parameter is a text to MLflow. Without its syntax: {spaced}{test.text}0.1 compares numbers."
            raise self.at_token(f"{test.text} can't be used with {_article(space)}", test, hint)
        if test.text in ("IS NULL", "IS NOT NULL"):
            return Clause(space, key, test.text, None, first.at)
        return Clause(space, key, test.text, self.value(space, key, test.text), first.at)

    def key(self, first: _Token) -> tuple[Space, str]:
        named, dot, rest = first.text.partition(".")
        if first.kind in ("word", "number") and not dot:
            space: Space | None = "attribute"
            rest = named
        else:
            space = SPACES.get(named.lower())
        if named.lower() in ("dataset", "datasets"):
            raise self.at_token("Data sets can't be searched here", first, "Take this clause out.")
        if first.kind not in ("word", "number") or space is None:
            raise self.at_token("A clause begins with a key", first, "Write metrics., params., tags. or attributes.")
        if dot and not rest:
            rest = self.quoted_key(first)
        if space == "attribute":
            if rest not in ATTRIBUTES:
                known = "run_id run_name user_id status artifact_uri start_time end_time"
                raise self.at_token(f"{rest!r} is no attribute of a run", first, f"There are {known}.")
            return space, ATTRIBUTES[rest]
        return space, rest

    def quoted_key(self, first: _Token) -> str:
        """The key after the dot, in backticks or double quotes, which must follow at once."""
        at = first.at + len(first.text)
        token = self.take("a key")
        if token.at != at or token.kind not in ("ticked", "text") or token.text[0] == "'" or len(token.text) < 3:
            raise self.at_token("A key follows the dot at once", token, "Put it in backticks: metrics.`val loss`")
        return token.text[1:-1]

    def test(self) -> _Token:
        token = self.take("a comparison")
        word = token.text.upper()
        if token.kind == "test" and token.text != "<>":
            return token
        if word in ("LIKE", "ILIKE", "IN"):
            return token._replace(text=word)
        if word == "NOT":
            second = self.take("IN")
            if second.text.upper() == "IN":
                return token._replace(text="NOT IN")
            raise self.at_token("NOT is followed by IN", second, "Write NOT IN ('a', 'b'), or !=.")
        if word == "IS":
            second = self.take("NULL")
            third = self.take("NULL") if second.text.upper() == "NOT" else second
            if third.text.upper() == "NULL":
                return token._replace(text="IS NULL" if third is second else "IS NOT NULL")
            raise self.at_token("IS is followed by NULL or NOT NULL", third, "Write IS NULL.")
        raise self.at_token(f"{token.text[:40]!r} is no comparison", token, "There are = != > >= < <= LIKE ILIKE IN.")

    def value(self, space: Space, key: str, test: str) -> "str | float | tuple[str, ...]":
        token = self.take("a value")
        if space == "metric" or (space == "attribute" and key in TIMES):
            if token.kind != "number":
                what = "in milliseconds since 1970" if space == "attribute" else "without quotes"
                raise self.at_token("A number belongs here", token, f"Write it {what}, such as 0.9.")
            return float(token.text)
        if test in ("IN", "NOT IN"):
            return self.listed(token)
        if token.kind != "text":
            raise self.at_token("A text in quotes belongs here", token, f"Write '{token.text[:40]}'.")
        return token.text[1:-1]

    def listed(self, opening: _Token) -> tuple[str, ...]:
        found: list[str] = []
        if opening.text != "(":
            raise self.at_token("A list in parentheses belongs here", opening, "Write IN ('a', 'b').")
        while True:
            token = self.take("a text in quotes")
            if token.kind != "text":
                raise self.at_token("A text in quotes belongs here", token, f"Write '{token.text[:40]}'.")
            found.append(token.text[1:-1])
            token = self.take(", or )")
            if token.text == ")":
                return tuple(found)
            if token.text != ",":
                raise self.at_token("Texts of a list are separated by commas", token, "Write IN ('a', 'b').")

    def take(self, expected: str) -> _Token:
        if self.next >= len(self.tokens):
            raise self.wrong(f"The filter ends where {expected} belongs", len(self.text), hint="Complete it.")
        self.next += 1
        return self.tokens[self.next - 1]

    def at_token(self, message: str, token: _Token, hint: str) -> FindError:
        return self.wrong(message, token.at, len(token.text), hint=hint)

    def wrong(self, message: str, at: int, length: int = 1, *, hint: str = "") -> FindError:
        return FindError(message, self.text, at, length, hint=hint)


def _article(space: Space) -> str:
    return {"param": "a parameter", "metric": "a metric", "tag": "a tag", "attribute": "this attribute"}[space]
