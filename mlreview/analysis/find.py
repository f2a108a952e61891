"""Finding runs: one search over names, params, metrics, tags and notes, as people type it or in MLflow's syntax.

``lr>0.01 hockey user:me -failed`` is read by ``find_words``, ``params.model = 'x' and metrics.auc > 0.9`` by
``find_mlflow``; both become the nodes of ``find_query``, which are evaluated here over whole columns. Missing is not
empty: a run without a value passes no test of it, not even ``!=``; ``-key=value`` is what takes such a run in.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mlreview import names
from mlreview.analysis import find_attributes, find_clauses
from mlreview.analysis.find_keys import Key, Keys
from mlreview.analysis.find_mlflow import looks_like_mlflow, parse_mlflow, surely_mlflow
from mlreview.analysis.find_query import AllOf, AnyOf, Clause, Field, FindError, Node, Not, Words
from mlreview.analysis.find_texts import Texts, as_number, fold, glob
from mlreview.analysis.find_words import parse_words
from mlreview.analysis.params import canonical_param
from mlreview.entities import MetricColumn, RunTable

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Corpus:
    """The runs that are searched.

    Attributes:
        table: Runs with their latest metrics; what is found are rows of it.
        texts: The same runs, read with all params and tags, prepared; a run that it lacks has no texts.
        me: Who asks, for ``user:me``.
        now: For ``started:7d``, UTC.
        timezone: Name of the zone that dates are meant in; UTC where there is none.
    """

    table: RunTable
    texts: Texts
    me: str | None = None
    now: np.datetime64 = field(default_factory=lambda: np.datetime64("now", "ms"))
    timezone: str = "UTC"

    @cached_property
    def keys(self) -> Keys:
        """All keys of these runs."""
        return Keys(self.texts.table.params, self.table.metrics, self.texts.table.tags)

    @cached_property
    def rows(self) -> NDArray[np.intp]:
        """Where each run of the table stands in the texts; behind the last where it is not there."""
        row_of, beyond = self.texts.row_of, len(self.texts.table)
        return np.fromiter((row_of.get(run_id, beyond) for run_id in self.table.run_ids), np.intp, len(self.table))

    def of_texts(self, mask: Mask) -> Mask:
        """From rows of the texts to rows of the table."""
        return np.append(mask, False)[self.rows]


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What a search found.

    Attributes:
        rows: bool, shape (rows of the table,).
        reading: How the search was understood, in words that follow "Showing runs where"; empty for an empty search.
        remarks: What somebody should know to trust the answer, a sentence each, without a full stop.
    """

    rows: Mask
    reading: str = ""
    remarks: tuple[str, ...] = ()

    @property
    def count(self) -> int:
        """How many runs were found."""
        return int(self.rows.sum())


def parse(text: str) -> Node:
    """Take a search apart, in whichever of the two syntaxes it is written.

    Raises:
        FindError: It can't be read.
    """
    if looks_like_mlflow(text):
        try:
            return parse_mlflow(text)
        except FindError:
            if surely_mlflow(text):
                raise
    return parse_words(text)


def find(text: str, corpus: Corpus) -> Found:
    """Find runs.

    Raises:
        FindError: The search can't be read: its syntax, a key that is not there or not the only one, a value that fits
            no such key. It names the place and what to write instead.
    """
    search = _Search(text, corpus)
    node = parse(text)
    rows, reading = search.look(node)
    return Found(rows, "" if node == AllOf(()) else reading, tuple(dict.fromkeys(search.remarks)))


class _Search:
    def __init__(self, text: str, corpus: Corpus) -> None:
        self.text, self.corpus = text, corpus
        self.remarks: list[str] = []

    def look(self, node: Node, inner: bool = False) -> tuple[Mask, str]:
        """Rows of the table that a node means, and how it reads."""
        match node:
            case Words():
                return self.words(node)
            case Field():
                return self.field(node)
            case Clause():
                return self.clause(node)
            case Not():
                rows, reading = self.look(node.part, inner=True)
                return ~rows, _turned(reading)
            case AllOf() | AnyOf():
                found = [self.look(part, inner=True) for part in node.parts]
                every = np.logical_and if isinstance(node, AllOf) else np.logical_or
                start = np.full(len(self.corpus.table), isinstance(node, AllOf))
                rows = every.reduce([start, *(rows for rows, _ in found)], axis=0)
                reading = (" and " if isinstance(node, AllOf) else " or ").join(said for _, said in found)
                return rows, f"({reading})" if inner else reading

    def words(self, node: Words) -> tuple[Mask, str]:
        status = None if node.quoted else find_attributes.status_word(node.text)
        if status:
            self.remarks.append(f"{node.text} means the status; in quotes it is the word")
            return self.corpus.table.statuses == status, f"status is {status.lower()}"
        if not node.quoted and node.text in ("or", "and", "not"):
            self.remarks.append(f"'{node.text}' was looked for as a word; {node.text.upper()} in capitals joins terms")
        folded = fold(node.text.replace("\0", " "))
        return self.corpus.of_texts(self.corpus.texts.containing(folded)), f"a text holds '{_short(folded)}'"

    def field(self, node: Field) -> tuple[Mask, str]:
        anywhere = {"param": "param", "params": "param", "parameter": "param", "tag": "tag", "tags": "tag"}
        if node.space in (None, "attribute"):
            attribute = find_attributes.NAMES.get(node.key.casefold())
            if attribute or node.space == "attribute":
                if attribute and node.space is None and self._is_key_too(node.key):
                    self.remarks.append(f"{node.key} is the run's own; params.{node.key} is the parameter")
                return find_attributes.look(self.corpus, node, self.text)
            if node.key.casefold() in anywhere:
                return self.any_of(node, anywhere[node.key.casefold()])
        key = self.corpus.keys.resolve(
            node.key, node.space, self.text, node.at, (*find_attributes.NAMES, "tag", "param")
        )
        present, passed, reading = self.metric(node, key) if key.space == "metric" else self.column(node, key)
        lacking = int((~present).sum())
        if 0 < lacking < len(present) and not (node.value == "*" and not node.quoted):
            self.remarks.append(f"{lacking:,} of {len(present):,} runs have no {_short(key.name, 40)}")
        also = f" ({_SPACES[key.space]})" if node.key != key.name or node.space else ""
        return passed, f"{_short(key.name, 60)}{also} {reading}"

    def _is_key_too(self, name: str) -> bool:
        return any(key.name == name and key.space == "param" for key in self.corpus.keys.all)

    def metric(self, node: Field, key: Key) -> tuple[Mask, Mask, str]:
        column = self.corpus.table.metrics[key.name]
        if node.value == "*" and not node.quoted and node.test in (":", "="):
            return column.present, column.present, "was logged"
        wanted = as_number(node.value)
        if wanted is None:
            raise self.wrong_value(node, "A metric is compared with a number", "Write it as 0.9, 1e-3, nan or inf.")
        passed = _compare(column, node.test, wanted, node.value)
        return column.present, passed, f"{_TESTS[node.test]} {node.value.strip()}"

    def column(self, node: Field, key: Key) -> tuple[Mask, Mask, str]:
        values = self.corpus.texts.values(key.space, key.name)
        test, reading = self.value_test(node, key.name)
        return self.corpus.of_texts(values.present), self.corpus.of_texts(values.where(test)), reading

    def value_test(self, node: Field, key: str) -> tuple[Callable[[str], bool], str]:
        """The test that a value of a param or tag must pass, and how it reads."""
        value = node.value
        wanted = as_number(value)
        if node.test in (">", ">=", "<", "<="):
            if wanted is None:
                hint = "Texts have no order here; there are = != and :"
                raise self.wrong_value(node, f"{node.test} compares numbers", hint)
            order = _ORDER[node.test]

            def in_order(cell: str) -> bool:
                number = as_number(cell)
                return number is not None and bool(order(number, wanted))

            return in_order, f"{_TESTS[node.test]} {value.strip()}"
        folded = fold(value)
        if "*" in value and not node.quoted and node.test != "==":
            if folded == "*":
                return (lambda cell: node.test != "!="), "is there" if node.test != "!=" else "is not anything"
            positive = node.test != "!="
            return (lambda cell: glob(folded, fold(cell)) == positive), f"{_TESTS[node.test]} '{_short(folded)}'"
        spelt = canonical_param(key, value.strip())

        def same(cell: str) -> bool:
            return fold(cell) == folded or canonical_param(key, cell.strip()) == spelt

        if node.test == "==":
            return (lambda cell: canonical_param(key, cell.strip()) == spelt), f"is just '{_short(value)}'"
        if node.test == "!=":
            return (lambda cell: not same(cell)), f"is not '{_short(folded)}'"
        if node.test == "=" or not folded:
            return same, f"is '{_short(folded)}'" if folded else "is empty"
        if wanted is not None:
            # 32 is not 320; but a text such as (32, 16) holds it
            return (
                lambda cell: same(cell) or (as_number(cell) is None and folded in fold(cell))
            ), f"is {value.strip()}"
        return (lambda cell: folded in fold(cell)), f"holds '{_short(folded)}'"

    def any_of(self, node: Field, space: str) -> tuple[Mask, str]:
        """``tag:x``: some tag is called so, or some tag's value is about it."""
        if node.test not in (":", "="):
            hint = f"Write the key: {space}s.key{node.test}{node.value[:40]}"
            message = f"{node.key}{node.test} doesn't say which one"
            raise FindError(message, self.text, node.at, len(node.key), hint=hint)
        texts = self.corpus.texts
        keys = texts.word_params if space == "param" else tuple(k for k in texts.word_tags if k != names.NOTE_TAG)
        found = np.zeros(len(texts.table), dtype=bool)
        for key in keys:
            values = texts.values(space, key)
            test, _ = self.value_test(node, key)
            found |= values.present if fold(key) == fold(node.value) else values.where(test)
        return self.corpus.of_texts(found), f"a {_SPACES[space]} is or holds '{_short(fold(node.value))}'"

    def clause(self, node: Clause) -> tuple[Mask, str]:
        """One comparison of MLflow's syntax: exact keys, capitals count."""
        return find_clauses.look(self.corpus, node, self.text)

    def wrong_value(self, node: Field, message: str, hint: str) -> FindError:
        got = f", and {_short(node.value, 40)!r} is none" if "number" in message else ""
        return FindError(message + got, self.text, node.value_at, len(node.value), hint=hint)


_ORDER: dict[str, np.ufunc] = {
    ">": np.greater,
    ">=": np.greater_equal,
    "<": np.less,
    "<=": np.less_equal,
    "=": np.equal,
    "!=": np.not_equal,
}
_TESTS = {":": "is", "=": "=", "==": "=", "!=": "≠", ">": ">", ">=": "≥", "<": "<", "<=": "≤"}
_SPACES = {"param": "parameter", "metric": "metric", "tag": "tag"}


def _compare(column: MetricColumn, test: str, wanted: float, typed: str) -> Mask:
    """Metrics against a number. NaN is equal to NaN here, and is neither larger nor smaller than anything."""
    if np.isnan(wanted):
        same = np.isnan(column.values)
        none = np.zeros(len(same), dtype=bool)
        return column.present & {"=": same, "==": same, ":": same, "!=": ~same}.get(test, none)
    if test == ":" and np.isfinite(wanted):
        with np.errstate(invalid="ignore"):  # infinities among the values
            near = np.abs(column.values - wanted) <= _half_a_digit(typed) + 1e-12 * abs(wanted)
        return column.present & near
    return column.present & _ORDER["=" if test in (":", "==") else test](column.values, wanted)


def _half_a_digit(typed: str) -> float:
    """How far a value may lie from a number that was copied from the screen: half of its last digit."""
    found = re.fullmatch(r"[+-]?\d*(?:\.(\d*))?(?:[eE]([+-]?\d{1,3}))?", typed.strip())
    if found is None or found[1] is None:
        return 0.0
    return 0.5 * 10.0 ** (int(found[2] or 0) - len(found[1]))


def _turned(reading: str) -> str:
    for said, turned in (("a text holds", "no text holds"), ("status is", "status is not")):
        if reading.startswith(said):
            return turned + reading.removeprefix(said)
    for said, turned in ((" is there", " is not there"), (" was logged", " was not logged")):
        if reading.endswith(said):
            return reading.removesuffix(said) + turned
    return f"not {reading}" if reading.startswith("(") else f"not ({reading})"


def _short(text: str, limit: int = 60) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"


def keep(table: RunTable, found: Found) -> RunTable:
    """The runs that were found, as a table of their own, which counts as all there is of them."""
    return table if found.rows.all() else replace(table.take(np.flatnonzero(found.rows)), total=found.count)
