"""The only door to MLflow for reading and writing runs: ``open_store`` and ``open_writer``.

Importing this imports neither MLflow nor a database driver; opening a SQL store doesn't import MLflow either.
"""

import threading
from functools import lru_cache
from typing import TYPE_CHECKING

from mlreview.errors import SchemaError, StoreError
from mlreview.names import STORE_TIMEOUT_S
from mlreview.redaction import redact
from mlreview.store.base import RunStore, RunWriter
from mlreview.store.uris import Address, parse

if TYPE_CHECKING:
    from mlreview.store.sql import SqlStore

__all__ = ["open_store", "open_writer", "prepare_writer"]


def open_store(
    tracking_uri: str,
    *,
    registry_uri: str | None = None,
    read_dsn: str | None = None,
    mlflow_ui_url: str | None = None,
    timeout: float = STORE_TIMEOUT_S,
) -> RunStore:
    """Open a tracking store for reading, by the fastest way that it has.

    SQLite and PostgreSQL are read from their tables, anything else through MLflow's API. Tables whose schema is
    unknown are an error where they are all there is; beside a server they make the server be asked instead, and
    ``info().detail`` says so.

    Args:
        tracking_uri: As MLflow takes it.
        registry_uri: The model registry, where it is another store than the tracking store.
        read_dsn: Database that stands behind an HTTP tracking URI: runs, and registered versions unless
            ``registry_uri`` says otherwise, are then read from there.
        mlflow_ui_url: Address of MLflow's own user interface; an HTTP tracking URI is its own.
        timeout: Longest wait for a store that does not answer, in seconds.

    Raises:
        StoreError: The address is none, names nothing, or what is there can't be read.
    """
    address = _tracking(tracking_uri)
    ui_url = mlflow_ui_url.rstrip("/") if mlflow_ui_url else address.web
    registry = None
    if registry_uri and (read_dsn or registry_uri != tracking_uri):
        registry = _registry(registry_uri, timeout)
    aside = ""
    if read_dsn:
        tables = parse(read_dsn)
        if tables.kind not in ("sqlite", "postgresql"):
            raise StoreError(
                f"read_dsn is {tables.label!r}, which is not a database that can be read directly.",
                hint="Give a sqlite:// or postgresql:// address there, or leave read_dsn out.",
            )
        detail = f"tables of {address.label} read from {tables.label}"
        try:
            # Only the server may know where artifacts are.
            server = _api_store(address, None, ui_url, timeout, "") if address.kind == "http" else None
            opened = _sql_store(tables, registry, ui_url, timeout, detail, server)
            opened.check()
            return opened
        except SchemaError as error:
            if address.kind in ("sqlite", "postgresql"):
                raise
            aside = f"Read through the API, which is slower, and not from {tables.label}: {error.message}"
    if address.kind in ("sqlite", "postgresql"):
        return _sql_store(address, registry, ui_url, timeout)
    return _api_store(address, registry, ui_url, timeout, aside)


def open_writer(tracking_uri: str, *, registry_uri: str | None = None, timeout: float = STORE_TIMEOUT_S) -> RunWriter:
    """Open a tracking store for writing, which MLflow's own client does. MLflow is imported at the first write.

    Raises:
        StoreError: The address is none, or names a database file that isn't there.
    """
    from mlreview.store.writer import MlflowWriter

    address = _tracking(tracking_uri)
    if address.kind == "sqlite":
        _must_exist(address)
    return MlflowWriter(address, registry_uri=parse(registry_uri).uri if registry_uri else None, timeout=timeout)


def prepare_writer(tracking_uri: str) -> threading.Thread:
    """Import behind the scenes what the first write needs, when one is likely; it opens nothing.

    Returns:
        The thread that does it, one a process and kind of store.

    Raises:
        StoreError: The address is none.
    """
    return _importing(_tracking(tracking_uri).kind)


@lru_cache(maxsize=8)
def _importing(kind: str) -> threading.Thread:
    from mlreview.store.client import import_mlflow

    thread = threading.Thread(target=import_mlflow, args=(kind,), daemon=True, name="mlreview-import-mlflow")
    thread.start()
    return thread


def _tracking(uri: str) -> Address:
    address = parse(uri)
    if address.kind == "registry":
        raise StoreError(
            f"{address.label!r} is a model registry, not a tracking store.",
            hint="Name it as the registry (MLFLOW_REGISTRY_URI), and the tracking store apart from it.",
        )
    return address


def _registry(uri: str, timeout: float) -> RunStore:
    address = parse(uri)
    if address.kind in ("sqlite", "postgresql"):
        return _sql_store(address, None, None, timeout)
    return _api_store(address, None, None, timeout, "")


def _sql_store(
    address: Address,
    registry: RunStore | None,
    ui_url: str | None,
    timeout: float,
    detail: str = "",
    server: RunStore | None = None,
) -> "SqlStore":
    if address.kind == "sqlite":
        _must_exist(address)
    from mlreview.store.sql import SqlStore

    return SqlStore(address.uri, registry=registry, server=server, ui_url=ui_url, detail=detail, timeout=timeout)


def _api_store(
    address: Address, registry: RunStore | None, ui_url: str | None, timeout: float, detail: str
) -> RunStore:
    from mlreview.store.api import ApiStore

    return ApiStore(address, registry=registry, ui_url=ui_url, detail=detail, timeout=timeout)


def _must_exist(address: Address) -> None:
    """SQLite would make an empty database of any path that it is given."""
    path = address.path
    if path is None or path.is_file():
        return
    found = "a directory" if path.is_dir() else "no file"
    raise StoreError(
        f"{address.label} names {redact(str(path.absolute()))}, where there is {found}; nothing was created.",
        hint="Check the address, or let `mlreview demo` make a store with example runs.",
    )
