"""Two runs of one training: the same, the same within the team's tolerance, or the first thing that differs."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from mlreview import names
from mlreview.analysis.params import canonical_param
from mlreview.entities import Curve, Dataset, Run

Verdict = Literal["reproduced", "within tolerance", "not reproduced"]
SMALLEST = 1e-3
"""Numbers below this are held against this: what is nearly nothing is not compared by its digits."""

_MACHINE = re.compile(
    r"^system/|(^|[_/.\s-])"
    r"(time|seconds?|secs?|ms|duration|elapsed|runtime|walltime|latency|throughput|\w+_per_s(ec|econd)?)"
    r"([_\s]*\(?(s|ms|sec|seconds)\)?)?$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that came out otherwise, in words."""

    part: str
    key: str
    words: str

    def __str__(self) -> str:
        return f"{self.key}: {self.words}"


@dataclass(frozen=True, slots=True)
class Part:
    """One kind of record, compared.

    Attributes:
        name: ``data``, ``params``, ``metrics``, ``curves`` or ``predictions``.
        same, near: How many came out exactly alike, and how many within the tolerance only.
        differing: The others, the first first.
        note: What was left out of it, or why nothing was compared; may be empty.
    """

    name: str
    same: int = 0
    near: int = 0
    differing: tuple[Difference, ...] = ()
    note: str = ""

    @property
    def compared(self) -> int:
        """All of them."""
        return self.same + self.near + len(self.differing)

    def __str__(self) -> str:
        if not self.compared:
            return f"{self.name}: {self.note or 'nothing to compare'}"
        said = [f"{self.same:,} of {self.compared:,} the same"]
        said += [f"{self.near:,} within tolerance"] if self.near else []
        said += [f"{len(self.differing):,} differ"] if self.differing else []
        return f"{self.name}: {', '.join(said)}{f'; {self.note}' if self.note else ''}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a reproduction showed."""

    parts: tuple[Part, ...]

    @property
    def first(self) -> Difference | None:
        """The first thing that differs: data and params, which are causes; then the earliest step of a curve."""
        return next((part.differing[0] for part in self.parts if part.differing), None)

    @property
    def verdict(self) -> Verdict:
        """In one word. Where nothing measured was compared, nothing was reproduced."""
        measured = sum(part.compared for part in self.parts if part.name in ("metrics", "curves", "predictions"))
        if self.first is not None or not measured:
            return "not reproduced"
        return "within tolerance" if any(part.near for part in self.parts) else "reproduced"

    @property
    def reason(self) -> str:
        """What to say beside the verdict; empty for a full reproduction."""
        if self.first is not None:
            return str(self.first)
        return "no metric was recorded that could be compared" if self.verdict == "not reproduced" else ""


def compare_runs(
    old: Run,
    new: Run,
    curves: Mapping[str, Sequence[Curve]],
    tolerance: float,
    predictions: Part | None = None,
) -> Outcome:
    """Hold a new run against the one that it was to reproduce.

    Args:
        old: As it was recorded.
        new: As it came out.
        curves: Of both, by run id.
        tolerance: Largest relative difference of a metric that counts as the same.
        predictions: Of both models on the example, where they were compared.
    """
    failed = _status(new)
    parts = (
        *((failed,) if failed else ()),
        _data(old.datasets, new.datasets),
        _params(old, new),
        _curves(curves.get(old.run_id, ()), curves.get(new.run_id, ()), tolerance),
        _metrics(old, new, tolerance),
        predictions or Part("predictions", note="no model with an example of its input in both runs"),
    )
    return Outcome(parts)


def nearness(then: float, now: float, tolerance: float) -> Literal["same", "near", "differs"]:
    """How two numbers relate; NaN is the same as NaN, and an infinity as itself."""
    if then == now or (math.isnan(then) and math.isnan(now)):
        return "same"
    if not (math.isfinite(then) and math.isfinite(now)):
        return "differs"
    return "near" if abs(then - now) <= tolerance * max(abs(then), abs(now), SMALLEST) else "differs"


def _status(new: Run) -> Part | None:
    if new.status in (names.FINISHED, "RUNNING"):
        return None
    return Part("run", differing=(Difference("run", "status", f"the new run ended as {new.status}"),))


def _data(old: Sequence[Dataset], new: Sequence[Dataset]) -> Part:
    if not old:
        return Part("data", note="no digest was recorded")
    then, now = _digests(old), _digests(new)
    differing = []
    for context in sorted(then, key=_context_order):
        if then[context] == now.get(context):
            continue
        if context not in now:
            words = "recorded then, not recorded now"
        else:
            words = f"digest {', '.join(then[context])} then, {', '.join(now[context])} now: the data changed"
        differing.append(Difference("data", f"{context} data", words))
    return Part("data", same=len(then) - len(differing), differing=tuple(differing))


def _digests(datasets: Sequence[Dataset]) -> dict[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for one in datasets:
        found.setdefault(one.context or "unnamed", []).append(one.digest)
    return {context: tuple(sorted(digests)) for context, digests in found.items()}


def _context_order(context: str) -> tuple[int, str]:
    order = ("training", "train", "validation", "eval", "test")
    return (order.index(context) if context in order else len(order)), context


def _params(old: Run, new: Run) -> Part:
    keys = [key for key in sorted(old.params) if not key.startswith(names.OWN_PREFIX)]
    differing = []
    for key in keys:
        then, now = old.params[key], new.params.get(key)
        if now is None:
            differing.append(Difference("params", key, f"{_short(then)} then, not logged now"))
        elif canonical_param(key, then) != canonical_param(key, now):
            differing.append(Difference("params", key, f"{_short(then)} then, {_short(now)} now"))
    more = len([key for key in new.params if key not in old.params and not key.startswith(names.OWN_PREFIX)])
    return Part("params", len(keys) - len(differing), differing=tuple(differing), note=_more(more))


def _metrics(old: Run, new: Run, tolerance: float) -> Part:
    same = near = timed = 0
    differing = []
    for key in sorted(old.metrics):
        if key.startswith(names.OWN_PREFIX):
            continue
        if of_machine(key):
            timed += 1
            continue
        then = old.metrics[key].value
        if key not in new.metrics:
            differing.append(Difference("metrics", key, f"{then:.6g} then, not logged now"))
            continue
        now = new.metrics[key].value
        how = nearness(then, now, tolerance)
        same += how == "same"
        near += how == "near"
        if how == "differs":
            differing.append(Difference("metrics", key, _numbers(then, now)))
    more = len([key for key in new.metrics if key not in old.metrics and not of_machine(key)])
    left = f"{timed:,} that measure{'s' if timed == 1 else ''} the machine left out" if timed else ""
    return Part("metrics", same, near, tuple(differing), "; ".join(part for part in (left, _more(more)) if part))


def of_machine(key: str) -> bool:
    """A metric says how fast or busy the machine was, which no second run repeats."""
    return _MACHINE.search(key) is not None


def _curves(old: Sequence[Curve], new: Sequence[Curve], tolerance: float) -> Part:
    """Point by point; curves that part early come first, for there lies the cause."""
    by_key = {curve.metric: curve for curve in new}
    same = near = 0
    differing: list[tuple[float, Difference]] = []
    for curve in old:
        if len(curve.steps) < 2 or of_machine(curve.metric) or curve.metric.startswith(names.OWN_PREFIX):
            continue
        other = by_key.get(curve.metric)
        if other is None:
            differing.append((-math.inf, Difference("curves", curve.metric, "a curve then, not logged now")))
            continue
        parted = _parting(curve, other, tolerance)
        if parted is not None:
            differing.append((parted[0], Difference("curves", curve.metric, parted[1])))
        elif len(curve.values) == len(other.values) and np.array_equal(curve.values, other.values, equal_nan=True):
            same += 1
        else:
            near += 1
    differing.sort(key=lambda one: (one[0], one[1].key))
    return Part("curves", same, near, tuple(one for _, one in differing))


def _parting(old: Curve, new: Curve, tolerance: float) -> tuple[float, str] | None:
    """The first step at which two curves are not the same any more."""
    for at in range(min(len(old.steps), len(new.steps))):
        step, then, now = int(old.steps[at]), float(old.values[at]), float(new.values[at])
        if step != int(new.steps[at]):
            return min(step, int(new.steps[at])), f"logged at step {step} then, at step {int(new.steps[at])} now"
        if nearness(then, now, tolerance) == "differs":
            return step, f"at step {step:,}: {_numbers(then, now)}"
    if len(old.steps) != len(new.steps):
        last = int((old if len(old.steps) < len(new.steps) else new).steps[-1])
        return last, f"{len(old.steps):,} points then, {len(new.steps):,} now"
    return None


def _numbers(then: float, now: float) -> str:
    digits = next((n for n in (6, 9, 12, 17) if f"{then:.{n}g}" != f"{now:.{n}g}"), 17)
    return f"{then:.{digits}g} then, {now:.{digits}g} now"


def _short(text: str) -> str:
    shown = "".join(character if character.isprintable() else " " for character in text)
    return repr(shown if len(shown) <= 60 else f"{shown[:59]}…")


def _more(count: int) -> str:
    return f"{count:,} logged now that {'was' if count == 1 else 'were'} not recorded then" if count else ""
