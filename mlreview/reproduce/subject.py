"""What a person names: a run by its id, or a registered model by version or alias."""

import re

from mlreview.errors import BadInputError, NotFoundError
from mlreview.store.base import RunStore

_MODEL = re.compile(r"models:/(?P<name>[^@]+?)(?:/(?P<version>\d+)|@(?P<alias>[^/@]+))")


def run_of(store: RunStore, subject: str) -> str:
    """The id of the run that is meant by ``RUN``, ``models:/NAME/VERSION`` or ``models:/NAME@ALIAS``.

    Raises:
        BadInputError: It has another form.
        NotFoundError: No such version or alias is registered, or its run is not known.
        StoreError: The store can't be read.
    """
    if not subject.startswith("models:"):
        return subject
    asked = _MODEL.fullmatch(subject)
    if asked is None:
        raise BadInputError(
            f"{subject[:200]!r} names no registered model.", hint="Write models:/NAME/VERSION or models:/NAME@ALIAS."
        )
    versions = [one for one in store.model_versions() if one.name == asked["name"]]
    for one in versions:
        if one.version == asked["version"] or (asked["alias"] and asked["alias"] in one.aliases):
            if not one.run_id:
                raise NotFoundError(
                    f"Version {one.version} of {one.name!r} does not say which run it is from.", hint="Name the run."
                )
            return one.run_id
    known = ", ".join(f"{one.version}{''.join(f'@{alias}' for alias in one.aliases)}" for one in versions[:8])
    raise NotFoundError(
        f"{subject[:200]!r} is not registered.",
        hint=f"There are the versions {known}." if known else "No model has that name.",
    )
