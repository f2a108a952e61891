"""Reads the content of a run that a decision holds for; nothing of it is loaded or run.

Params, the metrics that are there now, data digests, code version, uncommitted code, and the model's files. Notes, tags
and everything of ``mlreview.*`` are none of it.
"""

import hashlib
from collections.abc import Callable, Iterator

from mlreview import names
from mlreview.entities import Artifact, LoggedModel, Run
from mlreview.errors import BadInputError, MlreviewError, NotFoundError, StoreError
from mlreview.review.content import Content, Section, hashed, number_text, sized
from mlreview.store.base import RunStore
from mlreview.training.manifest import Manifest, parse_manifest

HASH_BYTES = 64 * 1024 * 1024
"""Bytes of a model's files that are read and hashed; the rest is compared by size, and by what training recorded."""

_WRITTEN_BY_LOADING = "registered_model_meta"
"""Loading ``models:/NAME@ALIAS`` from a folder makes MLflow put this file among the model's own: nobody changed it."""

_SOURCE_FOLDERS = (names.CODE_FOLDER, names.UNTRACKED_FOLDER)
_DEPTH = 8


def read_content(store: RunStore, run: Run, hash_bytes: int = HASH_BYTES) -> Content:
    """The content of a run as it is now.

    Args:
        store: To read files from.
        run: As the store gave it.
        hash_bytes: How many bytes of files are read at most; 0 for none.

    Returns:
        Everything that could be read. What could not is named in ``Content.unread``; it never stops a review.
    """
    sections = _recorded_in(run)
    unread: dict[Section, str] = {}
    left = hash_bytes
    try:
        sections["sources"] = _sources(store, run.run_id)
    except MlreviewError as error:
        unread["sources"] = error.message
    try:
        sections["model"] = _model(store, run, left)
    except MlreviewError as error:
        unread["model"] = error.message
    return Content(sections, unread)


def renewed(content: Content, run: Run) -> Content:
    """An earlier content with all that the run's record says now; its files are taken to be as they were."""
    return Content({**content.sections, **_recorded_in(run)}, content.unread)


def _recorded_in(run: Run) -> dict[Section, dict[str, str]]:
    """The sections that need no file."""
    return {
        "params": {key: value for key, value in run.params.items() if not key.startswith(names.OWN_PREFIX)},
        "metrics": {
            key: number_text(metric.value)
            for key, metric in run.metrics.items()
            if not key.startswith(names.OWN_PREFIX)
        },
        "data": _data(run),
        "code": _code(run),
    }


def _data(run: Run) -> dict[str, str]:
    found: dict[str, str] = {}
    for one in sorted(run.datasets, key=lambda one: (one.name, one.context or "", one.digest)):
        key = f"{one.name} ({one.context})" if one.context else one.name
        found[key] = f"{found[key]}, {one.digest}" if key in found else one.digest
    return found


def _code(run: Run) -> dict[str, str]:
    commit = run.tags.get(names.GIT_COMMIT) or run.tags.get(names.GIT_COMMIT_TAG)
    return {"commit": commit} if commit else {}


def _sources(store: RunStore, run_id: str) -> dict[str, str]:
    """What training put beside the run of code that no commit has, and its own record of the run."""
    found: dict[str, str] = {}
    for top in store.artifacts(run_id, names.OWN_PREFIX.rstrip(".")):
        if top.is_dir and top.path in _SOURCE_FOLDERS:
            files = list(_below(lambda path: store.artifacts(run_id, path), top.path))
        elif not top.is_dir and (top.path == names.RUN_FILE or top.path.endswith((".patch", ".diff"))):
            files = [top]
        else:
            continue
        for file in files:
            if file.is_dir:
                found[file.path.removeprefix("mlreview/")] = sized(None)
                continue
            data = store.read_artifact(run_id, file.path)
            found[file.path.removeprefix("mlreview/")] = hashed(hashlib.sha256(data).hexdigest(), len(data))
    return found


def _model(store: RunStore, run: Run, left: int) -> dict[str, str]:
    """The files of every model that the run logged, under the model's name; of a second one so called, its id too."""
    found: dict[str, str] = {}
    first: dict[str, str] = {}
    for model in run.models:
        name = model.name or "model"
        prefix = name if first.setdefault(name, model.model_id) == model.model_id else f"{name}@{model.model_id}"
        recorded = _recorded(store, run.run_id, model.model_id)
        if recorded is not None:
            found[f"{prefix} (as training recorded it)"] = hashed(recorded.digest, recorded.size)
        for file in _below(lambda path, model=model: store.model_artifacts(model, path), ""):
            if file.path == _WRITTEN_BY_LOADING:
                continue
            data = None if file.is_dir else _bytes(store, model, file, left)
            left -= len(data or b"")
            found[f"{prefix}/{file.path}"] = (
                sized(file.size) if data is None else hashed(hashlib.sha256(data).hexdigest(), len(data))
            )
    return found


def _bytes(store: RunStore, model: LoggedModel, file: Artifact, left: int) -> bytes | None:
    """A file's bytes; ``None`` where they are more than may be read. A server does not say an empty file's size."""
    if left <= 0 or (file.size is not None and file.size > left):
        return None
    if file.size is not None:
        return store.read_model_artifact(model, file.path, limit=left)
    try:
        return store.read_model_artifact(model, file.path, limit=min(left, names.MAX_ARTIFACT_BYTES))
    except StoreError:
        return None


def _recorded(store: RunStore, run_id: str, model_id: str) -> Manifest | None:
    """The manifest that training recorded; ``None`` where there is none, or what is there is none."""
    try:
        return parse_manifest(store.read_artifact(run_id, f"{names.MANIFEST_FOLDER}/{model_id}.json").decode())
    except (NotFoundError, BadInputError, UnicodeDecodeError):
        return None


def _below(listing: Callable[[str], tuple[Artifact, ...]], top: str, depth: int = 0) -> Iterator[Artifact]:
    """Every file below a folder, in the order of paths; a folder that lies too deep to be looked into as itself."""
    for one in listing(top):
        if one.is_dir and depth < _DEPTH:
            yield from _below(listing, one.path, depth + 1)
        else:
            yield one
