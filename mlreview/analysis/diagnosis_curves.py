"""Which of a run's curves a verdict rests on, and what of them is no training: EarlyStopping's last point."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mlreview.analysis import fit_rules as rules
from mlreview.analysis.curve_shape import Points, as_error
from mlreview.analysis.pairs import Pair, find_pairs
from mlreview.entities import Curve, Direction, LoggedModel

RESTORED_EPOCH = "restored_epoch"
"""The metric in which Keras autolog says which epoch's weights EarlyStopping brought back."""

_SCORES: Mapping[str, float] = {
    **dict.fromkeys(("auroc", "auc", "rocauc", "accuracy", "acc"), rules.UNDERFIT_SCORE),
    "r2": rules.UNDERFIT_R2,
}
_NOT_FROM_A_HALF = frozenset({"pr", "prc", "auprc", "aucpr", "balanced"})


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """The curves that a verdict rests on, without the point that EarlyStopping adds; and what that point said."""

    pair: Pair
    direction: Direction
    held: Points | None
    train: Points | None
    restored: int | None


def wanted_metrics(keys: Iterable[str], ranking: str | None = None) -> tuple[str, ...]:
    """The metrics to read curves of, out of those that there are: enough for ``diagnose``, and no more.

    Args:
        keys: Names of metrics that runs have.
        ranking: The metric that ranks.
    """
    keys = list(dict.fromkeys(keys))
    wanted: dict[str, None] = {}
    pairs = find_pairs(keys)
    losses = [pair for pair in pairs if pair.name.kind == "loss"]
    scores = [pair for pair in pairs if score_bar(pair) is not None]
    # Of losses the first complete pair is judged; runs of several frameworks may each have their own.
    for pair in [*[p for p in losses if p.complete][:3], *losses[:1], *scores[:1]]:
        wanted.update(dict.fromkeys(pair.keys))
    for pair in pairs:
        if ranking in pair.keys or (not wanted and pair.complete):
            wanted.update(dict.fromkeys(pair.keys))
    wanted.update(dict.fromkeys(key for key in (ranking, RESTORED_EPOCH) if key in keys))
    return tuple(wanted)


def kept_steps(models: Sequence[LoggedModel], curves: Sequence[Curve]) -> tuple[int, ...]:
    """The steps of which a run kept a model.

    A model that was logged without a step (MLflow records 0) is the one that training ended with.
    """
    last = max((int(c.steps[-1]) for c in curves if len(c.steps) and c.metric != RESTORED_EPOCH), default=0)
    return tuple(sorted({model.step or last for model in models}))


def choose(points: Mapping[str, Points], ranking: tuple[str, Direction] | None) -> Judged | None:
    """The pair to judge: a complete one before a half, a loss before the ranking metric before any other score."""
    counts = {key: len(curve) for key, curve in points.items()}
    best: tuple[tuple[bool, bool, int], Pair, Direction] | None = None
    for at, pair in enumerate(find_pairs(points, counts)):
        ranks = ranking is not None and ranking[0] in pair.keys
        direction = ranking[1] if ranking is not None and ranks else pair.name.direction
        if not ranks and not pair.name.direction_known:
            continue
        known = [counts[key] for key in (pair.held_out, pair.train) if key is not None]
        complete = len(known) == 2 and min(known) > 1
        place = (not complete, max(known) < 2, at - (1000 if pair.name.kind == "loss" else 500 if ranks else 0))
        if best is None or place < best[0]:
            best = place, pair, direction
    if best is None:
        return None
    _, pair, direction = best
    held = points.get(pair.held_out) if pair.held_out else None
    train = points.get(pair.train) if pair.train else None
    if held is not None and len(held) < 2 and train is not None and len(train) > 1:
        held = None  # logged once, after training: no curve
    restored = points.get(RESTORED_EPOCH)
    said = int(restored.values[-1]) if restored is not None and np.isfinite(restored.values[-1]) else None
    return _without_phantom(Judged(pair, direction, held, train, said))


def _without_phantom(judged: Judged) -> Judged:
    """Drop the last point where it repeats an earlier one in both curves: EarlyStopping's, at ``stopped_epoch + 1``.

    Keras autolog logs the values of the restored epoch once more, which would look like a recovery.
    """
    held, train = judged.held, judged.train
    if held is None or len(held) < 3 or not np.isfinite(held.values[-1]):
        return judged
    # Not the point before: EarlyStopping waits for one epoch at least, and a curve may just be flat.
    same = held.values[:-2] == held.values[-1]
    if held.values[-2] == held.values[-1]:
        return judged
    if train is not None and len(train) == len(held):
        same &= train.values[:-2] == train.values[-1]
    elif train is not None:
        return judged
    else:
        error = as_error(held.finite().values, judged.direction)
        if error[-1] > error.min():
            return judged
    if not same.any():
        return judged
    at = int(same.argmax())
    restored = judged.restored
    if restored is None:
        error = as_error(held.finite().values, judged.direction)
        restored = int(held.steps[at]) if error[-1] <= error.min() else None
    shorter = None if train is None else train.head(len(train) - 1)
    return Judged(judged.pair, judged.direction, held.head(len(held) - 1), shorter, restored)


def score_bar(pair: Pair) -> float | None:
    """Below which value of this score a model underfits; ``None`` where the score's scale isn't known."""
    words = pair.name.words
    if words & _NOT_FROM_A_HALF or pair.name.kind == "loss":
        return None
    return next((bar for word, bar in _SCORES.items() if word in words), None)
