"""Addresses of tracking stores: what kind each is, and how it is shown to people. Passwords are never shown.

An address is understood as MLflow understands it, so that whatever works there works here, and what can't be read
gets one message that says what to write instead. Nothing is opened or asked for in this module.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import entry_points
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, parse_qsl, unquote, urlencode, urlsplit, urlunsplit

from mlreview.errors import StoreError

Kind = Literal["sqlite", "postgresql", "database", "http", "databricks", "registry", "plugin"]

HIDDEN = "***"

MYSQL_LIKE = ("mysql", "mssql")
"""Databases that MLflow can use and that have no fast reader here: read through MLflow's own client."""

CATALOGS = ("databricks-uc", "uc")
"""Unity Catalog: a model registry, never a tracking store."""

_SECRET_PARAMETERS = re.compile(r"pass|pwd|secret|token|key(?!words)", re.IGNORECASE)
_WHAT_WORKS = (
    "Write sqlite:///mlflow.db, sqlite:////absolute/path/mlflow.db, postgresql://user:password@host/database, "
    "or the http(s):// address of an MLflow server."
)


@dataclass(frozen=True, slots=True)
class Address:
    """An address that has been understood.

    Attributes:
        uri: As given, for drivers; it can hold a password, so it stays out of ``repr``.
        kind: How it can be read.
        label: For people, without secrets.
        path: The database file, for SQLite.
        web: Without credentials and slash at the end, for http(s).
    """

    uri: str = field(repr=False)
    kind: Kind
    label: str
    path: Path | None = None
    web: str | None = None


def parse(uri: str) -> Address:
    """Understand an address.

    Raises:
        StoreError: It can't be read or is none; the message names what can be written instead.
    """
    given = uri.strip()
    if not given:
        raise StoreError("No tracking store is named.", hint=_WHAT_WORKS)
    if any(ord(character) < 32 for character in given):
        raise StoreError("The address of the tracking store holds a control character.", hint=_WHAT_WORKS)
    scheme = _scheme(given)
    dialect = scheme.partition("+")[0]
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


def redact(uri: str) -> str:
    """The address with every secret in it replaced by ``***``; an odd address loses too much rather than too little."""
    head, separator, rest = uri.partition("://")
    if not separator:
        return uri
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    port = authority.rpartition(":")[2]
    # A password may hold anything, unescaped too: wherever one is, it is taken to end at the last @ of all.
    if "@" in authority or (":" in authority and "]" not in port and not port.isdigit()):
        credentials, at, rest = rest.rpartition("@")
        user, colon, _ = credentials.partition(":")
        if at and colon:
            head = f"{head}://{user}:{HIDDEN}@"
        elif at:  # a name alone in a web address is a token as often as a name
            head = f"{head}://{HIDDEN if head.lower() in ('http', 'https') else user}@"
        else:
            head += "://"
    else:
        head += "://"
    place, mark, query = rest.partition("?")
    if query:
        pairs = parse_qsl(query, keep_blank_values=True)
        shown = [(name, HIDDEN if _SECRET_PARAMETERS.search(name) else value) for name, value in pairs]
        query = urlencode(shown, safe="*/:@") if shown else HIDDEN
    return f"{head}{place}{mark}{query}"


def scrub(text: str, uris: Sequence[str]) -> str:
    """Somebody else's message, with these addresses and their passwords taken out."""
    for uri in uris:
        text = text.replace(uri, redact(uri))
        for secret in _secrets(uri):
            text = text.replace(secret, HIDDEN)
    # Addresses that were put together elsewhere, such as a server's own database in its error message.
    return re.sub(r"(\b[\w+.-]+://[^\s:/@]*):[^\s@]+@", rf"\1:{HIDDEN}@", text)


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
    except ValueError as error:
        raise StoreError(f"{redact(uri)!r} can't be understood: {error}.", hint=_WHAT_WORKS) from None
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
    if not parts.hostname:
        raise StoreError(f"{redact(uri)!r} names no host.", hint="Write http://host:5000.")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = "" if parts.port is None else f":{parts.port}"
    web = urlunsplit((parts.scheme, f"{host}{port}", parts.path.rstrip("/"), "", ""))
    return Address(uri.rstrip("/"), "http", redact(uri.rstrip("/")), web=web)


def _file_store(uri: str, scheme: str) -> StoreError:
    if not scheme and Path(uri).is_file():
        return StoreError(f"{uri!r} is a file, not an address.", hint=f"For a SQLite database write sqlite:///{uri}.")
    place = unquote(urlsplit(uri).path) if scheme else uri
    return StoreError(
        f"{uri!r} is a directory of MLflow's old file store. MLflow's file stores are no longer the default, get no "
        "new features and can't be read here. Nothing in it was changed.",
        hint=f"Copy it into a database with: mlflow migrate-filestore --source {place} --target sqlite:///mlflow.db "
        "and use sqlite:///mlflow.db from then on.",
    )


def _hint(uri: str) -> str:
    if re.match(r"[\w.-]+:\d+(/|$)", uri):
        return f"For an MLflow server write http://{uri}."
    if uri.startswith("postgres:"):
        return "Write postgresql:// in full: MLflow does not know the short form."
    return _WHAT_WORKS


def _secrets(uri: str) -> set[str]:
    """What must not be printed even out of its place, as written and as decoded."""
    credentials, at, _ = uri.partition("://")[2].rpartition("@")
    user, colon, password = credentials.partition(":")
    found = {password} if at and colon else {user} if at and uri.startswith("http") else set()
    found |= {
        value
        for name, value in parse_qsl(uri.partition("?")[2], keep_blank_values=True)
        if _SECRET_PARAMETERS.search(name)
    }
    # A short password would be found in every second word; where it stands in an address it is hidden anyway.
    return {form for secret in found for form in (secret, unquote(secret)) if len(form) >= 4}
