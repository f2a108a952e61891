"""Real tracking stores for tests: SQLite files, a PostgreSQL cluster, ``mlflow server`` processes.

A store with MLflow's schema takes seconds to make, so it is made once and copied. Servers listen on 127.0.0.1 only, on
a free port, and are ended by their process ids.
"""

import ctypes
import fcntl
import os
import pwd
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

START_TIMEOUT_S = 120.0
STOP_TIMEOUT_S = 15.0


# --- SQLite -------------------------------------------------------------------------------------------------------


def sqlite_uri(path: Path) -> str:
    """The tracking URI of a database file; slashes as MLflow's own users write them."""
    return f"sqlite:///{path}"


def make_schema(uri: str, artifacts: Path) -> None:
    """Make MLflow's tables in an empty database, by MLflow itself (3 to 5 seconds)."""
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

    SqlAlchemyStore(uri, artifacts.as_uri())._dispose_engine()


def copy_sqlite(template: Path, target: Path) -> Path:
    """Copy an empty store; artifacts of its default experiment go beside the copy."""
    shutil.copyfile(template, target)
    with closing(sqlite3.connect(target)) as connection, connection:
        connection.execute(
            "UPDATE experiments SET artifact_location = ?", ((target.parent / "artifacts" / "0").as_uri(),)
        )
    return target


@contextmanager
def only_one_process(lock: Path) -> Iterator[None]:
    """Hold a file's lock: of several test processes, one makes what the others then find."""
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


# --- processes ----------------------------------------------------------------------------------------------------


def free_port() -> int:
    """A port of 127.0.0.1 that was free a moment ago."""
    with closing(socket.socket()) as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def end(process: "subprocess.Popen[Any]", first: int = signal.SIGTERM) -> None:
    """End a process that leads its own group, with that group, and what is left of it after a while."""
    if process.poll() is None:
        os.killpg(process.pid, first)
        with suppress(subprocess.TimeoutExpired):
            process.wait(STOP_TIMEOUT_S)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def end_with_this_process() -> None:
    """Run in a new child: Linux is to end it when the tests are killed, and can't do so themselves."""
    if sys.platform == "linux":
        set_parent_death_signal = 1
        ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGTERM)


def tail(log: Path, lines: int = 40) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:]) if log.exists() else ""


# --- PostgreSQL ---------------------------------------------------------------------------------------------------


@dataclass
class Postgres:
    """A running cluster. Trusts every connection from 127.0.0.1, which is where it listens.

    Attributes:
        port: Of 127.0.0.1.
        template: Database with MLflow's empty schema; it is copied, never connected to.
    """

    port: int
    process: "subprocess.Popen[Any]"
    template: str = "mlflow_template"
    made: list[str] = field(default_factory=list)

    def uri(self, database: str) -> str:
        """A tracking URI as MLflow wants it, with the driver in its scheme."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self.port}/{database}"

    def execute(self, statement: str, database: str = "postgres") -> Sequence[tuple[Any, ...]]:
        """Run one statement by itself, outside a transaction."""
        import psycopg

        dsn = f"postgresql://postgres@127.0.0.1:{self.port}/{database}"
        with psycopg.connect(dsn, autocommit=True, connect_timeout=10) as connection:
            cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def make_template(self, artifacts: Path) -> None:
        self.execute(f"CREATE DATABASE {self.template}")
        make_schema(self.uri(self.template), artifacts)

    def new_database(self) -> str:
        """Copy the template; returns the tracking URI of the copy."""
        name = f"store_{len(self.made)}"
        self.made.append(name)
        self.execute(f"CREATE DATABASE {name} TEMPLATE {self.template}")
        return self.uri(name)


@contextmanager
def run_postgres(binaries: Path) -> Iterator[Postgres]:
    """Start a cluster of our own in a new folder; ended, and the folder removed, at the end.

    PostgreSQL refuses to run as root: there it runs as the user ``postgres``, or ``nobody`` where that is missing.
    """
    identity, owner = _not_root()
    folder = Path(mkdtemp(prefix="mlreview-postgres-"))  # not in pytest's folder, which only its owner can enter
    log = folder / "log"
    try:
        if owner:
            os.chown(folder, owner.pw_uid, owner.pw_gid)
        base = {"cwd": folder, "env": _postgres_environment(folder), **identity}
        data = folder / "data"
        initdb = [str(binaries / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust"]
        initdb += ["-E", "UTF8", "--locale=C", "--no-sync"]
        made = subprocess.run(initdb, capture_output=True, text=True, check=False, **base)
        if made.returncode:
            raise RuntimeError(f"initdb failed: {made.stderr.strip()}")
        process, port = _start_postgres(binaries, data, log, base)
        try:
            yield Postgres(port, process)
        finally:
            end(process, signal.SIGINT)  # PostgreSQL's "fast" shutdown: connections are cut
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _start_postgres(
    binaries: Path, data: Path, log: Path, base: Mapping[str, Any]
) -> "tuple[subprocess.Popen[Any], int]":
    for _ in range(3):  # somebody may take the port first
        port = free_port()
        options = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "off",
            "synchronous_commit": "off",
            "full_page_writes": "off",
            "max_connections": "60",
            "shared_buffers": "64MB",
        }
        flags = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        with log.open("ab") as output:
            process = subprocess.Popen(
                [str(binaries / "postgres"), "-D", str(data), "-p", str(port), *flags],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=end_with_this_process,
                **base,
            )
        if _answers(process, port):
            return process, port
        end(process)
    raise RuntimeError(f"PostgreSQL did not start:\n{tail(log)}")


def _answers(process: "subprocess.Popen[Any]", port: int) -> bool:
    import psycopg

    dsn = f"postgresql://postgres@127.0.0.1:{port}/postgres"
    deadline = time.monotonic() + START_TIMEOUT_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            psycopg.connect(dsn, connect_timeout=10).close()
            return True
        except psycopg.OperationalError:
            time.sleep(0.05)
    return False


def _not_root() -> tuple[dict[str, Any], pwd.struct_passwd | None]:
    if os.geteuid() != 0:
        return {}, None
    known = {user.pw_name: user for user in pwd.getpwall()}
    owner = known.get("postgres") or known["nobody"]
    return {"user": owner.pw_uid, "group": owner.pw_gid, "extra_groups": []}, owner


def _postgres_environment(folder: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
    return {**kept, "HOME": str(folder), "LC_ALL": "C"}


# --- mlflow server ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class TrackingServer:
    """A running ``mlflow server``.

    Attributes:
        url: Its tracking URI, without a slash at the end.
        backend_uri: The database behind it; may be read and written directly as well.
    """

    url: str
    backend_uri: str
    process: "subprocess.Popen[Any]"


@contextmanager
def run_mlflow_server(backend_uri: str, folder: Path) -> Iterator[TrackingServer]:
    """Start one ``mlflow server`` over a database that already has the schema; artifacts are proxied."""
    log = folder / "server.log"
    environment = {
        **os.environ,
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",  # GenAI jobs: more processes, and nothing here uses them
        "MLFLOW_LOGGING_LEVEL": "WARNING",
    }
    for _ in range(3):  # somebody may take the port first
        port = free_port()
        command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", backend_uri]
        command += ["--artifacts-destination", (folder / "served-artifacts").as_uri()]
        command += ["--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
        with log.open("ab") as output:
            process = subprocess.Popen(
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=end_with_this_process,
            )
        try:
            if _healthy(process, f"http://127.0.0.1:{port}/health"):
                yield TrackingServer(f"http://127.0.0.1:{port}", backend_uri, process)
                return
        finally:
            end(process)
    raise RuntimeError(f"mlflow server did not start:\n{tail(log)}")


def _healthy(process: "subprocess.Popen[Any]", url: str) -> bool:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + START_TIMEOUT_S
    while process.poll() is None and time.monotonic() < deadline:
        try:
            with opener.open(url, timeout=5) as answer:
                return answer.status == 200
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    return False
