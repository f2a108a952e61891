"""Reads what is deployed, with the run and the review behind it; for the page and the command line."""

from collections.abc import Sequence

from mlreview.entities import ModelVersion, RunQuery
from mlreview.errors import MlreviewError, NotFoundError
from mlreview.review.production import (
    PRODUCTION_COLUMNS,
    Deployed,
    Move,
    Place,
    history,
    places,
    sorted_deployments,
    standing_of,
)
from mlreview.review.results import Review
from mlreview.review.service import Reviews
from mlreview.store.base import RunStore

MOST_LOOKED_AT = 40
"""Deployments whose run is held against what was approved; that reads files of the run."""

MOST_READ = 200
"""Deployments whose run is read at all; of the rest the registry's own facts are shown."""

MOST_VERSIONS = 40
"""Runs, newest version first, that are asked for the history of an alias."""

MOST_RUNS_OVER_HTTP = 2_000
"""Newest runs that are looked through for recorded deployments, where no table can be read."""


def read_places(store: RunStore, versions: Sequence[ModelVersion]) -> tuple[tuple[Place, ...], bool]:
    """Everywhere something is deployed, and whether every run was looked through for it.

    Raises:
        StoreError: The store can't be read.
    """
    experiments = tuple(one.experiment_id for one in store.experiments())
    limit = MOST_RUNS_OVER_HTTP if store.info().kind == "api" else None
    table = store.runs(RunQuery(experiments, metrics=(), tags=PRODUCTION_COLUMNS, limit=limit))
    return places(versions, table), table.complete


def read_deployments(store: RunStore, reviews: Reviews, found: Sequence[Place]) -> tuple[Deployed, ...]:
    """The places with what stands there, what lacks a valid review on top.

    A run that several aliases point at is read once. One that is gone, or that can't be read, is said to be so.

    Raises:
        StoreError: The store does not answer at all.
    """
    known: dict[str, Deployed] = {}
    deployed: list[Deployed] = []
    for at, place in enumerate(found):
        one = known.get(place.run_id or "") or _read(store, reviews, place, at)
        if place.run_id:
            known[place.run_id] = one
        deployed.append(Deployed(place, one.standing, one.run, one.review))
    return sorted_deployments(deployed)


def _read(store: RunStore, reviews: Reviews, place: Place, at: int) -> Deployed:
    if place.run_id is None:
        return Deployed(place, standing_of(place, None, None))
    if at >= MOST_READ:
        problem = f"Only the first {MOST_READ} deployments are read here; open its run to see its review"
        return Deployed(place, standing_of(place, None, None, problem))
    try:
        run = store.run(place.run_id)
        review = reviews.read(place.run_id, content=at < MOST_LOOKED_AT)
    except NotFoundError:
        return Deployed(place, standing_of(place, None, None))
    return Deployed(place, standing_of(place, run, review), run, review)


def read_history(
    store: RunStore, reviews: Reviews, place: Place, versions: Sequence[ModelVersion], now: int
) -> tuple[Move, ...]:
    """How things came to a place, newest first.

    Args:
        store: To read from.
        reviews: Of it.
        place: An alias or an environment.
        versions: Everything in the registry.
        now: ms, UTC.
    """
    mine = [one for one in versions if one.name == place.model] if place.model else []
    runs: list[str] = [one.run_id for one in mine if one.run_id]
    if place.kind == "environment":
        limit = MOST_RUNS_OVER_HTTP if store.info().kind == "api" else None
        table = store.runs(RunQuery((place.experiment_id,), metrics=(), tags=PRODUCTION_COLUMNS, limit=limit))
        to = table.tags[PRODUCTION_COLUMNS[0]]
        runs = [run_id for row, run_id in enumerate(table.run_ids) if to[row]]
    found: list[Review] = []
    asked: list[str] = [place.run_id, *runs] if place.run_id else runs
    for run_id in list(dict.fromkeys(asked))[:MOST_VERSIONS]:
        try:
            found.append(reviews.read(run_id, content=False))
        except MlreviewError:  # erased since: its events went with it
            continue
    return history(place, mine, found, now)
