"""What is asked about: a run, or a registered version, pinned to its number."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from mlreview.entities import ModelVersion, Run
from mlreview.errors import BadInputError, NotFoundError
from mlreview.run_ids import full_run_id
from mlreview.store.base import RunStore

_MODELS: Final = "models:/"
_VERSION = re.compile(r"models:/(?P<name>[^/]+)/(?P<version>[1-9][0-9]*)")
_ALIAS = re.compile(r"models:/(?P<name>[^/]+)@(?P<alias>[^/@]+)")
_HINT = "Name a run by its id, or a model as models:/NAME/VERSION or models:/NAME@ALIAS."


@dataclass(frozen=True, slots=True)
class Subject:
    """What is asked about.

    Attributes:
        text: As it was typed.
        run_id: Of the run behind it; empty where the version names none.
        version: The registered version; an alias is pinned to the number that it meant when it was looked up.
        alias: By which it was named.
    """

    text: str
    run_id: str
    version: ModelVersion | None = None
    alias: str = ""

    @property
    def label(self) -> str:
        """For people: ``v7 of sports-classifier``; else ``run <id>``."""
        if self.version is None:
            return f"run {self.run_id[:32]}"
        also = f" ({self.alias})" if self.alias else ""
        return f"v{self.version.version} of {self.version.name}{also}"


def find_subject(store: RunStore, text: str) -> Subject:
    """Look up what is asked about. Costs one read of the registry where it is a model.

    Raises:
        BadInputError: It names nothing.
        NotFoundError: There is no such model, version or alias.
        StoreError: The registry does not answer.
    """
    if not text.startswith(_MODELS):
        if not text or "/" in text or ":" in text:
            raise BadInputError(f"{text[:80]!r} is neither a run nor a model.", hint=_HINT)
        return Subject(text, full_run_id(store, text))
    by_version, by_alias = _VERSION.fullmatch(text), _ALIAS.fullmatch(text)
    found = by_version or by_alias
    if found is None:
        raise BadInputError(f"{text[:120]!r} is no address of a model.", hint=_HINT)
    ours = [one for one in store.model_versions() if one.name == found["name"]]
    if not ours:
        raise NotFoundError(
            f"There is no registered model {found['name']!r}.", hint="Check its name, and the registry."
        )
    if by_version:
        version = next((one for one in ours if one.version == by_version["version"]), None)
        if version is None:
            raise NotFoundError(
                f"{found['name']!r} has no version {by_version['version']}.", hint=f"There are: {_some(ours)}."
            )
        return Subject(text, version.run_id or "", version)
    alias = found["alias"]
    version = next((one for one in ours if alias in one.aliases), None)
    if version is None:
        known = sorted({name for one in ours for name in one.aliases})
        raise NotFoundError(
            f"{found['name']!r} has no alias {alias!r}.",
            hint=f"There are: {', '.join(known)}." if known else "It has none.",
        )
    return Subject(text, version.run_id or "", version, alias)


def version_problem(version: ModelVersion, run: Run) -> str:
    """Why a registered version is not the model of the run that it names; empty where it is.

    A version's run is what whoever registered it said; that the files are the run's is looked at here.
    """
    if version.status and version.status != "READY":
        return f"the registered version is not ready: {version.status}"
    source = version.source.rstrip("/")
    for model in run.models:
        if source in (f"{_MODELS}{model.model_id}", model.artifact_location.rstrip("/")):
            return ""
    # A run with logged models is approved with their files alone: any other folder of it can be filled at any time.
    if not run.models and ".." not in source.split("/"):
        if source.startswith(f"runs:/{run.run_id}/"):
            return ""
        if run.artifact_uri and source.startswith(f"{run.artifact_uri.rstrip('/')}/"):
            return ""
    whose = "a model that this run logged" if run.models else "this run's"
    return f"the registered files are not {whose}: they come from {source[:160] or 'nowhere'}"


def _some(versions: Sequence[ModelVersion]) -> str:
    return ", ".join(one.version for one in versions[:10]) + (" and older" if len(versions) > 10 else "")
