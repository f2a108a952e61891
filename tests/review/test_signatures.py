"""Signed decisions: each way to fake one is noticed, by somebody who can write whatever MLflow's API lets them."""

import json
import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from mlreview import names
from mlreview.errors import BadInputError
from mlreview.review.bodies import ApproveBody, PromoteBody
from mlreview.review.events import (
    Actor,
    ReviewEvent,
    claim_value,
    encode,
    events_of,
    new_event_id,
    seq_param,
    time_of,
)
from mlreview.review.gate import GateAnswer
from mlreview.review.keys import new_key, own_keys, signer
from mlreview.review.people import People, PersonEntry
from mlreview.review.service import Reviews
from mlreview.review.signatures import sign, verifier
from mlreview.trusted_keys import TrustedKey, parse_line
from tests.review.memory import RUN
from tests.review.registry import ADA, BARE, BOB, CAROL, LED, Registry, failed, gate

SIGNED = BARE.model_copy(update={"signed_decisions": True, "verified_identities": True})
KEYS = {name: Ed25519PrivateKey.generate() for name in ("ada", "bob", "carol", "dan", "mallory")}


def trusted(*people: str) -> dict[str, TrustedKey]:
    import base64

    from mlreview.trusted_keys import key_id

    found = {name: KEYS[name].public_key().public_bytes_raw() for name in people}
    return {key_id(raw): TrustedKey(person=name, public=base64.b64encode(raw).decode()) for name, raw in found.items()}


TRUSTED = trusted("ada", "bob", "carol", "dan")


def as_(memory: Registry, who: str | None) -> Reviews:
    """The service of somebody who signs with their own key, or of somebody without one."""
    store: Any = memory
    return Reviews(store, store, LED, sign=None if who is None else lambda event: sign(event, KEYS[who]))


def ask(memory: Registry, policy=SIGNED, keys=None) -> GateAnswer:
    return gate(memory, policy=policy, verify=verifier(TRUSTED if keys is None else keys, LED))


@pytest.fixture
def memory() -> Registry:
    memory = Registry()
    memory.record_manifest()
    as_(memory, "ada").request(RUN, ADA, "bob", "carol")
    as_(memory, "bob").approve(RUN, BOB)
    as_(memory, "carol").approve(RUN, CAROL)
    return memory


def write_past_the_rules(memory: Registry, event: ReviewEvent) -> None:
    """What anybody can do who may write to MLflow: claim a number, then write any event that fits the claim."""
    assert memory.log_param(RUN, seq_param(event.seq or 0), claim_value(event)) == claim_value(event)
    memory.set_tag(RUN, names.EVENT_TAG_PREFIX + event.event_id, encode(event))


def made_up(memory: Registry, actor: Actor = CAROL) -> ReviewEvent:
    event_id = new_event_id()
    review = as_(memory, None).read(RUN)
    body = ApproveBody()
    at = time_of(event_id)
    return ReviewEvent(event_id, "approved", RUN, "1", at, actor, body, review.digest, (), review.next_seq)


def test_what_everybody_signed_passes_and_verifies_who_they_are(memory: Registry) -> None:
    answer = ask(memory)
    assert answer.passed, failed(answer)


def test_a_decision_without_a_signature_is_not_enough(memory: Registry) -> None:
    as_(memory, None).approve(RUN, BOB)
    answer = ask(memory)
    assert failed(answer)["signatures"] == "the approved of bob is not signed"
    assert "bob" in next(one.who for one in answer.failed if one.name == "signatures")
    assert gate(memory).passed, "a policy that does not demand signatures does not look for them"


def test_a_forged_approval_that_fits_its_claim_is_not_signed(memory: Registry) -> None:
    as_(memory, "carol").withdraw(RUN, CAROL, approval=True)
    write_past_the_rules(memory, made_up(memory))
    assert gate(memory).passed, "without signatures whoever may write can decide in anybody's name"
    assert failed(ask(memory))["signatures"] == "the approved of carol is not signed"


@pytest.mark.parametrize(
    ("signing", "words"),
    [
        (lambda event: sign(event, KEYS["mallory"]), "a key that the team does not trust"),
        (lambda event: sign(event, KEYS["bob"]), "is signed with a key of bob, who is somebody else"),
        (
            lambda event: replace(event, signature=sign(made_up_elsewhere(event), KEYS["carol"]).signature),
            "does not fit",
        ),
    ],
)
def test_a_forged_approval_with_a_signature_of_another_key_or_event_is_noticed(
    memory: Registry, signing, words
) -> None:
    as_(memory, "carol").withdraw(RUN, CAROL, approval=True)
    write_past_the_rules(memory, signing(made_up(memory)))
    answer = ask(memory)
    assert words in failed(answer)["signatures"]
    assert words not in failed(gate(memory)).get("record", "")


def made_up_elsewhere(event: ReviewEvent) -> ReviewEvent:
    return replace(event, run_id="b" * 32)


def test_a_signature_that_does_not_fit_is_told_even_where_none_is_demanded(memory: Registry) -> None:
    as_(memory, "carol").withdraw(RUN, CAROL, approval=True)
    write_past_the_rules(memory, replace(made_up(memory), signature=sign(made_up(memory), KEYS["carol"]).signature))
    assert "it was altered, copied or forged" in failed(ask(memory, BARE))["record"]


@pytest.mark.parametrize("change", ["actor", "digest", "seq", "time", "experiment", "kind"])
def test_the_signature_binds_everything(memory: Registry, change: str) -> None:
    event = next(one for one in events_of(memory.tags, RUN, "1")[0] if one.kind == "approved")
    other = new_event_id()
    changed = {
        "actor": replace(event, actor=Actor("bob ")),
        "digest": replace(event, digest="0" * 64),
        "seq": replace(event, seq=9),
        "time": replace(event, event_id=other, at=time_of(other)),
        "experiment": replace(event, experiment_id="2"),
        "kind": replace(event, kind="withdrawn"),
    }[change]
    check = verifier(TRUSTED, LED)
    assert check(event).valid
    assert (check(changed).valid, check(changed).forged) == (False, True)


def test_decisions_replayed_on_another_run_with_claims_that_fit_are_noticed(memory: Registry) -> None:
    other = Registry()
    other.record_manifest()
    events, _ = events_of(memory.tags, RUN, "1")
    for event in sorted(events, key=lambda one: one.seq or 0):
        copied = replace(event, experiment_id="2")
        other.params[seq_param(copied.seq or 0)] = claim_value(copied)
        other.tags[names.EVENT_TAG_PREFIX + copied.event_id] = encode(copied)
    run = other.run
    other.run = lambda run_id: replace(run(run_id), experiment_id="2")  # type: ignore[method-assign]
    assert gate(other).passed, "without signatures a copy that fits its claims looks like a review"
    answer = ask(other)
    assert "has a signature that does not fit" in failed(answer)["signatures"]
    assert "has a signature that does not fit" in failed(answer)["record"]


def test_a_signed_decision_that_is_removed_leaves_its_number(memory: Registry) -> None:
    reviews = as_(memory, "bob")
    reviews.request_changes(RUN, BOB, "no")
    key = next(key for key, text in memory.tags.items() if '"changes_requested"' in text and "event." in key)
    del memory.tags[key]
    assert "Decision 4 (changes requested, by bob) is missing" in failed(ask(memory))["record"]


def test_a_rollback_rests_on_a_signed_record_alone(memory: Registry) -> None:
    strict = SIGNED.model_copy(update={"minimum": {"val_AUROC": 0.99}})
    as_(memory, None).record(RUN, Actor("dan"), PromoteBody("production", passed=True))
    assert "minimum:val_AUROC" in failed(ask(memory, strict))
    as_(memory, "dan").record(RUN, Actor("dan"), PromoteBody("production", passed=True))
    assert ask(memory, strict).passed


def test_a_key_signs_for_its_person_under_any_of_their_names_and_for_nobody_else(tmp_path: Path) -> None:
    team = People((PersonEntry("bob", "Bob Builder", ("bob@example.com",), ("bb7",)),))
    made = new_key(tmp_path / "keys", "bob")
    assert signer(tmp_path / "keys", "bb7", team) is not None
    assert signer(tmp_path / "keys", "carol", team) is None
    assert [one.key_id for one in own_keys(tmp_path / "keys")] == [made.key_id]
    assert parse_line(made.line) == made


@pytest.mark.skipif(os.name != "posix", reason="modes of files are those of POSIX")
def test_a_private_key_is_for_its_owner_alone_and_refused_otherwise(tmp_path: Path) -> None:
    made = new_key(tmp_path / "keys", "bob")
    file = tmp_path / "keys" / f"{made.key_id}.pem"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    file.chmod(0o644)
    with pytest.raises(BadInputError, match="Others can read the private key"):
        signer(tmp_path / "keys", "bob", LED)


def test_a_signed_event_is_read_back_with_its_signature(memory: Registry) -> None:
    found = [json.loads(text) for key, text in memory.tags.items() if key.startswith(names.EVENT_TAG_PREFIX)]
    assert all({"key", "value"} == one["signature"].keys() for one in found)
