"""All that a store has of a run for doing it again, read once. Nothing is loaded, unpacked or run."""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field

from mlreview import names
from mlreview.entities import LoggedModel, Run
from mlreview.errors import MlreviewError, NotFoundError
from mlreview.records import RunRecord, parse_record
from mlreview.store.base import RunStore

MAX_UNTRACKED_FILES = 500
MAX_UNTRACKED_BYTES = 8_000_000
MAX_TEXT_BYTES = 400_000
_EXAMPLES = ("input_example.json", "serving_input_example.json", "serving_input_payload.json")


@dataclass(frozen=True, slots=True)
class RecordedRun:
    """A run with the files that say how to do it again.

    Attributes:
        run: Params, metrics, tags, data sets, models.
        record: What ``track()`` wrote of the training; ``None`` where it was not used.
        patch: What was not committed; ``None`` where no patch was kept.
        untracked: Sources that git did not know, by path from the root.
        packages: The installed packages, as pip lists them; empty where they were not kept.
        model_requirements: What the last logged model asks for, likewise.
        has_example: The last logged model has an example of its input.
        problem: Why files could not be read; empty when all is well.
    """

    run: Run
    record: RunRecord | None = None
    patch: bytes | None = None
    untracked: Mapping[str, bytes] = field(default_factory=dict)
    packages: str = ""
    model_requirements: str = ""
    has_example: bool = False
    problem: str = ""

    @property
    def model(self) -> LoggedModel | None:
        """The model that was logged last."""
        return self.run.models[-1] if self.run.models else None

    @property
    def facts(self) -> Mapping[str, str]:
        """The run's tags, with what its record says better: the command whole, and what no tag has."""
        if self.record is None:
            return self.run.tags
        code = self.record.code
        found = {
            names.GIT_COMMIT: code.commit,
            names.GIT_REMOTE: code.remote,
            names.GIT_DIRTY: None if code.dirty is None else str(code.dirty).lower(),
            names.PATCH_SHA: code.patch.sha256 if code.patch else None,
            names.ENV_PYTHON: self.record.python,
            names.SEED_TAG: None if self.record.seed is None else str(self.record.seed),
        }
        better = {
            names.COMMAND: shlex.join(self.record.command) or None,
            names.COMMAND_FOLDER: self.record.folder,
        }
        return {
            **{key: value for key, value in found.items() if value is not None},
            **{key: value for key, value in self.run.tags.items() if value != names.UNKNOWN},
            **{key: value for key, value in better.items() if value is not None},
        }

    @property
    def label(self) -> str:
        """The run for people: its name and the beginning of its id."""
        return f"{self.run.name} ({self.run.run_id[:8]})" if self.run.name else self.run.run_id


def read_run(store: RunStore, run_id: str) -> RecordedRun:
    """Read one run whole. Files that can't be read are ``problem``.

    Raises:
        NotFoundError: There is no such run.
        StoreError: The tracking store can't be read.
    """
    run = store.run(run_id)
    problem = ""
    record, patch, untracked, packages = None, None, {}, ""
    try:
        written = _file(store, run_id, names.RUN_FILE, MAX_TEXT_BYTES)
        record = parse_record(written.decode("utf-8", "replace")) if written else None
        patch = _file(store, run_id, names.PATCH_FILE)
        packages = (_file(store, run_id, names.PACKAGES_FILE, MAX_TEXT_BYTES) or b"").decode("utf-8", "replace")
        untracked = _untracked(store, run_id)
    except MlreviewError as error:
        problem = error.message
    asked, example = "", False
    if run.models:
        try:
            asked, example = _of_model(store, run.models[-1])
        except MlreviewError as error:
            problem = problem or error.message
    return RecordedRun(run, record, patch, untracked, packages, asked, example, problem)


def _file(store: RunStore, run_id: str, path: str, limit: int = names.MAX_ARTIFACT_BYTES) -> bytes | None:
    try:
        return store.read_artifact(run_id, path, limit)
    except NotFoundError:
        return None


def _untracked(store: RunStore, run_id: str) -> dict[str, bytes]:
    """Every kept source; a folder with more than a training keeps is not ours, and is not read on."""
    found: dict[str, bytes] = {}
    folders, size = [names.UNTRACKED_FOLDER], 0
    while folders and len(found) < MAX_UNTRACKED_FILES and size < MAX_UNTRACKED_BYTES:
        for one in store.artifacts(run_id, folders.pop()):
            if one.is_dir:
                folders.append(one.path)
            elif len(found) < MAX_UNTRACKED_FILES and size < MAX_UNTRACKED_BYTES:
                data = store.read_artifact(run_id, one.path, MAX_UNTRACKED_BYTES)
                found[one.path.removeprefix(f"{names.UNTRACKED_FOLDER}/")] = data
                size += len(data)
    return found


def _of_model(store: RunStore, model: LoggedModel) -> tuple[str, bool]:
    def read(name: str) -> bytes | None:
        try:
            return store.read_model_artifact(model, name, MAX_TEXT_BYTES)
        except NotFoundError:
            return None

    asked = (read("requirements.txt") or b"").decode("utf-8", "replace")
    described = (read("MLmodel") or b"").decode("utf-8", "replace")
    # MLmodel names the example; the example itself can be large, and is the child's to read.
    return asked, any(name in described for name in _EXAMPLES)
