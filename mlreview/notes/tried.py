"""*Tried and compared*, generated from the sweep: the best run for each value of each param that differs."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mlreview.entities import Direction
from mlreview.notes.links import _cell, run_link

MOST_PARAMS = 8
MOST_VALUES = 6
MOST_FAILED = 10
_LONGEST = 60


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
    for key in _differing(ranked):
        lines += ["", f"| {_cell(key)} | Best run | {_cell(metric)} | Fit | Runs |", "|---|---|---:|---|---:|"]
        best: dict[str, list[Tried]] = {}
        for run in ranked:
            if key in run.params:
                best.setdefault(run.params[key], []).append(run)
        for value, group in list(best.items())[:MOST_VALUES]:
            top = group[0]
            cells = [_short(value), run_link(top.name, top.experiment_id, top.run_id), f"{top.value:.4g}"]
            lines.append(f"| {' | '.join([*cells, _cell(top.fit) or '—', f'{len(group):,}'])} |")
        if len(best) > MOST_VALUES:
            lines.append(f"| *{len(best) - MOST_VALUES:,} more values* | | | | |")
    if failed:
        lines += ["", "Did not work:", ""]
        for run in failed[:MOST_FAILED]:
            why = {"FAILED": "failed", "KILLED": "was stopped"}.get(run.status, f"has no number for {_code(metric)}")
            lines.append(f"- {run_link(run.name, run.experiment_id, run.run_id)} {why}")
        if len(failed) > MOST_FAILED:
            lines.append(f"- and {len(failed) - MOST_FAILED:,} more")
    return "\n".join(lines) + "\n"


def _differing(ranked: Sequence[Tried]) -> list[str]:
    """Params with more than one value, those with few values first: of them more can be learned."""
    values: dict[str, set[str]] = {}
    for run in ranked:
        for key, value in run.params.items():
            values.setdefault(key, set()).add(value)
    found = [key for key, seen in values.items() if len(seen) > 1 and not key.startswith("mlreview.")]
    return sorted(found, key=lambda key: (len(values[key]), key))[:MOST_PARAMS]


def _shown(run: Tried, own: str | None) -> str:
    name = "this run" if run.run_id == own else run_link(run.name, run.experiment_id, run.run_id)
    return f"{name}, {_number(run):.4g}" + (f" ({_cell(run.fit)})" if run.fit else "")


def _number(run: Tried) -> float:
    return math.nan if run.value is None else run.value


def _short(text: str) -> str:
    if not text:
        return "*empty*"
    return _cell(text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…")


def _code(text: str) -> str:
    return "`" + " ".join(text.replace("`", "'").split()) + "`"
