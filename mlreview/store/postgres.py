"""PostgreSQL, read in columns by the Apache ADBC driver.

The driver's low-level interface is used: its DB-API layer does the same, and imports pandas, which takes a second.
"""

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any
from urllib.parse import parse_qsl, urlencode

import adbc_driver_manager
import adbc_driver_postgresql
import numpy as np
import pyarrow

from mlreview.errors import StoreError
from mlreview.redaction import scrub
from mlreview.store import columns, schema
from mlreview.store.database import POSTGRESQL, Argument

# SQLSTATE codes, from the appendix of PostgreSQL's manual
QUERY_CANCELED = "57014"
NOT_ALLOWED = "42501"
NOT_THERE = ("42P01", "42703")  # no such table, no such column


class PostgresDatabase:
    """A database on a PostgreSQL server. Each transaction has a connection of its own.

    What the driver learns about a server when it first connects (50 ms) is kept; a connection on top costs 5 ms, and
    never turns out to be a stale one.

    Args:
        uri: As MLflow takes it, with or without a driver in its scheme.
        label: Where it is, for people.
        timeout: Longest wait for a connection, and for one statement, in seconds.
    """

    dialect = POSTGRESQL

    def __init__(self, uri: str, label: str, timeout: float) -> None:
        self._uri = uri
        self._libpq_uri = libpq_uri(uri, timeout)
        self._label = label
        self._timeout = timeout
        self._idle: list[adbc_driver_manager.AdbcDatabase] = []  # the driver allows one thread at a time in each

    @contextmanager
    def transaction(self) -> Iterator["PostgresSession"]:
        """See ``Database``."""
        milliseconds = max(1, round(self._timeout * 1000))
        try:
            try:
                database = self._idle.pop()
            except IndexError:  # asking first would not do: another thread may take the last one in between
                database = adbc_driver_postgresql.connect(self._libpq_uri)
            try:
                with adbc_driver_manager.AdbcConnection(database) as connection:
                    session = PostgresSession(connection)
                    # For this transaction only: behind a connection pool, the session is somebody else's next.
                    session.do("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                    session.do(f"SET LOCAL statement_timeout = {milliseconds}")
                    yield session  # closing the connection ends it: there is nothing to commit
            except BaseException:
                database.close()
                raise
            self._idle.append(database)
        except (adbc_driver_manager.Error, pyarrow.ArrowException, OSError) as error:
            raise self._in_words(error) from error

    def close(self) -> None:
        """See ``Database``."""
        with suppress(IndexError):
            while True:
                self._idle.pop().close()

    def _in_words(self, error: Exception) -> StoreError:
        state = getattr(error, "sqlstate", None) or ""
        text = scrub(_reason(str(error)), [self._uri, self._libpq_uri])
        # An error amid the rows comes without its code.
        if state == QUERY_CANCELED or "statement timeout" in text:
            return StoreError(
                f"{self._label} did not answer within {self._timeout:g} seconds.",
                hint="Nothing was changed. It is busy, or an upgrade has locked its tables: try again, or raise the "
                "timeout setting.",
            )
        if state == NOT_ALLOWED:
            return StoreError(
                f"{self._label} does not let this user read: {text}",
                hint="Nothing was changed. GRANT SELECT on MLflow's tables to the user of this address.",
            )
        if state in NOT_THERE:
            return schema.lacking(self._label, text)
        if "Failed to connect" in str(error) or state.startswith("08"):
            return StoreError(
                f"{self._label} is not reachable, or refuses the login: {text}",
                hint="Nothing was changed. Check that it runs, and the host, user and password in its address.",
            )
        return StoreError(f"{self._label} could not be read: {text}", hint="Nothing was changed. Try again.")


class PostgresSession:
    """See ``Session``."""

    def __init__(self, connection: adbc_driver_manager.AdbcConnection) -> None:
        self._connection = connection

    def do(self, statement: str) -> None:
        """Run a statement that returns nothing."""
        with adbc_driver_manager.AdbcStatement(self._connection) as running:
            running.set_sql_query(statement)
            running.execute_update()

    def select(self, statement: str, arguments: Sequence[Argument], kinds: str) -> list[Any]:
        """See ``Session``."""
        with adbc_driver_manager.AdbcStatement(self._connection) as running:
            running.set_sql_query(statement)
            if arguments:
                running.prepare()
                names = [str(number) for number in range(len(arguments))]
                running.bind(pyarrow.record_batch([_argument(value) for value in arguments], names=names))
            stream, _ = running.execute_query()
            with pyarrow.RecordBatchReader.from_stream(stream) as reader:
                table = reader.read_all()
        return [_array(column, kind) for column, kind in zip(table.columns, kinds, strict=True)]


def libpq_uri(uri: str, timeout: float) -> str:
    """The address as PostgreSQL's own library takes it, with our limits on waiting where it sets none itself.

    Args:
        uri: As SQLAlchemy takes it: its scheme can name a driver, as in ``postgresql+psycopg2://``.
        timeout: For a connection, and for a network that has gone silent, in seconds.
    """
    rest = uri.partition("://")[2]
    place, _, query = rest.partition("?")
    limits = {
        "connect_timeout": str(math.ceil(timeout)),
        "tcp_user_timeout": str(max(1, round(timeout * 1000))),
        "keepalives_idle": str(math.ceil(timeout / 2)),
        "keepalives_interval": "1",
        "keepalives_count": str(math.ceil(timeout / 2)),
        "fallback_application_name": "mlreview",
    }
    given = parse_qsl(query, keep_blank_values=True)
    pairs = [*given, *((name, value) for name, value in limits.items() if name not in dict(given))]
    return f"postgresql://{place}?{urlencode(pairs, safe='/')}"


def _reason(text: str) -> str:
    """What the server said, without the driver's words around it and the statement that it repeats."""
    text = text.partition("\n\nQuery was")[0].partition(" SQLSTATE")[0]
    for before in ("ERROR:  ", "FATAL:  ", "[libpq] "):
        if before in text:
            text = text.partition(before)[2]
            break
    return " ".join(text.split()).rstrip(".") + "."


def _argument(value: Argument) -> pyarrow.Array:
    """One row of an argument, its type said: an empty list has none of its own."""
    if isinstance(value, str):
        return pyarrow.array([value], pyarrow.string())
    return pyarrow.array([list(value)], pyarrow.list_(pyarrow.string()))


def _array(column: pyarrow.ChunkedArray, kind: str) -> Any:
    if kind == "k":
        encoded = column.combine_chunks().dictionary_encode()
        encoded = encoded.combine_chunks() if isinstance(encoded, pyarrow.ChunkedArray) else encoded
        codes = encoded.indices.to_numpy(zero_copy_only=False).astype(np.intp)
        return columns.Category(codes, columns.texts(encoded.dictionary.to_pylist()))
    if kind == "n":
        column = column.fill_null(columns.MISSING)
    array = column.to_numpy()
    wanted = columns.DTYPES[kind]
    return array if array.dtype == wanted else array.astype(wanted)
