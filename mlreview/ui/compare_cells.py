"""A comparison as the table in the browser draws it: plain values, cut to what can be seen."""

import difflib
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from mlreview.analysis.deltas import MARKS, UNSURE_MARKS
from mlreview.analysis.diff import Section
from mlreview.analysis.diff_metrics import NOISE_UNKNOWN, MetricCells
from mlreview.analysis.diff_report import Compared
from mlreview.analysis.diff_rows import DiffRow
from mlreview.analysis.figures import percent, typographic
from mlreview.ui.text import clip, direction_arrow, number

MAX_CELLS = 12_000
"""Cells of one section that are sent to the browser."""
_MAX_SHOWN_CHARS = 360
_MAX_COPIED_CHARS = 4_000
_OPENS_FROM_CHARS = 160
_MARKED_FROM_CHARS = 20
_MAX_MARKED_CELLS = 600
_MAX_TOKENS = 300
_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
_SIGNS = {**MARKS, "other data": f"{MARKS['other data']} data"}
_WORDS = {
    "better": "Better than the baseline",
    "worse": "Worse than the baseline",
    "within noise": "Within noise: the difference may be chance",
    "other data": "Evaluated on other data than the baseline, so the two can't be compared",
    "equal": "Equal to the baseline",
    "unknown": "",
    "baseline": "",
}
_GROUPS = {
    "spelling": "Written differently, the same value",
    "unique": "Different in every run, as ids and paths are",
    "unrecorded": "The same wherever it was recorded",
    "note": "Texts with a page of their own",
    "same": "No difference",
}
_PARTIAL = "Only some of these runs have"


@dataclass(frozen=True, slots=True)
class Sight:
    """Which rows are looked at.

    Attributes:
        everything: Rows without a difference too.
        search: Words that a row must have in its key or values, all of them; capitals don't matter.
    """

    everything: bool = False
    search: str = ""

    def rows(self, section: Section) -> tuple[DiffRow, ...]:
        """The rows of a section that are in sight, in their order."""
        rows = section.rows if self.everything else section.differing
        return tuple(row for row in rows if self.matches(row))

    def matches(self, row: DiffRow) -> bool:
        """Whether a row has all the words."""
        words = self.search.casefold().split()
        if not words:
            return True
        text = "\n".join([row.key, *(str(value) for value in row.values if value is not None)]).casefold()
        return all(word in text for word in words)


def table(seen: Compared, sight: Sight, headings: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """What the table's component is given.

    Args:
        seen: What was compared.
        sight: Which rows.
        headings: One a run, as ``compare_table`` describes them.
    """
    marks = _Marks(_MAX_MARKED_CELLS)
    noise = next((cells.noise for cells in seen.metrics.values() if cells.noise), "")
    ranking = seen.ranking.metric if seen.ranking and seen.ranking.metric in seen.metrics else None
    results = _results(seen, ranking)
    return {
        "corner": f"{len(headings)} runs",
        "result": f"{clip(ranking, 60)} {direction_arrow(seen.metrics[ranking].direction or 'max')}" if ranking else "",
        "runs": [{**heading, "result": result} for heading, result in zip(headings, results, strict=True)],
        "sections": [_section(seen, section, sight, marks) for section in seen.comparison.sections],
        "noise": f"Within noise: {noise}" if noise else "How much of a difference is chance is unknown",
        "unsure": any(_is_unsure(cells) for cells in seen.metrics.values()),
        "sight": repr((sight, tuple(seen.recorded.runs.run_ids))),
    }


def _results(seen: Compared, metric: str | None) -> list[dict[str, Any] | None]:
    """The ranking metric of each run, for the heading that stays in sight."""
    if metric is None:
        return [None] * len(seen.labels)
    row = next(row for row in seen.comparison["metrics"].rows if row.key == metric)
    cells = _metric_cells(seen, row, seen.metrics[metric])
    words = {"better", "worse", "missing"}
    return [
        {
            "text": cell["text"] if "missing" not in cell["state"] else f"no {clip(metric, 40)}",
            "delta": cell.get("delta", ""),
            "state": next((word for word in cell["state"].split() if word in words), ""),
            "title": f"{clip(metric, 80)}: {cell['title']}",
        }
        for cell in cells
    ]


def _section(seen: Compared, section: Section, sight: Sight, marks: "_Marks") -> dict[str, Any]:
    rows = sight.rows(section)
    most = max(20, MAX_CELLS // len(seen.labels))
    notes = []
    if len(rows) > most:
        notes.append(f"{most:,} of {len(rows):,} rows are shown: a search finds the others, the download has them all")
    if not sight.everything and section.unique:
        keys = ", ".join(clip(row.key, 40) for row in section.unique[:6]) + (" …" if len(section.unique) > 6 else "")
        notes.append(f"Left out, different in every run as ids are: {keys}")
    if sight.search and not sight.everything:
        more = sum(sight.matches(row) for row in section.rows if not row.differs)
        if more:
            notes.append(f"{more:,} more match among what does not differ")
    return {
        "name": section.name,
        "title": section.title,
        "counts": section.counts + (f" · {len(rows):,} match" if sight.search else ""),
        "some": bool(section.differing),
        "notes": notes,
        "rows": [_row(seen, section, row, marks) for row in rows[:most]],
    }


def _row(seen: Compared, section: Section, row: DiffRow, marks: "_Marks") -> dict[str, Any]:
    cells = seen.metrics.get(row.key) if section.name == "metrics" else None
    group = _GROUPS[row.hidden] if row.hidden else _PARTIAL if row.partial and section.name != "metrics" else ""
    return {
        "id": [section.name, row.key],
        "key": clip(row.key, 300),
        "differs": row.differs,
        "dim": bool(row.repeats),
        "metric": cells is not None,
        "group": group,
        "hint": _hint(seen, row, cells),
        "cells": _metric_cells(seen, row, cells) if cells else _text_cells(seen, row, marks),
    }


def _is_unsure(cells: MetricCells) -> bool:
    """Of no difference that has a good and a bad side is it known whether it is more than chance."""
    judged = [cells.beyond_noise[at] for at, verdict in enumerate(cells.verdicts) if verdict in UNSURE_MARKS]
    return bool(judged) and not any(judged) and "within noise" not in cells.verdicts


def _hint(seen: Compared, row: DiffRow, cells: MetricCells | None) -> str:
    said = []
    if cells is not None:
        ranks = seen.ranking is not None and seen.ranking.metric == row.key
        better = {"max": "higher is better", "min": "lower is better", None: "which way is better isn't known"}
        arrow = f"{direction_arrow(cells.direction)} " if cells.direction else ""
        said.append(f"{arrow}{better[cells.direction]}{', ranks' if ranks else ''}")
        if _is_unsure(cells):
            said.append(NOISE_UNKNOWN)
        names = seen.other_names(row.key)
        if names:
            said.append(clip(names, 160))
    if row.repeats:
        said.append(f"says the same as {clip(row.repeats, 60)}")
    return " · ".join(said)


def _metric_cells(seen: Compared, row: DiffRow, cells: MetricCells) -> list[dict[str, Any]]:
    digits = telling_digits([float(value) for value in row.values if value is not None])
    made = []
    for at, value in enumerate(row.values):
        if value is None:
            made.append({"state": _state(seen, row, at, "missing"), "text": "—", "title": "Not logged by this run"})
            continue
        shown = number(float(value), digits)
        verdict = cells.verdicts[at]
        unsure = verdict in UNSURE_MARKS and not cells.beyond_noise[at]
        judged = {"within noise": "noise", "other data": "noise", "better": "better", "worse": "worse"}.get(verdict, "")
        cell: dict[str, Any] = {
            "state": _state(seen, row, at, "" if unsure else judged),
            "text": shown,
            "copy": repr(float(value)),
        }
        delta, share = cells.deltas[at], cells.percents[at]
        if delta is not None:
            sign = (UNSURE_MARKS if unsure else _SIGNS).get(verdict, "")
            in_percent = f" · {percent(share)}" if share is not None else ""
            cell["delta"] = f"{sign} {signed(delta, digits)}{in_percent}".strip()
        words = _WORDS[verdict] + (f" ({cells.noise})" if verdict == "within noise" and cells.noise else "")
        words += "; how far chance alone moves it is unknown" if unsure else ""
        other = seen.logged_as.get(row.key, ())[at : at + 1]
        logged = f", logged as {clip(other[0], 80)}" if other and other[0] else ""
        cell["title"] = f"{float(value)!r}{logged}{'. ' if words else ''}{words}"
        cell["best"] = cells.best[at]
        made.append(cell)
    return made


def telling_digits(values: Sequence[float]) -> int:
    """Decimals at which values that differ look different, from 3 to 6."""
    finite = {value for value in values if math.isfinite(value)}
    for digits in (3, 4, 5):
        if len({number(value, digits) for value in finite}) == len(finite):
            return digits
    return 6


def signed(delta: float, digits: int) -> str:
    """A difference with its sign, at the digits of the values that it is between."""
    size = abs(delta)
    text = f"{size:.{digits}f}" if 10**-digits <= size < 100_000 else f"{size:.2g}"
    return typographic(f"{'-' if delta < 0 else '+'}{text}")


def _text_cells(seen: Compared, row: DiffRow, marks: "_Marks") -> list[dict[str, Any]]:
    base = row.values[seen.baseline]
    made = []
    for at, value in enumerate(row.values):
        if value is None:
            text = row.absent or "—"
            made.append({"state": _state(seen, row, at, "missing"), "text": text, "title": "Not recorded by this run"})
            continue
        text = str(value)
        if not text.strip():
            word = "(empty)" if not text else "(blank)"
            made.append({"state": _state(seen, row, at, "odd"), "text": word, "copy": text})
            continue
        shown = visible(text)
        cell: dict[str, Any] = {"state": _state(seen, row, at, ""), "text": shown}
        if len(text) <= _MAX_COPIED_CHARS:
            cell["copy"] = text
        if len(text) > _OPENS_FROM_CHARS or "\n" in text:
            cell["open"] = True
        if at != seen.baseline and base is not None and row.groups[at] != row.groups[seen.baseline]:
            cell["parts"] = marks.parts(visible(str(base)), shown)
        made.append(cell)
    return made


def visible(text: str) -> str:
    """A text as a cell shows it: lines kept, control characters and overrides of direction gone, cut."""
    lines = [clip(line, _MAX_SHOWN_CHARS) for line in text[: 4 * _MAX_SHOWN_CHARS].splitlines()]
    shown = "\n".join(lines)
    return shown if len(shown) <= _MAX_SHOWN_CHARS else f"{shown[:_MAX_SHOWN_CHARS].rstrip()}…"


def _state(seen: Compared, row: DiffRow, at: int, more: str) -> str:
    if at == seen.baseline:
        where = "baseline"
    else:
        same = row.groups[at] == row.groups[seen.baseline] or row.hidden in ("same", "spelling")
        where = "same" if same else "differs"
    return f"{where} {more}".strip()


class _Marks:
    """Marks what differs within two long values, for as many cells as can be afforded."""

    def __init__(self, left: int) -> None:
        self._left = left

    def parts(self, base: str, text: str) -> list[tuple[str, bool]] | None:
        """The text in pieces, those that the base doesn't have marked; ``None`` where nothing is worth marking."""
        if self._left <= 0 or min(len(base), len(text)) < _MARKED_FROM_CHARS:
            return None
        old, new = _TOKEN.findall(base)[:_MAX_TOKENS], _TOKEN.findall(text)[:_MAX_TOKENS]
        self._left -= 1
        matcher = difflib.SequenceMatcher(None, old, new, autojunk=False)
        if matcher.quick_ratio() < 0.3:  # two different texts: marking all of it would mark nothing
            return None
        found = [
            ("".join(new[low:high]), tag != "equal") for tag, _, _, low, high in matcher.get_opcodes() if high > low
        ]
        rest = text[sum(len(piece) for piece, _ in found) :]
        return [*found, (rest, False)] if rest else found
