"""What a clause of MLflow's filter syntax means, over columns: keys as they are, capitals count."""

from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from mlreview.analysis.find_keys import Key
from mlreview.analysis.find_query import Clause, FindError
from mlreview.analysis.find_texts import Values, distinct

if TYPE_CHECKING:
    from mlreview.analysis.find import Corpus

Mask = NDArray[np.bool_]
_ORDER: Final[dict[str, np.ufunc]] = {
    ">": np.greater,
    ">=": np.greater_equal,
    "<": np.less,
    "<=": np.less_equal,
    "=": np.equal,
    "!=": np.not_equal,
}
_FIELDS: Final = {
    "run_id": "run_ids",
    "run_name": "names",
    "user_id": "users",
    "status": "statuses",
    "artifact_uri": "artifact_uris",
}


def look(corpus: "Corpus", clause: Clause, text: str) -> tuple[Mask, str]:
    """Rows of the table that pass, and how the clause reads.

    Raises:
        FindError: No run has the key: a mistyped one would silently find nothing.
    """
    table, key, value = corpus.table, clause.key, clause.value
    said = f"{clause.space}s.{key[:60]} {clause.test} {_said(value)}".strip()
    if clause.space == "metric":
        assert isinstance(value, float)
        if key not in table.metrics:
            raise _unknown(corpus, clause, text)
        column = table.metrics[key]
        with np.errstate(invalid="ignore"):
            return column.present & _ORDER[clause.test](column.values, value), said
    if clause.space == "attribute":
        if key in ("start_time", "end_time"):
            assert isinstance(value, float)
            times = table.start_times if key == "start_time" else table.end_times
            there = ~np.isnat(times)
            return there & _ORDER[clause.test](times.astype("datetime64[ms]").astype(np.int64), value), said
        return _texts(distinct(getattr(table, _FIELDS[key])), clause), said
    known = corpus.texts.table.params if clause.space == "param" else corpus.texts.table.tags
    if key not in known:
        raise _unknown(corpus, clause, text)
    values = corpus.texts.values(clause.space, key)
    if clause.test in ("IS NULL", "IS NOT NULL"):
        present = corpus.of_texts(values.present)
        return (present if clause.test == "IS NOT NULL" else ~present), said
    return corpus.of_texts(_texts(values, clause)), said


def _texts(values: Values, clause: Clause) -> Mask:
    wanted = clause.value
    if isinstance(wanted, tuple):
        return values.where(lambda cell: (cell in wanted) == (clause.test == "IN"))
    assert isinstance(wanted, str)
    if clause.test == "ILIKE":
        folded = wanted.casefold()
        return values.where(lambda cell: like(folded, cell.casefold()))
    if clause.test == "LIKE":
        return values.where(lambda cell: like(wanted, cell))
    return values.where(lambda cell: (cell == wanted) == (clause.test == "="))


def like(pattern: str, text: str) -> bool:
    """SQL's LIKE: ``%`` stands for anything, ``_`` for one character; the whole text must fit.

    Greedy with one step back to the last ``%``, so never exponential.
    """
    at = place = 0
    star, star_at = -1, 0
    while at < len(text):
        if place < len(pattern) and pattern[place] == "%":
            star, star_at = place, at
            place += 1
        elif place < len(pattern) and pattern[place] in ("_", text[at]):
            at, place = at + 1, place + 1
        elif star >= 0:
            star_at += 1
            at, place = star_at, star + 1
        else:
            return False
    return all(character == "%" for character in pattern[place:])


def _said(value: "str | float | tuple[str, ...] | None") -> str:
    if isinstance(value, tuple):
        return f"({', '.join(repr(one[:40]) for one in value[:5])}{', …' if len(value) > 5 else ''})"
    if isinstance(value, float):
        return f"{value:g}"
    return repr(value[:60]) if isinstance(value, str) else ""


def _unknown(corpus: "Corpus", clause: Clause, text: str) -> FindError:
    import difflib

    names = [key.name for key in corpus.keys.all if key.space == clause.space]
    near = difflib.get_close_matches(clause.key, names, n=1)
    elsewhere = [str(key) for key in corpus.keys.all if key.name == clause.key]
    hint = f"Did you mean {elsewhere[0]}?" if elsewhere else ""
    if near and not hint:
        hint = f"Did you mean {Key(clause.space, near[0])}?"
    what = {"param": "parameter", "metric": "metric", "tag": "tag"}[clause.space]
    return FindError(f"No run has the {what} {clause.key[:60]!r}", text, clause.at, len(clause.key), hint=hint)
