"""SQLite files, read with Python's own ``sqlite3``.

Never with a second SQLite library: in a process that also writes through MLflow, two copies don't see each other's
locks, and the file gets corrupted (sqlite.org/howtocorrupt, 2.2.1). Python's copy is the one that MLflow uses.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

from mlreview.errors import StoreError
from mlreview.store import columns, schema
from mlreview.store.database import SQLITE, Argument

CACHE_KIB = 64 * 1024
"""Page cache of one transaction at most, given back at its end. The default of 2 MiB makes reads by index twice as
slow, because they come back to the same pages."""

BATCH_ROWS = 500
"""Rows turned into arrays at once: tuples of a million rows would take hundreds of megabytes. And so few, because
Python looks for garbage whenever 700 tuples have come: 20,000 at once take a fifth longer."""

CRASHED = ("SQLITE_READONLY_ROLLBACK", "SQLITE_READONLY_RECOVERY")
NO_STORE = ("no such table", "no such column", "no such index")


class SqliteDatabase:
    """A database file. Each transaction has a connection of its own: opening one takes a millisecond.

    Args:
        path: The file; a relative path starts at the working directory.
        label: Where it is, for people.
        timeout: Longest wait for a lock, in seconds.
    """

    dialect = SQLITE

    def __init__(self, path: Path, label: str, timeout: float) -> None:
        self._path = path.absolute()
        self._uri = f"file:{quote(str(self._path))}?mode=ro"
        self._label = label
        self._timeout = timeout

    @contextmanager
    def transaction(self) -> Iterator["SqliteSession"]:
        """See ``Database``."""
        try:
            connection = sqlite3.connect(self._uri, uri=True, timeout=self._timeout, isolation_level=None)
            with closing(connection):
                connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
                connection.execute("PRAGMA temp_store = MEMORY")  # a sort must not need a place to write
                connection.execute("BEGIN")  # ended by closing: there is nothing to commit
                yield SqliteSession(connection)
        except sqlite3.Error as error:
            raise self._in_words(error) from error

    def close(self) -> None:
        """See ``Database``. Nothing is kept."""

    def _in_words(self, error: sqlite3.Error) -> StoreError:
        code = getattr(error, "sqlite_errorname", "")
        text = str(error)
        if code.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
            return StoreError(
                f"{self._label} is locked by another program, for longer than {self._timeout:g} seconds.",
                hint="Nothing was changed. Try again when the program that writes to it has finished.",
            )
        if code.startswith("SQLITE_CANTOPEN") or self._path.is_dir():
            found = "a directory" if self._path.is_dir() else "a file that can't be opened"
            return StoreError(
                f"{self._label} names {self._path}, where there is {found if self._path.exists() else 'no file'}.",
                hint="Check the address, and that this user may read the file and its folder.",
            )
        if code.startswith("SQLITE_NOTADB"):
            return StoreError(
                f"{self._path} is not a SQLite database (or an encrypted one).", hint="Check the address."
            )
        if code.startswith("SQLITE_CORRUPT"):
            return StoreError(
                f"{self._path} is damaged: {text}.",
                hint="Nothing was changed. Keep a copy of the file, then restore a backup, or try sqlite3's .recover.",
            )
        if code in CRASHED:
            return StoreError(
                f"{self._label} holds a write that another program did not finish, and reading may not repair it.",
                hint="Nothing was changed. Open it once with MLflow (`mlflow experiments search`), then try again.",
            )
        if any(words in text for words in NO_STORE):
            return schema.lacking(self._label, text)
        return StoreError(f"{self._label} could not be read: {text}.", hint="Nothing was changed. Try again.")


class SqliteSession:
    """See ``Session``."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def select(self, statement: str, arguments: Sequence[Argument], kinds: str) -> list[Any]:
        """See ``Session``."""
        named = {
            str(number): value if isinstance(value, str) else json.dumps(list(value))
            for number, value in enumerate(arguments, start=1)
        }
        cursor = self._connection.execute(statement, named)
        return columns.from_rows(iter(lambda: cursor.fetchmany(BATCH_ROWS), []), kinds)
