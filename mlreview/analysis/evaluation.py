"""What a ranking rests on: the data of each evaluation, the noise of each value, who ties with the leader."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from mlreview import names
from mlreview.analysis.evaluation_sets import (
    EvaluationSet,
    class_counts,
    evaluation_sets,
    sets_reported_as_test,
)
from mlreview.analysis.metric_names import read_metric_name
from mlreview.analysis.noise import Noise, auroc_error, binomial_error, pooled_deviation, tied_with_leader
from mlreview.analysis.replicates import REPLICATE_TAGS, Replicates, find_replicates
from mlreview.entities import Dataset, Direction, RunTable

EVIDENCE_TAGS = (*REPLICATE_TAGS, *(names.CLASSES_TAG.format(split=split) for split in ("validation", "test")))
"""Tags of runs that ``weigh`` looks at."""

MIN_FREEDOM = 3
"""Replicates count from four runs on: with fewer, their spread says next to nothing of itself."""

_TWO_SIDED_95 = 1.96
_TEST_WORD = re.compile(r"(?<![a-z])(test|testing|holdout)(?![a-z])", re.IGNORECASE)


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """How far a ranking can be trusted.

    Attributes:
        noise: Standard error of each ranked run's value; aligned with the runs as given.
        tied: bool, shape (runs,): can't be told from the leader.
        sets: The data that each run's value was computed on, where its records say.
        tie: Who ties with the leader and what the noise is, a sentence without its full stop.
        scope: How many runs were tried on the leader's evaluation data, in words that can begin a sentence or follow
            a semicolon: "best of 19 on newsgroups test posts (796 examples)"; empty where the data aren't recorded.
        warnings: What speaks against the ranking, each a sentence without its full stop.
        remarks: What else it rests on, each a sentence without its full stop.
        brief: The tie, and what speaks against the ranking, in a few words each; empty where there is nothing to say.
    """

    noise: Noise
    tied: NDArray[np.bool_]
    sets: tuple[EvaluationSet | None, ...]
    tie: str
    scope: str
    warnings: tuple[str, ...]
    remarks: tuple[str, ...]
    brief: tuple[str, str] = ("", "")

    @property
    def statements(self) -> tuple[str, ...]:
        """All of it, the most important first."""
        scope = f"{self.scope[0].upper()}{self.scope[1:]}" if self.scope else ""
        return tuple(said for said in (self.tie, scope, *self.warnings, *self.remarks) if said)


def weigh(
    values: NDArray[np.float64],
    runs: RunTable,
    datasets: Sequence[Dataset],
    metric: str,
    direction: Direction,
    candidates: int,
    *,
    training: bool = False,
) -> Evidence:
    """Weigh a ranking.

    Only runs that were evaluated on the leader's data can tie with it, and those of whose data nothing is recorded:
    values on other data don't compare.

    Args:
        values: float64, shape (runs,): the ranked values, finite, best first.
        runs: The same runs, read with all their params and the tags in ``EVIDENCE_TAGS``.
        datasets: Of these runs, and of any others that are shown.
        metric: What ranks.
        direction: ``max`` when higher is better.
        candidates: How many runs are ranked in all.
        training: The metric was computed on training data, whatever its name says: it was evaluated on nothing.
    """
    found = {} if training else evaluation_sets(datasets, metric, class_counts(runs, metric))
    sets = tuple(found.get(run_id) for run_id in runs.run_ids)
    replicates = find_replicates(runs, datasets)
    noise = _noise(values, metric, sets, replicates)
    tied = tied_with_leader(values, noise, direction, candidates) & _on_the_leaders_data(sets)
    scope, other_data = _comparable(sets, candidates)
    as_test, as_test_briefly = ((), "") if training else _seen_as_test(sets, datasets, metric)
    return Evidence(
        noise,
        tied,
        sets,
        _tie(tied, noise, candidates),
        scope,
        (*other_data, *as_test),
        replicates.remarks if noise.source == "replicates" else _kept_out(replicates),
        (_tie_briefly(tied, noise, candidates), " · ".join(filter(None, (_others_briefly(sets), as_test_briefly)))),
    )


def within(whole: Evidence, whole_ids: Sequence[str], part: Evidence, part_ids: Sequence[str]) -> Evidence:
    """The evidence of some of the ranked runs, a search's, say: whoever looks at fewer did not try fewer.

    Args:
        whole: Of the ranking of all runs.
        whole_ids: Ids of the runs that it is about.
        part: Of the runs in sight alone.
        part_ids: Theirs.

    Returns:
        Noise and data of the runs in sight; ties and sentences are those of the whole. A run that the whole has not
        looked at is no tie.
    """
    tied = dict(zip(whole_ids, whole.tied, strict=True))
    found = np.array([bool(tied.get(run_id, False)) for run_id in part_ids], dtype=np.bool_)
    return replace(whole, noise=part.noise, sets=part.sets, tied=found)


def value_error(value: float, metric: str, found: EvaluationSet | None, noise: Noise) -> float:
    """Standard error of one more value beside those that were weighed, such as that of a baseline from elsewhere.

    Args:
        value: The value.
        metric: What it is of.
        found: The data that it was computed on, if recorded.
        noise: Of the runs that were weighed: their replicates speak for this one too.

    Returns:
        NaN where it is unknown.
    """
    if noise.source == "replicates":
        return float(noise.errors[0])
    return float(drawn_errors(np.array([value]), metric, (found,))[0][0])


def drawn_errors(
    values: NDArray[np.float64], metric: str, sets: Sequence[EvaluationSet | None]
) -> tuple[NDArray[np.float64], str]:
    """Standard errors that follow from the sizes of the evaluation sets, where the metric allows it.

    Returns:
        float64, shape (runs,), NaN where unknown; and what had to be assumed for the first that is known, in words that
        follow "95 %", or nothing.
    """
    examples = np.array([np.nan if found is None else float(found.examples or np.nan) for found in sets])
    words = read_metric_name(metric).words
    in_range = (values >= 0) & (values <= 1)
    share, assumed = np.clip(values, 0, 1), ""
    if words & {"auroc", "auc", "rocauc"} and not words & {"pr", "prc"}:
        classes = [() if found is None else found.classes for found in sets]
        # Where the classes are known and not two, an area is an average over several: no formula holds for that.
        sizes = [one if len(one) == 2 else (np.nan, np.nan) if one else None for one in classes]
        positives = np.array([half if one is None else one[0] for one, half in zip(sizes, examples / 2, strict=True)])
        negatives = np.array([half if one is None else one[1] for one, half in zip(sizes, examples / 2, strict=True)])
        # Which class is the positive one isn't recorded; the larger error of the two readings is the honest one.
        errors = np.maximum(auroc_error(share, positives, negatives), auroc_error(share, negatives, positives))
        known = [one for one, size in zip(sizes, examples, strict=True) if np.isfinite(size)]
        assumed = ", classes taken as balanced" if known and known[0] is None else ""
    elif words & {"accuracy", "acc"} and "balanced" not in words:
        errors = binomial_error(share, examples)
    else:
        errors = np.full(len(values), np.nan)
    return np.where(in_range, errors, np.nan), assumed


def noise_of(
    values: NDArray[np.float64],
    metric: str,
    sets: Sequence[EvaluationSet | None],
    replicates: Replicates,
    first: int = 0,
) -> Noise:
    """The noise of values that aren't ranked, in any order.

    Args:
        values: float64, shape (runs,); NaN where a run has none.
        metric: The key.
        sets: What each value was computed on.
        replicates: Of the same runs.
        first: Position of the run that the words are about, and without which nothing is known.
    """
    order = np.array([first, *(at for at in range(len(values)) if at != first)], dtype=np.intp)
    groups = Replicates(tuple(replicates.groups[at] for at in order), replicates.remarks)
    found = _noise(values[order], metric, [sets[at] for at in order], groups)
    errors = np.empty(len(values))
    errors[order] = found.errors
    return replace(found, errors=errors)


def _noise(
    values: NDArray[np.float64],
    metric: str,
    sets: Sequence[EvaluationSet | None],
    replicates: Replicates,
) -> Noise:
    """The larger of the two noises that are known: chance in training, and chance in what is evaluated on.

    Replicates share one evaluation set, so what another set would change does not show in them where they agree.
    """
    groups = replicates.groups
    errors, assumed = drawn_errors(values, metric, sets)
    known = np.flatnonzero(np.isfinite(errors))
    first = int(known[0]) if len(known) else None
    drawn, from_size = float("nan"), ""
    if first is not None:
        drawn = float(errors[first])
        found = sets[first]
        which = "the leader" if first == 0 else "the first run whose data are recorded"
        size = found.examples or 0 if found else 0
        from_size = f"{size:,} examples give {which} ±{_TWO_SIDED_95 * drawn:.2g} (95 %{assumed})"
        # A run of whose data nothing is recorded is judged as if they were those of the first of which it is.
        errors = np.where(np.isfinite(errors), errors, drawn)
    deviation, freedom = pooled_deviation(values, groups)
    if freedom < MIN_FREEDOM:
        if not np.isfinite(drawn):
            return Noise("unknown", np.full(len(values), np.nan), float("inf"), "noise unknown")
        return Noise("evaluation set", errors, float("inf"), from_size)
    repeated = sum(count for group, count in Counter(groups).items() if group is not None and count > 1)
    from_seeds = (
        f"the same configuration under another seed gives ±{deviation:.2g} ({repeated} runs, standard deviation)"
    )
    if np.isfinite(drawn) and drawn > deviation:
        return Noise("evaluation set", errors, float("inf"), f"{from_size}, more than another seed: ±{deviation:.2g}")
    return Noise("replicates", np.full(len(values), deviation), freedom, from_seeds)


def _kept_out(replicates: Replicates) -> tuple[str, ...]:
    return tuple(remark for remark in replicates.remarks if "architecture" in remark)


def _tie(tied: NDArray[np.bool_], noise: Noise, candidates: int) -> str:
    if not len(tied):
        return ""
    if noise.source == "unknown":
        return "How much of the differences is chance is unknown: no replicates, no size of the evaluation data"
    count = int(tied.sum())
    if count == 1:
        return f"The first is ahead of all others by more than chance: {noise.words}" if candidates > 1 else ""
    if count == len(tied) < candidates:
        return f"1–{count:,} are a tie, and maybe more below them: {noise.words}"
    together = bool(tied[:count].all())
    which = f"1–{count:,} are a tie" if together else f"{count:,} runs are a tie, marked ≈"
    return f"{which}: {noise.words}"


def _comparable(sets: Sequence[EvaluationSet | None], candidates: int) -> tuple[str, tuple[str, ...]]:
    """How many were tried on the leader's data, and what to say of the others."""
    leader = sets[0] if sets else None
    if leader is None:
        return "", ()
    same = sum(found is not None and found.identity == leader.identity for found in sets)
    size = f" ({leader.examples:,} examples)" if leader.examples else ""
    # Of runs further down than those that are shown nobody has looked which data they were evaluated on.
    least = "at least " if len(sets) < candidates else ""
    scope = f"best of {least}{same:,} on {leader.name}{size}"
    others, unrecorded = len(sets) - same, sum(found is None for found in sets)
    if not others:
        return scope, ()
    if unrecorded == others:
        how = "It isn't recorded on which data the"
        return scope, (f"{how} other {others:,} were evaluated: whether their values compare is unknown",)
    known = f", for {unrecorded:,} of them it isn't recorded on which" if unrecorded else ""
    return scope, (
        f"The other {others:,} were evaluated on other data{known}: their values don't compare with the first",
    )


def _on_the_leaders_data(sets: Sequence[EvaluationSet | None]) -> NDArray[np.bool_]:
    leader = sets[0] if sets else None
    same = [leader is None or one is None or one.identity == leader.identity for one in sets]
    return np.array(same, dtype=np.bool_)


def _tie_briefly(tied: NDArray[np.bool_], noise: Noise, candidates: int) -> str:
    if noise.source == "unknown":
        return "noise unknown" if len(tied) else ""
    count = int(tied.sum())
    if count > 1:
        return _tie(tied, noise, candidates).partition(": ")[0]
    return "the first is ahead by more than chance" if count and candidates > 1 else ""


def _others_briefly(sets: Sequence[EvaluationSet | None]) -> str:
    leader = sets[0] if sets else None
    if leader is None:
        return ""
    unrecorded = sum(one is None for one in sets)
    other = sum(one is not None and one.identity != leader.identity for one in sets)
    said = [f"{other:,} on other data"] if other else []
    return " · ".join([*said, f"{unrecorded:,} on data not recorded"] if unrecorded else said)


def _seen_as_test(
    sets: Sequence[EvaluationSet | None], datasets: Sequence[Dataset], metric: str
) -> tuple[tuple[str, ...], str]:
    """A warning when the choice is made on data that is, or is elsewhere, reported as test; in a few words too."""
    if read_metric_name(metric).split == "test":
        said = "Ranked by a test metric: the value of whichever run is chosen by it is too good"
        return (said,), "ranked by a test metric"
    tests = sets_reported_as_test(datasets)
    used = [found for found in sets if found is not None and (found.identity in tests or found.digests & tests)]
    why = "which is also reported as test"
    if not used:
        used = [found for found in sets if found is not None and _TEST_WORD.search(found.name)]
        why = "test data by its name"
    if not used:
        return (), ""
    of = f"{len(used):,} of these runs were" if len(used) > 1 else "1 of these runs was"
    said = f"{of} ranked on {used[0].name}, {why}: chosen by it, it tests nothing any more"
    return (said,), f"{len(used):,} ranked on test data"
