"""A diagnosis in sentences: each names the metric, where, how much, and can be checked by eye on the curves."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from mlreview.analysis import fit_rules as rules
from mlreview.analysis.figures import signed, typographic
from mlreview.analysis.fit_rules import Verdict
from mlreview.entities import Direction

_NAN = float("nan")


@dataclass(slots=True)
class Facts:
    """What was found out about one run; filled in while it is judged, and not kept. Values are as logged."""

    verdict: Verdict = "insufficient_data"
    also: list[Verdict] = field(default_factory=list)
    severity: Literal["none", "mild", "moderate", "severe"] = "none"
    reason: str = "no curves"
    metric: str | None = None
    train_metric: str | None = None
    broken_metric: str | None = None
    direction: Direction = "min"
    unit: Literal["epoch", "step"] = "epoch"
    first_step: int = 0
    last_step: int | None = None
    best_step: int | None = None
    best_value: float = _NAN
    onset: int | None = None
    onset_value: float = _NAN
    last_value: float = _NAN
    points: int = 0
    window: int = 1
    measured: bool = False
    rise: float = 0.0
    rise_sure: float = 0.0
    rise_late: float = _NAN
    since_best: int = 0
    score_fell: float = 0.0
    score_least: float = 0.0
    settled: bool = False
    swing: float = 0.0
    swings: bool = False
    unsure: float = 0.0
    wanders: bool = False
    last_off: float = 0.0
    fall: float = 0.0
    fall_points: int = 0
    fall_share: float = 0.0
    fall_sure: float = 0.0
    fall_late: float = 0.0
    fall_goes_on: bool = False
    together: bool = False
    train_first: float = _NAN
    train_at_onset: float = _NAN
    train_last: float = _NAN
    train_gain: float = _NAN
    train_ratio: float = 0.0
    train_lost: bool = False
    train_rise_share: float = _NAN
    score_bar: float = 0.0
    score: float = _NAN
    train_score: float = _NAN
    held_score: float = _NAN
    held_score_metric: str | None = None
    memorised: bool = False
    score_metric: str | None = None
    ranking: str | None = None
    ranking_at_onset: float = _NAN
    ranking_last: float = _NAN
    ranking_worse: float = 0.0
    restored: int | None = None
    kept: Sequence[int] | None = None

    def call_by(self, logged: Mapping[str, str]) -> None:
        """Put the names that the run logged in the place of those that it was judged under."""
        for field_name in ("metric", "train_metric", "broken_metric", "score_metric", "held_score_metric", "ranking"):
            name = getattr(self, field_name)
            setattr(self, field_name, logged.get(name, name))

    def at(self, step: int | None) -> str:
        """A step as people say it: epochs count from 1."""
        if step is None:
            return "the end"
        return f"epoch {step - self.first_step + 1}" if self.unit == "epoch" else f"step {step:,}"

    @property
    def end(self) -> str:
        """The end of the run, without its unit."""
        last = self.last_step or 0
        return f"{last - self.first_step + 1:,}" if self.unit == "epoch" else f"{last:,}"


def say(facts: Facts) -> tuple[tuple[str, ...], str]:
    """Sentences of evidence, and what to do next."""
    evidence, advice = {
        "overfitting": _overfitting,
        "underfitting": _underfitting,
        "good_fit": _good_fit,
        "still_improving": _still_improving,
        "unstable": _unstable,
        "diverged": _diverged,
        "insufficient_data": _insufficient,
    }[facts.verdict](facts)
    also = [sentence for verdict in facts.also if (sentence := _also(verdict, facts))]
    return (*evidence, *also), advice


def number(value: float) -> str:
    """A value at three digits."""
    if value != value or value in (float("inf"), float("-inf")):
        return {"nan": "NaN", "inf": "infinity", "-inf": "−infinity"}[str(value)]
    size = abs(value)
    if size == 0 or 0.0995 <= size < 999.5:
        digits = 3 if size < 1 else 2 if size < 10 else 1 if size < 100 else 0
        return typographic(f"{value:.{digits}f}")
    return typographic(f"{value:.3g}")


def change(before: float, after: float) -> str:
    """A signed change in percent; in words where percent says nothing."""
    if not before > 0:
        return signed(after - before)
    share = after / before - 1
    if share >= 10:
        return f"{after / before:,.0f} times" if share < 1e6 else "out of all bounds"
    return typographic(f"{share * 100:+.{0 if abs(share) >= 0.0995 else 1}f} %")


def clip(key: str | None) -> str:
    """A metric's name at a length that a sentence can hold."""
    key = key or ""
    return key if len(key) <= 40 else f"{key[:39]}…"


def _step(facts: Facts) -> str:
    return f"{clip(facts.metric)} {number(facts.onset_value)} → {number(facts.last_value)}"


def _ranking(facts: Facts) -> list[str]:
    if facts.ranking is None:
        return []
    moved = f"{clip(facts.ranking)} {number(facts.ranking_at_onset)} → {number(facts.ranking_last)}"
    if facts.ranking_worse > 0:
        return [f"{moved}."]
    return [f"{moved}: it did not suffer, so the probabilities are too sure of themselves, not the order wrong."]


def _saved(facts: Facts) -> list[str]:
    """Which checkpoint there is, as far as the store says."""
    best = facts.at(facts.onset)
    if facts.restored is not None:
        return [f"EarlyStopping brought back the weights of {facts.at(facts.restored)}."]
    if facts.kept is None:
        return []
    if not facts.kept:
        return ["No model was saved."]
    saved = ", ".join(facts.at(step) for step in list(facts.kept)[:3])
    if facts.onset in facts.kept:
        return [f"A model of {best} was kept." if len(facts.kept) > 1 else f"The saved model is {best}."]
    many = len(facts.kept) > 1
    return [f"The saved model{'s are' if many else ' is'} {saved}; {best} was not kept."]


def _overfitting(facts: Facts) -> tuple[list[str], str]:
    if facts.memorised:
        evidence = [
            f"Overfitting: {clip(facts.score_metric)} is {number(facts.score)} and {number(facts.train_score)} on the "
            f"training data: most of what was learnt does not carry over. {clip(facts.metric)} ends at "
            f"{number(facts.last_value)}, {clip(facts.train_metric)} at {number(facts.train_last)}."
        ]
        return evidence, "Regularise, use a smaller model or more data."
    train = clip(facts.train_metric)
    went = f"{number(facts.train_at_onset)} → {number(facts.train_last)}"
    better = facts.train_last < facts.train_at_onset if facts.direction == "min" else (
        facts.train_last > facts.train_at_onset
    )  # fmt: skip
    verb = {"min": "falling", "max": "rising"}[facts.direction]
    while_ = f"while {train} kept {verb}" if better else f"while {train} stayed where it was"
    evidence = [
        f"Overfitting from {facts.at(facts.onset)} of {facts.end}: {_step(facts)} "
        f"({change(facts.onset_value, facts.last_value)}) {while_} ({went}).",
        *_ranking(facts),
        *_saved(facts),
    ]
    if facts.restored is not None:
        return evidence, "The best weights are back; regularise or add data to get further."
    if facts.kept is not None and facts.onset in facts.kept:
        return evidence, f"Take the model of {facts.at(facts.onset)}."
    return evidence, "Try EarlyStopping(restore_best_weights=True)."


def _underfitting(facts: Facts) -> tuple[list[str], str]:
    if facts.score_metric is not None:
        shown = f"{clip(facts.score_metric)} is {number(facts.score)}"
    else:
        shown = (
            f"{clip(facts.train_metric)} has hardly moved, {number(facts.train_first)} → {number(facts.train_last)} "
            f"({change(facts.train_first, facts.train_last)})"
        )
    evidence = [
        f"Underfitting: the curves are at rest after {facts.end} {facts.unit}s, and {shown}. "
        f"{clip(facts.metric)} ends at {number(facts.last_value)}."
    ]
    return evidence, "Try a larger model, a higher learning rate or better features; or the data hold no more."


def _good_fit(facts: Facts) -> tuple[list[str], str]:
    key, last, best = clip(facts.metric), number(facts.last_value), number(facts.best_value)
    if last == best:
        evidence = [f"Good fit: {key} came to rest at its best, {last}, within {facts.end} {facts.unit}s."]
    else:
        by = change(facts.best_value, facts.last_value)
        evidence = [
            f"Good fit: {key} came to rest at {last}, close to its best: {best} at {facts.at(facts.best_step)} of "
            f"{facts.end} ({by} since)."
        ]
    if facts.train_metric is not None:
        evidence.append(f"{clip(facts.train_metric)} ends at {number(facts.train_last)}.")
    return evidence, ""


def _still_improving(facts: Facts) -> tuple[list[str], str]:
    evidence = [
        f"Still improving at {facts.at(facts.last_step)}: {clip(facts.metric)} gained another "
        f"{facts.fall * 100:.1f} % over the last {facts.fall_points} validations and ends at "
        f"{number(facts.last_value)}."
    ]
    return evidence, f"Train longer than {facts.end} {facts.unit}s, or with a higher learning rate."


def _unstable(facts: Facts) -> tuple[list[str], str]:
    if facts.together:
        evidence = [
            f"Unstable from {facts.at(facts.onset)} of {facts.end}: {_step(facts)} "
            f"({change(facts.onset_value, facts.last_value)}), and {clip(facts.train_metric)} rose with it "
            f"({number(facts.train_at_onset)} → {number(facts.train_last)})."
        ]
    else:
        evidence = [
            f"Unstable: {clip(facts.metric)} {_how_unstable(facts)}; its best is {number(facts.best_value)} at "
            f"{facts.at(facts.best_step)} of {facts.end}, its last {number(facts.last_value)}."
        ]
    return [*evidence, *_saved(facts)], "Try a lower learning rate, gradient clipping or larger batches."


def _how_unstable(facts: Facts) -> str:
    if facts.swings:
        return f"swings by {facts.swing * 100:.0f} % from one validation to the next"
    if facts.wanders:
        return f"wanders: even the mean of {facts.window} validations is uncertain by {facts.unsure * 100:.0f} %"
    return f"ends {facts.last_off * 100:.0f} % above the level that it had reached, and not by a trend"


def _diverged(facts: Facts) -> tuple[list[str], str]:
    if facts.broken_metric is not None:
        first = f"Diverged: {clip(facts.broken_metric)} is no number from {facts.at(facts.onset)} of {facts.end} on"
        best = (
            f"; its best was {number(facts.best_value)} at {facts.at(facts.best_step)}."
            if facts.best_step is not None and facts.broken_metric == facts.metric
            else "."
        )
        evidence = [first + best, "Other metrics of these epochs say nothing, even where they are numbers."]
    else:
        key = facts.train_metric or facts.metric
        evidence = [
            f"Diverged after {facts.at(facts.onset)} of {facts.end}: {clip(key)} ends above where it began; what was "
            "learnt is lost."
        ]
    return evidence, "Try a lower learning rate, gradient clipping, and check the inputs for NaN."


def _insufficient(facts: Facts) -> tuple[list[str], str]:
    if facts.reason == "no training curve":
        rose = (
            f" {_step(facts)} ({change(facts.onset_value, facts.last_value)}) since {facts.at(facts.onset)} of "
            f"{facts.end}."
            if facts.rise >= rules.OVERFIT_RISE
            else ""
        )
        return [f"Can't tell: {clip(facts.metric)} has no training curve to compare with.{rose}"], (
            "Log the same metric on training data at each step."
        )
    if facts.points == 1:
        return [f"Can't tell: {clip(facts.metric)} was logged once, not over time."], ""
    if facts.reason == "few points":
        s = "" if facts.points == 1 else "s"
        return [
            f"Can't tell: {clip(facts.metric)} has {facts.points} finite point{s}, and a judgement needs "
            f"{rules.MIN_POINTS}."
        ], "Validate more often, or train longer."
    if facts.reason == "no held-out curve":
        return [f"Can't tell: there is {clip(facts.metric)}, but no curve on data that was not trained on."], (
            "Pass validation_data, or log a val_ metric at each step."
        )
    return ["Can't tell: no metric was logged over time, on training and on held-out data."], (
        "Log a loss on training and on validation data at each step."
    )


def _also(verdict: Verdict, facts: Facts) -> str:
    if verdict == "unstable" and facts.swings:
        return f"It swings by {facts.swing * 100:.0f} % from one validation to the next."
    if verdict == "underfitting" and facts.score_metric is not None:
        return f"{clip(facts.score_metric)} is only {number(facts.score)} so far."
    if verdict == "still_improving":
        return (
            f"{clip(facts.metric)} still gained {facts.fall * 100:.1f} % over the last {facts.fall_points} validations."
        )
    return ""
