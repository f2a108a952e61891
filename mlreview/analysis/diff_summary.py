"""A comparison in a few sentences: what differs, what it did, and what nobody recorded."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from mlreview.analysis.diff import Comparison, Section
from mlreview.analysis.diff_metrics import MetricCells, percent_text
from mlreview.analysis.diff_missing import MissingRecord
from mlreview.analysis.diff_rows import DiffRow
from mlreview.analysis.params import SEED_KEYS, canonical_param

_NAMED = 3
_VALUE_CHARS = 36
_NAME_CHARS = 60


@dataclass(frozen=True, slots=True)
class Summary:
    """What to read first.

    Attributes:
        causes: What is recorded as different, the most telling first, each ``hidden_units 32 → 8``.
        more: How many further recorded differences there are that could be a cause.
        effect: What became of the ranking metric; empty where there is none.
        warning: What must be known before a conclusion is drawn; empty where there is nothing.
    """

    causes: tuple[str, ...]
    more: int
    effect: str
    warning: str


def summarise(
    comparison: Comparison,
    cells: MetricCells | None,
    baseline: int,
    missing: Sequence[MissingRecord],
    labels: Sequence[str],
) -> Summary:
    """Sum a comparison up.

    Args:
        comparison: Two or more runs.
        cells: The ranking metric against the baseline; ``None`` where no run has one.
        baseline: Position of the baseline.
        missing: What was not recorded.
        labels: The runs' names, for people.
    """
    causes = [row for row in comparison["params"].differing if not row.repeats and not row.partial]
    ran_alike = all(row.key in SEED_KEYS for row in causes)
    model = [row for row in comparison["model"].differing if row.key == "architecture"] if ran_alike else []
    named = [_cause(row, baseline, "") for row in (*model, *causes)]
    named += [_cause(row, baseline, "") for row in comparison["data"].differing[:1]]
    named += [_cause(row, baseline, "code ") for row in comparison["code"].differing[:1]]
    if comparison["environment"].differing:
        named.append(f"environment: {comparison['environment'].counts}")
    partial = sum(row.partial for row in comparison["params"].differing)
    if partial:
        named.append(f"{partial} param{'' if partial == 1 else 's'} that only some of the runs have")
    return Summary(
        causes=tuple(named[:_NAMED]),
        more=max(0, len(named) - _NAMED),
        effect=_effect(cells, comparison["metrics"], baseline, labels),
        warning=_warning(comparison, missing),
    )


def _cause(row: DiffRow, baseline: int, prefix: str) -> str:
    values = [_short(row.key, value) for value in row.values]
    base = values[baseline]
    others = list(dict.fromkeys(value for value in values if value != base))
    shown = ", ".join(others[:4]) + (" …" if len(others) > 4 else "")
    key = f"{prefix}{_middle_out(row.key)}"
    # Two long texts can begin alike: cut, they would read as if nothing had changed.
    return f"{key} {base} → {shown}" if others else f"{key}, in a long text"


def _middle_out(name: str) -> str:
    """A name that fits into a sentence; its end stays, which tells two runs of one name apart."""
    return name if len(name) <= _NAME_CHARS else f"{name[: _NAME_CHARS - 17]}…{name[-16:]}"


def _short(key: str, value: str | float | None) -> str:
    if value is None:
        return "none"
    text = " ".join(canonical_param(key, str(value)).split())
    if not text:
        return "(empty)"
    return text if len(text) <= _VALUE_CHARS else f"{text[: _VALUE_CHARS - 1]}…"


def _effect(cells: MetricCells | None, metrics: Section, baseline: int, labels: Sequence[str]) -> str:
    if cells is None:
        return ""
    row = next(row for row in metrics.rows if row.key == cells.key)
    base = row.values[baseline]
    if not isinstance(base, float) or not math.isfinite(base):
        return f"The baseline has no {cells.key} to compare with"
    others = [at for at in range(len(row.values)) if cells.deltas[at] is not None]
    if not others:
        return f"No other run has a {cells.key} to compare with the baseline's {base:.4g}"
    if len(others) == 1:
        at = others[0]
        return f"{cells.key} {base:.4g} → {row.values[at]:.4g} ({_signed(cells, at)}), {_judged(cells, at)}"
    words = {
        "better": "better",
        "worse": "worse",
        "within noise": "within noise",
        "equal": "equal",
        "other data": "evaluated on other data",
    }
    counts = {word: sum(cells.verdicts[at] == verdict for at in others) for verdict, word in words.items()}
    said = ", ".join(f"{count} {word}" for word, count in counts.items() if count) or "which way is better isn't known"
    best = next((at for at, is_best in enumerate(cells.best) if is_best), None)
    if best is None:
        return f"{cells.key} against the baseline's {base:.4g}: {said}"
    if best == baseline:
        return f"{cells.key}: the baseline is best, {base:.4g}; of {len(others)} others: {said}"
    value = f"{row.values[best]:.4g} ({_signed(cells, best)})"
    return f"{cells.key}: best is {_middle_out(labels[best])}, {value}; of {len(others)} others: {said}"


def _signed(cells: MetricCells, at: int) -> str:
    percent = cells.percents[at]
    share = "" if percent is None else f", {percent_text(percent)}"
    return f"{cells.deltas[at]:+.3g}{share}".replace("-", "−")


def _judged(cells: MetricCells, at: int) -> str:
    return {
        "better": "better",
        "worse": "worse",
        "equal": "the same",
        "within noise": "within noise",
        "other data": "evaluated on other data",
    }.get(cells.verdicts[at], "which way is better isn't known")


def _warning(comparison: Comparison, missing: Sequence[MissingRecord]) -> str:
    if not comparison["metrics"].differing or comparison.explained:
        return ""
    lacking = ", ".join(record.what for record in missing)
    because = f" Not recorded: {lacking}." if lacking else " Chance in training is what is left."
    return f"The metrics differ and nothing that was recorded does.{because}"
