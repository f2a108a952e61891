"""A verdict on each run's training: does it fit, and what shows it.

``fit_rules`` has the rules with their thresholds, ``curve_shape`` what a curve looks like, ``diagnosis_curves`` which
curves are judged, ``diagnosis_rules`` the rules at work, ``diagnosis_words`` the sentences.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from mlreview.analysis.aliases import Aliases
from mlreview.analysis.curve_shape import points_of
from mlreview.analysis.diagnosis_checks import Check, checks_of
from mlreview.analysis.diagnosis_curves import choose, kept_steps
from mlreview.analysis.diagnosis_names import own_ranking, under_known_names
from mlreview.analysis.diagnosis_rules import judge
from mlreview.analysis.diagnosis_words import Facts, say
from mlreview.analysis.fit_rules import Severity, Verdict
from mlreview.entities import Curve, Direction, LoggedModel

NO_ALIASES = Aliases()


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """A verdict and what shows it.

    Attributes:
        run_id: The run.
        metric: The held-out metric that was judged; the training metric where that is all there is; ``None`` without
            curves.
        train_metric: Its training counterpart, where there is one.
        verdict: What the run's training is; the rule is ``fit_rules.rule_of(verdict)``.
        also: Other verdicts that hold beside it.
        severity: How grave; ``none`` for a good fit and where nothing can be said.
        onset: The step after which it went wrong: of the lowest point before the rise, or the first that is no number.
        best_step: The step of the best single value of ``metric``.
        last_step: The last step of training, without the point that EarlyStopping adds.
        unit: What people call a step of this run.
        evidence: Sentences, the most telling first.
        advice: What to do next; may be empty.
        checks: Every condition of the rules that was looked at, with the run's own figure.
    """

    run_id: str
    metric: str | None
    train_metric: str | None
    verdict: Verdict
    also: tuple[Verdict, ...]
    severity: Severity
    onset: int | None
    best_step: int | None
    last_step: int | None
    unit: Literal["epoch", "step"]
    evidence: tuple[str, ...]
    advice: str
    checks: tuple[Check, ...] = ()

    @property
    def text(self) -> str:
        """The whole verdict for people, in plain text; metric names in it are as users wrote them."""
        return " ".join([*self.evidence, self.advice]).strip()

    def as_json(self, run_name: str | None) -> dict[str, Any]:
        """What ``mlreview diagnose --json`` prints of one run."""
        return {
            "run_id": self.run_id,
            "run_name": run_name,
            "metric": self.metric,
            "train_metric": self.train_metric,
            "verdict": self.verdict,
            "also": list(self.also),
            "severity": self.severity,
            "onset": self.onset,
            "best_step": self.best_step,
            "last_step": self.last_step,
            "unit": self.unit,
            "evidence": list(self.evidence),
            "advice": self.advice,
            "checks": [check.as_json() for check in self.checks],
        }


def diagnose(
    curves: Sequence[Curve],
    ranking: tuple[str, Direction] | None = None,
    kept: Sequence[int] | None = None,
    run_id: str = "",
    aliases: Aliases = NO_ALIASES,
) -> Diagnosis:
    """Judge one run by its curves; never fails, whatever they hold.

    Args:
        curves: Of one run, whole, never sampled; those of ``wanted_metrics`` are enough.
        ranking: The metric that ranks, and which way is better: the verdict says what became of it.
        kept: Steps of which a model was kept (see ``kept_steps``); ``None`` where that is unknown.
        run_id: The run, where there may be no curve to say it.
        aliases: Names of metrics that mean the same; the verdict quotes those that the run logged.
    """
    ranking = own_ranking(curves, ranking, aliases)
    curves, logged = under_known_names(curves, aliases)
    if ranking is not None:
        ranking = next((new for new, old in logged.items() if old == ranking[0]), ranking[0]), ranking[1]
    points = {curve.metric: points_of(curve) for curve in curves if len(curve.steps)}
    run_id = curves[0].run_id if curves else run_id
    judged = choose(points, ranking)
    with np.errstate(all="ignore"):
        facts = judge(judged, points, ranking) if judged else Facts()
    last = facts.last_step
    if kept is not None and last is not None:
        # What was kept at the end holds the weights that EarlyStopping brought back, if it did.
        final = last if facts.restored is None else facts.restored
        kept = tuple(sorted({step if step < last else final for step in kept}))
    facts.kept = kept
    facts.call_by(logged)
    evidence, advice = say(facts)
    return Diagnosis(
        run_id=run_id,
        metric=facts.metric,
        train_metric=facts.train_metric,
        verdict=facts.verdict,
        also=tuple(facts.also),
        severity=facts.severity,
        onset=facts.onset,
        best_step=facts.best_step,
        last_step=facts.last_step,
        unit=facts.unit,
        evidence=evidence,
        advice=advice,
        checks=checks_of(facts),
    )


def diagnose_runs(
    curves: Sequence[Curve],
    run_ids: Sequence[str],
    ranking: tuple[str, Direction] | None = None,
    models: Sequence[LoggedModel] | None = None,
    aliases: Aliases = NO_ALIASES,
) -> tuple[Diagnosis, ...]:
    """Judge many runs from one bulk read of their curves; aligned with ``run_ids``.

    Args:
        curves: Of these runs, in any order.
        run_ids: The runs.
        ranking: As in ``diagnose``.
        models: What these runs logged; ``None`` where that was not read.
        aliases: As in ``diagnose``.
    """
    of_run: dict[str, list[Curve]] = {run_id: [] for run_id in run_ids}
    for curve in curves:
        if curve.run_id in of_run:
            of_run[curve.run_id].append(curve)
    logged: dict[str, list[LoggedModel]] = {}
    for model in models or ():
        logged.setdefault(model.run_id, []).append(model)
    found = {}
    for run_id, own in of_run.items():
        kept = None if models is None else kept_steps(logged.get(run_id, ()), own)
        found[run_id] = diagnose(own, ranking, kept, run_id, aliases)
    return tuple(found[run_id] for run_id in run_ids)
