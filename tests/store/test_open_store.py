import subprocess
import sys
from pathlib import Path

import pytest

from mlreview.errors import StoreError
from mlreview.redaction import redact, scrub
from mlreview.store import open_store, open_writer, prepare_writer
from mlreview.store.uris import parse
from tests.stores import TrackingServer

SECRET = "s3cr3t-pass"


def test_a_write_is_prepared_once_in_a_thread_that_opens_nothing(tmp_path: Path):
    nowhere = f"sqlite:///{tmp_path / 'nowhere.db'}"
    thread = prepare_writer(nowhere)
    assert prepare_writer(nowhere) is thread
    thread.join(120)
    assert not thread.is_alive()
    assert "mlflow.store.tracking.sqlalchemy_store" in sys.modules
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(StoreError):
        prepare_writer("models:/x")


def test_opening_a_sql_store_imports_neither_mlflow_nor_a_postgresql_driver(sqlite_store: str) -> None:
    code = (
        "import sys, mlreview.store\n"
        "store = mlreview.store.open_store(sys.argv[1])\n"
        "store.experiments()\n"
        "heavy = ('mlflow', 'adbc_driver_postgresql', 'requests', 'sqlalchemy')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code, sqlite_store], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_reading_from_a_plain_server_does_not_import_mlflow() -> None:
    code = (
        "import sys, mlreview.store\n"
        "store = mlreview.store.open_store('http://127.0.0.1:9')\n"
        "try:\n    store.experiments()\nexcept mlreview.store.StoreError as error:\n    print(error.message)\n"
        "print('mlflow' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [
        "The MLflow server http://127.0.0.1:9 is not reachable: nothing listens there.",
        "False",
    ]


@pytest.mark.parametrize(
    "uri", ["./mlruns", "mlruns", "/srv/mlruns", "file:///srv/mlruns", "file:mlruns", r"C:\mlruns"]
)
def test_a_file_store_is_refused_by_a_message_that_names_the_way_out(uri: str) -> None:
    for opener in (open_store, open_writer):
        with pytest.raises(StoreError) as caught:
            opener(uri)
        assert "no longer the default" in caught.value.message
        assert "mlflow migrate-filestore --source" in caught.value.hint


def test_the_command_that_a_file_store_is_sent_to_exists_with_these_options() -> None:
    from mlflow.store.fs2db.cli import migrate_filestore

    assert migrate_filestore.name == "migrate-filestore"
    options = {option for parameter in migrate_filestore.params for option in parameter.opts}
    assert {"--source", "--target"} <= options


def test_reading_a_missing_sqlite_file_makes_none_and_says_so(tmp_path: Path) -> None:
    missing = tmp_path / "not there.db"
    for opener in (open_store, open_writer):
        with pytest.raises(StoreError, match="there is no file; nothing was created"):
            opener(f"sqlite:///{missing}")
    assert list(tmp_path.iterdir()) == []


def test_a_folder_in_the_place_of_a_sqlite_file_is_named_as_such(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="there is a directory"):
        open_store(f"sqlite:///{tmp_path}")


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("", "No tracking store is named"),
        ("   ", "No tracking store is named"),
        ("ftp://host/store", "'ftp' is unknown"),
        ("localhost:5000", "write http://localhost:5000"),
        ("postgres://u@host/db", "postgresql:// in full"),
        ("http://", "names no host"),
        ("http://host:port", "can't be understood"),
        ("http://[::1", "can't be understood"),
        ("postgresql://host:port/db", "can't be understood"),
        ("sqlite://mlflow.db", "three slashes"),
        ("sqlite:mlflow.db", "three slashes"),
        ("sqlite://", "in memory"),
        ("sqlite:///:memory:", "in memory"),
        ("sqlite:///file:x.db?uri=true", "file: addresses"),
        ("http://host\n/x", "control character"),
        ("databricks-uc", "model registry, not a tracking store"),
        ("uc:http://host", "model registry, not a tracking store"),
    ],
)
def test_an_address_that_can_not_be_used_gets_one_clear_message(uri: str, words: str) -> None:
    with pytest.raises(StoreError) as caught:
        open_store(uri)
    assert words in str(caught.value)


def test_a_database_file_without_its_scheme_gets_the_scheme_named(tmp_path: Path) -> None:
    file = tmp_path / "mlflow.db"
    file.write_bytes(b"SQLite format 3\0")
    with pytest.raises(StoreError, match="write sqlite:///"):
        open_store(str(file))


@pytest.mark.parametrize(
    ("uri", "kind", "label"),
    [
        ("sqlite:///a b.db", "sqlite", "sqlite:///a b.db"),
        ("sqlite+pysqlite:////abs/x.db", "sqlite", "sqlite+pysqlite:////abs/x.db"),
        (f"postgresql://user:{SECRET}@host/db", "postgresql", "postgresql://user:***@host/db"),
        (f"postgresql+psycopg://user:{SECRET}@host/db", "postgresql", "postgresql+psycopg://user:***@host/db"),
        (f"postgresql:///db?host=/tmp&password={SECRET}", "postgresql", "postgresql:///db?host=/tmp&password=***"),
        (f"mysql+pymysql://user:{SECRET}@host:3306/db", "database", "mysql+pymysql://user:***@host:3306/db"),
        (f"mssql+pyodbc://user:{SECRET}@host/db", "database", "mssql+pyodbc://user:***@host/db"),
        (f"https://user:{SECRET}@host/ml/", "http", "https://user:***@host/ml"),
        (f"https://{SECRET}@host", "http", "https://***@host"),
        ("HTTP://host:5000", "http", "HTTP://host:5000"),
        ("databricks", "databricks", "databricks"),
        ("databricks://profile", "databricks", "databricks://profile"),
    ],
)
def test_addresses_are_understood_as_mlflow_does_and_shown_without_passwords(uri: str, kind: str, label: str) -> None:
    address = parse(uri)
    assert (address.kind, address.label) == (kind, label)
    assert SECRET not in repr(address)


PASSWORDS = [
    "plain-qz",
    "qz@qz",
    "qz/qz",
    "qz:qz",
    "qz%25qz",
    "q?qz=1",
    "sh#qz",
    "qz@@qz/and/qz",
    "q?x=1&qz",
    "12/qz",
    "12#qz",
]
PASSWORDS += ["p://qz", "12?qz", "12/x?qz:1#qz"]

SHAPES = [
    "{scheme}://someone:{password}@host:1234/name",
    "{scheme}:///someone:{password}@host/name",
    "{scheme}:someone:{password}@host/name",
    "{scheme}:/someone:{password}@host/name",
    "{scheme}:{password}@host:1234/name",
    "someone:{password}@host/name",
    "//someone:{password}@host/name",
]
SCHEMES = ["postgresql", "postgres", "http", "https", "HTTP", "mysql+pymysql", "mlflow", "sqlite", "file"]


@pytest.mark.parametrize("password", PASSWORDS)
@pytest.mark.parametrize("shape", SHAPES)
def test_no_part_of_a_password_survives_redaction(shape: str, password: str) -> None:
    for scheme in SCHEMES:
        shown = redact(shape.format(scheme=scheme, password=password))
        assert "***" in shown
        assert "qz" not in shown


@pytest.mark.parametrize("password", PASSWORDS)
@pytest.mark.parametrize("shape", SHAPES)
def test_no_part_of_a_password_is_in_a_message_or_a_label(shape: str, password: str) -> None:
    for scheme in SCHEMES:
        uri = shape.format(scheme=scheme, password=password)
        try:
            said = repr(parse(uri))
        except StoreError as error:
            said = str(error)
        assert "qz" not in said


@pytest.mark.parametrize(
    ("uri", "shown"),
    [
        ("postgresql:user:hunter22@host/db", "postgresql:***@host/db"),
        ("user:hunter22@host/db", "user:***@host/db"),
        ("mlflow:hunter22@host:5432/mlflow", "mlflow:***@host:5432/mlflow"),
        ("//user:hunter22@host/db", "//user:***@host/db"),
        ("hunter22@host/db", "***@host/db"),
        ("//hunter22@host/db", "//***@host/db"),
        ("https://hunter22:@host", "https://***:***@host"),
        ("http:///hunter22@host", "http:///***@host"),
        ("postgresql://user:hunter22", "postgresql://user:***"),
        ("postgresql://user:hunter22/db", "postgresql://user:***/db"),
        ("postgresql:db?password=hunter22", "postgresql:db?password=***"),
    ],
)
def test_what_is_left_of_an_odd_address_says_where_it_leads(uri: str, shown: str) -> None:
    assert redact(uri) == shown


def test_an_address_without_credentials_is_shown_whole() -> None:
    for uri in (
        "http://host/a@b",
        "http://[::1]:5000/x",
        "postgresql://host/db?sslmode=require",
        "postgresql://user@host/db",
        "sqlite:////x/y@z.db",
        "file:///x/y@z",
        "/x/y@z",
        "./mlruns",
        "localhost:5000",
    ):
        assert redact(uri) == uri


@pytest.mark.parametrize("uri", ["postgresql:u:hunter22@h/d", "postgresql:/u:hunter22@h/d", "mysql:u:hunter22@h/d"])
def test_a_database_address_without_its_slashes_is_refused_by_a_message_that_names_them(uri: str) -> None:
    for opener in (open_store, open_writer):
        with pytest.raises(StoreError, match=r"but not with '(postgresql|mysql)://'") as caught:
            opener(uri)
        assert "hunter22" not in str(caught.value)


def test_half_of_a_password_that_stands_where_a_port_does_is_not_repeated() -> None:
    with pytest.raises(StoreError, match="can't be understood") as caught:
        parse("postgresql://user:hunter/22@host/db")
    assert "hunter" not in str(caught.value)
    assert "%2F" in caught.value.hint


def test_a_missing_sqlite_file_is_named_without_what_looks_like_a_password() -> None:
    with pytest.raises(StoreError, match="there is no file") as caught:
        open_store("sqlite:///user:hunter22@host/db")
    assert "hunter22" not in str(caught.value)


def test_the_address_of_a_page_of_mlflows_ui_is_the_address_of_its_server() -> None:
    for page in ("/#/experiments/1", "/#/experiments/1/runs/abc?x=y", "#/models", "/#"):
        address = parse(f"http://host:5000/ml{page}")
        assert (address.uri, address.label, address.web) == ("http://host:5000/ml",) * 3


@pytest.mark.parametrize("mark", ["\u2060", "\u200b", "\ufeff", "\u200e", "\u00ad"])
def test_marks_that_nobody_sees_are_taken_out_of_a_copied_address(mark: str) -> None:
    address = parse(f"{mark} http://ho{mark}st:5000/{mark} ")
    assert (address.uri, address.label, address.web) == ("http://host:5000",) * 3
    with pytest.raises(StoreError, match="No tracking store is named"):
        parse(mark)


def test_other_peoples_messages_lose_passwords_too() -> None:
    uri = f"http://user:{SECRET}@host"
    text = f"failed for {uri}/api with {SECRET}; backend postgresql://a:b@c/d"
    assert scrub(text, [uri]) == "failed for http://user:***@host/api with ***; backend postgresql://a:***@c/d"
    assert scrub("lost postgresql://a:half@other@c/d", []) == "lost postgresql://a:***@c/d"
    assert scrub("no such user: hunter22", ["plugin:user:hunter22@host"]) == "no such user: ***"


def test_the_ui_of_a_server_is_the_server_without_credentials() -> None:
    assert open_store(f"https://user:{SECRET}@host:8443/ml/").info().ui_url == "https://host:8443/ml"
    assert open_store("http://host").info().ui_url == "http://host"
    assert open_store("http://inside:5000", mlflow_ui_url="https://outside/ml/").info().ui_url == "https://outside/ml"


def test_a_database_has_a_ui_only_where_one_is_named(sqlite_store: str) -> None:
    assert open_store(sqlite_store).info().ui_url is None
    assert open_store(sqlite_store, mlflow_ui_url="http://host:5000/").info().ui_url == "http://host:5000"


def test_each_kind_of_address_gets_its_reader(sqlite_store: str) -> None:
    assert open_store(sqlite_store).info().kind == "sqlite"
    assert open_store("http://host:5000").info().kind == "api"
    assert open_store("mysql+pymysql://u:p@host/db").info().kind == "api"
    assert "MLflow's own client" in open_store("databricks").info().detail


def test_a_read_only_address_beside_a_server_is_read_and_named(sqlite_store: str) -> None:
    store = open_store("http://127.0.0.1:9", read_dsn=sqlite_store)
    info = store.info()
    assert (info.kind, info.ui_url) == ("sqlite", "http://127.0.0.1:9")
    assert sqlite_store in info.detail
    assert [experiment.name for experiment in store.experiments()] == ["Default"]


@pytest.mark.parametrize("dsn", ["http://host", "mysql://u:p@host/db"])
def test_a_read_only_address_that_is_no_database_is_refused(dsn: str) -> None:
    with pytest.raises(StoreError, match="not a database that can be read directly"):
        open_store("http://127.0.0.1:9", read_dsn=dsn)


def _set_schema(sqlite_store: str, revision: str) -> None:
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(sqlite_store.removeprefix("sqlite:///"))) as database, database:
        database.execute("UPDATE alembic_version SET version_num = ?", (revision,))


@pytest.mark.server
def test_an_unknown_schema_behind_a_server_steps_aside_for_the_server_and_says_so(
    sqlite_store: str, mlflow_server: TrackingServer
) -> None:
    _set_schema(sqlite_store, "abcdef012345")
    store = open_store(mlflow_server.url, read_dsn=sqlite_store)
    assert store.info().kind == "api"
    assert "slower" in store.info().detail
    assert "abcdef012345" in store.info().detail
    assert "Default" in [experiment.name for experiment in store.experiments()]


def test_an_unknown_schema_of_a_database_by_itself_is_one_clear_error(sqlite_store: str) -> None:
    _set_schema(sqlite_store, "abcdef012345")
    with pytest.raises(StoreError, match="abcdef012345"):
        open_store(sqlite_store).experiments()
