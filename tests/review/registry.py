"""The run in memory with a registered version of it, as far as the gate and promotions need a registry."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from mlreview import names
from mlreview.entities import Experiment, ModelVersion, StoreInfo
from mlreview.policy import Policy
from mlreview.review.events import Actor
from mlreview.review.gate import Demands, GateAnswer, ask
from mlreview.review.people import People
from mlreview.training.manifest import FileEntry, Manifest
from tests.review.memory import RUN, Memory, reviews_of

MODEL = "sports"
ADA, BOB, CAROL, DAN = Actor("ada"), Actor("bob"), Actor("carol"), Actor("dan")
LED = People(leads=("dan",))
BARE = Policy(required_fields=False, enforce=True)


class Registry(Memory):
    """One run, and ``models:/sports/7`` of it under the alias ``challenger``."""

    def __init__(self, step: Callable[[str], None] = lambda _: None, **more: Any) -> None:
        super().__init__(step, **more)
        source = "models:/m1"
        self.versions = [
            ModelVersion(MODEL, "7", RUN, source, "READY", 2, aliases=("challenger",)),
            ModelVersion(MODEL, "3", "b" * 32, "models:/m0", "READY", 1, aliases=("champion",)),
        ]

    def info(self) -> StoreInfo:
        return StoreInfo("sqlite", "memory")

    def experiments(self, lifecycle: str = "active") -> tuple[Experiment, ...]:
        return ()

    def model_versions(self, run_ids: Any = None) -> tuple[ModelVersion, ...]:
        self.step("registry")
        return tuple(one for one in self.versions if run_ids is None or one.run_id in run_ids)

    def set_alias(self, name: str, alias: str, version: str) -> None:
        self.step("alias")
        self.versions = [
            replace(
                one, aliases=(*(a for a in one.aliases if a != alias), *([alias] if one.version == version else []))
            )
            for one in self.versions
        ]

    def read_alias(self, name: str, alias: str) -> str | None:
        return next((one.version for one in self.versions if alias in one.aliases), None)

    def set_version_tag(self, name: str, version: str, key: str, value: str) -> None:
        self.step("version tag")
        self.versions = [
            replace(one, tags={**one.tags, key: value}) if one.version == version else one for one in self.versions
        ]

    def record_manifest(self) -> None:
        """As training does: one manifest of the model's files."""
        import hashlib

        files = [FileEntry(path, len(data), hashlib.sha256(data).hexdigest()) for path, data in self.model.items()]
        text = Manifest(tuple(sorted(files, key=lambda one: one.path))).to_json()
        self.files[f"{names.MANIFEST_FOLDER}/m1.json"] = text.encode()


def approved(memory: Registry, people: People = LED) -> Registry:
    """The run with its review decided: asked by ada, approved by bob and carol."""
    memory.record_manifest()
    reviews = reviews_of(memory, people)
    reviews.request(RUN, ADA, "bob", "carol")
    reviews.approve(RUN, BOB)
    reviews.approve(RUN, CAROL)
    return memory


def gate(memory: Registry, subject: str = RUN, policy: Policy = BARE, people: People = LED, **more: Any) -> GateAnswer:
    """What the gate says of it."""
    store: Any = memory
    return ask(store, people, subject, Demands(policy, **more))


def failed(answer: GateAnswer) -> dict[str, str]:
    """Reasons by requirement, of what is not met."""
    return {one.name: one.reason for one in answer.failed}
