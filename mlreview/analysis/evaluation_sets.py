"""Which data a run's metric was computed on, how many examples they hold and of which classes, where it is recorded."""

import json
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlreview import names
from mlreview.analysis.metric_names import read_metric_name
from mlreview.entities import Dataset, RunTable

# Which contexts of a data set a metric's split may have been computed on, as MLflow and people name them.
_CONTEXTS = {
    "validation": frozenset({"validation", "valid", "val", "eval", "evaluation", "dev"}),
    "test": frozenset({"test", "testing", "holdout"}),
}
_UNNAMED = frozenset({"", "dataset"})


@dataclass(frozen=True, slots=True)
class EvaluationSet:
    """Data that runs were evaluated on.

    Two records are one set when name, source and number of examples agree: a digest is of the features, which
    another vocabulary changes. Data that nobody named (autolog calls it "dataset") go by their digest.

    Attributes:
        name: For people.
        identity: Equal for records of the same data.
        examples: How many, if recorded.
        classes: Examples of each class, the most first, if recorded; else empty.
        digests: Of the records.
    """

    name: str
    identity: Hashable
    examples: int | None
    classes: tuple[int, ...] = ()
    digests: frozenset[str] = frozenset()


def evaluation_sets(
    datasets: Sequence[Dataset], metric: str, classes: Mapping[str, tuple[int, ...]] | None = None
) -> Mapping[str, EvaluationSet]:
    """The data that each run's value of this metric was computed on, by run id, as far as its records say.

    A run with no data set of the metric's split, or with several, has none.

    Args:
        datasets: Of all runs in question.
        metric: The key.
        classes: What ``class_counts`` found, where a record of the data itself doesn't say.
    """
    wanted = _CONTEXTS.get(read_metric_name(metric).split)
    if wanted is None:
        wanted = _CONTEXTS["validation"] | _CONTEXTS["test"]
    found: dict[str, set[EvaluationSet]] = {}
    for dataset in datasets:
        if (dataset.context or "").lower() in wanted:
            counts = (classes or {}).get(dataset.run_id, ())
            found.setdefault(dataset.run_id, set()).add(_as_set(dataset, counts))
    return {run_id: sets.pop() for run_id, sets in found.items() if len(sets) == 1}


def sets_reported_as_test(datasets: Sequence[Dataset]) -> frozenset[Hashable]:
    """Identities and digests of all data that one of the runs recorded as its test data."""
    tests = [_as_set(dataset) for dataset in datasets if (dataset.context or "").lower() in _CONTEXTS["test"]]
    return frozenset(one.identity for one in tests) | frozenset(digest for one in tests for digest in one.digests)


def class_counts(runs: RunTable, metric: str) -> Mapping[str, tuple[int, ...]]:
    """Examples of each class in the evaluation data by run id, from the runs' own tags (``names.CLASSES_TAG``)."""
    split = read_metric_name(metric).split
    keys = [names.CLASSES_TAG.format(split=split if split == "test" else "validation")]
    found: dict[str, tuple[int, ...]] = {}
    for key in keys:
        column = runs.tags.get(key)
        for row, text in enumerate(() if column is None else column):
            counts = _counts(_json(text)) if text else ()
            if counts:
                found[runs.run_ids[row]] = counts
    return found


def _as_set(dataset: Dataset, classes: tuple[int, ...] = ()) -> EvaluationSet:
    profile = _json(dataset.profile)
    facts = profile if isinstance(profile, dict) else {}
    counts = _counts(facts.get("class_counts")) or _counts([facts.get("positives"), facts.get("negatives")]) or classes
    examples = _examples(facts)
    if counts and examples is None:
        examples = sum(counts)
    if counts and sum(counts) != examples:
        counts = ()  # of other data than these
    digests = frozenset({dataset.digest} if dataset.digest else ())
    if dataset.name.lower() in _UNNAMED:
        return EvaluationSet(f"data {dataset.digest}", dataset.digest, examples, counts, digests)
    return EvaluationSet(dataset.name, (dataset.name, dataset.source, examples), examples, counts, digests)


def _json(text: str | None) -> Any:
    try:
        return json.loads(text or "")
    except (ValueError, RecursionError):
        return None


def _counts(found: Any) -> tuple[int, ...]:
    """Whole positive numbers of a mapping or a list, the largest first; nothing when one of them is something else."""
    listed = list(found.values()) if isinstance(found, dict) else found if isinstance(found, list) else []
    if len(listed) < 2 or not all(isinstance(one, int) and not isinstance(one, bool) and one > 0 for one in listed):
        return ()
    return tuple(sorted(listed, reverse=True))


def _examples(facts: Mapping[str, Any]) -> int | None:
    """The number of examples in a profile as MLflow writes it for pandas, numpy and TensorFlow data."""
    for key in ("num_rows", "targets_shape", "features_shape"):
        value = facts.get(key)
        if isinstance(value, list) and value:
            value = value[0]
        if isinstance(value, int) and not isinstance(value, bool) and value > 0:
            return value
    return None
