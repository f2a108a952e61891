"""The gate over a store in memory: what it lets pass, and what each attack fails on. test_gate_stores.py: real ones."""

import json
from dataclasses import replace

import pytest

from mlreview import names
from mlreview.errors import BadInputError, NotFoundError, StoreError
from mlreview.review.events import Actor, events_of
from mlreview.review.rules import RefusedError
from tests.review.memory import RUN, reviews_of
from tests.review.registry import ADA, BARE, BOB, CAROL, DAN, LED, MODEL, Registry, approved, failed, gate


@pytest.fixture
def memory() -> Registry:
    return approved(Registry())


def event_tag(memory: Registry, kind: str, number: int = -1) -> str:
    """Key of an event of this kind."""
    found, _ = events_of(memory.tags, RUN, "1")
    return names.EVENT_TAG_PREFIX + [one.event_id for one in found if one.kind == kind][number]


def test_what_everybody_who_was_asked_has_approved_passes(memory: Registry) -> None:
    for subject in (RUN, f"models:/{MODEL}/7", f"models:/{MODEL}@challenger"):
        answer = gate(memory, subject)
        assert answer.passed, failed(answer)
        assert (answer.subject.run_id, answer.digest) == (RUN, reviews_of(memory).read(RUN).digest)
    assert (
        answer.headline(True) == "Passed: v7 of sports (challenger), approved by bob and carol, for what it holds now."
    )


def test_the_first_line_names_what_changed_when_where_to_go_and_who_can_fix_it(memory: Registry) -> None:
    memory.metrics["val_AUROC"] = 0.921
    answer = gate(memory, f"models:/{MODEL}/7")
    said = answer.headline(True, "https://review.example/run?run=7")
    assert said.startswith(
        "Blocked: v7 of sports has no valid approval. val_AUROC changed 0.917 → 0.921 after the primary reviewer, bob, "
    )
    assert "Re-approve: https://review.example/run?run=7." in said
    assert said.endswith("Can fix: bob (primary reviewer) and carol (secondary reviewer).")
    assert answer.headline(False).startswith("Would be blocked: ")


def test_a_metric_that_is_added_later_outdates_nothing(memory: Registry) -> None:
    memory.metrics["shadow_AUROC"] = 0.5
    memory.tags[names.NOTE_TAG] = "seen in shadow"
    assert gate(memory).passed


# --- the table of attacks: what is done, which requirement fails, what it says


def forge_event(memory: Registry) -> None:
    del memory.tags[event_tag(memory, "approved")]
    text = memory.tags[event_tag(memory, "approved")]
    other = json.loads(text) | {"actor": {"name": "carol"}, "id": "01KAQ0000000000000000000AA", "seq": 9}
    memory.tags[f"{names.EVENT_TAG_PREFIX}01KAQ0000000000000000000AA"] = json.dumps(other | {"at": _time()})


def _time() -> int:
    from mlreview.review.events import time_of

    return time_of("01KAQ0000000000000000000AA")


def forge_state(memory: Registry) -> None:
    for key in [key for key in memory.tags if key.startswith(names.EVENT_TAG_PREFIX)]:
        del memory.tags[key]
    memory.params = {key: one for key, one in memory.params.items() if not key.startswith("mlreview.")}
    memory.tags[names.REVIEW_STATE_TAG] = "approved"


def alter_event(memory: Registry) -> None:
    key = event_tag(memory, "approved")
    memory.tags[key] = memory.tags[key].replace('"carol"', '"erin"')


def alter_digest(memory: Registry) -> None:
    memory.metrics["val_AUROC"] = 0.99
    now = reviews_of(memory).read(RUN).digest
    key = event_tag(memory, "approved")
    memory.tags[key] = json.dumps(json.loads(memory.tags[key]) | {"digest": now})


def delete_tail(memory: Registry) -> None:
    del memory.tags[event_tag(memory, "approved")]


def delete_block(memory: Registry) -> None:
    reviews_of(memory, LED).request_changes(RUN, BOB, "the split leaks")
    del memory.tags[event_tag(memory, "changes_requested")]


def malform(memory: Registry) -> None:
    key = event_tag(memory, "approved")
    memory.tags[key] = memory.tags[key][:60]


def unknown_version(memory: Registry) -> None:
    key = event_tag(memory, "approved")
    memory.tags[key] = json.dumps(json.loads(memory.tags[key]) | {"version": 9})


def copy_from_another_run(memory: Registry) -> None:
    other = approved(Registry())
    forge_state(memory)
    for key, text in other.tags.items():
        if key.startswith(names.EVENT_TAG_PREFIX):
            memory.tags[key] = text.replace(RUN, "b" * 32)
    memory.params |= {key: one for key, one in other.params.items() if key.startswith("mlreview.")}


def change_param(memory: Registry) -> None:
    memory.params["units"] = "64"


def change_model(memory: Registry) -> None:
    memory.model["data/model.keras"] = b"w3ights"


def change_manifest(memory: Registry) -> None:
    change_model(memory)
    memory.record_manifest()


def swap_files(memory: Registry) -> None:
    memory.versions[0] = replace(memory.versions[0], source="file:///tmp/evil")


def another_runs_version(memory: Registry) -> None:
    memory.versions[0] = replace(memory.versions[0], source="models:/m0")


def fill_another_folder(memory: Registry) -> None:
    """As `register_model("runs:/RUN/sneaky")` does, after files were put there that nobody approved."""
    memory.files["sneaky/MLmodel"] = b"flavors"
    memory.versions[0] = replace(memory.versions[0], source=f"runs:/{RUN}/sneaky")


def make_files_unreadable(memory: Registry) -> None:
    """Other files, and a manifest so large that reading the model's files ends there."""
    change_model(memory)
    read = memory.read_artifact

    def too_large(run_id: str, path: str, limit: int = 0) -> bytes:
        if path.startswith(names.MANIFEST_FOLDER):
            raise StoreError("It is too large.", hint="")
        return read(run_id, path, limit)

    memory.read_artifact = too_large


def step_out(memory: Registry) -> None:
    memory.versions[0] = replace(memory.versions[0], source=f"runs:/{RUN}/../../evil")


def no_run(memory: Registry) -> None:
    memory.versions[0] = replace(memory.versions[0], run_id=None)


def train_again(memory: Registry) -> None:
    memory.status = "RUNNING"


def ask_for_changes(memory: Registry) -> None:
    reviews_of(memory, LED).request_changes(RUN, BOB, "the split leaks")


def withdraw(memory: Registry) -> None:
    reviews_of(memory, LED).withdraw(RUN, ADA)


ATTACKS = [
    (forge_event, "record", "was never claimed: it was not made by mlreview"),
    (forge_state, "approvals", "nobody has asked for a review"),
    (alter_event, "record", "it was altered or forged"),
    (alter_event, "approvals", "Decision 3 (approved, by carol) is missing"),
    (alter_digest, "record", "it was altered or forged"),
    (delete_tail, "record", "Decision 3 (approved, by carol) is missing: it was removed"),
    (delete_tail, "approvals", "carol has not approved"),
    (delete_block, "holds", "bob asked for changes"),
    (delete_block, "record", "Decision 4 (changes requested, by bob) is missing"),
    (malform, "record", "it is not JSON: it was cut or altered"),
    (unknown_version, "record", "a newer mlreview wrote it"),
    (copy_from_another_run, "record", "it belongs to another run"),
    (change_param, "approvals", "parameter units changed 32 → 64 after the primary reviewer, bob,"),
    (change_model, "approvals", "has other bytes, of the same length"),
    (change_model, "files", "model/data/model.keras is not what training recorded"),
    (change_manifest, "approvals", "model.keras"),
    (make_files_unreadable, "files", "could not be read: It is too large; so nobody can tell whether they are what"),
    (
        swap_files,
        "version",
        "the registered files are not a model that this run logged: they come from file:///tmp/evil",
    ),
    (another_runs_version, "version", "they come from models:/m0"),
    (fill_another_folder, "version", "the registered files are not a model that this run logged"),
    (step_out, "version", "the registered files are not a model that this run logged"),
    (no_run, "version", "names no run"),
    (train_again, "run", "still training"),
    (ask_for_changes, "holds", "bob asked for changes: the split leaks"),
    (withdraw, "approvals", "the review was withdrawn"),
]


@pytest.mark.parametrize(("attack", "requirement", "words"), ATTACKS, ids=lambda one: getattr(one, "__name__", None))
def test_an_attack_fails_the_gate_for_the_right_reason(memory: Registry, attack, requirement: str, words: str) -> None:
    attack(memory)
    answer = gate(memory, f"models:/{MODEL}/7")
    assert not answer.passed
    assert words in failed(answer)[requirement]
    assert answer.headline(True).startswith("Blocked: v7 of sports ")
    assert all(one.who for one in answer.failed), "nobody is named who can fix it"


@pytest.mark.parametrize("name", ["Ada Lovelace", "ADA@example.com", "lovelace, ada", "\u0430da", "a\u200bda"])
def test_self_approval_by_another_spelling_does_not_count_even_when_it_is_written_past_the_rules(name: str) -> None:
    memory = Registry()
    memory.tags[names.GIT_AUTHOR] = "somebody@example.org"
    reviews = reviews_of(memory, LED)
    reviews.request(RUN, DAN, name)
    reviews.approve(RUN, Actor(name))
    assert gate(memory).passed
    memory.tags[names.GIT_AUTHOR] = "Ada Lovelace <ada@example.com>"
    assert "nobody approves a run of their own" in failed(gate(memory))["approvals"]


def test_a_missing_decision_is_healed_by_everybody_approving_anew(memory: Registry) -> None:
    delete_tail(memory)
    reviews = reviews_of(memory, LED)
    reviews.approve(RUN, CAROL)
    assert "record" in failed(gate(memory)), "bob approved before it went missing"
    reviews.approve(RUN, BOB)
    answer = gate(memory)
    assert answer.passed, failed(answer)
    assert "Decision 3" in next(one.reason for one in answer.requirements if one.name == "record")


def test_a_policy_of_two_reviewers_is_not_met_by_one() -> None:
    memory = Registry()
    reviews = reviews_of(memory, LED)
    reviews.request(RUN, ADA, "bob")
    reviews.approve(RUN, BOB)
    assert gate(memory).passed
    answer = gate(memory, policy=BARE.model_copy(update={"reviewers": 2}))
    assert failed(answer) == {"reviewers": "1 of 2 people have approved, and nobody else was asked"}
    answer = gate(memory, policy=BARE.model_copy(update={"roles": ("secondary",)}))
    assert "the approval of the secondary reviewer is missing" in failed(answer)["reviewers"]


@pytest.mark.parametrize(
    ("more", "requirement", "words"),
    [
        ({"verified_identities": True}, "identities", "nobody knows for sure that bob and carol acted"),
        ({"signed_decisions": True}, "signatures", "the requested of ada is not signed"),
        ({"required_fields": True}, "fields", "are not recorded"),
        ({"note_headings": ("all",)}, "note", "nobody has written anything under"),
        ({"minimum": {"val_AUROC": 0.95}}, "minimum:val_AUROC", "val_AUROC is 0.917; at least 0.95 is demanded"),
        ({"minimum": {"test_f1": 0.5}}, "minimum:test_f1", "test_f1 was not logged"),
        ({"maximum": {"val_loss": 0.3}}, "maximum:val_loss", "val_loss is 0.31; at most 0.3 is demanded"),
    ],
)
def test_each_demand_of_a_policy_can_fail(memory: Registry, more: dict, requirement: str, words: str) -> None:
    answer = gate(memory, policy=BARE.model_copy(update=more))
    assert list(failed(answer)) == [requirement]
    assert words in failed(answer)[requirement]


def test_a_value_that_is_no_number_meets_no_limit(memory: Registry) -> None:
    memory.metrics["val_loss"] = float("nan")
    policy = BARE.model_copy(update={"maximum": {"val_loss": 1.0}})
    assert "val_loss is nan" in failed(gate(memory, policy=policy))["maximum:val_loss"]


def test_an_account_that_many_share_may_be_the_author(memory: Registry) -> None:
    policy = BARE.model_copy(update={"known_author": True})
    assert gate(memory, policy=policy).passed
    del memory.tags[names.GIT_AUTHOR]
    assert "it is not known who made the run" in failed(gate(memory, policy=policy))["author"]


def test_somebody_who_signed_in_is_verified() -> None:
    memory = Registry()
    memory.record_manifest()
    reviews = reviews_of(memory, LED)
    reviews.request(RUN, ADA, "bob")
    reviews.approve(RUN, Actor("bob", verified=True, via="oidc"))
    assert gate(memory, policy=BARE.model_copy(update={"verified_identities": True})).passed


def test_the_policy_decides_of_files_that_nobody_could_verify(memory: Registry) -> None:
    strict = BARE.model_copy(update={"model_files": "verified"})
    assert gate(memory, policy=strict).passed
    del memory.files[f"{names.MANIFEST_FOLDER}/m1.json"]
    files = {one.name: one for one in gate(approved(Registry())).requirements}["files"]
    assert files.passed
    answer = gate(memory, policy=strict)
    assert "training recorded no manifest" in failed(answer)["files"]


def test_what_is_not_there_can_not_be_asked_about(memory: Registry) -> None:
    for subject in (f"models:/{MODEL}/9", f"models:/{MODEL}@prod", "models:/other/1"):
        with pytest.raises(NotFoundError):
            gate(memory, subject)
    for subject in ("", "models:/", "models:/sports", "models:/sports/latest", "runs:/1/model", "models:/a/0"):
        with pytest.raises(BadInputError):
            gate(memory, subject)


def test_a_hold_that_the_lead_lifts_is_none(memory: Registry) -> None:
    reviews = reviews_of(memory, LED)
    held = reviews.request_changes(RUN, BOB, "no").open_holds[0].hold_id
    assert failed(gate(memory)).keys() >= {"holds"}
    with pytest.raises(RefusedError):
        reviews.lift(RUN, CAROL, [held], "fine")
    reviews.lift(RUN, DAN, [held], "bob is away")
    assert gate(memory).passed


def test_the_answer_for_machines_has_every_requirement_with_its_reason(memory: Registry) -> None:
    memory.params["units"] = "64"
    report = gate(memory, f"models:/{MODEL}@challenger").as_json(True, "https://x.example")
    assert {"passed", "subject", "run_id", "digest", "requirements"} <= report.keys()
    assert (report["passed"], report["model"], report["version"]) == (False, MODEL, "7")
    assert all({"name", "passed", "reason"} <= one.keys() for one in report["requirements"])
    assert json.loads(json.dumps(report, allow_nan=False)) == report
