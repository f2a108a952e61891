"""SQLite files: their paths, their locks, what is no store, and that reading leaves no trace."""

import os
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from urllib.parse import quote

import pytest
from mlflow import MlflowClient
from sqlalchemy import make_url

from mlreview.entities import RunQuery
from mlreview.errors import SchemaError, StoreError
from mlreview.store.sql import SqlStore
from tests.stores import copy_sqlite, sqlite_uri


def write_run(uri: str, name: str = "written") -> str:
    """A run with a metric, by MLflow's own client."""
    client = MlflowClient(uri)
    run_id = client.create_run("0", run_name=name).info.run_id
    client.log_metric(run_id, "loss", 0.5)
    return run_id


def read_everything(store: SqlStore, run_id: str) -> None:
    store.experiments("all")
    store.runs(RunQuery(experiment_ids=("0",), params=None, tags=("t",), note_heads=True, lifecycle="all"))
    store.run(run_id)
    store.curves([run_id], ["loss"])
    store.extremes([run_id], "loss")
    store.datasets([run_id])
    store.logged_models([run_id])
    store.model_versions()
    store.model_versions([run_id])
    store.close()


def test_reading_changes_no_byte_of_the_file_and_adds_none_beside_it(sqlite_store: str, tmp_path: Path) -> None:
    run_id = write_run(sqlite_store)
    file = tmp_path / "mlflow.db"
    before, files, modified = file.read_bytes(), set(os.listdir(tmp_path)), file.stat().st_mtime_ns
    read_everything(SqlStore(sqlite_store), run_id)
    assert file.read_bytes() == before
    assert (set(os.listdir(tmp_path)), file.stat().st_mtime_ns) == (files, modified)


ODD_NAMES = [
    "a b.db",
    "question?mark.db",
    "hash#tag.db",
    "100%.db",
    "per%20cent.db",
    "ünï 模型 🏒.db",
    'it\'s "x";.db',
    "a&b=c.db",
]


@pytest.mark.parametrize("name", ODD_NAMES)
def test_a_path_of_any_characters_is_the_file_that_mlflow_opens(
    sqlite_template: Path, tmp_path: Path, name: str
) -> None:
    path = copy_sqlite(sqlite_template, tmp_path / name)
    uri = sqlite_uri(path).replace("%", "%25").replace("?", "%3F")
    assert make_url(uri).database == str(path)
    run_id = write_run(uri)
    store = SqlStore(uri)
    assert store.run(run_id).name == "written"
    assert store.info().label == uri
    assert SqlStore(f"sqlite:///{quote(str(path))}").run(run_id).name == "written"


def test_a_relative_path_starts_at_the_working_directory_of_the_moment_it_was_given(
    sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_sqlite(sqlite_template, tmp_path / "here.db")
    monkeypatch.chdir(tmp_path)
    store = SqlStore("sqlite:///here.db")
    monkeypatch.chdir("/")
    assert [one.name for one in store.experiments()] == ["Default"]


def _missing(path: Path) -> None:
    pass


def _empty(path: Path) -> None:
    path.touch()


def _text(path: Path) -> None:
    path.write_text("This is no database, but long enough to hold the header of one. " * 40)


def _other(path: Path) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute("CREATE TABLE runs (id)")


@pytest.mark.parametrize(
    ("make", "kind", "words"),
    [
        (_missing, StoreError, "there is no file"),
        (Path.mkdir, StoreError, "there is a directory"),
        (_text, StoreError, "is not a SQLite database"),
        (_empty, SchemaError, "not an MLflow tracking store"),
        (_other, SchemaError, "not an MLflow tracking store"),
    ],
)
def test_what_is_no_store_gets_one_clear_message_and_is_left_alone(
    tmp_path: Path, make: Callable[[Path], None], kind: type[StoreError], words: str
) -> None:
    path = tmp_path / "some.db"
    make(path)
    before = path.read_bytes() if path.is_file() else path.exists()
    with pytest.raises(kind, match=words) as caught:
        SqlStore(sqlite_uri(path)).experiments()
    assert str(path) in caught.value.message
    assert (path.read_bytes() if path.is_file() else path.exists()) == before
    assert len(list(tmp_path.iterdir())) == (1 if path.exists() else 0)


def test_a_damaged_file_is_named_as_damaged(sqlite_template: Path, tmp_path: Path) -> None:
    path = tmp_path / "damaged.db"
    content = bytearray(sqlite_template.read_bytes())
    content[4096:] = bytes(len(content) - 4096)
    path.write_bytes(content)
    with pytest.raises(StoreError, match="is damaged"):
        SqlStore(sqlite_uri(path)).experiments()


def test_opening_a_store_touches_no_file(tmp_path: Path) -> None:
    store = SqlStore(sqlite_uri(tmp_path / "missing.db"), ui_url="http://host", detail="why")
    assert (store.info().kind, store.info().ui_url, store.info().detail) == ("sqlite", "http://host", "why")
    store.close()


def test_a_file_locked_for_good_is_an_error_after_the_timeout_and_fine_afterwards(
    sqlite_store: str, tmp_path: Path
) -> None:
    store = SqlStore(sqlite_store, timeout=0.2)
    with closing(sqlite3.connect(tmp_path / "mlflow.db", isolation_level=None)) as writer:
        writer.execute("BEGIN EXCLUSIVE")
        with pytest.raises(StoreError, match=r"locked by another program, for longer than 0\.2 seconds"):
            store.experiments()
        writer.execute("ROLLBACK")
    assert len(store.experiments()) == 1


def test_a_write_that_is_not_committed_is_neither_seen_nor_waited_for(sqlite_store: str, tmp_path: Path) -> None:
    store = SqlStore(sqlite_store, timeout=0.2)
    with closing(sqlite3.connect(tmp_path / "mlflow.db", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("UPDATE experiments SET name = 'half done'")
        assert [one.name for one in store.experiments()] == ["Default"]
        writer.execute("COMMIT")
    assert [one.name for one in store.experiments()] == ["half done"]


def test_a_write_that_a_crash_left_half_done_is_not_read_as_if_it_were_whole(sqlite_store: str, tmp_path: Path) -> None:
    """The journal beside the file must be rolled back first, which a reader may not do."""
    with closing(sqlite3.connect(tmp_path / "mlflow.db", isolation_level=None)) as writer:
        writer.execute("PRAGMA cache_size = 1")  # so that changed pages reach the file before the commit
        writer.execute("BEGIN IMMEDIATE")
        writer.executemany("INSERT INTO experiment_tags VALUES (?, ?, 0)", [(f"k{i}", "v" * 3000) for i in range(300)])
        crashed = tmp_path / "crashed.db"
        shutil.copyfile(tmp_path / "mlflow.db", crashed)
        shutil.copyfile(tmp_path / "mlflow.db-journal", tmp_path / "crashed.db-journal")
        writer.execute("ROLLBACK")
    before = crashed.read_bytes()
    with pytest.raises(StoreError, match="did not finish") as caught:
        SqlStore(sqlite_uri(crashed)).experiments()
    assert "Open it once with MLflow" in caught.value.hint
    assert crashed.read_bytes() == before
    assert len(MlflowClient(sqlite_uri(crashed)).search_experiments()) == 1
    assert SqlStore(sqlite_uri(crashed)).experiments()[0].tags == {}


def test_a_store_in_wal_mode_is_read_beside_its_writer(sqlite_store: str, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "mlflow.db", isolation_level=None)) as writer:
        assert writer.execute("PRAGMA journal_mode = WAL").fetchone() == ("wal",)
        writer.execute("UPDATE experiments SET name = 'in the log'")
        assert [one.name for one in SqlStore(sqlite_store).experiments()] == ["in the log"]
