"""One run in memory, as far as reviews need a store, with a step before each operation for schedulers and failures."""

from collections.abc import Callable, Mapping
from typing import Any

from mlreview import names
from mlreview.entities import Artifact, Dataset, LoggedModel, Metric, Run
from mlreview.errors import NotFoundError, WriteError
from mlreview.review.people import People
from mlreview.review.service import Reviews

RUN = "a" * 32


class Memory:
    """Both halves of a store's protocol."""

    def __init__(self, step: Callable[[str], None] = lambda _: None, *, artifacts: bool = True) -> None:
        self.step = step
        self.artifacts_work = artifacts
        self.params: dict[str, str] = {"learning_rate": "0.1", "units": "32"}
        self.metrics: dict[str, float] = {"val_AUROC": 0.917, "val_loss": 0.31}
        self.tags: dict[str, str] = {names.GIT_AUTHOR: "Ada Lovelace <ada@example.com>", names.GIT_COMMIT: "c" * 40}
        self.files: dict[str, bytes] = {}
        self.model: dict[str, bytes] = {"MLmodel": b"flavors", "data/model.keras": b"weights"}
        self.datasets: tuple[Dataset, ...] = (Dataset(RUN, "posts", "d1", "code", "{}", context="train"),)
        self.status, self.lifecycle, self.user = "FINISHED", "active", "root"

    def run(self, run_id: str) -> Run:
        self.step("read")
        metrics = {key: Metric(key, value, 1, 1) for key, value in self.metrics.items()}
        models = (LoggedModel("m1", "model", RUN, "1", "", "READY", 1),) if self.model else ()
        return Run(
            RUN,
            "1",
            "32d",
            self.user,
            self.status,
            self.lifecycle,
            1,
            2,
            "",
            dict(self.params),
            metrics,
            dict(self.tags),
            self.datasets,
            models,
        )

    def log_param(self, run_id: str, key: str, value: str) -> str:
        self.step("claim")
        return self.params.setdefault(key, value)

    def read_tag(self, run_id: str, key: str) -> str | None:
        return self.tags.get(key)

    def set_tag(self, run_id: str, key: str, value: str) -> None:
        assert len(value) <= names.MAX_TAG_CHARS
        self.step("set tag")
        self.tags[key] = value

    def delete_tag(self, run_id: str, key: str) -> None:
        self.step("delete tag")
        self.tags.pop(key, None)

    def artifacts(self, run_id: str, path: str = "") -> tuple[Artifact, ...]:
        return _listed(self.files, path)

    def read_artifact(self, run_id: str, path: str, limit: int = 0) -> bytes:
        if path not in self.files:
            raise NotFoundError("There is no such artifact.")
        return self.files[path]

    def put_artifact(self, run_id: str, path: str, data: bytes) -> None:
        self.step("put")
        if not self.artifacts_work:
            raise WriteError("The artifact store can't be written.")
        if self.files.setdefault(path, data) != data:
            raise WriteError("It is there already, with other bytes.")

    def model_artifacts(self, model: Any, path: str = "") -> tuple[Artifact, ...]:
        return _listed(self.model, path)

    def read_model_artifact(self, model: Any, path: str, limit: int = 0) -> bytes:
        return self.model[path]

    def model_versions(self, run_ids: Any = None) -> tuple[Any, ...]:
        return ()


def _listed(files: Mapping[str, bytes], path: str) -> tuple[Artifact, ...]:
    found = {}
    start = f"{path}/" if path else ""
    for name, data in files.items():
        if name.startswith(start):
            first, _, rest = name.removeprefix(start).partition("/")
            found[start + first] = Artifact(start + first, bool(rest), None if rest else len(data))
    return tuple(found[key] for key in sorted(found))


def reviews_of(memory: Memory, people: People | None = None, **more: Any) -> Reviews:
    """The service over such a store."""
    store: Any = memory
    return Reviews(store, store, people, **more)
