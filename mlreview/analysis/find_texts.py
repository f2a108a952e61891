"""The texts of an experiment's runs, prepared so that each further search of them is cheap.

What is prepared once: for each run one long folded text of all that a bare word is looked for in, and for each column
its distinct values, so that a test is asked once a value and not once a run. Ten thousand runs take a moment to
prepare, and then some milliseconds a search.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from mlreview import names
from mlreview.analysis.params import canonical
from mlreview.entities import RunTable, TextColumn

_BETWEEN = "\0"
"""Between texts of one run: no search holds it, so that nothing is found across two texts."""

_SEARCHED_MLFLOW_TAGS = (names.SOURCE_NAME_TAG, names.GIT_COMMIT_TAG, "mlflow.source.git.branch")
"""Of MLflow's own tags, those that a bare word is looked for in; the others are reached by their key."""

_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?inf(inity)?|nan", re.ASCII | re.IGNORECASE)


def fold(text: str) -> str:
    """A text as it is compared: without capitals, one spelling of accents, one space for any white space."""
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())


@lru_cache(maxsize=65_536)
def as_number(text: str) -> float | None:
    """A text as a number, ``None`` where it is none; autolog's ``0.0010000000474974513`` is 0.001."""
    stripped = text.strip()
    return float(canonical(stripped)) if len(stripped) < 400 and _NUMBER.fullmatch(stripped) else None


class Values(NamedTuple):
    """A text column by its distinct values. ``codes``: intp, which of ``distinct`` each run has; -1 for none."""

    codes: NDArray[np.intp]
    distinct: tuple[str, ...]

    def where(self, test: Callable[[str], bool]) -> NDArray[np.bool_]:
        """The runs whose value passes; a run without one does not."""
        passed = np.fromiter((test(value) for value in self.distinct), np.bool_, len(self.distinct))
        return np.append(passed, False)[self.codes]  # the code -1 is the last entry

    @property
    def present(self) -> NDArray[np.bool_]:
        """The runs that have a value."""
        return self.codes >= 0


class Texts:
    """Runs with all their params and tags. Shared between sessions; nothing but its own preparations is ever added.

    Args:
        table: Read with all params and tags, whole notes among the tags.
    """

    def __init__(self, table: RunTable) -> None:
        self.table = table
        self._values: dict[tuple[str, str], Values] = {}

    @cached_property
    def row_of(self) -> Mapping[str, int]:
        """Row of each run."""
        return {run_id: row for row, run_id in enumerate(self.table.run_ids)}

    @cached_property
    def word_tags(self) -> tuple[str, ...]:
        """Keys of the tags that a bare word is looked for in, the note among them."""
        return tuple(
            key
            for key in self.table.tags
            if not key.startswith(("mlflow.", names.OWN_PREFIX)) or key in (*_SEARCHED_MLFLOW_TAGS, names.NOTE_TAG)
        )

    @cached_property
    def word_params(self) -> tuple[str, ...]:
        """Keys of the params that a bare word is looked for in."""
        return tuple(key for key in self.table.params if not key.startswith(names.OWN_PREFIX))

    @cached_property
    def haystacks(self) -> list[str]:
        """For each run all that a bare word is looked for in, folded."""
        table = self.table
        columns = [table.names, table.users]
        columns += [table.params[key] for key in self.word_params]
        columns += [table.tags[key] for key in self.word_tags]
        return [fold(_BETWEEN.join(filter(None, row))) for row in zip(*columns, strict=True)]

    def containing(self, folded: str) -> NDArray[np.bool_]:
        """The runs of which some text holds this, already folded; or whose id begins with it, from 6 characters on."""
        rows = len(self.table)
        found = np.fromiter((folded in text for text in self.haystacks), np.bool_, rows)
        if re.fullmatch(r"[0-9a-f]{6,32}", folded):
            found |= np.fromiter((run_id.startswith(folded) for run_id in self.table.run_ids), np.bool_, rows)
        return found

    def values(self, space: str, key: str) -> Values:
        """One column by its distinct values.

        Args:
            space: ``param``, ``tag``, or ``attribute`` for a field of the table.
            key: A key that the table has, or the field's name.
        """
        if (space, key) not in self._values:
            table = self.table
            column = {"param": table.params, "tag": table.tags}[space][key] if space != "attribute" else None
            self._values[space, key] = distinct(getattr(table, key) if column is None else column)
        return self._values[space, key]


def distinct(column: TextColumn) -> Values:
    """A text column by its distinct values."""
    known: dict[str | None, int] = {None: -1}
    for value in column:
        if value not in known:
            known[value] = len(known) - 1
    codes = np.fromiter((known[value] for value in column), np.intp, len(column))
    return Values(codes, tuple(value for value in known if value is not None))


def glob(pattern: str, text: str) -> bool:
    """Whether the whole text fits a pattern in which ``*`` stands for anything; linear in both."""
    first, *middle, last = pattern.split("*")
    if not text.startswith(first) or not text.endswith(last) or len(text) < len(first) + len(last):
        return False
    at, end = len(first), len(text) - len(last)
    for piece in middle:
        at = text.find(piece, at, end)
        if at < 0:
            return False
        at += len(piece)
    return True
