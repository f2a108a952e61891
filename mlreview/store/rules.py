"""What the contract says and both readers do alike, so that neither can do it otherwise."""

from mlreview import names
from mlreview.entities import Experiment, RunQuery
from mlreview.errors import BadInputError


def by_activity(experiment: Experiment) -> tuple[bool, int, int, str]:
    """Sort key: experiments with runs first, by newest start; then the others, by last update; then by id.

    Editing a tag is an update too: it does not lift an experiment that nobody has run anything in above those in use.
    """
    unused = experiment.last_run_time is None
    latest = experiment.last_update_time if unused else experiment.last_run_time
    number = int(experiment.experiment_id) if experiment.experiment_id.isdecimal() else 0
    return unused, -(latest or 0), number, experiment.experiment_id


def refuse_events(query: RunQuery) -> None:
    """Refuse to make columns of events.

    Raises:
        BadInputError: An event tag is asked for.
    """
    for key in query.tags or ():
        if key.startswith(names.EVENT_TAG_PREFIX):
            raise BadInputError(
                f"{key!r} is an event of a review, which is never a column of a table.",
                hint="Read the run itself: its tags are all there.",
            )
