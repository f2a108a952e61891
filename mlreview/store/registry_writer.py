"""Writes to the model registry: aliases and tags of versions, read back like every other write."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from mlreview import names
from mlreview.errors import BadInputError

if TYPE_CHECKING:
    from mlflow import MlflowClient

_ALIAS = re.compile(r"[\w\-]{1,255}")
_NOTHING = "Nothing was written."


class RegistryWriter:
    """The part of ``MlflowWriter`` that writes to the registry, which may be another store than the runs'."""

    def set_alias(self, name: str, alias: str, version: str) -> None:
        """See ``RunWriter``."""
        check_alias(alias)
        client = self._client()
        self._write(
            f"alias {alias!r} of {name!r}",
            version,
            lambda: client.set_registered_model_alias(name, alias, version),
            lambda: _aliased(client, name, alias),
        )

    def read_alias(self, name: str, alias: str) -> str | None:
        """See ``RunWriter``."""
        check_alias(alias)
        client = self._client()
        return self._look(lambda: _aliased(client, name, alias))

    def set_version_tag(self, name: str, version: str, key: str, value: str) -> None:
        """See ``RunWriter``."""
        if not names.is_legal_key(key) or len(key) > names.MAX_KEY_CHARS or len(value) > names.MAX_TAG_CHARS:
            raise BadInputError(f"{key[:40]!r} can't be a tag of a version, or its value is too long.", hint=_NOTHING)
        client = self._client()
        self._write(
            f"tag {key!r} of version {version} of {name!r}",
            value,
            lambda: client.set_model_version_tag(name, version, key, value),
            lambda: client.get_model_version(name, version).tags.get(key),
        )

    def _client(self) -> "MlflowClient":
        raise NotImplementedError

    def _write(self, what: str, value: str | None, write: Callable[[], object], read: Callable[[], str | None]) -> None:
        raise NotImplementedError

    def _look(self, read: Callable[[], str | None]) -> str | None:
        raise NotImplementedError


def check_alias(alias: str) -> str:
    """The alias, if MLflow takes it.

    Raises:
        BadInputError: It does not.
    """
    if not _ALIAS.fullmatch(alias) or alias.lower() == "latest" or re.fullmatch(r"[vV]\d+", alias):
        raise BadInputError(
            f"{alias[:80]!r} can't be an alias in MLflow: letters, digits, _ and - are allowed, but not latest or v1.",
            hint=_NOTHING,
        )
    return alias


def _aliased(client: "MlflowClient", name: str, alias: str) -> str | None:
    found = client.get_registered_model(name).aliases.get(alias)
    return None if found is None else str(found)
