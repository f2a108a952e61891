"""Curves under the names that a team says mean the same: a run is judged by what it logged, whatever it calls it.

A run whose names pair up by themselves is judged under them. Only a name that pairs with nothing, or whose direction
its words don't say, takes the name of a fellow that does; the verdict then quotes the name that the run logged.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from mlreview.analysis.aliases import Aliases
from mlreview.analysis.diagnosis_curves import wanted_metrics
from mlreview.analysis.metric_names import read_metric_name
from mlreview.analysis.pairs import find_pairs
from mlreview.entities import Curve, Direction


def wanted_by_any_name(keys: Iterable[str], ranking: str | None, aliases: Aliases) -> tuple[str, ...]:
    """The metrics to read curves of: those that a verdict wants, and every other name of them that there is.

    Args:
        keys: Names of metrics that runs have.
        ranking: The metric that ranks.
        aliases: Of the settings.
    """
    keys = list(dict.fromkeys(keys))
    if not aliases.groups:
        return wanted_metrics(keys, ranking)
    there = set(keys)
    # What is wanted is decided under all names, those included that only stand for one that is there.
    every = dict.fromkeys([*keys, *(name for key in keys for name in aliases.others(key))])
    wanted = dict.fromkeys(wanted_metrics(every, ranking))
    wanted.update(dict.fromkeys(other for key in list(wanted) for other in aliases.others(key)))
    if ranking is not None:
        wanted.update(dict.fromkeys((ranking, *aliases.others(ranking))))
    # A fellow's own training counterpart: eval_auc goes with auc, which no one named.
    for pair in find_pairs(keys):
        if not wanted.keys().isdisjoint(pair.keys):
            wanted.update(dict.fromkeys(pair.keys))
    return tuple(key for key in wanted if key in there)


def own_ranking(
    curves: Sequence[Curve], ranking: tuple[str, Direction] | None, aliases: Aliases
) -> tuple[str, Direction] | None:
    """The ranking metric under the name that one run logged it by."""
    if ranking is None:
        return None
    logged = {curve.metric for curve in curves}
    name = next((one for one in (ranking[0], *aliases.others(ranking[0])) if one in logged), ranking[0])
    return name, ranking[1]


def under_known_names(curves: Sequence[Curve], aliases: Aliases) -> tuple[tuple[Curve, ...], dict[str, str]]:
    """One run's curves, some under another name of theirs.

    Args:
        curves: Of one run.
        aliases: Of the settings.

    Returns:
        The curves, and for each name that was taken the one that was logged.
    """
    taken: dict[str, str] = {}
    found = {curve.metric: curve for curve in curves}
    for metric in [curve.metric for curve in curves]:
        if not aliases.others(metric) or _is_paired(metric, found):
            continue
        for other in aliases.others(metric):
            if other in found:
                continue
            tried = {other if key == metric else key: curve for key, curve in found.items()}
            if _is_paired(other, tried) or _direction_is_new(metric, other):
                found = {key: replace(curve, metric=key) for key, curve in tried.items()}
                taken[other] = metric
                break
    return tuple(found.values()), taken


def _is_paired(metric: str, curves: Mapping[str, Curve]) -> bool:
    counts = {key: len(curve.steps) for key, curve in curves.items()}
    return any(metric in pair.keys and pair.complete for pair in find_pairs(curves, counts))


def _direction_is_new(metric: str, other: str) -> bool:
    return read_metric_name(other).direction_known and not read_metric_name(metric).direction_known
