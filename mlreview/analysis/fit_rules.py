"""The rules of a diagnosis: every threshold by name, with its reason and source. One table, shown as it is.

The sources:

- Prechelt, "Early Stopping - But When?", in: Neural Networks: Tricks of the Trade, LNCS 1524 (1998) 55-69. Its
  *generalization loss* GL(t) = 100 (E_va(t) / E_opt(t) - 1) is by how many percent the validation error is above the
  lowest so far; its experiments stop at GL of 1, 2, 3 and 5.
- Goodfellow, Bengio, Courville, "Deep Learning" (2016), sections 5.2, 7.8 and 8.2.4.
- Keras, ``EarlyStopping``: ``patience``, ``min_delta``, ``restore_best_weights``.
- Hosmer, Lemeshow, "Applied Logistic Regression" (2nd ed., 2000), section 5.2.4: an AUROC below 0.7 is poor.
"""

from dataclasses import dataclass
from typing import Literal

Verdict = Literal[
    "overfitting", "underfitting", "good_fit", "still_improving", "unstable", "diverged", "insufficient_data"
]
Severity = Literal["none", "mild", "moderate", "severe"]

MIN_POINTS = 5
OVERFIT_RISE = 0.05
PATIENCE = 3
TRAIN_SHARE = 0.5
STILL_FALL = 0.05
STILL_FALL_LEAST = 0.01
STILL_SHARE = 0.10
DIVERGED_RATIO = 1.5
UNSTABLE_SWING = 0.10
UNSTABLE_LAST = 0.20
UNDERFIT_SCORE = 0.7
UNDERFIT_R2 = 0.5
UNDERFIT_GAIN = 0.10
SCORE_DROP = 0.01
NOISE_ERRORS = 3.0


def _percent(share: float) -> str:
    return f"{100 * share:g} %"


@dataclass(frozen=True, slots=True)
class Threshold:
    """One number of a rule: its name in this module, its value, what it means, where it comes from; and a sentence."""

    name: str
    value: float
    meaning: str
    source: str
    says: str


@dataclass(frozen=True, slots=True)
class Rule:
    """When a verdict is given.

    Attributes:
        verdict: Which one.
        title: For people.
        says: The rule in words.
        thresholds: The numbers in it, each with a sentence.
        source: Where the rule comes from.
    """

    verdict: Verdict
    title: str
    says: str
    thresholds: tuple[Threshold, ...]
    source: str


_NOISE = Threshold(
    "NOISE_ERRORS",
    NOISE_ERRORS,
    "a rise or fall counts only beyond this many standard errors of the difference of two averages; more, where one of "
    "them was picked as the lowest of many",
    "three sigma; by Bonferroni the lowest of many places must be less likely by as much as there are places",
    f"A rise or a fall counts only beyond {NOISE_ERRORS:g} standard errors of the difference of two averages.",
)

RULES: tuple[Rule, ...] = (
    Rule(
        "insufficient_data",
        "Insufficient data",
        "There is no held-out curve, or no training curve to tell overfitting from a training that went wrong, or "
        "fewer points than a judgement needs.",
        (
            Threshold(
                "MIN_POINTS",
                MIN_POINTS,
                "fewest finite held-out points that are judged",
                "with fewer, a fall, a turn and a rise can't be told from chance",
                f"At least {MIN_POINTS} finite held-out points are judged.",
            ),
        ),
        "Own choice: no verdict is better than a guess.",
    ),
    Rule(
        "diverged",
        "Diverged",
        "A loss ends as NaN or infinity; or the training loss ends above where it began and far above its best, and "
        "the held-out loss has risen too, so that everything learnt is lost.",
        (
            Threshold(
                "DIVERGED_RATIO",
                DIVERGED_RATIO,
                "the training loss ends at least this many times its lowest, and no lower than it began",
                "own choice: half as bad again as its best is no noise, and no useful training ends where it began",
                f"The training loss ends at {DIVERGED_RATIO:g} times its lowest or more, and no lower than it began.",
            ),
        ),
        "Goodfellow et al., section 8.2.4 (cliffs and exploding gradients).",
    ),
    Rule(
        "overfitting",
        "Overfitting",
        "The held-out error ends clearly above its lowest, has been above it for a while, and the training error did "
        "not rise with it; or the curves have come to rest, with a score that is good on training data and poor on "
        "held-out data.",
        (
            Threshold(
                "OVERFIT_RISE",
                OVERFIT_RISE,
                "generalization loss: the held-out loss ends at least this share above its lowest",
                "Prechelt 1998, the most patient of his criteria, GL 5",
                f"The held-out loss ends at least {_percent(OVERFIT_RISE)} above its lowest.",
            ),
            Threshold(
                "PATIENCE",
                PATIENCE,
                "the lowest is at least this many points before the end",
                "Keras EarlyStopping's patience, at the least that lets noise pass",
                f"The lowest is at least {PATIENCE} points before the end.",
            ),
            Threshold(
                "TRAIN_SHARE",
                TRAIN_SHARE,
                "from there on the training loss rose by less than this share of what the held-out loss rose by; or "
                "the training score lacks less than this share of what the held-out score lacks",
                "Goodfellow et al., section 7.8; less than half leaves the larger part to the gap",
                f"The training loss rose by less than {_percent(TRAIN_SHARE)} of that since; or the training score "
                f"lacks less than {_percent(TRAIN_SHARE)} of what the held-out score lacks.",
            ),
            Threshold(
                "SCORE_DROP",
                SCORE_DROP,
                "where only a score is there, it must also fall by this much on a scale of 0 to 1",
                "own choice: one point in a hundred is the least that a team would see",
                f"Where only a score is there, it moved by at least {SCORE_DROP:g} on a scale of 0 to 1.",
            ),
            _NOISE,
        ),
        "Prechelt 1998 (generalization loss); Goodfellow et al., section 7.8: training error falls while validation "
        "error begins to rise again; and 5.2: the gap between training and test error is too large.",
    ),
    Rule(
        "unstable",
        "Unstable",
        "The held-out error swings or wanders instead of settling, ends far above what it had reached without a "
        "trend, or training and held-out error rise together.",
        (
            Threshold(
                "UNSTABLE_SWING",
                UNSTABLE_SWING,
                "over the second half the average point is at least this share away from the curve's course; or the "
                "level of the widest average isn't known any better than this",
                "own choice: twice what counts as a rise, so the last epoch's model is a matter of luck",
                f"Over the second half the average point is at least {_percent(UNSTABLE_SWING)} off the curve's "
                "course, or the level of the widest average isn't known any better.",
            ),
            Threshold(
                "UNSTABLE_LAST",
                UNSTABLE_LAST,
                "or the last point is this share above the lowest level, without a trend",
                "own choice: from there on a rise is no longer called mild, whatever it came from",
                f"Or the last point is at least {_percent(UNSTABLE_LAST)} above the lowest level, without a trend.",
            ),
            Threshold(
                "SCORE_DROP",
                SCORE_DROP,
                "where only a score is there, it must also fall by this much on a scale of 0 to 1",
                "own choice: one point in a hundred is the least that a team would see",
                f"Where only a score is there, it moved by at least {SCORE_DROP:g} on a scale of 0 to 1.",
            ),
            _NOISE,
        ),
        "Goodfellow et al., section 8.3.1: a learning rate that is too large shows as violent oscillations.",
    ),
    Rule(
        "still_improving",
        "Still improving",
        "The held-out error was still falling over the last quarter of the run, up to its end.",
        (
            Threshold(
                "STILL_FALL",
                STILL_FALL,
                "the held-out error fell by at least this share over the last quarter",
                "the same share that counts as a rise; Keras calls it min_delta, with a quarter of the run as patience",
                f"The held-out error fell by at least {_percent(STILL_FALL)} over the last quarter.",
            ),
            Threshold(
                "STILL_SHARE",
                STILL_SHARE,
                "or at least this share of all that was ever gained was gained in the last quarter",
                "own choice: a steady pace would gain 25 % there, a curve at rest next to nothing",
                f"Or at least {_percent(STILL_SHARE)} of all that was ever gained was gained there.",
            ),
            Threshold(
                "STILL_FALL_LEAST",
                STILL_FALL_LEAST,
                "in either case the last quarter must have brought at least this share of the error, and a fifth of "
                "it in the last eighth",
                "own choice: a hundredth is the least that a team would see; a single drop of the learning rate is no "
                "fall that goes on",
                f"In either case the last quarter brought at least {_percent(STILL_FALL_LEAST)}, a fifth of it in the "
                "last eighth.",
            ),
            _NOISE,
        ),
        "Prechelt 1998 (training progress); Keras EarlyStopping, whose patience would not have run out.",
    ),
    Rule(
        "underfitting",
        "Underfitting",
        "The curves have come to rest, and the training error itself is high.",
        (
            Threshold(
                "UNDERFIT_SCORE",
                UNDERFIT_SCORE,
                "AUROC or accuracy on training data stays below this",
                "Hosmer and Lemeshow 2000: an AUROC below 0.7 is poor; the same taken for accuracy",
                f"AUROC or accuracy on training data stays below {UNDERFIT_SCORE:g}.",
            ),
            Threshold(
                "UNDERFIT_R2",
                UNDERFIT_R2,
                "R2 on training data stays below this",
                "own choice: less than half of the variance is explained",
                f"R2 on training data stays below {UNDERFIT_R2:g}.",
            ),
            Threshold(
                "UNDERFIT_GAIN",
                UNDERFIT_GAIN,
                "where no such score is there: the training loss fell by less than this share of its first value",
                "own choice: training has hardly moved it",
                f"Where no such score is there: the training loss fell by less than {_percent(UNDERFIT_GAIN)} of its "
                "first value.",
            ),
        ),
        "Goodfellow et al., section 5.2: the model can't reach a sufficiently low error on the training set.",
    ),
    Rule(
        "good_fit",
        "Good fit",
        "The held-out error has come to rest at its lowest, or close to it, and none of the other rules holds.",
        (),
        "Goodfellow et al., section 5.2: the training error is small, and so is the gap to the test error.",
    ),
)

_BY_VERDICT = {rule.verdict: rule for rule in RULES}


def rule_of(verdict: Verdict) -> Rule:
    """The rule behind a verdict."""
    return _BY_VERDICT[verdict]
