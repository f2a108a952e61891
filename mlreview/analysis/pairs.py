"""Which metrics belong together: a training metric and the same one on held-out data, found by their names.

Frameworks name the split in many ways: ``loss``/``val_loss`` (Keras), ``train/loss``/``eval/loss`` (Hugging Face),
``train_loss_epoch``/``val_loss`` (Lightning), ``Loss/train``/``Loss/test`` (TensorBoard),
``training-l2``/``valid_1-l2`` (LightGBM), ``trainLoss``/``validLoss``. So a name is
read as parts, one of which may be the split.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from mlreview.analysis.metric_names import MetricName, Split, read_metric_name

_PARTS = re.compile(r"[^_/.\-: ]+")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_PER = ("epoch", "step")
"""Last parts that say how often a metric was logged, not what it is."""

_KIND_ORDER = {"loss": 0, "ranking": 1, "score": 2, "other": 3}


@dataclass(frozen=True, slots=True)
class Pair:
    """One quantity, on the data that it was measured on.

    Attributes:
        base: What is measured, without the split: ``loss``.
        train, validation, test: The metric's key for each split, ``None`` where there is none.
        name: What the name says of kind and direction.
    """

    base: str
    train: str | None
    validation: str | None
    test: str | None
    name: MetricName

    @property
    def held_out(self) -> str | None:
        """The key on data that was not trained on: validation, else test."""
        return self.validation or self.test

    @property
    def complete(self) -> bool:
        """There are both a training and a held-out metric."""
        return self.train is not None and self.held_out is not None

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys that there are: training, validation, test."""
        return tuple(key for key in (self.train, self.validation, self.test) if key is not None)


@dataclass(frozen=True, slots=True)
class _Member:
    key: str
    split: Split
    base: str
    place: int


def find_pairs(keys: Iterable[str], points: Mapping[str, int] | None = None) -> tuple[Pair, ...]:
    """Sort metrics into families of one quantity each.

    Where several keys claim one place (``loss`` and ``train_loss``), the one with at least two points wins, then the
    plainest name. Keras autolog's ``validation_loss`` at step 0 is no curve: ``val_loss`` comes before it.

    Args:
        keys: Names of metrics.
        points: How many points each has, where that is known.

    Returns:
        One entry a quantity that has a held-out metric or says that it is of training, complete ones first; then
        ``loss`` itself, other losses, measures of ranking, other scores; then by name. Metrics of no split and
        without a held-out fellow (``learning_rate``) are in none, but a lone ``loss`` is.
    """
    families: dict[str, list[_Member]] = {}
    for key in keys:
        member = _read(key)
        families.setdefault(member.base, []).append(member)
    pairs = []
    for base, members in families.items():
        held: dict[Split, str] = {}
        for member in sorted(members, key=lambda m: (_is_dot(m.key, points), m.place, m.key)):
            split: Split = member.split
            if split == "unknown":
                # Keras gives training metrics no prefix. Anything else without a split only pairs with a fellow.
                if len(members) == 1 and read_metric_name(member.key).kind != "loss":
                    continue
                split = "train"
            held.setdefault(split, member.key)
        if held:
            first = next(iter(held.values()))
            kept = held.get("validation") or held.get("test") or first
            name = read_metric_name(base if read_metric_name(base).direction_known else kept)
            pairs.append(Pair(base, held.get("train"), held.get("validation"), held.get("test"), name))
    return tuple(
        sorted(
            pairs,
            key=lambda p: (not p.complete, p.held_out is None, p.base != "loss", _KIND_ORDER[p.name.kind], p.base),
        )
    )


def pair_of(key: str, pairs: Iterable[Pair]) -> Pair | None:
    """The pair that a metric is part of."""
    return next((pair for pair in pairs if key in pair.keys), None)


def _is_dot(key: str, points: Mapping[str, int] | None) -> bool:
    """One point is no curve."""
    return points is not None and points.get(key, 0) < 2


@lru_cache(maxsize=4096)
def _read(key: str) -> _Member:
    """Split a name into what is measured and on which data; the plainer the name, the lower ``place``."""
    parts = [part for piece in _PARTS.findall(key) for part in _CAMEL.split(piece)]
    said = [at for at, part in enumerate(parts) if _split_of(part) != "unknown"]
    place = 50  # a name that says its split comes before one that doesn't
    split: Split = "unknown"
    if len(said) == 1 and len(parts) > 1:
        at = said[0]
        split = _split_of(parts[at])
        # Keras autolog writes validation_*, once, beside val_*: the longer word comes later.
        place = len(parts[at])
        counted = at + 1 < len(parts) - 1 and parts[at + 1].isdecimal()  # LightGBM's valid_1
        del parts[at : at + 2 if counted else at + 1]
    if len(parts) > 1 and parts[-1].lower() in _PER:
        place += 100 * (1 + _PER.index(parts[-1].lower()))
        del parts[-1]
    return _Member(key, split, " ".join(parts).lower() or key.lower(), place)


def _split_of(part: str) -> Split:
    return read_metric_name(f"{part}_x").split
