"""What a request for review takes with it: what the run would replace, and what earlier reviews left to be done."""

from dataclasses import dataclass

from mlreview.analysis.baseline import BASELINE_COLUMNS, choose_baseline
from mlreview.entities import Run, RunQuery
from mlreview.errors import MlreviewError
from mlreview.review.bodies import BaselineRef
from mlreview.review.queue import QUEUE_COLUMNS, QueuedFollowUp, carried_over, queued
from mlreview.review.results import Request
from mlreview.store.base import RunStore


@dataclass(frozen=True, slots=True)
class Background:
    """What is known when a review is requested.

    Attributes:
        baseline: What the run would replace: what is deployed now; else the team's baseline. Hand it to
            ``Reviews.request``, which keeps it.
        follow_ups: Open ones of the model's earlier reviews; hand their ``reference`` on as ``carried``.
    """

    baseline: BaselineRef
    follow_ups: tuple[QueuedFollowUp, ...] = ()


def background_of(store: RunStore, run: Run) -> Background:
    """Look at the run's experiment and at the registry.

    Args:
        store: To read from.
        run: To be reviewed.

    Raises:
        StoreError: The store does not answer. A registry that does not is said in the baseline's reason.
    """
    try:
        versions = store.model_versions()
    except MlreviewError:
        versions = None
    columns = tuple(dict.fromkeys((*BASELINE_COLUMNS, *QUEUE_COLUMNS)))
    table = store.runs(RunQuery((run.experiment_id,), metrics=(), tags=columns))
    here = [one for one in store.experiments("all") if one.experiment_id == run.experiment_id]
    # A run that the team pinned to compare with is not what the new one would replace, where something is deployed.
    choice = choose_baseline(table, (), versions)
    if choice.source != "deployed":
        choice = choose_baseline(table, here, versions)
    follow_ups = carried_over(table, run.run_id, run.experiment_id, versions)
    if choice.run_id is None or choice.run_id == run.run_id:
        reason = choice.reason if choice.run_id is None else f"this run itself is {choice.reason}"
        return Background(BaselineRef(source="none", reason=". ".join([reason, *choice.remarks])), follow_ups)
    rows = [row for row, run_id in enumerate(table.run_ids) if run_id == choice.run_id]
    name = table.names[rows[0]] if rows else _name(store, choice.run_id)
    return Background(BaselineRef(choice.run_id, (name or "")[:250], choice.source, choice.reason), follow_ups)


def carried_into(store: RunStore, request: Request) -> tuple[QueuedFollowUp, ...]:
    """The follow-ups of earlier reviews that a request was made with, those that are still open; the oldest first.

    They belong to the runs that they came from: resolve them there, ``Reviews.resolve(one.run_id, …)``.
    """
    references = set(request.body.carried)
    runs = tuple(sorted({one.partition("/")[0] for one in references}))
    if not runs:
        return ()
    table = store.runs(RunQuery(run_ids=runs, lifecycle="all", metrics=(), tags=QUEUE_COLUMNS))
    found = [one for review in queued(table)[0] for one in review.follow_ups if one.reference in references]
    return tuple(sorted(found, key=lambda one: (one.at, one.follow_up_id)))


def _name(store: RunStore, run_id: str) -> str | None:
    try:
        return store.run(run_id).name
    except MlreviewError:
        return None
