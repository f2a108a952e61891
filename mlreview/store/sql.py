"""Reads straight from a tracking store's tables: SQLite, PostgreSQL.

A call is one transaction: its schema revision is looked at first, then everything comes from one view of the data.
Only the default workspace is read, which is what MLflow's client shows unless it is told another one.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

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
from mlreview.errors import NotFoundError, StoreError
from mlreview.store import schema, sql_histories, sql_records, sql_runs
from mlreview.store.base import PageCallback, RunStore
from mlreview.store.database import Database, Session
from mlreview.store.rules import refuse_events
from mlreview.store.uris import Address, parse

if TYPE_CHECKING:
    from mlreview.store.artifacts import LocalArtifacts, RemoteArtifacts


class SqlStore:
    """A ``RunStore`` over a database.

    Nothing is opened before the first read; ``check`` does only that.

    Args:
        uri: As MLflow takes it.
        registry: Reads registered versions, where the registry is another store.
        ui_url: Of MLflow's own user interface.
        detail: How this store came to be read, for people.
        timeout: Longest wait for a lock, a connection or a statement, in seconds.
        server: Reads artifacts, where an MLflow server stands before this database.

    Raises:
        StoreError: The address is none of a database that can be read.
    """

    def __init__(
        self,
        uri: str,
        *,
        registry: RunStore | None = None,
        server: RunStore | None = None,
        ui_url: str | None = None,
        detail: str = "",
        timeout: float = names.STORE_TIMEOUT_S,
    ) -> None:
        address = parse(uri)
        self._database = _database(address, timeout)
        self._info = StoreInfo(self._database.dialect.kind, address.label, detail, ui_url)
        self._registry = registry
        self._server = server
        self._timeout = timeout

    def info(self) -> StoreInfo:
        """See ``RunStore``."""
        return self._info

    def check(self) -> None:
        """See whether the database is there and has a schema that is known.

        Raises:
            SchemaError: It has another schema.
            StoreError: It can't be read at all.
        """
        with self._read():
            pass

    def experiments(self, lifecycle: Lifecycle = "active") -> tuple[Experiment, ...]:
        """See ``RunStore``."""
        with self._read() as session:
            return sql_records.experiments(session, lifecycle)

    def runs(self, query: RunQuery, on_page: PageCallback | None = None) -> RunTable:
        """See ``RunStore``. There are no pages: ``on_page`` is told once."""
        refuse_events(query)
        with self._read() as session:
            table = sql_runs.read(session, self._database.dialect, query)
        if on_page is not None:
            on_page(len(table))
        return table

    def run(self, run_id: str) -> Run:
        """See ``RunStore``."""
        with self._read() as session:
            found = sql_records.run(session, self._database.dialect, run_id)
        if found is None:
            raise self._no_run(run_id)
        return found

    def curves(self, run_ids: Sequence[str], metrics: Sequence[str]) -> tuple[Curve, ...]:
        """See ``RunStore``."""
        with self._read() as session:
            return sql_histories.curves(session, self._database.dialect, run_ids, metrics)

    def extremes(self, run_ids: Sequence[str], metric: str) -> MetricExtremes:
        """See ``RunStore``."""
        with self._read() as session:
            return sql_histories.extremes(session, self._database.dialect, run_ids, metric)

    def datasets(self, run_ids: Sequence[str]) -> tuple[Dataset, ...]:
        """See ``RunStore``."""
        with self._read() as session:
            return sql_records.datasets(session, self._database.dialect, run_ids)

    def logged_models(self, run_ids: Sequence[str]) -> tuple[LoggedModel, ...]:
        """See ``RunStore``."""
        with self._read() as session:
            return sql_records.logged_models(session, self._database.dialect, run_ids)

    def model_versions(self, run_ids: Sequence[str] | None = None) -> tuple[ModelVersion, ...]:
        """See ``RunStore``."""
        if self._registry is not None:
            return self._registry.model_versions(run_ids)
        with self._read() as session:
            return sql_records.model_versions(session, self._database.dialect, run_ids)

    def artifacts(self, run_id: str, path: str = "") -> tuple[Artifact, ...]:
        """See ``RunStore``."""
        if self._server is not None:
            return self._server.artifacts(run_id, path)
        return self._artifacts(run_id).list(path)

    def read_artifact(self, run_id: str, path: str, limit: int = names.MAX_ARTIFACT_BYTES) -> bytes:
        """See ``RunStore``."""
        if self._server is not None:
            return self._server.read_artifact(run_id, path, limit)
        return self._artifacts(run_id).read(path, limit)

    def model_artifacts(self, model: LoggedModel, path: str = "") -> tuple[Artifact, ...]:
        """See ``RunStore``."""
        if self._server is not None:
            return self._server.model_artifacts(model, path)
        from mlreview.store.artifacts import artifacts_of

        return artifacts_of(model.artifact_location, model.run_id, self._timeout).list(path)

    def read_model_artifact(self, model: LoggedModel, path: str, limit: int = names.MAX_ARTIFACT_BYTES) -> bytes:
        """See ``RunStore``."""
        if self._server is not None:
            return self._server.read_model_artifact(model, path, limit)
        from mlreview.store.artifacts import artifacts_of

        return artifacts_of(model.artifact_location, model.run_id, self._timeout).read(path, limit)

    def close(self) -> None:
        """See ``RunStore``."""
        self._database.close()
        if self._server is not None:
            self._server.close()
        if self._registry is not None:
            self._registry.close()

    def _artifacts(self, run_id: str) -> "LocalArtifacts | RemoteArtifacts":
        from mlreview.store.artifacts import artifacts_of  # not on the way to the first row

        with self._read() as session:
            found = sql_records.artifact_uri(session, run_id)
        if not found:
            raise self._no_run(run_id)
        return artifacts_of(found[0], run_id, self._timeout)

    def _no_run(self, run_id: str) -> NotFoundError:
        return NotFoundError(
            f"There is no run {run_id!r} in {self._info.label}.",
            hint="It may have been erased for good, or be in another store.",
        )

    @contextmanager
    def _read(self) -> Iterator[Session]:
        """One transaction, over a schema that is known: asked each time, for a store can be upgraded under an app."""
        with self._database.transaction() as session:
            (revisions,) = session.select(f"SELECT version_num FROM {schema.REVISION_TABLE}", (), "t")
            schema.check_revision(revisions.tolist(), self._info.label)
            yield session


def _database(address: Address, timeout: float) -> Database:
    if address.kind == "sqlite" and address.path is not None:
        from mlreview.store.sqlite import SqliteDatabase

        return SqliteDatabase(address.path, address.label, timeout)
    if address.kind == "postgresql":
        from mlreview.store.postgres import PostgresDatabase

        return PostgresDatabase(address.uri, address.label, timeout)
    raise StoreError(f"{address.label} is not a SQLite or PostgreSQL database.", hint="Read it through MLflow's API.")
