"""A comparison in a few sentences: what differs, what it did, and what nobody recorded."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from mlreview.analysis.diff import Comparison, Section
from mlreview.analysis.diff_metrics import NOISE_UNKNOWN, MetricCells
from mlreview.analysis.diff_missing import MissingRecord
from mlreview.analysis.diff_rows import DiffRow
from mlreview.analysis.figures import percent, short, signed
from mlreview.analysis.metric_names import read_metric_name
from mlreview.analysis.params import SEED_KEYS, canonical_param

_NAMED = 3
_VALUE_CHARS = 36
_NAME_CHARS = 60
_BESIDE = 2
_NO_DIRECTION = "which way is better isn't known"
LARGE = 20.0
"""A change of another metric by so many percent is told beside the ranking metric: from there on a verdict on a
training calls a rise no longer mild."""


@dataclass(frozen=True, slots=True)
class Summary:
    """What to read first.

    Attributes:
        causes: What is recorded as different, the most telling first, each ``hidden_units 32 → 8``.
        more: How many further recorded differences there are that could be a cause.
        effect: What became of the ranking metric; empty where there is none.
        beside: What changed by much although it does not rank; empty where nothing did.
        warning: What must be known before a conclusion is drawn; empty where there is nothing.
    """

    causes: tuple[str, ...]
    more: int
    effect: str
    beside: str
    warning: str


def summarise(
    comparison: Comparison,
    cells: MetricCells | None,
    metrics: Mapping[str, MetricCells],
    baseline: int,
    missing: Sequence[MissingRecord],
    labels: Sequence[str],
) -> Summary:
    """Sum a comparison up.

    Args:
        comparison: Two or more runs.
        cells: The ranking metric against the baseline; ``None`` where no run has one.
        metrics: Every metric against the baseline.
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
        beside=_beside(comparison["metrics"], metrics, cells.key if cells else None, baseline, labels),
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
        return f"No other run has a {cells.key} to compare with the baseline's {short(base)}"
    if len(others) == 1:
        return f"{_moved(row, cells, baseline, others[0])}, {cells.judgement(others[0]) or _NO_DIRECTION}"
    said = _counted(cells, others)
    best = next((at for at, is_best in enumerate(cells.best) if is_best), None)
    if best is None:
        return f"{cells.key} against the baseline's {short(base)}: {said}"
    if best == baseline:
        return f"{cells.key}: the baseline is best, {short(base)}; of {len(others)} others: {said}"
    value = f"{short(float(row.values[best] or 0))} ({_change(cells, best)})"
    return f"{cells.key}: best is {_middle_out(labels[best])}, {value}; of {len(others)} others: {said}"


def _counted(cells: MetricCells, others: Sequence[int]) -> str:
    """How many of these runs are better, worse ..., each with what is unknown of it."""
    counts = Counter(cells.judgement(at) for at in others)
    order = ("better", "worse", "within noise", "the same", "evaluated on other data")
    said = [f"{counts[word]} {word}" for word in order if counts[word]]
    unsure = {word: counts[f"{word}, {NOISE_UNKNOWN}"] for word in ("better", "worse")}
    parts = [f"{count} {word}" for word, count in unsure.items() if count]
    if parts:
        said.append(f"{' and '.join(parts)} with {NOISE_UNKNOWN}")
    return ", ".join(said) or _NO_DIRECTION


def _moved(row: DiffRow, cells: MetricCells, baseline: int, at: int) -> str:
    before, after = (short(float(row.values[where] or 0)) for where in (baseline, at))
    return f"{cells.key} {before} → {after} ({_change(cells, at)})"


def _change(cells: MetricCells, at: int) -> str:
    share = cells.percents[at]
    return signed(cells.deltas[at] or 0) + ("" if share is None else f", {percent(share)}")


def _beside(
    metrics: Section, cells: Mapping[str, MetricCells], ranking: str | None, baseline: int, labels: Sequence[str]
) -> str:
    """Large changes of other metrics, which a sentence on the ranking metric alone would swallow.

    Only of metrics that have a good and a bad side, losses on training data among them; never what is known to be
    noise. Of several runs the one that is farthest off stands for each metric.
    """
    found: list[tuple[bool, float, str]] = []
    for row in metrics.rows:
        own = cells[row.key]
        if row.key == ranking or row.repeats or own.direction is None:
            continue
        large = [(_size(own, at), at) for at in range(len(row.values)) if _size(own, at) >= LARGE]
        if not large:
            continue
        size, at = max(large, key=lambda one: (one[0], -one[1]))
        before, after = (short(float(row.values[where] or 0)) for where in (baseline, at))
        share = own.percents[at]
        said = f"{row.key} {before} → {after}" + ("" if share is None else f" ({percent(share)})")
        said += f" in {_middle_out(labels[at])}" if len(labels) > 2 else ""
        said += f", {own.verdicts[at]}" if own.beyond_noise[at] else ""
        found.append((read_metric_name(row.key).split in ("train", "unknown"), -size, said))
    if not found:
        return ""
    shown = [said for *_, said in sorted(found)]
    more = f"; and {len(shown) - _BESIDE} more" if len(shown) > _BESIDE else ""
    return f"Large changes beside it: {'; '.join(shown[:_BESIDE])}{more}"


def _size(cells: MetricCells, at: int) -> float:
    """How large a change is, in percent; 0 where there is none that can be told from chance and other data."""
    delta = cells.deltas[at]
    if not delta or cells.verdicts[at] in ("within noise", "other data"):
        return 0.0
    share = cells.percents[at]
    return math.inf if share is None else abs(share)


def _warning(comparison: Comparison, missing: Sequence[MissingRecord]) -> str:
    if not comparison["metrics"].differing or comparison.explained:
        return ""
    lacking = ", ".join(record.what for record in missing)
    because = f" Not recorded: {lacking}." if lacking else " Chance in training is what is left."
    return f"The metrics differ and nothing that was recorded does.{because}"
