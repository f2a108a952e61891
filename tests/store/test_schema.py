"""What is written down of MLflow's schema, held against the installed MLflow."""

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.script import ScriptDirectory
from mlflow.store.db.utils import _get_alembic_config
from mlflow.store.tracking.dbmodels.initial_models import Base as FirstSchema
from sqlalchemy import create_engine

from mlreview.entities import RunQuery
from mlreview.errors import SchemaError
from mlreview.store import schema
from mlreview.store.sql import SqlStore
from mlreview.store.sqlite import SqliteDatabase
from tests.stores import sqlite_uri


def revisions() -> list[str]:
    """All of the installed MLflow's, oldest first."""
    scripts = ScriptDirectory.from_config(_get_alembic_config("sqlite://"))
    return [script.revision for script in scripts.walk_revisions()][::-1]


def columns_of(database: Path) -> dict[str, set[str]]:
    with closing(sqlite3.connect(database)) as connection:
        return {table: {row[1] for row in connection.execute(f"PRAGMA table_info({table})")} for table in schema.TABLES}


@pytest.fixture(scope="module")
def oldest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database as MLflow had it at the oldest revision that is claimed to be readable."""
    database = tmp_path_factory.mktemp("schema") / "oldest.db"
    engine = create_engine(sqlite_uri(database))
    FirstSchema.metadata.create_all(engine)
    engine.dispose()
    command.upgrade(_get_alembic_config(sqlite_uri(database)), schema.KNOWN_REVISIONS[0])
    return database


def test_the_known_revisions_are_the_last_ones_of_the_installed_mlflow() -> None:
    assert revisions() == [*schema.OLDER_REVISIONS.split(), *schema.KNOWN_REVISIONS]


def test_the_tables_that_are_read_are_there_in_the_newest_revision(sqlite_template: Path) -> None:
    found = columns_of(sqlite_template)
    assert {table: schema.TABLES[table] - found[table] for table in found} == {table: set() for table in found}


def test_the_tables_that_are_read_are_there_in_the_oldest_known_revision(oldest: Path) -> None:
    found = columns_of(oldest)
    assert {table: schema.TABLES[table] - found[table] for table in found} == {table: set() for table in found}


def test_the_revision_before_the_oldest_known_one_lacks_the_index_on_histories(tmp_path: Path, oldest: Path) -> None:
    def indexes(database: Path) -> set[str]:
        with closing(sqlite3.connect(database)) as connection:
            return {row[1] for row in connection.execute("PRAGMA index_list(metrics)")}

    assert schema.HISTORY_INDEX in indexes(oldest)
    earlier = tmp_path / "earlier.db"
    earlier.write_bytes(oldest.read_bytes())
    command.downgrade(_get_alembic_config(sqlite_uri(earlier)), schema.OLDER_REVISIONS.split()[-1])
    assert schema.HISTORY_INDEX not in indexes(earlier)


def test_a_store_of_the_oldest_known_revision_can_be_read(oldest: Path) -> None:
    with closing(sqlite3.connect(oldest)) as connection, connection:
        connection.execute("INSERT INTO experiments (experiment_id, name, lifecycle_stage) VALUES (1, 'old', 'active')")
        connection.execute(
            "INSERT INTO runs (run_uuid, experiment_id, name, status, start_time, lifecycle_stage)"
            " VALUES ('r1', 1, 'first', 'FINISHED', 5, 'active')"
        )
        connection.execute(
            "INSERT INTO metrics (run_uuid, key, value, timestamp, step, is_nan) VALUES ('r1', 'loss', 0.5, 6, 1, 0)"
        )
    store = SqlStore(sqlite_uri(oldest))
    assert store.runs(RunQuery(experiment_ids=("1",))).names.tolist() == ["first"]
    assert store.curves(["r1"], ["loss"])[0].values.tolist() == [0.5]
    assert [one.name for one in store.experiments()] == ["old"]


@pytest.fixture
def columns_read(monkeypatch: pytest.MonkeyPatch) -> set[tuple[str, str]]:
    """(table, column) pairs that SQLite itself says were read."""
    seen: set[tuple[str, str]] = set()
    connect = sqlite3.connect

    def watched(*arguments: object, **options: object) -> sqlite3.Connection:
        connection = connect(*arguments, **options)  # type: ignore[call-overload]

        def allow(action: int, table: str | None, column: str | None, *_: object) -> int:
            if action == sqlite3.SQLITE_READ and table and column and not table.startswith(("sqlite_", "json_")):
                seen.add((table, column))
            return sqlite3.SQLITE_OK

        connection.set_authorizer(allow)
        return connection

    monkeypatch.setattr("mlreview.store.sqlite.sqlite3.connect", watched)
    return seen


def test_exactly_the_tables_and_columns_written_down_are_read(
    sqlite_store: str, columns_read: set[tuple[str, str]]
) -> None:
    store = SqlStore(sqlite_store)
    store.experiments()
    everything = RunQuery(experiment_ids=("0",), params=None, tags=("t",), note_heads=True)
    store.runs(everything)
    store.runs(RunQuery(run_ids=("r",), params=("p",), metrics=("m",)))
    store.curves(["r"], ["m"])
    store.extremes(["r"], "m")
    store.datasets(["r"])
    store.logged_models(["r"])
    store.model_versions()
    with closing(sqlite3.connect(sqlite_store.removeprefix("sqlite:///"))) as connection, connection:
        connection.execute("INSERT INTO runs (run_uuid, experiment_id, lifecycle_stage) VALUES ('r', 0, 'active')")
    store.run("r")
    assert columns_read == {(table, column) for table, columns in schema.TABLES.items() for column in columns}


@pytest.mark.parametrize("revision", ["451aebb31d03", "1b5f0d9ad7c1", schema.OLDER_REVISIONS.split()[-1]])
def test_an_older_schema_is_refused_with_the_command_that_upgrades_it(sqlite_store: str, revision: str) -> None:
    caught = _refused(sqlite_store, "UPDATE alembic_version SET version_num = ?", revision)
    assert revision in caught.message
    assert "older" in caught.message
    assert "mlflow db upgrade" in caught.hint
    assert "backup" in caught.hint


def test_a_newer_schema_is_refused_with_two_ways_out(sqlite_store: str) -> None:
    caught = _refused(sqlite_store, "UPDATE alembic_version SET version_num = ?", "feedfacecafe")
    assert "feedfacecafe" in caught.message
    assert "newer" in caught.message
    assert "newer mlreview" in caught.hint
    assert "HTTP address" in caught.hint


def test_a_store_without_a_revision_is_none_of_mlflows(sqlite_store: str) -> None:
    caught = _refused(sqlite_store, "DELETE FROM alembic_version WHERE version_num <> ?", "x")
    assert "not an MLflow tracking store" in caught.message


def _refused(uri: str, statement: str, argument: str) -> SchemaError:
    with closing(sqlite3.connect(uri.removeprefix("sqlite:///"))) as connection, connection:
        connection.execute(statement, (argument,))
    with pytest.raises(SchemaError) as caught:
        SqlStore(uri).experiments()
    with pytest.raises(SchemaError):
        SqlStore(uri).check()
    return caught.value


def test_an_upgrade_under_a_running_app_is_noticed_at_the_next_read(sqlite_store: str) -> None:
    store = SqlStore(sqlite_store)
    assert store.experiments()
    with closing(sqlite3.connect(sqlite_store.removeprefix("sqlite:///"))) as connection, connection:
        connection.execute("UPDATE alembic_version SET version_num = 'feedfacecafe'")
    with pytest.raises(SchemaError):
        store.experiments()


def test_histories_are_found_by_the_index_and_not_by_walking_through_the_store(sqlite_template: Path) -> None:
    plans = []

    class Explaining:
        """A session that keeps how SQLite would find the rows."""

        def __init__(self, connection: sqlite3.Connection) -> None:
            self.connection = connection

        def select(self, statement: str, arguments: list[list[str]], kinds: str) -> list[object]:
            named = {str(number): json.dumps(value) for number, value in enumerate(arguments, start=1)}
            plans.extend(row[3] for row in self.connection.execute(f"EXPLAIN QUERY PLAN {statement}", named))
            raise LookupError

    from mlreview.store.sql_histories import curves

    with closing(sqlite3.connect(sqlite_template)) as connection, pytest.raises(LookupError):
        curves(Explaining(connection), SqliteDatabase.dialect, ["r"], ["m"])  # type: ignore[arg-type]
    assert [plan for plan in plans if " m " in plan] == [
        f"SEARCH m USING INDEX {schema.HISTORY_INDEX} (run_uuid=? AND key=?)"
    ]
