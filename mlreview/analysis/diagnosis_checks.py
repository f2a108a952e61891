"""Each rule held against one run: whether it holds, in a full sentence with the run's own figure beside the threshold.

The verdict says what is so; this says by how much, and how near the other verdicts were.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from mlreview.analysis import fit_rules as rules
from mlreview.analysis.diagnosis_words import Facts, clip, number
from mlreview.analysis.figures import typographic
from mlreview.analysis.fit_rules import Verdict


@dataclass(frozen=True, slots=True)
class Check:
    """One condition of a rule.

    Attributes:
        verdict: Whose rule it is.
        holds: It is met by this run. A rule needs all of its conditions, or one of several: the sentence says which.
        says: A sentence with the run's figure and the threshold.
    """

    verdict: Verdict
    holds: bool
    says: str

    def as_json(self) -> dict[str, Any]:
        """What ``mlreview diagnose --json`` prints of it."""
        return {"verdict": self.verdict, "holds": self.holds, "says": self.says}


def checks_of(facts: Facts) -> tuple[Check, ...]:
    """The conditions that were looked at, in the order of the rules.

    A run that is stopped at one rule has none of the later ones: of a run that diverged nothing else is judged.
    """
    if facts.metric is None:
        return ()
    found = [*_enough(facts), *_broken(facts)]
    if facts.broken_metric is None and facts.measured:
        found += [*_lost(facts), *_rises(facts), *_memorised(facts), *_unstable(facts), *_improves(facts)]
        found += _underfits(facts)
    return tuple(found)


def share(value: float) -> str:
    """A share in percent: ``122 %``, ``4.7 %``, ``0.03 %``; without decimals that say nothing."""
    if not math.isfinite(value):
        return number(value)
    size = abs(100 * value)
    if size >= 1e6:
        return "more than a million %" if value > 0 else "less than minus a million %"
    if size < 0.005:
        return "0 %"
    text = f"{100 * value:.{0 if size >= 9.95 else 1 if size >= 0.95 else 2}f}"
    return typographic(f"{text.rstrip('0').rstrip('.') if '.' in text else text} %")


def _error(metric: str | None, facts: Facts) -> str:
    """What is judged, at the beginning of a sentence: of a score it is what it lacks."""
    return clip(metric) if facts.direction == "min" else f"What {clip(metric)} lacks"


def _enough(facts: Facts) -> Iterator[Check]:
    if facts.broken_metric is None:
        what = clip(facts.metric) if facts.reason != "no held-out curve" else "The held-out metric"
        points = facts.points
        yield Check(
            "insufficient_data",
            points < rules.MIN_POINTS,
            f"{what} has {points:,} finite point{'' if points == 1 else 's'}; fewer than {rules.MIN_POINTS} are not "
            "judged.",
        )


def _broken(facts: Facts) -> Iterator[Check]:
    if facts.broken_metric is not None:
        yield Check(
            "diverged",
            True,
            f"{clip(facts.broken_metric)} is no number from {facts.at(facts.onset)} of {facts.end} on.",
        )


def _lost(facts: Facts) -> Iterator[Check]:
    if facts.train_metric is None or not facts.train_ratio:
        return
    where = "no lower than it began" if facts.train_lost else "below where it began"
    yield Check(
        "diverged",
        facts.verdict == "diverged",
        f"{_error(facts.train_metric, facts)} ends at {facts.train_ratio:,.2f} times its lowest, and {where}; from "
        f"{rules.DIVERGED_RATIO:g} times on, no lower than it began and with a held-out error that rises too, what was "
        "learnt is lost.",
    )


def _rises(facts: Facts) -> Iterator[Check]:
    since = facts.since_best
    enough = facts.rise >= rules.OVERFIT_RISE
    yield Check(
        "overfitting",
        enough,
        f"{_error(facts.metric, facts)} ends {share(facts.rise)} above its lowest average; a rise begins at "
        f"{share(rules.OVERFIT_RISE)}.",
    )
    if not enough:
        return
    yield Check(
        "overfitting",
        facts.rise > facts.rise_sure,
        f"Chance alone could lift it by {share(facts.rise_sure)}; a rise counts beyond that.",
    )
    yield Check(
        "overfitting",
        since >= rules.PATIENCE,
        f"The lowest average is {since:,} validation{'' if since == 1 else 's'} before the end; at least "
        f"{rules.PATIENCE} are needed.",
    )
    if not math.isnan(facts.rise_late):
        yield Check(
            "overfitting",
            facts.rise_late >= rules.OVERFIT_RISE / 2,
            f"Over the last validations it was {share(facts.rise_late)} above; at least "
            f"{share(rules.OVERFIT_RISE / 2)} are needed, so that the last point alone is no rise.",
        )
    if facts.score_least > 0:
        yield Check(
            "overfitting",
            facts.score_fell >= facts.score_least,
            f"As a score it fell by {number(facts.score_fell)}; at least {number(facts.score_least)} are of interest.",
        )
    if facts.train_metric is not None and not math.isnan(facts.train_rise_share):
        train = _error(facts.train_metric, facts)
        moved = (
            f"{train} rose by {share(facts.train_rise_share)} of that since"
            if facts.train_rise_share > 0
            else f"{train} did not rise since"
        )
        yield Check(
            "overfitting",
            facts.train_rise_share < rules.TRAIN_SHARE,
            f"{moved}; from {share(rules.TRAIN_SHARE)} on both rise together, which is no overfitting.",
        )


def _memorised(facts: Facts) -> Iterator[Check]:
    if math.isnan(facts.train_score):
        return
    lacks = share((1 - facts.train_score) / max(1 - facts.held_score, 1e-9))
    yield Check(
        "overfitting",
        facts.memorised,
        f"Without a rise: {clip(facts.held_score_metric)} is {number(facts.held_score)}, and "
        f"{number(facts.train_score)} on training data, which lacks {lacks} of what the held-out score lacks; less "
        f"than {share(rules.TRAIN_SHARE)} is overfitting too.",
    )


def _unstable(facts: Facts) -> Iterator[Check]:
    if facts.together:
        yield Check("unstable", True, f"{clip(facts.train_metric)} rose with {clip(facts.metric)}.")
    yield Check(
        "unstable",
        facts.swings,
        f"In the second half the average validation is {share(facts.swing)} off the curve's course; from "
        f"{share(rules.UNSTABLE_SWING)} on it swings.",
    )
    if facts.settled:
        yield Check(
            "unstable",
            facts.wanders,
            f"The mean of {facts.window:,} validations is sure to within {share(facts.unsure)}; from "
            f"{share(rules.UNSTABLE_SWING)} on a rise could hide in it.",
        )
        yield Check(
            "unstable",
            facts.last_off >= rules.UNSTABLE_LAST,
            f"The last point is {share(max(facts.last_off, 0.0))} above the lowest average; from "
            f"{share(rules.UNSTABLE_LAST)} on the last model is a matter of luck.",
        )


def _improves(facts: Facts) -> Iterator[Check]:
    if not facts.fall_points:
        return
    if facts.fall <= 0:
        says = f"Over the last {facts.fall_points:,} validations {clip(facts.metric)} did not improve."
        yield Check("still_improving", False, says)
        return
    enough = facts.fall >= rules.STILL_FALL or (
        facts.fall >= rules.STILL_FALL_LEAST and facts.fall_share >= rules.STILL_SHARE
    )
    yield Check(
        "still_improving",
        enough,
        f"Over the last {facts.fall_points:,} validations {clip(facts.metric)} improved by {share(facts.fall)}, which "
        f"is {share(facts.fall_share)} of all that it gained; {share(rules.STILL_FALL)}, or "
        f"{share(rules.STILL_FALL_LEAST)} that are {share(rules.STILL_SHARE)} of all, are still improving.",
    )
    if not enough:
        return
    yield Check(
        "still_improving",
        facts.fall > facts.fall_sure,
        f"Chance alone could make {share(facts.fall_sure)} of it; a fall counts beyond that.",
    )
    yield Check(
        "still_improving",
        facts.fall_goes_on,
        f"Of that {share(facts.fall_late)} came in the later half; with less than a fifth of it, it would have ended.",
    )


def _underfits(facts: Facts) -> Iterator[Check]:
    if "overfitting" in (facts.verdict, *facts.also):
        return
    if facts.score_bar > 0 and facts.score_metric is not None:
        yield Check(
            "underfitting",
            facts.score < facts.score_bar,
            f"{clip(facts.score_metric)} is {number(facts.score)}, the better of training and held-out data; below "
            f"{number(facts.score_bar)} it underfits.",
        )
    elif facts.train_metric is not None and not math.isnan(facts.train_gain):
        yield Check(
            "underfitting",
            facts.train_gain < rules.UNDERFIT_GAIN,
            f"{clip(facts.train_metric)} fell by {share(facts.train_gain)} of its first value; by less than "
            f"{share(rules.UNDERFIT_GAIN)} it underfits.",
        )
