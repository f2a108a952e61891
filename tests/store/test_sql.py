"""What reading tables adds to the contract, on both databases: large questions, odd rows, one view for one call."""

import sqlite3
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
import pytest
from mlflow import MlflowClient
from mlflow.entities import Metric, Param, RunTag

from mlreview.entities import RunQuery
from mlreview.errors import NotFoundError, StoreError
from mlreview.store import sql_runs
from mlreview.store.sql import SqlStore
from tests.stores import Postgres, copy_sqlite, sqlite_uri

START = 1_790_000_000_000


@dataclass(frozen=True)
class Backend:
    """A store of this test's own, and a way to write what MLflow's client wouldn't."""

    uri: str
    execute: Callable[[str], Any]


def execute_sqlite(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.executescript(statement)


def execute_postgres(uri: str, statement: str) -> None:
    with psycopg.connect(uri.replace("+psycopg", "")) as connection:
        connection.execute(statement.encode())


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def backend(request: pytest.FixtureRequest, tmp_path: Path) -> Backend:
    if request.param == "sqlite":
        path = copy_sqlite(request.getfixturevalue("sqlite_template"), tmp_path / "mlflow.db")
        return Backend(sqlite_uri(path), lambda statement: execute_sqlite(path, statement))
    postgres: Postgres = request.getfixturevalue("postgres")
    uri = postgres.new_database()
    return Backend(uri, lambda statement: execute_postgres(uri, statement))


def insert_runs(backend: Backend, count: int, prefix: str = "") -> list[str]:
    """Bare runs of experiment 0, one a second, with one param, one metric and two points of it each."""
    backend.execute(
        f"""
        WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {count - 1})
        INSERT INTO runs (run_uuid, experiment_id, name, user_id, status, start_time, lifecycle_stage)
        SELECT '{prefix}' || i, 0, 'run ' || i, 'ada', 'FINISHED', {START} + 1000 * i, 'active' FROM n;
        INSERT INTO params (run_uuid, key, value) SELECT run_uuid, 'lr', 'p' || run_uuid FROM runs;
        INSERT INTO latest_metrics (run_uuid, key, value, timestamp, step, is_nan)
        SELECT run_uuid, 'loss', start_time - {START}, 0, 1, {_false(backend)} FROM runs;
        INSERT INTO metrics (run_uuid, key, value, timestamp, step, is_nan)
        SELECT run_uuid, 'loss', start_time - {START} + s, s, s, {_false(backend)}
        FROM runs, (SELECT 0 AS s UNION SELECT 1) AS steps;
        """
    )
    return [f"{prefix}{number}" for number in range(count)]


def _false(backend: Backend) -> str:
    return "0" if backend.uri.startswith("sqlite") else "false"


def test_twelve_thousand_runs_can_be_named_at_once_in_every_question(backend: Backend) -> None:
    run_ids = insert_runs(backend, 12_000)
    store = SqlStore(backend.uri)
    table = store.runs(RunQuery(run_ids=tuple(run_ids), params=None))
    assert list(table.run_ids) == run_ids[::-1]
    assert list(table.params["lr"]) == [f"p{run_id}" for run_id in run_ids[::-1]]
    assert table.metrics["loss"].values.tolist() == [1000.0 * number for number in range(12_000)][::-1]
    found = store.extremes(run_ids, "loss")
    assert found.maximum.tolist() == [1000.0 * number + 1 for number in range(12_000)]
    assert set(found.minimum_step.tolist()) == {0}
    assert set(found.maximum_step.tolist()) == {1}
    assert len(store.curves(run_ids, ["loss"])) == 12_000
    assert store.datasets(run_ids) == store.logged_models(run_ids) == store.model_versions(run_ids) == ()
    assert store.experiments()[0].run_count == 12_000


def test_more_columns_than_fit_into_one_statement_stay_in_line_with_their_runs(
    backend: Backend, tmp_path: Path
) -> None:
    client = MlflowClient(backend.uri)
    experiment = client.create_experiment("wide", artifact_location=tmp_path.as_uri())
    width = 2 * sql_runs.JOINS + 10
    names = [f"key {number:03d}" for number in range(width)]
    run_ids = []
    for which in range(5):
        run_id = client.create_run(experiment, start_time=START - which).info.run_id
        run_ids.append(run_id)
        # Each run leaves out another fifth of the keys.
        mine = [name for number, name in enumerate(names) if number % 5 != which]
        client.log_batch(
            run_id,
            params=[Param(name, f"param {which} {name}") for name in mine],
            tags=[RunTag(name, f"tag {which} {name}") for name in mine],
            metrics=[Metric(name, which + int(name[-3:]) / 1000, START, which) for name in mine],
        )
    asked = RunQuery(experiment_ids=(experiment,), params=tuple(names), tags=tuple(names), metrics=tuple(names))
    table = SqlStore(backend.uri).runs(asked)
    assert list(table.run_ids) == run_ids
    for number, name in enumerate(names):
        there = [number % 5 != which for which in range(5)]
        assert table.params[name].tolist() == [f"param {w} {name}" if there[w] else None for w in range(5)]
        assert table.tags[name].tolist() == [f"tag {w} {name}" if there[w] else None for w in range(5)]
        column = table.metrics[name]
        assert column.present.tolist() == there
        assert column.steps.tolist() == [w if there[w] else 0 for w in range(5)]
        np.testing.assert_array_equal(column.values, [w + number / 1000 if there[w] else np.nan for w in range(5)])
    together = SqlStore(backend.uri).runs(RunQuery(experiment_ids=(experiment,), params=None))
    for name in names:
        assert together.params[name].tolist() == table.params[name].tolist()
        np.testing.assert_array_equal(together.metrics[name].values, table.metrics[name].values)


def test_one_note_asked_for_twice_in_two_lengths_is_two_columns(backend: Backend, tmp_path: Path) -> None:
    client = MlflowClient(backend.uri)
    experiment = client.create_experiment("notes", artifact_location=tmp_path.as_uri())
    client.create_run(experiment, tags={"mlflow.note.content": "long " * 100, "mlflow.parentRunId": "p"})
    keys = ("mlflow.note.content", "mlflow.parentRunId")
    table = SqlStore(backend.uri).runs(RunQuery(experiment_ids=(experiment,), tags=keys, note_heads=True))
    assert table.note_heads is not None
    assert (len(table.note_heads[0]), len(table.tags[keys[0]][0])) == (200, 500)
    assert table.tags[keys[1]][0] == table.parent_run_ids[0] == "p"


def test_runs_without_a_start_time_come_last_and_runs_without_a_name_take_it_from_the_tag(backend: Backend) -> None:
    backend.execute(
        """
        INSERT INTO runs (run_uuid, experiment_id, name, user_id, status, start_time, end_time, lifecycle_stage)
        VALUES ('b', 0, NULL, NULL, 'RUNNING', NULL, NULL, 'active'), ('a', 0, '', '', 'RUNNING', NULL, 0, 'active'),
            ('Z', 0, 'named', 'bob', 'RUNNING', NULL, NULL, 'active'),
            ('new', 0, NULL, NULL, 'RUNNING', 2, NULL, 'active'),
            ('old', 0, NULL, NULL, 'FINISHED', -3, 1, 'active');
        INSERT INTO tags (run_uuid, key, value) VALUES ('a', 'mlflow.runName', 'from the tag'),
            ('a', 'mlflow.user', 'ada'), ('Z', 'mlflow.runName', 'not this'), ('Z', 'mlflow.user', 'nor this');
        """
    )
    store = SqlStore(backend.uri)
    table = store.runs(RunQuery(experiment_ids=("0",)))
    assert list(table.run_ids) == ["new", "old", "Z", "a", "b"]
    assert list(table.names) == [None, None, "named", "from the tag", None]
    assert list(table.users) == [None, None, "bob", "ada", None]
    assert np.isnat(table.start_times).tolist() == [False, False, True, True, True]
    assert np.isnat(table.end_times).tolist() == [True, False, True, True, True]
    assert (store.run("b").start_time, store.run("a").end_time, store.run("old").start_time) == (None, None, -3)
    assert store.run("a").name == "from the tag"


def test_runs_of_one_start_time_come_by_the_code_points_of_their_ids(backend: Backend) -> None:
    """PostgreSQL sorts text by the rules of some language, and Python doesn't."""
    if backend.uri.startswith("postgresql"):
        backend.execute(
            """
            DO $$ BEGIN
                IF EXISTS (SELECT FROM pg_collation WHERE collname = 'en-x-icu') THEN
                    ALTER TABLE runs ALTER COLUMN run_uuid TYPE varchar(32) COLLATE "en-x-icu";
                END IF;
            END $$;
            """
        )
    ids = ["_1", "a1", "A1", "B1", "b1", "é"]
    for run_id in ids:
        backend.execute(
            "INSERT INTO runs (run_uuid, experiment_id, status, start_time, lifecycle_stage) VALUES"
            f" ('{run_id}', 0, 'FINISHED', 5, 'active');"
            f"INSERT INTO params (run_uuid, key, value) VALUES ('{run_id}', 'me', '{run_id}')"
        )
    store = SqlStore(backend.uri)
    for params in (("me",), None):
        table = store.runs(RunQuery(experiment_ids=("0",), params=params))
        assert list(table.run_ids) == list(table.params["me"]) == sorted(ids)


def test_only_the_default_workspace_is_read(backend: Backend) -> None:
    backend.execute(
        f"""
        INSERT INTO experiments (experiment_id, name, lifecycle_stage, workspace) VALUES (7, 'theirs', 'active', 'b');
        INSERT INTO experiment_tags (experiment_id, key, value) VALUES (7, 'k', 'v');
        INSERT INTO runs (run_uuid, experiment_id, status, start_time, lifecycle_stage)
        VALUES ('ours', 0, 'FINISHED', 1, 'active'), ('theirs', 7, 'FINISHED', 1, 'active');
        INSERT INTO metrics (run_uuid, key, value, timestamp, step, is_nan)
        VALUES ('ours', 'm', 1, 1, 1, {_false(backend)}), ('theirs', 'm', 2, 1, 1, {_false(backend)});
        INSERT INTO registered_models (name, workspace) VALUES ('model', 'default'), ('model', 'b');
        INSERT INTO model_versions (name, version, current_stage, workspace, run_id)
        VALUES ('model', 1, 'None', 'default', 'ours'), ('model', 1, 'None', 'b', 'theirs');
        INSERT INTO registered_model_aliases (name, version, alias, workspace)
        VALUES ('model', 1, 'mine', 'default'), ('model', 1, 'not mine', 'b');
        """
    )
    store = SqlStore(backend.uri)
    assert [one.experiment_id for one in store.experiments()] == ["0"]
    assert list(store.runs(RunQuery(experiment_ids=("0", "7"))).run_ids) == ["ours"]
    assert list(store.runs(RunQuery(run_ids=("ours", "theirs"))).run_ids) == ["ours"]
    assert [one.run_id for one in store.curves(["theirs", "ours"], ["m"])] == ["ours"]
    assert store.extremes(["theirs"], "m").count.tolist() == [0]
    with pytest.raises(NotFoundError):
        store.run("theirs")
    assert [(one.run_id, one.aliases) for one in store.model_versions()] == [("ours", ("mine",))]


def test_experiment_ids_that_are_none_match_nothing(backend: Backend) -> None:
    insert_runs(backend, 2)
    ids = ("", "zero", "-1", "0.0", "00x", "٠", "99999999999999999999", "0' OR '1'='1")
    assert len(SqlStore(backend.uri).runs(RunQuery(experiment_ids=ids))) == 0
    assert len(SqlStore(backend.uri).runs(RunQuery(experiment_ids=(*ids, "0")))) == 2


def test_hostile_keys_and_ids_are_only_ever_values(backend: Backend) -> None:
    run_ids = insert_runs(backend, 2)
    hostile = ("'; DROP TABLE runs; --", '"', "$1", "{alias}", "%s", "\\", "]}", "\u2028")
    store = SqlStore(backend.uri)
    table = store.runs(RunQuery(run_ids=(*run_ids, *hostile), params=hostile, tags=hostile, metrics=hostile))
    assert len(table) == 2
    assert all(set(table.params[key]) == set(table.tags[key]) == {None} for key in hostile)
    assert store.curves([*hostile, *run_ids], [*hostile, "loss"])[0].metric == "loss"


def test_many_threads_can_read_at_once(backend: Backend) -> None:
    insert_runs(backend, 500)
    store = SqlStore(backend.uri)
    asked = RunQuery(experiment_ids=("0",), params=None)
    with ThreadPoolExecutor(8) as pool:
        tables = list(pool.map(lambda _: store.runs(asked), range(40)))
    assert {tuple(table.params["lr"]) for table in tables} == {tuple(f"p{i}" for i in range(499, -1, -1))}


LATE_RUN = (
    "INSERT INTO runs (run_uuid, experiment_id, status, start_time, lifecycle_stage)"
    " VALUES ('late', 0, 'RUNNING', 5, 'active')"
)


def test_one_transaction_sees_one_state_while_others_write(backend: Backend) -> None:
    """PostgreSQL lets the write through and doesn't show it; SQLite doesn't let it through."""
    insert_runs(backend, 3)
    store = SqlStore(backend.uri)
    count = "SELECT count(*) FROM runs"
    with store._database.transaction() as session:
        before = session.select(count, (), "i")[0].tolist()
        if backend.uri.startswith("postgresql"):
            backend.execute(LATE_RUN)
        else:
            with (
                closing(sqlite3.connect(backend.uri.removeprefix("sqlite:///"), timeout=0)) as writer,
                pytest.raises(sqlite3.OperationalError, match="locked"),
                writer,
            ):
                writer.execute(LATE_RUN)
        during = session.select(count, (), "i")[0].tolist()
    assert before == during == [3]
    if backend.uri.startswith("sqlite"):
        backend.execute(LATE_RUN)
    assert len(store.runs(RunQuery(experiment_ids=("0",)))) == 4


def test_the_readers_session_refuses_to_write(backend: Backend) -> None:
    store = SqlStore(backend.uri)
    statements: Sequence[str] = (
        "INSERT INTO tags (run_uuid, key, value) VALUES ('r', 'k', 'v') RETURNING key",
        "UPDATE experiments SET name = 'mine' RETURNING name",
        "DELETE FROM experiments RETURNING name",
    )
    for statement in statements:
        with pytest.raises(StoreError, match=r"read-?only"), store._database.transaction() as session:
            session.select(statement, (), "t")
    assert [one.name for one in store.experiments()] == ["Default"]
