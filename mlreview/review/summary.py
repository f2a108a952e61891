"""The first sentences of a review: who would replace what, and whether it should. Plain text from plain values."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from mlreview.analysis.deltas import Verdict
from mlreview.analysis.diff_report import Compared
from mlreview.analysis.figures import MINUS, short, typographic
from mlreview.analysis.params import SEED_KEYS
from mlreview.analysis.short_names import short_names
from mlreview.review.bodies import BaselineRef

Outlook = Literal["better", "worse", "unclear", "none"]
"""What the numbers alone say: better or worse by more than chance, too close or unknown, nothing to compare."""

_NAMED = 4
_NAME_CHARS = 60
_VERSION = re.compile(r"\bv(\d{1,9}) of ")


@dataclass(frozen=True, slots=True)
class Move:
    """The metric that ranks, of the run and of what it would replace.

    Attributes:
        key: The metric.
        value: Of the run; ``None`` where it logged none. NaN and infinities as logged.
        replaced: Of the baseline; ``None`` without one, or where it logged none.
        verdict: What the difference says.
        margin: A difference up to this is within noise; ``None`` where the noise is unknown.
    """

    key: str
    value: float | None = None
    replaced: float | None = None
    verdict: Verdict = "unknown"
    margin: float | None = None


@dataclass(frozen=True, slots=True)
class Standing:
    """What the first sentences are made of.

    Attributes:
        run: Name of the run, or the beginning of its id.
        baseline: What it would replace, as the request kept it; without a run id there is none, and ``reason`` says
            why.
        metric: What ranks; ``None`` where nothing does.
        fit: The verdict on its training, in words; empty where there is none.
        differs: Names of what differs from the baseline; ``None`` where nothing was compared.
        note: Sections of the note that are filled in, and how many there are; ``None`` where that was not looked at.
        fields: Required fields that were recorded, and how many there are; likewise.
        questions, changes, follow_ups: How many are open.
        gone: The baseline is not in the store any more.
        in_production: The run was deployed already.
    """

    run: str
    baseline: BaselineRef = field(default_factory=BaselineRef)
    metric: Move | None = None
    fit: str = ""
    differs: tuple[str, ...] | None = None
    note: tuple[int, int] | None = None
    fields: tuple[int, int] | None = None
    questions: int = 0
    changes: int = 0
    follow_ups: int = 0
    gone: bool = False
    in_production: bool = False


@dataclass(frozen=True, slots=True)
class Summary:
    """The first sentences, each with its full stop; empty where there is nothing to say.

    Attributes:
        headline: Who would replace what.
        metric: What became of the metric that ranks.
        outlook: What the numbers alone say.
        fit, differs, records, talk: What its name says.
    """

    headline: str
    metric: str
    outlook: Outlook
    fit: str
    differs: str
    records: str
    talk: str

    @property
    def text(self) -> str:
        """All of it, as one paragraph."""
        parts = (self.headline, self.metric, self.fit, self.differs, self.records, self.talk)
        return " ".join(part for part in parts if part)


def summarise_standing(standing: Standing) -> Summary:
    """Say it in sentences."""
    metric, outlook = _metric(standing)
    return Summary(
        headline=_headline(standing),
        metric=metric,
        outlook=outlook,
        fit=f"Fit: {standing.fit}." if standing.fit else "",
        differs=_differs(standing.differs),
        records=_records(standing),
        talk=_talk(standing),
    )


def version_of(baseline: BaselineRef) -> str:
    """``v3`` where the reason names the registered version; else empty."""
    found = _VERSION.search(baseline.reason) if baseline.source == "deployed" else None
    return f"v{found[1]}" if found else ""


def move_of(seen: Compared, run_id: str, baseline_id: str) -> Move | None:
    """The metric that ranks, from a comparison of the run and its baseline; ``None`` where nothing ranks."""
    if seen.ranking is None:
        return None
    key = seen.ranking.metric
    row = next((row for row in seen.comparison["metrics"].rows if row.key == key), None)
    here = list(seen.recorded.runs.run_ids)
    if row is None or run_id not in here:
        return Move(key)
    at = here.index(run_id)
    value = _number(row.values[at])
    if baseline_id not in here or baseline_id == run_id:
        return Move(key, value)
    cells = seen.metrics[key]
    return Move(key, value, _number(row.values[here.index(baseline_id)]), cells.verdicts[at], cells.margins[at])


def differing_names(seen: Compared) -> tuple[str, ...]:
    """What differs, each thing once and in a person's words, params first."""
    comparison = seen.comparison
    rows = [row for row in comparison["params"].differing if not row.repeats and not row.partial]
    found = [_words(row.key) for row in rows]
    if all(row.key in SEED_KEYS for row in rows):
        found += ["architecture" for row in comparison["model"].differing if row.key == "architecture"][:1]
    for section in ("data", "code", "environment"):
        if comparison[section].differing:
            found.append(section)
    partial = sum(row.partial for row in comparison["params"].differing)
    if partial:
        found.append(f"{partial} {'param' if partial == 1 else 'params'} that only one of them has")
    return tuple(dict.fromkeys(found))


def _headline(standing: Standing) -> str:
    baseline = standing.baseline
    run = _clip(standing.run)
    if not baseline.run_id:
        said = f"{run} was deployed" if standing.in_production else f"{run} would replace nothing"
        return f"{said}: {baseline.reason}." if baseline.reason else f"{said}."
    name = _clip(baseline.name) or baseline.run_id[:8]
    if name != run:
        run, name = short_names((run, name))
    version = version_of(baseline)
    replaced = f"{version} ({name})" if version else name
    # What is deployed goes without saying; any other reason is said.
    why = f", {_clip(baseline.reason, 120)}" if baseline.reason and baseline.source != "deployed" else ""
    gone = ", which is not in this store any more" if standing.gone else ""
    verb = "replaced" if standing.in_production else "would replace"
    return f"{run} {verb} {replaced}{why}{gone}."


def _metric(standing: Standing) -> tuple[str, Outlook]:
    move = standing.metric
    if move is None:
        return "No metric was logged that could rank it.", "none"
    key = _clip(move.key)
    if move.value is None:
        return f"It has no {key}.", "none"
    said = f"{key} {_value(move.value)}"
    if not math.isfinite(move.value):
        return f"{said}.", "worse" if math.isnan(move.value) else "unclear"
    if not standing.baseline.run_id or standing.gone:
        return f"{said}, with nothing to compare.", "none"
    if move.replaced is None or not math.isfinite(move.replaced):
        other = "has none" if move.replaced is None else f"has {_value(move.replaced)}"
        return f"{said}; what it would replace {other}.", "none"
    change = f"{said}, {_signed(move.value - move.replaced)}"
    noise = None if move.margin is None else f"noise ±{_margin(move.margin)}"
    if move.verdict == "within noise":
        return f"{change}, inside {noise or 'noise'}.", "unclear"
    if move.verdict == "other data":
        return f"{change}, but evaluated on other data, so the two can't be compared.", "none"
    if move.verdict == "equal":
        return f"{said}, the same as before.", "unclear"
    if move.verdict in ("better", "worse"):
        if noise is None:
            return f"{change}, {move.verdict}; how much of that is chance is unknown.", "unclear"
        return f"{change}, {move.verdict} beyond {noise}.", move.verdict
    return f"{change}; which way is better is not known.", "unclear"


def _differs(names: Sequence[str] | None) -> str:
    if names is None:
        return ""
    if not names:
        return "Nothing that was recorded differs."
    shown = ", ".join(_clip(name, 40) for name in names[:_NAMED])
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return f"{len(names)} {'thing differs' if len(names) == 1 else 'things differ'}: {shown}{more}."


def _records(standing: Standing) -> str:
    parts = []
    if standing.note is not None:
        filled, total = standing.note
        parts.append(f"note {filled}/{total}" if filled else "no note yet")
    if standing.fields is not None:
        parts.append("fields {}/{}".format(*standing.fields))
    said = ", ".join(parts)
    return f"{said[0].upper()}{said[1:]}." if said else ""


def _talk(standing: Standing) -> str:
    parts = [
        _count(standing.changes, "required change"),
        _count(standing.questions, "open question"),
        _count(standing.follow_ups, "open follow-up"),
    ]
    said = ", ".join(part for part in parts if part)
    return f"{said}." if said else ""


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}" if number else ""


def _number(value: str | float | None) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _value(value: float) -> str:
    """Three decimals, as on the leaderboard; where these say little, significant digits."""
    if math.isfinite(value) and (value == 0 or 0.01 <= abs(value) < 100_000):
        return typographic(f"{value:.3f}")
    return short(value)


def _signed(value: float) -> str:
    """With as many decimals as the value beside it."""
    size = abs(value)
    digits = f"{size:.3f}" if size == 0 or 0.001 <= size < 100_000 else f"{size:.2g}"
    return f"{MINUS if value < 0 else '+'}{typographic(digits)}"


def _margin(value: float) -> str:
    return typographic(f"{value:.2g}" if value < 0.1 else f"{value:.3g}")


def _words(key: str) -> str:
    return " ".join(re.split(r"[_\s]+", key)).strip() or key


def _clip(text: str, most: int = _NAME_CHARS) -> str:
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 17]}…{line[-16:]}"
