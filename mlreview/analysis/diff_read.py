"""Everything that a comparison needs, read from a store.

Params, metrics, tags, data sets and models come in one call each, however many runs there are. Files don't: a store
hands them out one by one, so they are few, small and asked for side by side, and a run whose files can't be read is
compared without them, and said to be.
"""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from mlreview import names
from mlreview.analysis.diff import ArtifactFacts, Recorded
from mlreview.analysis.diff_model import SUMMARY
from mlreview.entities import Artifact, LoggedModel, RunQuery
from mlreview.errors import MlreviewError, NotFoundError
from mlreview.store.base import RunStore

MAX_TEXT_BYTES = 400_000
_MAX_MANIFEST_BYTES = 2_000_000
_MAX_FOLDERS = 20
_MAX_FILES = 1_000
_AT_ONCE = 8
_OF_MODEL = ("MLmodel", "requirements.txt", "python_env.yaml", "conda.yaml")
_READ = frozenset({SUMMARY, *_OF_MODEL})


def read_recorded(store: RunStore, run_ids: Sequence[str]) -> Recorded:
    """Read runs to compare, in the order given, without their files; runs that the store doesn't have are left out."""
    wanted = tuple(dict.fromkeys(run_ids))
    query = RunQuery(run_ids=wanted, lifecycle="all", metrics=None, params=None, tags=None)
    table = store.runs(query)
    place = {run_id: at for at, run_id in enumerate(table.run_ids)}
    found = tuple(run_id for run_id in wanted if run_id in place)
    runs = table.take([place[run_id] for run_id in found])
    return Recorded(runs, store.datasets(found), store.logged_models(found))


def with_files(store: RunStore, recorded: Recorded) -> Recorded:
    """The same with what the runs' files say: which there are, and the text of those that describe model and code."""
    # The last one that is whole: of one that could not be saved there are no files.
    whole_last = sorted(recorded.models, key=lambda model: model.status == "READY")
    last_model = {model.run_id: model for model in whole_last}
    run_ids = [str(run_id) for run_id in recorded.runs.run_ids]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        digests = recorded.runs.tags.get(names.MODEL_DIGEST_TAG, [None] * len(run_ids))
        hashed = {run_id for run_id, digest in zip(run_ids, digests, strict=True) if digest}
        facts = pool.map(lambda one: read_files(store, one, last_model.get(one), one in hashed), run_ids)
        return replace(recorded, files=dict(zip(run_ids, facts, strict=True)))


def read_files(store: RunStore, run_id: str, model: LoggedModel | None, hashed: bool = False) -> ArtifactFacts:
    """What one run's files say; ``problem`` where they can't be read.

    Args:
        store: Where they are.
        run_id: Whose.
        model: The last one that the run logged, if any.
        hashed: Training recorded a manifest of it; one more file to ask for.
    """
    texts: dict[str, str] = {}
    problem = ""
    try:
        listed, whole = _listed(store, run_id)
        if not whole:
            problem = f"only the first {len(listed):,} files were listed"
        for one in listed:
            if _describes(one):
                texts[one.path] = _text(store.read_artifact(run_id, one.path, MAX_TEXT_BYTES))
    except MlreviewError as error:
        return ArtifactFacts(problem=error.message)
    if model is not None:
        for name in _OF_MODEL:
            try:
                texts[f"{model.name}/{name}"] = _text(store.read_model_artifact(model, name, MAX_TEXT_BYTES))
            except NotFoundError:
                continue
            except MlreviewError as error:
                problem = problem or error.message
                break
    if model is not None and hashed:
        manifest = f"{names.MANIFEST_FOLDER}/{model.model_id}.json"
        try:
            texts[manifest] = _text(store.read_artifact(run_id, manifest, _MAX_MANIFEST_BYTES))
        except NotFoundError:
            pass  # the digest is among the tags all the same
        except MlreviewError as error:
            problem = problem or error.message
    return ArtifactFacts({one.path: one.size for one in listed}, texts, problem)


def _listed(store: RunStore, run_id: str) -> tuple[list[Artifact], bool]:
    """Files of a run, nearest first, and whether these are all."""
    files: list[Artifact] = []
    folders = [""]
    for asked in range(_MAX_FOLDERS):
        if asked == len(folders):
            return files, True
        for one in store.artifacts(run_id, folders[asked]):
            if one.is_dir:
                # Notes and reviews are kept there too; they are no part of a comparison.
                if not one.path.startswith("mlreview/"):
                    folders.append(one.path)
            else:
                files.append(one)
        if len(files) >= _MAX_FILES:
            return files[:_MAX_FILES], False
    return files, len(folders) <= _MAX_FOLDERS


def _describes(one: Artifact) -> bool:
    if one.size is not None and one.size > MAX_TEXT_BYTES:
        return False
    name = one.path.rpartition("/")[2]
    return name in _READ or (one.path.startswith("mlreview/") and name.endswith((".patch", ".diff")))


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace").replace("\x00", "\ufffd")


def all_or_refuse(recorded: Recorded, run_ids: Sequence[str], store_label: str) -> Recorded:
    """What was read, if it is all that was asked for.

    Raises:
        NotFoundError: A run isn't in the store.
    """
    known = set(recorded.runs.run_ids)
    for run_id in run_ids:
        if run_id not in known:
            raise NotFoundError(
                f"There is no run {run_id!r} in {store_label}.",
                hint="A run is named by its id, which mlreview leaderboard --json prints.",
            )
    return recorded
