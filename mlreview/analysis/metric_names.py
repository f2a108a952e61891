"""What a metric's name says: which data it was computed on, what kind it is, which direction is better.

Frameworks spell the split before the name (``val_loss``, ``eval/loss``, ``training_score``) and teams spell the rest
as they like, so this reads words, not whole names. What it says is a guess and is shown as one.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from mlreview.entities import Direction

Split = Literal["train", "validation", "test", "unknown"]
Kind = Literal["ranking", "score", "loss", "other"]

_SPLIT_WORDS: dict[str, Split] = {
    "train": "train",
    "training": "train",
    "val": "validation",
    "valid": "validation",
    "validation": "validation",
    "dev": "validation",
    "eval": "validation",
    "evaluation": "validation",
    "test": "test",
    "testing": "test",
    "holdout": "test",
}
_SPLIT_PREFIX = re.compile(rf"^({'|'.join(_SPLIT_WORDS)})[_/.\-: ]+(?=.)", re.IGNORECASE)
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Threshold-free measures of ranking come before accuracy (which depends on a threshold and on class balance),
# accuracy before loss (which depends on calibration and regularisation and is rarely what a team ships for).
_RANKING_WORDS = _words("auc auroc rocauc roc prauc auprc aucpr map ndcg mrr gini cindex concordance")
_RANKING_PHRASES = ("average precision", "c index")
_SCORE_WORDS = _words(
    "accuracy acc f1 fbeta f2 precision recall sensitivity specificity mcc kappa jaccard iou dice bleu rouge "
    "meteor r2 score hits correlation pearson spearman explained"
)
_LOSS_WORDS = _words(
    "loss error mse rmse mae mape smape msle rmsle logloss entropy crossentropy perplexity ppl wer cer brier ece "
    "divergence kl nll fid deviance hinge regret distance fpr fnr latency duration time seconds cost"
)


@dataclass(frozen=True, slots=True)
class MetricName:
    """What one metric's name says.

    Attributes:
        key: The name itself.
        split: The data that it was computed on, as far as the name says.
        base: The name without the split's prefix: ``loss`` for ``val_loss``.
        kind: ``ranking`` (AUROC and the like), ``score`` (higher is better), ``loss`` (lower is better), ``other``.
        direction: Which direction is better; ``max`` where the name says nothing.
        direction_known: The name does say something.
        words: The words of ``base``, in lower case, and ``base`` itself.
    """

    key: str
    split: Split
    base: str
    kind: Kind
    direction: Direction
    direction_known: bool
    words: frozenset[str]


@lru_cache(maxsize=4096)
def read_metric_name(key: str) -> MetricName:
    """Read one metric's name; never fails."""
    prefix = _SPLIT_PREFIX.match(key)
    split: Split = _SPLIT_WORDS[prefix.group(1).lower()] if prefix else "unknown"
    base = key[prefix.end() :] if prefix else key
    words = [word.lower() for word in _WORD.findall(base)]
    # "F1Score" and "R2" are split before the digit; join a letter to the digits after it.
    joined = [a + b for a, b in pairwise(words) if len(a) == 1 and b.isdigit()]
    known = {*words, *joined, base.lower()}
    phrase = " ".join(words)
    kind: Kind = "other"
    # The loss words win: "roc_loss" is a loss, and no team names a score "error".
    if known & _LOSS_WORDS or phrase.endswith("cross entropy"):
        kind = "loss"
    elif known & _RANKING_WORDS or any(p in phrase for p in _RANKING_PHRASES):
        kind = "ranking"
    elif known & _SCORE_WORDS:
        kind = "score"
    negated = bool(words) and words[0] in ("neg", "negative")
    direction: Direction = "min" if kind == "loss" and not negated else "max"
    return MetricName(key, split, base, kind, direction, kind != "other", frozenset(known))


def training_counterpart(key: str, keys: Iterable[str]) -> str | None:
    """The training metric that belongs to a validation or test metric, by name.

    ``AUROC`` (Keras logs training values without a prefix), ``train_AUROC``, ``training/AUROC`` ... for ``val_AUROC``.

    Args:
        key: A validation or test metric.
        keys: All metric names that occur.

    Returns:
        The counterpart's name, or ``None`` when ``key`` isn't a validation or test metric or nothing pairs with it.
    """
    name = read_metric_name(key)
    if name.split not in ("validation", "test"):
        return None
    best: str | None = None
    for other in keys:
        candidate = read_metric_name(other)
        if candidate.base.lower() != name.base.lower() or candidate.split not in ("train", "unknown"):
            continue
        if candidate.split == "train":
            return other
        best = other
    return best
