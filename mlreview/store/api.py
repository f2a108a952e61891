"""Reads through MLflow's API, for any tracking URI: slower than tables, and all that a server without a database gives.

What it can't give: how many runs an experiment has, and runs without a start time, which MLflow's own search and its
user interface fail on; they are left out.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from dataclasses import replace
from typing import TypeVar

import numpy as np

from mlreview import names
from mlreview.entities import (
    Artifact,
    Curve,
    Dataset,
    Experiment,
    Lifecycle,
    LoggedModel,
    MetricExtremes,
    ModelVersion,
    Run,
    RunQuery,
    RunTable,
    StoreInfo,
)
from mlreview.errors import MlreviewError, NotFoundError, StoreError
from mlreview.store import decode
from mlreview.store.artifacts import check_path, missing
from mlreview.store.base import PageCallback, RunStore
from mlreview.store.client import ClientApi
from mlreview.store.paging import BEGINNING, Span, scan
from mlreview.store.rest import Api, Json, RestApi, in_list, is_run_id
from mlreview.store.rules import by_activity, refuse_events
from mlreview.store.transport import Transport
from mlreview.store.uris import Address

AT_ONCE = 4
"""Requests under way together: as many as ``mlflow server`` has workers unless told otherwise."""

FEW_RUNS = 4
"""Up to so many runs are asked for one by one, more by a search."""

IDS_IN_SEARCH = 200
IDS_IN_ADDRESS = 100
"""Ids in one filter: a search carries them in its body, a question about versions in its address."""

EXPERIMENTS_LOOKED_UP = 30
"""Experiments, the latest changed first, whose newest run is asked for, one request each."""

NEWEST_RUNS = 100
"""Where there are more experiments than that, so many newest runs of all together tell which ones are in use."""

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class ApiStore:
    """A ``RunStore`` over MLflow's API.

    Args:
        address: A server's, or anything else that MLflow's client takes.
        registry: Reads registered versions, where the registry is another store.
        ui_url: Of MLflow's own user interface.
        detail: Why tables are not read, where they could have been.
        timeout: Longest wait for one answer, in seconds.
        page_size: Runs asked for at once; left out, it follows the server's pace.
        at_once: Requests under way together.
    """

    def __init__(
        self,
        address: Address,
        *,
        registry: RunStore | None = None,
        ui_url: str | None = None,
        detail: str = "",
        timeout: float = names.STORE_TIMEOUT_S,
        page_size: int | None = None,
        at_once: int = AT_ONCE,
    ) -> None:
        self._api: Api
        if address.kind == "http":
            self._api = RestApi(Transport(address, timeout))
        else:
            self._api = ClientApi(address, timeout)
            detail = detail or "Read through MLflow's own client."
        self._info = StoreInfo("api", address.label, detail, ui_url)
        self._registry = registry
        self._page_size = page_size
        self._at_once = at_once
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="mlreview-api")

    def info(self) -> StoreInfo:
        """See ``RunStore``."""
        return self._info

    def experiments(self, lifecycle: Lifecycle = "active") -> tuple[Experiment, ...]:
        """See ``RunStore``. How many runs they have stays unknown, and so does the newest run of experiments that were
        neither changed nor used lately, where there are many.
        """
        items = [item for item in self._api.experiments() if _is(lifecycle, item.get("lifecycle_stage", "active"))]
        items.sort(key=lambda item: -int(item.get("last_update_time") or 0))
        times = self._newest_starts([str(item["experiment_id"]) for item in items])
        found = [decode.experiment(item, times.get(str(item["experiment_id"]))) for item in items]
        return tuple(sorted(found, key=by_activity))

    def runs(self, query: RunQuery, on_page: PageCallback | None = None) -> RunTable:
        """See ``RunStore``."""
        refuse_events(query)
        more = False
        if query.run_ids is not None:
            found = self._named(query.run_ids, query.experiment_ids, on_page)
        elif query.experiment_ids and query.limit is not None and query.lifecycle != "deleted":
            found, more = self._newest(query.experiment_ids, query.limit, active=query.lifecycle == "active")
        elif query.experiment_ids:
            found = self._scan(query.experiment_ids, on_page)
        else:
            found = {}
        kept = [run for run in found.values() if _is(query.lifecycle, run["info"].get("lifecycle_stage", "active"))]
        kept = sorted(kept, key=decode.newest_first)
        table = decode.run_table(kept[: query.limit], query)
        return replace(table, total=len(kept), complete=not more and len(table) == len(kept))

    def run(self, run_id: str) -> Run:
        """See ``RunStore``."""
        self._check_id(run_id)
        try:
            found = self._api.get_run(run_id)
        except NotFoundError as error:
            raise self._no_run(run_id) from error
        return decode.whole_run(found, self._models([found]))

    def curves(self, run_ids: Sequence[str], metrics: Sequence[str]) -> tuple[Curve, ...]:
        """See ``RunStore``. One request for each run and metric, more for long histories."""
        wanted = [(run_id, metric) for run_id in _once(run_ids) for metric in _once(metrics)]
        found = self._each(wanted, lambda pair: decode.curve(*pair, self._history(*pair)))
        return tuple(curve for curve in found if curve.total)

    def extremes(self, run_ids: Sequence[str], metric: str) -> MetricExtremes:
        """See ``RunStore``. Histories are read in full for it."""
        curves = {curve.run_id: curve for curve in self.curves(run_ids, [metric])}
        size = len(run_ids)
        low, high = np.full(size, np.nan), np.full(size, np.nan)
        low_step, high_step, count = (np.zeros(size, np.int64) for _ in range(3))
        for row, run_id in enumerate(run_ids):
            curve = curves.get(run_id)
            if curve is None:
                continue
            count[row] = curve.total
            if np.isnan(curve.values).all():
                continue
            # The first of equals is that at the lowest step: curves are ordered by it.
            at_low, at_high = np.nanargmin(curve.values), np.nanargmax(curve.values)
            low[row], low_step[row] = curve.values[at_low], curve.steps[at_low]
            high[row], high_step[row] = curve.values[at_high], curve.steps[at_high]
        return MetricExtremes(tuple(run_ids), metric, low, low_step, high, high_step, count)

    def datasets(self, run_ids: Sequence[str]) -> tuple[Dataset, ...]:
        """See ``RunStore``."""
        found = self._named(run_ids)
        return tuple(one for run_id in _once(run_ids) if run_id in found for one in decode.datasets(found[run_id]))

    def logged_models(self, run_ids: Sequence[str]) -> tuple[LoggedModel, ...]:
        """See ``RunStore``."""
        found = self._named(run_ids)
        return self._models([found[run_id] for run_id in _once(run_ids) if run_id in found])

    def model_versions(self, run_ids: Sequence[str] | None = None) -> tuple[ModelVersion, ...]:
        """See ``RunStore``."""
        if self._registry is not None:
            return self._registry.model_versions(run_ids)
        if run_ids is None:
            items = self._api.model_versions("")
        else:
            chunks = _chunks([one for one in _once(run_ids) if is_run_id(one)], IDS_IN_ADDRESS)
            answers = self._each(chunks, lambda chunk: self._api.model_versions(in_list("run_id", chunk)))
            items = [item for answer in answers for item in answer]
        versions = {(item["name"], str(item["version"])): item for item in items}
        # A search for versions leaves their aliases empty; the models' own list has them.
        aliases: dict[tuple[str, str], list[str]] = {}
        for model in self._api.registered_models() if versions else ():
            for alias in model.get("aliases", ()):
                aliases.setdefault((model["name"], str(alias["version"])), []).append(alias["alias"])
        found = [decode.model_version(item, aliases.get(key, ())) for key, item in versions.items()]
        return tuple(sorted(found, key=lambda one: (one.name, -int(one.version))))

    def artifacts(self, run_id: str, path: str = "") -> tuple[Artifact, ...]:
        """See ``RunStore``."""
        check_path(path)
        self._check_id(run_id)
        try:
            items = self._api.artifacts(run_id, path)
        except NotFoundError as error:
            raise self._no_run(run_id) from error
        return tuple(sorted((decode.artifact(item) for item in items), key=lambda one: one.path))

    def read_artifact(self, run_id: str, path: str, limit: int = names.MAX_ARTIFACT_BYTES) -> bytes:
        """See ``RunStore``."""
        check_path(path)
        self._check_id(run_id)
        try:
            return self._api.read_artifact(run_id, path, limit)
        except (NotFoundError, StoreError) as error:
            # Each kind of artifact store fails in its own way for a file that isn't there.
            if not self._has_artifact(run_id, path, error):
                raise missing(path) from error
            raise

    def model_artifacts(self, model: LoggedModel, path: str = "") -> tuple[Artifact, ...]:
        """See ``RunStore``."""
        check_path(path)
        items = self._api.model_artifacts(model, path)
        return tuple(sorted((decode.artifact(item) for item in items), key=lambda one: one.path))

    def read_model_artifact(self, model: LoggedModel, path: str, limit: int = names.MAX_ARTIFACT_BYTES) -> bytes:
        """See ``RunStore``."""
        check_path(path)
        return self._api.read_model_artifact(model, path, limit)

    def _has_artifact(self, run_id: str, path: str, failure: MlreviewError) -> bool:
        try:
            listed = self.artifacts(run_id, path.rpartition("/")[0])
        except StoreError:
            raise failure from None
        return any(one.path == path and not one.is_dir for one in listed)

    def _check_id(self, run_id: str) -> None:
        if not is_run_id(run_id):
            raise NotFoundError(f"There is no run {run_id!r} in {self._info.label}.", hint="Check the id.")

    def _no_run(self, run_id: str) -> NotFoundError:
        return NotFoundError(
            f"There is no run {run_id!r} in {self._info.label}.",
            hint="It may have been erased for good, or be in another store.",
        )

    def close(self) -> None:
        """See ``RunStore``."""
        self._pool.shutdown(wait=False, cancel_futures=True)
        self._api.close()
        if self._registry is not None:
            self._registry.close()

    def _scan(self, experiment_ids: Sequence[str], on_page: PageCallback | None) -> dict[str, Json]:
        return scan(
            lambda span, limit: self._api.search_runs(experiment_ids, span.filter(), limit=limit, token=span.token),
            lambda: self._newest_start(experiment_ids, active=False),
            pool=self._pool,
            at_once=self._at_once,
            page_size=self._page_size,
            on_page=on_page,
        )

    def _newest(self, experiment_ids: Sequence[str], limit: int, *, active: bool) -> tuple[dict[str, Json], bool]:
        """The newest runs in one request, and whether there are more: one more than wanted is asked for."""
        where = Span(BEGINNING).filter()
        runs = self._api.newest_runs(experiment_ids, where, active=active, limit=limit + 1)
        return {run["info"]["run_id"]: run for run in runs[:limit]}, len(runs) > limit

    def _newest_starts(self, experiment_ids: list[str]) -> dict[str, int | None]:
        found: dict[str, int | None] = {}
        if len(experiment_ids) > EXPERIMENTS_LOOKED_UP:
            where = Span(BEGINNING).filter()
            for run in self._api.newest_runs(experiment_ids, where, active=True, limit=NEWEST_RUNS):
                found.setdefault(str(run["info"]["experiment_id"]), decode.start_time(run))
        rest = [one for one in experiment_ids if one not in found][:EXPERIMENTS_LOOKED_UP]
        newest = self._each(rest, lambda one: self._newest_start([one], active=True))
        return found | dict(zip(rest, newest, strict=True))

    def _newest_start(self, experiment_ids: Sequence[str], *, active: bool) -> int | None:
        runs = self._api.newest_runs(experiment_ids, Span(BEGINNING).filter(), active=active, limit=1)
        return decode.start_time(runs[0]) if runs else None

    def _named(
        self,
        run_ids: Sequence[str],
        experiment_ids: Sequence[str] = (),
        on_page: PageCallback | None = None,
    ) -> dict[str, Json]:
        """These runs, whatever their lifecycle; those that aren't there, or in other experiments, are left out."""
        wanted = [one for one in _once(run_ids) if is_run_id(one)]
        found: dict[str, Json] = {}
        if len(wanted) <= FEW_RUNS:
            runs = [run for run in self._each(wanted, self._run_or_none) if run]
            chosen = set(experiment_ids)
            found = {run["info"]["run_id"]: run for run in runs if not chosen or run["info"]["experiment_id"] in chosen}
            if on_page:
                on_page(len(found))
            return found
        scope = list(experiment_ids) or [str(item["experiment_id"]) for item in self._api.experiments()]

        def ask(chunk: list[str]) -> list[Json]:
            # A page that holds them all is one answer: nothing can be missed between pages.
            where = f"{in_list('attributes.run_id', chunk)} AND {Span(BEGINNING).filter()}"
            return self._api.search_runs(scope, where, limit=IDS_IN_SEARCH)[0]

        for runs in self._each(_chunks(wanted, IDS_IN_SEARCH), ask):
            found.update((run["info"]["run_id"], run) for run in runs)
            if on_page:
                on_page(len(found))
        return found

    def _run_or_none(self, run_id: str) -> Json | None:
        try:
            return self._api.get_run(run_id)
        except NotFoundError:
            return None

    def _history(self, run_id: str, metric: str) -> list[Json]:
        if not is_run_id(run_id):
            return []
        try:
            return self._api.history(run_id, metric)
        except NotFoundError:
            return []

    def _models(self, runs: Sequence[Json]) -> tuple[LoggedModel, ...]:
        """Models that these runs logged, by run, then by creation."""
        rank = {run["info"]["run_id"]: row for row, run in enumerate(runs)}
        if not rank:
            return ()
        experiments = sorted({str(run["info"]["experiment_id"]) for run in runs})
        steps = {model: step for run in runs for model, step in decode.output_steps(run).items()}
        chunks = _chunks(list(rank), IDS_IN_SEARCH)
        answers = self._each(chunks, lambda ids: self._api.logged_models(experiments, in_list("source_run_id", ids)))
        found = {item["info"]["model_id"]: decode.logged_model(item, steps) for page in answers for item in page}
        return tuple(sorted(found.values(), key=lambda one: (rank[one.run_id], one.creation_time, one.model_id)))

    def _each(self, items: Sequence[Item], ask: Callable[[Item], Answer]) -> list[Answer]:
        """Ask about each, several at once, in order; the first failure ends it."""
        if len(items) <= 1:
            return [ask(item) for item in items]
        futures = [self._pool.submit(ask, item) for item in items]
        try:
            wait(futures, return_when=FIRST_EXCEPTION)
            failed = [future for future in futures if future.done() and future.exception()]
            return [future.result() for future in failed or futures]
        finally:
            for future in futures:
                future.cancel()


def _is(lifecycle: Lifecycle, stage: str) -> bool:
    return lifecycle in ("all", stage)


def _once(items: Iterable[Item]) -> list[Item]:
    return list(dict.fromkeys(items))


def _chunks(items: list[Item], size: int) -> list[list[Item]]:
    return [items[at : at + size] for at in range(0, len(items), size)]
