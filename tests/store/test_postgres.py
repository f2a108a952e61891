"""PostgreSQL: its addresses, its rights, and servers that are away, silent, slow or restarted."""

import socket
from contextlib import closing

import psycopg
import pytest

from mlreview.entities import RunQuery
from mlreview.errors import SchemaError, StoreError
from mlreview.store.postgres import PostgresDatabase, libpq_uri
from mlreview.store.sql import SqlStore
from tests.stores import Postgres, free_port

pytestmark = pytest.mark.postgres

SECRET = "s3cr3t-pass"


def database_of(uri: str) -> str:
    return uri.rpartition("/")[2]


@pytest.mark.parametrize("scheme", ["postgresql", "postgresql+psycopg", "postgresql+psycopg2"])
def test_a_driver_in_the_scheme_is_left_to_mlflow(postgres_store: str, scheme: str) -> None:
    uri = f"{scheme}://{postgres_store.partition('://')[2]}"
    store = SqlStore(uri)
    assert [one.name for one in store.experiments()] == ["Default"]
    assert (store.info().kind, store.info().label) == ("postgresql", uri)


def test_an_address_keeps_what_it_says_and_gets_limits_only_where_it_sets_none() -> None:
    made = libpq_uri("postgresql+psycopg2://u:p%40w@h:1/db?sslmode=require&connect_timeout=3", 10.0)
    assert made.startswith("postgresql://u:p%40w@h:1/db?sslmode=require&connect_timeout=3&")
    assert made.count("connect_timeout") == 1
    assert "keepalives_idle=5" in made
    assert "connect_timeout=10" in libpq_uri("postgresql://h/db", 9.5)
    assert "host=/var/run" in libpq_uri("postgresql:///db?host=%2Fvar%2Frun", 10)


def test_a_server_that_is_away_is_an_error_without_the_password() -> None:
    with pytest.raises(StoreError, match="is not reachable") as caught:
        SqlStore(f"postgresql://user:{SECRET}@127.0.0.1:{free_port()}/mlflow").experiments()
    assert "refused" in caught.value.message
    assert SECRET not in str(caught.value)


def test_a_server_that_takes_the_call_and_says_nothing_is_given_up_on() -> None:
    with closing(socket.socket()) as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        with pytest.raises(StoreError, match="is not reachable"):
            SqlStore(f"postgresql://u@127.0.0.1:{silent.getsockname()[1]}/db", timeout=1).experiments()


def test_a_database_that_is_not_there_is_named(postgres: Postgres) -> None:
    with pytest.raises(StoreError, match='"nowhere" does not exist'):
        SqlStore(postgres.uri("nowhere")).experiments()


def test_a_parameter_that_the_database_library_does_not_know_is_named(postgres_store: str) -> None:
    with pytest.raises(StoreError, match="nonsense"):
        SqlStore(f"{postgres_store}?nonsense=1").experiments()


def test_a_database_that_is_not_mlflows_is_named_as_such(postgres: Postgres) -> None:
    with pytest.raises(SchemaError, match="not an MLflow tracking store"):
        SqlStore(postgres.uri("postgres")).experiments()


def test_a_table_locked_by_an_upgrade_is_an_error_after_the_timeout_and_fine_afterwards(
    postgres: Postgres, postgres_store: str
) -> None:
    store = SqlStore(postgres_store, timeout=0.3)
    with psycopg.connect(postgres_store.replace("+psycopg", "")) as upgrade:
        upgrade.execute("LOCK TABLE runs IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(StoreError, match=r"did not answer within 0\.3 seconds"):
            store.runs(RunQuery(experiment_ids=("0",)))
        upgrade.rollback()
    assert len(store.runs(RunQuery(experiment_ids=("0",)))) == 0


def test_a_statement_that_takes_too_long_is_cancelled_on_the_server(postgres_store: str) -> None:
    database = PostgresDatabase(postgres_store, "the store", 0.2)
    with pytest.raises(StoreError, match=r"did not answer within 0\.2 seconds"), database.transaction() as session:
        session.select("SELECT CAST(pg_sleep(60) AS text)", (), "t")


def test_a_user_with_only_the_right_to_read_is_enough_and_one_without_is_told_so(
    postgres: Postgres, postgres_store: str
) -> None:
    name = database_of(postgres_store)
    postgres.execute(f"CREATE ROLE reader_of_{name} LOGIN")
    uri = postgres_store.replace("postgres@", f"reader_of_{name}@")
    with pytest.raises(StoreError, match="permission denied") as caught:
        SqlStore(uri).experiments()
    assert "GRANT SELECT" in caught.value.hint
    postgres.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO reader_of_{name}", name)
    assert [one.name for one in SqlStore(uri).experiments()] == ["Default"]
    assert SqlStore(uri).model_versions() == ()


def test_reads_go_on_after_the_server_has_dropped_every_connection(postgres: Postgres, postgres_store: str) -> None:
    store = SqlStore(postgres_store)
    assert len(store.experiments()) == 1
    postgres.execute(
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database_of(postgres_store)}'"
    )
    assert len(store.experiments()) == 1
    store.close()


def test_a_kept_connection_that_another_thread_takes_at_the_same_moment_is_no_error(postgres_store: str) -> None:
    class TakenInBetween(list):  # says that there is one, and has none when it is asked for it
        def __bool__(self) -> bool:
            return True

        def __len__(self) -> int:
            return 1

    store = SqlStore(postgres_store)
    database = store._database
    assert isinstance(database, PostgresDatabase)
    database._idle = TakenInBetween()
    assert len(store.experiments()) == 1
    database._idle = TakenInBetween()
    store.close()


def test_no_connection_and_no_setting_stays_behind_on_the_server(postgres: Postgres, postgres_store: str) -> None:
    store = SqlStore(postgres_store)
    with store._database.transaction() as session:
        settings = "current_setting('transaction_read_only'), current_setting('transaction_isolation')"
        assert [one[0] for one in session.select(f"SELECT {settings}", (), "tt")] == ["on", "repeatable read"]
    store.close()
    with pytest.raises(StoreError), SqlStore(postgres_store)._database.transaction() as session:
        session.select("SELECT nonsense", (), "t")
    left = postgres.execute(
        f"SELECT count(*) FROM pg_stat_activity WHERE datname = '{database_of(postgres_store)}' AND state <> 'idle'"
    )
    assert left == [(0,)]
