"""Fixtures that any test may use: real stores and servers, and an environment that holds no surprises."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.plugins.real_parts import find_postgres
from tests.stores import (
    Postgres,
    TrackingServer,
    copy_sqlite,
    make_schema,
    only_one_process,
    run_mlflow_server,
    run_postgres,
    sqlite_uri,
)

if TYPE_CHECKING:
    from tests.sample_store import Sample

OURS = ("MLFLOW_", "_MLFLOW_", "MLREVIEW_")
FOR_TESTS = {
    "MLREVIEW_REQUIRE_ALL",
    "MLREVIEW_CHROMIUM",
    "MLREVIEW_POSTGRES_BIN",
    "MLREVIEW_SOAK_SECONDS",
    "MLREVIEW_SOAK_SEED",
}
"""What tells the tests themselves where things are; everything else of MLflow's and ours is removed."""

BASELINE = {
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
}


def _clean_environment() -> None:
    for name in [name for name in os.environ if name.startswith(OURS) and name not in FOR_TESTS]:
        del os.environ[name]
    os.environ.update(BASELINE)


_clean_environment()  # before anything imports mlflow


@pytest.fixture(autouse=True)
def clean_environment() -> Iterator[None]:
    """No test sees what the machine, or an earlier test, has set; MLflow sets variables by itself."""
    _clean_environment()
    yield
    service: Any = sys.modules.get("mlflow.tracking._tracking_service.utils")
    if service is not None and service._tracking_uri is not None:
        service.set_tracking_uri(None)
    registry: Any = sys.modules.get("mlflow.tracking._model_registry.utils")
    if registry is not None:
        registry._registry_uri = None  # MLflow itself has no way to unset it
    _clean_environment()


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that all processes of this test run share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def sqlite_template(run_folder: Path) -> Path:
    """An empty SQLite store, made by MLflow once in a test run. Copy it (``sqlite_store``); never write to it."""
    template = run_folder / "sqlite-template.db"
    with only_one_process(run_folder / "sqlite-template.lock"):
        if not template.exists():
            unfinished = run_folder / "sqlite-template-unfinished.db"
            make_schema(sqlite_uri(unfinished), run_folder / "artifacts")
            unfinished.rename(template)
    return template


@pytest.fixture
def sqlite_store(sqlite_template: Path, tmp_path: Path) -> str:
    """The tracking URI of an empty SQLite store of this test's own, ``tmp_path / "mlflow.db"``.

    MLflow puts the artifacts of new experiments into ``./mlruns`` of the working directory unless
    ``create_experiment`` is given an ``artifact_location``: give one.
    """
    return sqlite_uri(copy_sqlite(sqlite_template, tmp_path / "mlflow.db"))


@pytest.fixture(scope="session")
def postgres(run_folder: Path) -> Iterator[Postgres]:
    """A PostgreSQL cluster of this test run, with a template database. Mark tests with ``postgres``."""
    binaries = find_postgres()
    if binaries is None:
        pytest.skip("PostgreSQL is missing: no initdb on PATH, in the usual folders, or from a wheel")
    with run_postgres(binaries) as cluster:
        cluster.make_template(run_folder / "artifacts")
        yield cluster


@pytest.fixture
def postgres_store(postgres: Postgres) -> str:
    """The tracking URI of an empty PostgreSQL store of this test's own. Mark tests with ``postgres``."""
    return postgres.new_database()


@pytest.fixture(scope="session")
def served_sqlite(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The SQLite store behind ``mlflow_server``; reading and writing it needs no server."""
    return sqlite_uri(copy_sqlite(sqlite_template, tmp_path_factory.mktemp("mlflow-server") / "mlflow.db"))


@pytest.fixture(scope="session")
def mlflow_server(served_sqlite: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrackingServer]:
    """One ``mlflow server`` over SQLite, shared by the tests of a run. Mark tests with ``server``.

    Tests make experiments of their own in it.
    """
    with run_mlflow_server(served_sqlite, tmp_path_factory.mktemp("sqlite-server")) as server:
        yield server


@pytest.fixture(scope="session")
def served_postgres(postgres: Postgres) -> str:
    """The PostgreSQL store behind ``postgres_mlflow_server``. Mark tests with ``postgres``."""
    return postgres.new_database()


@pytest.fixture(scope="session")
def postgres_mlflow_server(served_postgres: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrackingServer]:
    """One ``mlflow server`` over PostgreSQL, shared likewise. Mark tests with ``server`` and ``postgres``."""
    with run_mlflow_server(served_postgres, tmp_path_factory.mktemp("postgres-server")) as server:
        yield server


@pytest.fixture(scope="session")
def team_sample(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> "Sample":
    """A small store like a team's. Only read it: tests share it."""
    from tests.sample_store import write_team_sample

    folder = tmp_path_factory.mktemp("team")
    return write_team_sample(sqlite_uri(copy_sqlite(sqlite_template, folder / "mlflow.db")), folder / "artifacts")


@pytest.fixture(scope="session")
def ugly_sample(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> "Sample":
    """A store that holds what real ones hold: hostile names, odd values, nothing. Only read it: tests share it."""
    from tests.sample_store import write_ugly_sample

    folder = tmp_path_factory.mktemp("ugly")
    return write_ugly_sample(sqlite_uri(copy_sqlite(sqlite_template, folder / "mlflow.db")), folder / "artifacts")
