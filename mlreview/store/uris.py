"""Addresses of tracking stores: what kind each is, and how it is shown to people. Passwords are never shown.

An address is understood as MLflow understands it, so that whatever works there works here, and what can't be read
gets one message that says what to write instead. Nothing is opened or asked for in this module.
"""

import re
import unicodedata
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

from mlreview.errors import StoreError
from mlreview.redaction import redact

Kind = Literal["sqlite", "postgresql", "database", "http", "databricks", "registry", "plugin"]

MYSQL_LIKE = ("mysql", "mssql")
"""Databases that MLflow can use and that have no fast reader here: read through MLflow's own client."""

CATALOGS = ("databricks-uc", "uc")
"""Unity Catalog: a model registry, never a tracking store."""

_WHAT_WORKS = (
    "Write sqlite:///mlflow.db, sqlite:////absolute/path/mlflow.db, postgresql://user:password@host/database, "
    "or the http(s):// address of an MLflow server."
)
_ESCAPES = "In a password write %40 for @, %2F for /, %3A for :, %3F for ? and %23 for #."


@dataclass(frozen=True, slots=True)
class Address:
    """An address that has been understood.

    Attributes:
        uri: As given, for drivers; it can hold a password, so it stays out of ``repr``, and so does ``path``.
        kind: How it can be read.
        label: For people, without secrets.
        path: The database file, for SQLite.
        web: Without credentials and slash at the end, for http(s).
    """

    uri: str = field(repr=False)
    kind: Kind
    label: str
    path: Path | None = field(default=None, repr=False)
    web: str | None = None


def parse(uri: str) -> Address:
    """Understand an address.

    Raises:
        StoreError: It can't be read or is none; the message names what can be written instead.
    """
    # Copied from a chat or a page, an address can hold marks that nobody sees (word joiners, byte order marks).
    given = "".join(character for character in uri if unicodedata.category(character) != "Cf").strip()
    if not given:
        raise StoreError("No tracking store is named.", hint=_WHAT_WORKS)
    if any(ord(character) < 32 for character in given):
        raise StoreError("The address of the tracking store holds a control character.", hint=_WHAT_WORKS)
    scheme = _scheme(given)
    dialect = scheme.partition("+")[0]
    if dialect in ("postgresql", *MYSQL_LIKE) and not given[len(scheme) :].startswith("://"):
        raise StoreError(
            f"The address of the tracking store begins with {scheme!r}, but not with '{scheme}://'.",
            hint=f"Write {scheme}://user:password@host/database.",
        )
    if dialect == "sqlite":
        return _sqlite(given)
    if dialect == "postgresql":
        _split(given)
        return Address(given, "postgresql", redact(given))
    if dialect in MYSQL_LIKE:
        _split(given)
        return Address(given, "database", redact(given))
    if scheme in ("http", "https"):
        return _http(given)
    if scheme == "databricks":
        return Address(given, "databricks", redact(given))
    if scheme in CATALOGS:
        return Address(given, "registry", redact(given))
    if scheme in ("", "file"):
        raise _file_store(given, scheme)
    if entry_points(group="mlflow.tracking_store", name=scheme):
        return Address(given, "plugin", redact(given))
    raise StoreError(
        f"{redact(given)!r} is not an address of a tracking store: {scheme!r} is unknown.", hint=_hint(given)
    )


def _scheme(uri: str) -> str:
    """As MLflow finds it: two bare words count, a drive letter does not."""
    if uri in ("databricks", *CATALOGS):
        return uri
    found = re.match(r"([A-Za-z][A-Za-z0-9+.\-]*):", uri)
    scheme = found.group(1).lower() if found else ""
    return "" if len(scheme) == 1 else scheme


def _split(uri: str) -> SplitResult:
    try:
        parts = urlsplit(uri)
        _ = parts.port
    except ValueError:  # whose words repeat what stands for the port: it can be half of a password
        raise StoreError(
            f"{redact(uri)!r} can't be understood: its host or port is none.",
            hint=f"{_WHAT_WORKS} {_ESCAPES}",
        ) from None
    return parts


def _sqlite(uri: str) -> Address:
    found = re.fullmatch(r"sqlite(?:\+\w+)?://(?P<host>[^/?]*)(?:/(?P<path>[^?]*))?(?:\?.*)?", uri, re.IGNORECASE)
    if not found or found["host"]:
        raise StoreError(
            f"{redact(uri)!r} is not a SQLite address: three slashes stand before a path, four before an absolute one.",
            hint="Write sqlite:///mlflow.db or sqlite:////absolute/path/mlflow.db.",
        )
    name = unquote(found["path"] or "")
    if name in ("", ":memory:"):
        raise StoreError(
            "A SQLite database in memory can't be read from outside.", hint="Name a file: sqlite:///mlflow.db."
        )
    if name.startswith("file:"):
        raise StoreError(
            f"{redact(uri)!r}: SQLite's own file: addresses are not read here.",
            hint="Name the file: sqlite:///mlflow.db.",
        )
    return Address(uri, "sqlite", redact(uri), path=Path(name))


def _http(uri: str) -> Address:
    parts = _split(uri)
    if ":" in parts.netloc and "@" in f"{parts.path}{parts.query}{parts.fragment}":
        raise StoreError(  # a password that begins with digits and goes on after a slash would pass for port and path
            f"{redact(uri)!r} can't be understood: an @ stands behind the host.", hint=f"{_ESCAPES} In a path, too."
        )
    if not parts.hostname:
        raise StoreError(f"{redact(uri)!r} names no host.", hint="Write http://host:5000.")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = "" if parts.port is None else f":{parts.port}"
    web = urlunsplit((parts.scheme, f"{host}{port}", parts.path.rstrip("/"), "", ""))
    server = uri.partition("#")[0].rstrip("/")  # what follows a # is a page of MLflow's UI
    return Address(server, "http", redact(server), web=web)


def _file_store(uri: str, scheme: str) -> StoreError:
    if not scheme and Path(uri).is_file():
        return StoreError(
            f"{redact(uri)!r} is a file, not an address.", hint=f"For a SQLite database write sqlite:///{redact(uri)}."
        )
    place = unquote(re.sub(r"^file:(//[^/]*)?", "", redact(uri), flags=re.IGNORECASE)) if scheme else redact(uri)
    return StoreError(
        f"{redact(uri)!r} is a directory of MLflow's old file store. MLflow's file stores are no longer the default, "
        "get no new features and can't be read here. Nothing in it was changed.",
        hint=f"Copy it into a database with: mlflow migrate-filestore --source {place} --target sqlite:///mlflow.db "
        "and use sqlite:///mlflow.db from then on.",
    )


def _hint(uri: str) -> str:
    if re.match(r"[\w.-]+:\d+(/|$)", uri):
        return f"For an MLflow server write http://{redact(uri)}."
    if uri.startswith("postgres:"):
        return "Write postgresql:// in full: MLflow does not know the short form."
    return _WHAT_WORKS
