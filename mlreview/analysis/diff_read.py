"""Everything that a comparison needs, read from a store in a handful of calls, however many runs there are."""

from collections.abc import Sequence

from mlreview.analysis.diff import Recorded
from mlreview.entities import RunQuery
from mlreview.errors import NotFoundError
from mlreview.store.base import RunStore


def read_recorded(store: RunStore, run_ids: Sequence[str]) -> Recorded:
    """Read runs to compare, in the order given; those that the store doesn't have are left out.

    One call for params, metrics and tags, one for the data sets, one for the models.
    """
    wanted = tuple(dict.fromkeys(run_ids))
    query = RunQuery(run_ids=wanted, lifecycle="all", metrics=None, params=None, tags=None)
    table = store.runs(query)
    place = {run_id: at for at, run_id in enumerate(table.run_ids)}
    found = tuple(run_id for run_id in wanted if run_id in place)
    runs = table.take([place[run_id] for run_id in found])
    return Recorded(runs, store.datasets(found), store.logged_models(found))


def all_or_refuse(recorded: Recorded, run_ids: Sequence[str], store_label: str) -> Recorded:
    """What was read, if it is all that was asked for.

    Raises:
        NotFoundError: A run isn't in the store.
    """
    known = set(recorded.runs.run_ids)
    for run_id in run_ids:
        if run_id not in known:
            raise NotFoundError(
                f"There is no run {run_id!r} in {store_label}.",
                hint="A run is named by its id, which mlreview leaderboard --json prints.",
            )
    return recorded
