"""The gate and promotions over real stores, attacked through MLflow: SQLite, PostgreSQL, a server over both."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from mlreview import names
from mlreview.errors import NotFoundError
from mlreview.policy import Policy
from mlreview.review.bodies import PromoteBody
from mlreview.review.events import Actor
from mlreview.review.gate import Demands, GateAnswer, ask
from mlreview.review.people import People
from mlreview.review.promotion import Promotion, Target, Wish, promote
from mlreview.store import open_store, open_writer
from tests.review.test_stores import BOB, CAROL, PLACES, SERVERS, Place

BARE = Policy(required_fields=False, enforce=True)
DAN = Actor("dan")


class Shipped(Place):
    """A run that was approved, registered as version 1 of a model of its own."""

    def __init__(self, found, folder: Path) -> None:
        super().__init__(found, folder)
        self.name = f"model-{folder.name}"[-60:].replace("[", "-").replace("]", "")
        model = self.client.get_logged_model(self.model_id)
        self.client.create_registered_model(self.name)
        self.client.create_model_version(self.name, model.artifact_location, self.run, model_id=self.model_id)
        reviews = self.asked()
        reviews.approve(self.run, BOB)
        reviews.approve(self.run, CAROL)

    @property
    def subject(self) -> str:
        return f"models:/{self.name}/1"

    def gate(self, subject: str | None = None, policy: Policy = BARE) -> GateAnswer:
        return ask(open_store(self.uri, timeout=5), People(), subject or self.subject, Demands(policy))

    def promote(self, target: Target, subject: str | None = None, policy: Policy = BARE, **more: str) -> Promotion:
        store, writer = open_store(self.uri, timeout=5), open_writer(self.uri, timeout=5)
        wish = Wish(subject or self.subject, target, **more)
        return promote(store, writer, self.reviews(), People(), DAN, wish, Demands(policy))

    def tags(self) -> dict[str, str]:
        return self.client.get_run(self.run).data.tags

    def event(self, kind: str) -> str:
        found = [key for key in self.tags() if key.startswith(names.EVENT_TAG_PREFIX)]
        of_kind = [key for key in sorted(found) if json.loads(self.tags()[key]).get("kind") == kind]
        return of_kind[-1]


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Shipped:
    return Shipped(request.getfixturevalue(request.param), tmp_path)


def reasons(answer: GateAnswer) -> str:
    return " | ".join(one.reason for one in answer.failed)


def test_the_whole_way_from_approval_to_production_and_back(place: Shipped) -> None:
    client = place.client
    assert place.gate().passed, reasons(place.gate())
    assert client.get_model_version(place.name, "1").tags[names.REVIEW_STATE_TAG] == "approved"
    done = place.promote(Target(alias="champion"), reason="first")
    assert (done.promoted, done.replaced) == (True, "")
    assert client.get_model_version_by_alias(place.name, "champion").version in ("1", 1)
    assert place.gate(f"models:/{place.name}@champion").passed

    model = client.get_logged_model(place.model_id)
    other = client.create_run(client.get_run(place.run).info.experiment_id).info.run_id
    client.set_terminated(other)
    served = place.uri.startswith("http")  # a server does not take another run's files; whoever has the database does
    source = f"{client.get_run(other).info.artifact_uri}/model" if served else model.artifact_location
    client.create_model_version(place.name, source, other)
    refused = place.promote(Target(alias="champion"), f"models:/{place.name}/2")
    assert not refused.promoted
    words = "nobody has asked for a review" if served else "the registered files are not this run's"
    assert words in reasons(refused.answer), "an approved model under another run"
    overridden = place.promote(Target(alias="champion"), f"models:/{place.name}/2", override="the old one is down")
    assert (overridden.promoted, overridden.replaced) == (True, "1")
    strict = BARE.model_copy(update={"minimum": {"val_AUROC": 0.99}})
    back = place.promote(Target(alias="champion"), policy=strict, reason="rollback")
    assert (back.promoted, back.replaced) == (True, "2")

    place.promote(Target(environment="production"), place.run)
    assert place.tags()[names.DEPLOYED_TO_TAG] == "production"
    review = place.reviews().read(place.run)
    kept = [one.body for one in review.events if isinstance(one.body, PromoteBody)]
    assert [(one.version, one.replaced, one.text) for one in kept] == [
        ("1", "", "first"),
        ("1", "2", "rollback"),
        ("", "", ""),
    ]
    assert place.reviews().rebuild(place.run)[1] == {}
    with pytest.raises(NotFoundError):
        place.gate(f"models:/{place.name}@nobody")


def change_metric(place: Shipped) -> None:
    place.client.log_metric(place.run, "val_AUROC", 0.921, step=5)


def alter_event(place: Shipped) -> None:
    key = place.event("approved")
    place.client.set_tag(place.run, key, place.tags()[key].replace("carol", "erin"))


def delete_tail(place: Shipped) -> None:
    place.client.delete_tag(place.run, place.event("approved"))


def copy_review(place: Shipped) -> None:
    """The whole review, params and all, onto a run of its own that the version is then said to come from."""
    client = place.client
    other = client.create_run(client.get_run(place.run).info.experiment_id).info.run_id
    for key, value in client.get_run(place.run).data.params.items():
        client.log_param(other, key, value)
    for key, value in place.tags().items():
        if key.startswith("mlreview."):
            client.set_tag(other, key, value)
    client.set_terminated(other)
    place.run = other


def forge_state(place: Shipped) -> None:
    client = place.client
    other = client.create_run(client.get_run(place.run).info.experiment_id).info.run_id
    client.set_tag(other, names.REVIEW_STATE_TAG, "approved")
    client.set_terminated(other)
    place.run = other


def cut_event(place: Shipped) -> None:
    key = place.event("requested")
    place.client.set_tag(place.run, key, place.tags()[key][:50])


def unknown_version(place: Shipped) -> None:
    key = place.event("approved")
    place.client.set_tag(place.run, key, json.dumps(json.loads(place.tags()[key]) | {"version": 9}))


def register_another_folder(place: Shipped) -> str:
    """Files that nobody approved, put beside the approved model and registered as a version of the same run."""
    place.client.log_text(place.run, "flavors: {}", "sneaky/MLmodel")
    source = f"{place.client.get_run(place.run).info.artifact_uri}/sneaky"
    made = place.client.create_model_version(place.name, source, place.run)
    return f"models:/{place.name}/{made.version}"


ATTACKS: list[tuple[Callable[[Shipped], str | None], str]] = [
    (change_metric, "val_AUROC changed 0.917 → 0.921 after the primary reviewer, bob, approved on"),
    (alter_event, "it was altered or forged"),
    (delete_tail, "Decision 3 (approved, by carol) is missing: it was removed"),
    (copy_review, "it belongs to another run: it was copied"),
    (forge_state, "nobody has asked for a review of this run"),
    (cut_event, "it is not JSON: it was cut or altered"),
    (unknown_version, "a newer mlreview wrote it"),
    (register_another_folder, "the registered files are not a model that this run logged"),
]


PLAIN = ["sqlite_store", pytest.param("postgres_store", marks=pytest.mark.postgres), SERVERS[0]]


@pytest.mark.parametrize("where", PLAIN)
def test_each_attack_through_mlflow_fails_the_gate_for_the_right_reason(
    request: pytest.FixtureRequest, where: str, tmp_path: Path
) -> None:
    found = request.getfixturevalue(where)
    for attack, words in ATTACKS:
        folder = tmp_path / attack.__name__
        folder.mkdir()
        place = Shipped(found, folder)
        subject = attack(place) or place.run
        answer = place.gate(subject)
        assert not answer.passed, attack.__name__
        assert words in reasons(answer), attack.__name__
        assert not place.promote(Target(environment="production"), subject).promoted, attack.__name__
