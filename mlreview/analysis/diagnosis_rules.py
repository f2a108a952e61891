"""The rules of ``fit_rules`` applied to the curves of one run, the gravest first."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mlreview.analysis import fit_rules as rules
from mlreview.analysis.curve_shape import Points, Shape, as_error, at_steps, ceiling_of, running_median, shape_of
from mlreview.analysis.diagnosis_curves import Judged, score_bar
from mlreview.analysis.diagnosis_words import Facts
from mlreview.analysis.fit_rules import Severity, Verdict
from mlreview.analysis.pairs import find_pairs
from mlreview.entities import Direction


def judge(judged: Judged, points: Mapping[str, Points], ranking: tuple[str, Direction] | None) -> Facts:
    """Apply the rules, the gravest first; what holds besides is kept as ``also``."""
    facts = _begin(judged)
    if _is_broken(judged, facts):
        return facts
    held = judged.held
    finite = facts.points = 0 if held is None else len(held.finite())
    if held is None or finite < rules.MIN_POINTS:
        facts.reason = "no held-out curve" if held is None else "few points"
        _diverged(_train_shape(judged, None), None, facts)
        return facts
    shape = shape_of(held, judged.direction)
    assert shape is not None  # it has points
    train = _train_shape(judged, shape)
    _place(facts, held, shape, judged.direction)
    facts.rise, facts.swing, facts.window = shape.rise, shape.swing, shape.window
    facts.rise_sure, facts.measured = shape.sure, True
    if train is not None:
        # What can be read off the curve: an average over a steep fall is nowhere on it.
        shown = running_median(train.error, 3)
        at = min(int(np.searchsorted(train.steps, facts.onset or 0)), len(shown) - 1)
        facts.train_at_onset, facts.train_last = train.logged(float(shown[at])), train.logged(float(train.error[-1]))
        facts.train_first = train.logged(float(train.error[0]))
    _ranking(facts, points, ranking, judged)
    if _diverged(train, shape, facts):
        return facts
    rises = _rises(shape, judged, facts)
    found: list[Verdict] = []
    if rises and train is None:
        facts.reason = "no training curve"
        return facts
    along = _rises_along(train, shape, facts)
    if rises and not along:
        found.append("overfitting")
    improves = not rises and _improves(shape, facts)
    facts.together = rises and along
    if facts.together or _is_unstable(shape, judged, facts, settled=not rises and not improves):
        found.append("unstable")
    if improves:
        found.append("still_improving")
    if not rises and not found and _is_memorised(points, facts):
        found.append("overfitting")
        facts.onset = None  # it never was better, or still is as good
    if "overfitting" not in found and _underfits(train, points, facts):
        found.append("underfitting")
    if not found and train is None:
        facts.reason = "no training curve"
        return facts
    facts.verdict, *facts.also = found or ["good_fit"]
    facts.severity = _severity(facts)
    return facts


def _begin(judged: Judged) -> Facts:
    curves = [curve for curve in (judged.train, judged.held) if curve is not None]
    spaced = any(len(c) > 1 and float(np.median(np.diff(c.steps))) == 1 for c in curves)
    return Facts(
        metric=judged.pair.held_out if judged.held is not None else judged.pair.train,
        train_metric=judged.pair.train if judged.held is not None and judged.train is not None else None,
        direction=judged.direction,
        first_step=min(int(c.steps[0]) for c in curves),
        last_step=max(int(c.steps[-1]) for c in curves),
        unit="epoch" if spaced and max(map(len, curves)) <= 10_000 else "step",
        restored=judged.restored,
    )


def _is_broken(judged: Judged, facts: Facts) -> bool:
    """A curve that ends as NaN or infinity; NaN between finite points are validations that were left out."""
    firsts: list[tuple[int, str]] = []
    for key, curve in ((judged.pair.held_out, judged.held), (judged.pair.train, judged.train)):
        if curve is None or key is None:
            continue
        good = np.flatnonzero(np.isfinite(curve.values))
        tail = len(curve) - (int(good[-1]) + 1 if len(good) else 0)
        left_out = int(np.diff(good).max(initial=1)) - 1
        only_nan = bool(np.isnan(curve.values[len(curve) - tail :]).all())
        if not tail or (only_nan and tail <= left_out):
            continue
        if not len(good) and judged.pair.name.kind != "loss":
            continue  # a score that can't be computed says nothing of the training
        firsts.append((int(curve.steps[len(curve) - tail]), key))
    if not firsts:
        return False
    facts.onset, facts.broken_metric = min(firsts)
    facts.verdict, facts.severity = "diverged", "severe"
    held = judged.held.finite() if judged.held is not None else None
    if held is not None and len(held):
        error = as_error(held.values, judged.direction)
        facts.best_step, facts.best_value = int(held.steps[error.argmin()]), float(held.values[error.argmin()])
    return True


def _diverged(train: Shape | None, held: Shape | None, facts: Facts) -> bool:
    """The training error ends where it began or above, and far above its lowest; so does the held-out error."""
    if train is None or len(train.error) < rules.MIN_POINTS:
        return False
    facts.train_lost, facts.train_ratio = bool(train.smooth[-1] >= train.error[0]), 1 + train.rise
    lost = facts.train_lost and train.rise >= rules.DIVERGED_RATIO - 1
    if not lost or train.rise <= train.sure:
        return False
    if held is not None and held.rise <= max(held.sure, rules.OVERFIT_RISE):
        return False  # it swings, or only the training loss is counted otherwise from some point on
    facts.verdict, facts.severity, facts.reason = "diverged", "severe", ""
    facts.onset = int(train.steps[train.best])
    return True


def _rises(shape: Shape, judged: Judged, facts: Facts) -> bool:
    """The held-out error ends clearly above its lowest, and not only since the last point or two."""
    facts.since_best = len(shape.error) - 1 - shape.best
    facts.score_fell, facts.score_least = float(shape.smooth[-1] - shape.smooth[shape.best]), _least(judged)
    since = (shape.smooth[shape.best + 1 :] - shape.smooth[shape.best]) / shape.scale
    if len(since):
        facts.rise_late = float(np.median(since[-max(rules.PATIENCE, len(since) // 4) :]))
    return (
        facts.since_best >= rules.PATIENCE
        and shape.rise >= rules.OVERFIT_RISE
        and shape.rise > shape.sure
        and facts.rise_late >= rules.OVERFIT_RISE / 2
        and facts.score_fell >= facts.score_least
    )


def _rises_along(train: Shape | None, shape: Shape, facts: Facts) -> bool:
    """The training error rose with the held-out one since its lowest."""
    if train is None:
        return False
    rose, held = (float(one.smooth[-1] - one.smooth[shape.best]) for one in (train, shape))
    if held > 0:
        facts.train_rise_share = rose / held
    return rose >= rules.TRAIN_SHARE * held


def _least(judged: Judged) -> float:
    """The least change of an error that is of interest: none of a loss, a part of the scale of a score."""
    if judged.direction == "min" or judged.held is None:
        return 0.0
    return rules.SCORE_DROP * (ceiling_of(judged.held.finite().values, judged.direction) or 0.0)


def _is_unstable(shape: Shape, judged: Judged, facts: Facts, settled: bool) -> bool:
    """It swings, or wanders so that a rise could hide in it; or a curve without a trend ends far above its lowest."""
    least = _least(judged) / shape.floor
    facts.swings = shape.swing >= max(rules.UNSTABLE_SWING, least)
    facts.settled = settled
    if settled:
        facts.unsure, facts.last_off = shape.uncertain, shape.last_off
    facts.wanders = facts.unsure >= max(rules.UNSTABLE_SWING, least)
    return facts.swings or facts.wanders or facts.last_off >= max(rules.UNSTABLE_LAST, least)


def _improves(shape: Shape, facts: Facts) -> bool:
    """The held-out error was still falling over the last quarter and in its second half."""
    before, middle, end, sure = shape.late()
    scale = before if before > 0 and shape.error.min() > 0 else shape.scale
    fall = (before - end) / scale
    gained = shape.gained if shape.gained > 0 else 1.0
    facts.fall, facts.fall_points = fall, max(len(shape.error) // 4, 2)
    facts.fall_share, facts.fall_sure = (before - end) / gained, sure / scale
    facts.fall_late = (middle - end) / scale
    facts.fall_goes_on = facts.fall_late >= fall / 5
    enough = fall >= rules.STILL_FALL or (fall >= rules.STILL_FALL_LEAST and facts.fall_share >= rules.STILL_SHARE)
    return enough and facts.fall_goes_on and before - end > sure


def _is_memorised(points: Mapping[str, Points], facts: Facts) -> bool:
    """A score is good on training data and poor on held-out data, with the larger part of what it lacks in between."""
    found = next((s for s in _scores(points) if s.train is not None and s.held is not None), None)
    if found is None or found.train is None or found.held is None or not found.held < found.bar <= found.train:
        return False
    facts.memorised = 1 - found.train < rules.TRAIN_SHARE * (1 - found.held)
    facts.score_metric, facts.score, facts.train_score = found.held_key, found.held, found.train
    facts.held_score_metric, facts.held_score = found.held_key, found.held
    return facts.memorised


def _underfits(train: Shape | None, points: Mapping[str, Points], facts: Facts) -> bool:
    """The training error is high: by a score whose scale is known, else by how little the training loss has moved."""
    found = next((s for s in _scores(points) if s.train is not None), None)
    if found is not None:
        # Dropout holds the training score down: the better of the two is what the model can do.
        ends = ((found.train, found.train_key), (found.held, found.held_key))
        facts.score, facts.score_metric = max((v, k) for v, k in ends if v is not None and k is not None)
        facts.score_bar = found.bar
        return facts.score < found.bar
    if train is None or train.error[0] <= 0:
        return False
    facts.train_gain = 1 - float(train.smooth[-1]) / float(train.error[0])
    return facts.train_gain < rules.UNDERFIT_GAIN


@dataclass(frozen=True, slots=True)
class _Score:
    """Where a score of known scale ends, on training and on held-out data."""

    bar: float
    train_key: str | None
    train: float | None
    held_key: str | None
    held: float | None


def _scores(points: Mapping[str, Points]) -> list[_Score]:
    """Measures of ranking first."""
    found: list[tuple[bool, _Score]] = []
    for pair in find_pairs(points, {key: len(curve) for key, curve in points.items()}):
        bar = score_bar(pair)
        if bar is None:
            continue
        train, held = (None if key is None else _end(points[key]) for key in (pair.train, pair.held_out))
        # Percent have another bar; NaN is no score.
        if all(value is None or value <= 1 for value in (train, held)):
            found.append((pair.name.kind != "ranking", _Score(bar, pair.train, train, pair.held_out, held)))
    return [score for _, score in sorted(found, key=lambda f: f[0])]


def _end(points: Points) -> float:
    """The level that a curve ends at: the median of its last three finite points; NaN without any."""
    values = points.finite().values
    return float(np.median(values[-3:])) if len(values) else float("nan")


def _train_shape(judged: Judged, held: Shape | None) -> Shape | None:
    """The training curve at the steps of the held-out one, or by itself."""
    if judged.train is None or len(judged.train.finite()) < 2:
        return None
    if held is None:
        return shape_of(judged.train, judged.direction)
    return shape_of(Points(held.steps, at_steps(judged.train, held.steps)), judged.direction)


def _place(facts: Facts, held: Points, shape: Shape, direction: Direction) -> None:
    """Where the best is: the best single value, and the lowest point of the smoothed curve."""
    finite = held.finite()
    error = as_error(finite.values, direction)
    best = int(error.argmin())
    facts.best_step, facts.best_value = int(finite.steps[best]), float(finite.values[best])
    half = shape.window // 2 if shape.window > 1 else 0
    low = shape.steps[max(shape.best - half, 0)] if len(error) <= len(shape.error) else _before(shape, half)
    high = shape.steps[min(shape.best + half, len(shape.steps) - 1)]
    near = np.flatnonzero((finite.steps >= low) & (finite.steps <= high))
    onset = int(near[error[near].argmin()]) if len(near) else best
    facts.onset = int(finite.steps[onset])
    facts.onset_value, facts.last_value = float(finite.values[onset]), float(finite.values[-1])


def _before(shape: Shape, half: int) -> int:
    """Where the block before the window ends."""
    at = shape.best - half - 1
    return int(shape.steps[at]) + 1 if at >= 0 else np.iinfo(np.int64).min


def _ranking(facts: Facts, points: Mapping[str, Points], ranking: tuple[str, Direction] | None, judged: Judged) -> None:
    """What became of the ranking metric between the onset and the end."""
    if ranking is None or ranking[0] in judged.pair.keys or ranking[0] not in points:
        return
    curve = points[ranking[0]].finite()
    curve = curve.head(int(np.searchsorted(curve.steps, facts.last_step or 0, side="right")))
    if len(curve) < 2 or facts.onset is None:
        return
    at = min(int(np.searchsorted(curve.steps, facts.onset)), len(curve) - 1)
    facts.ranking = ranking[0]
    facts.ranking_at_onset, facts.ranking_last = float(curve.values[at]), float(curve.values[-1])
    worse = facts.ranking_at_onset - facts.ranking_last
    facts.ranking_worse = worse if ranking[1] == "max" else -worse


def _severity(facts: Facts) -> Severity:
    if facts.memorised:
        return "moderate"
    if facts.verdict == "overfitting":
        if facts.restored is not None or facts.rise < 0.2:
            return "mild"
        grave = facts.rise >= 0.5
        unharmed = facts.ranking is not None and facts.ranking_worse <= 0
        return "moderate" if not grave or unharmed else "severe"
    if facts.verdict == "unstable":
        return "severe" if max(facts.swing, facts.unsure) >= 3 * rules.UNSTABLE_SWING else "moderate"
    if facts.verdict == "still_improving":
        return "moderate" if facts.fall >= 0.2 else "mild"
    return "moderate" if facts.verdict == "underfitting" else "none"
