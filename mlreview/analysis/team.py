"""What a team has chosen once for everybody, as it is kept with its experiments."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from mlreview import names
from mlreview.entities import Direction, Experiment


@dataclass(frozen=True, slots=True)
class TeamChoice:
    """The metric that a team ranks by, and which way is better; ``None`` where it has not said."""

    metric: str
    direction: Direction | None = None


def team_choice(experiments: Sequence[Experiment]) -> TeamChoice | None:
    """The choice that holds for all of these experiments.

    Returns:
        ``None`` where one of them has no choice, or two differ: then nobody's choice is put over another's.
    """
    choices = {_of_one(experiment.tags) for experiment in experiments}
    return choices.pop() if len(choices) == 1 else None


def tags_for(metric: str, direction: Direction) -> dict[str, str]:
    """The experiment tags that make this the team's choice."""
    return {names.EXPERIMENT_DIRECTION_TAG_PREFIX + metric: direction, names.EXPERIMENT_METRIC_TAG: metric}


def _of_one(tags: Mapping[str, str]) -> TeamChoice | None:
    metric = tags.get(names.EXPERIMENT_METRIC_TAG)
    if not metric:
        return None
    direction = tags.get(names.EXPERIMENT_DIRECTION_TAG_PREFIX + metric)
    return TeamChoice(metric, direction if direction in get_args(Direction) else None)  # type: ignore[arg-type]
