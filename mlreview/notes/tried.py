"""*Tried and compared*, generated from the sweep: the best run for each value of each param that differs."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mlreview.entities import Direction
from mlreview.notes.links import _cell, run_link

MOST_CHARS = 2_400
"""Of the 8,000 that a note holds: what is generated leaves room for people's words."""

MOST_PARAMS = 8
MOST_VALUES = 6
FEWEST_VALUES = 2
MOST_FAILED = 5
_LONGEST = 60
_NAMED = 5
_FOR_NAMES = 300
"""Kept free, in characters, for the names of the params that there is no room to compare."""


@dataclass(frozen=True, slots=True)
class Tried:
    """One run of the sweep.

    Attributes:
        run_id, experiment_id, name: Of the run.
        value: Of the ranking metric; ``None`` where it has none.
        status: MLflow's.
        params: Those that differ within the sweep; a run may lack one.
        fit: What its curves say, in words; empty where nobody looked.
    """

    run_id: str
    experiment_id: str
    name: str | None
    value: float | None
    status: str = "FINISHED"
    params: Mapping[str, str] = field(default_factory=dict)
    fit: str = ""


def tried_and_compared(runs: Sequence[Tried], metric: str, direction: Direction, own: str | None = None) -> str:
    """Markdown: what was compared, the best run for each value of each differing param, and what failed.

    It is never longer than ``MOST_CHARS``: of a large sweep the params that come last are only named.

    Args:
        runs: The sweep, this run among them.
        metric: Key of the ranking metric.
        direction: Which way is better.
        own: Id of the run that the note is about.
    """
    sign = 1 if direction == "max" else -1
    counted = [run for run in runs if run.value is not None and math.isfinite(run.value)]
    ranked = sorted(counted, key=lambda run: (-sign * _number(run), run.run_id))
    failed = [run for run in runs if run.status in ("FAILED", "KILLED") or run not in counted]
    if not ranked:
        return f"Compared with {len(runs):,} runs: none of them has a number for {_code(metric)}.\n"
    better = "higher" if direction == "max" else "lower"
    place = next((rank for rank, run in enumerate(ranked, start=1) if run.run_id == own), None)
    lines = [f"{len(runs):,} runs compared by {_code(metric)}, {better} is better. Best: {_shown(ranked[0], own)}."]
    if place is not None and place > 1:
        lines[0] += f" This run is number {place:,} of {len(ranked):,}."
    did_not_work = _failed(failed, metric)
    room = MOST_CHARS - _FOR_NAMES - len("\n".join([*lines, *did_not_work]))
    left_out: list[str] = []
    for at, key in enumerate(_differing(ranked)):
        wanted = range(MOST_VALUES, FEWEST_VALUES - 1, -1) if at < MOST_PARAMS else ()
        tables = (_table(ranked, key, metric, most) for most in wanted)
        table = next((one for one in tables if _length(one) <= room), None)
        if table is None:
            left_out.append(key)
        else:
            lines += table
            room -= _length(table)
    return "\n".join([*lines, *_named(left_out), *did_not_work]) + "\n"


def _table(ranked: Sequence[Tried], key: str, metric: str, most: int) -> list[str]:
    """Lines of a table: the best run for each value of a param, the best values first, at most so many."""
    lines = ["", f"| {_short(key)} | Best run | {_short(metric)} | Fit | Runs |", "|---|---|---:|---|---:|"]
    best: dict[str, list[Tried]] = {}
    for run in ranked:
        if key in run.params:
            best.setdefault(run.params[key], []).append(run)
    for value, group in list(best.items())[:most]:
        top = group[0]
        cells = [_short(value), _link(top), f"{top.value:.4g}", _cell(top.fit) or "—", f"{len(group):,}"]
        lines.append(f"| {' | '.join(cells)} |")
    if len(best) > most:
        lines.append(f"| *{len(best) - most:,} more values* | | | | |")
    return lines


def _failed(failed: Sequence[Tried], metric: str) -> list[str]:
    if not failed:
        return []
    lines = ["", "Did not work:", ""]
    for run in failed[:MOST_FAILED]:
        why = {"FAILED": "failed", "KILLED": "was stopped"}.get(run.status, f"has no number for {_code(metric)}")
        lines.append(f"- {_link(run)} {why}")
    if len(failed) > MOST_FAILED:
        lines.append(f"- and {len(failed) - MOST_FAILED:,} more")
    return lines


def _named(keys: Sequence[str]) -> list[str]:
    """Params that there was no room for."""
    if not keys:
        return []
    more = f" and {len(keys) - _NAMED:,} more" if len(keys) > _NAMED else ""
    return ["", f"Also tried: {', '.join(_code(key, 40) for key in keys[:_NAMED])}{more}."]


def _length(lines: Sequence[str]) -> int:
    return sum(len(line) + 1 for line in lines)


def _differing(ranked: Sequence[Tried]) -> list[str]:
    """Params with more than one value, those with few values first: of them more can be learned."""
    values: dict[str, set[str]] = {}
    for run in ranked:
        for key, value in run.params.items():
            values.setdefault(key, set()).add(value)
    found = [key for key, seen in values.items() if len(seen) > 1 and not key.startswith("mlreview.")]
    return sorted(found, key=lambda key: (len(values[key]), key))


def _shown(run: Tried, own: str | None) -> str:
    name = "this run" if run.run_id == own else _link(run)
    return f"{name}, {_number(run):.4g}" + (f" ({_cell(run.fit)})" if run.fit else "")


def _number(run: Tried) -> float:
    return math.nan if run.value is None else run.value


def _short(text: str) -> str:
    if not text:
        return "*empty*"
    return _cell(text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…")


def _link(run: Tried) -> str:
    name = run.name if run.name is None or len(run.name) <= _LONGEST else run.name[: _LONGEST - 1] + "…"
    return run_link(name, run.experiment_id, run.run_id)


def _code(text: str, longest: int = _LONGEST) -> str:
    line = " ".join(text.replace("`", "'").split())
    return "`" + (line if len(line) <= longest else line[: longest - 1] + "…") + "`"
