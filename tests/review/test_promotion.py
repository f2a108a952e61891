"""Promoting over a store in memory: exactly what was checked is moved, and everything is on record."""

from dataclasses import replace
from typing import Any

import pytest

from mlreview import names
from mlreview.errors import BadInputError, WriteError
from mlreview.policy import Policy
from mlreview.review.bodies import OverrideBody, PromoteBody
from mlreview.review.events import Actor, new_event_id
from mlreview.review.gate import Demands
from mlreview.review.promotion import Promotion, Target, Wish, promote
from tests.review.memory import RUN, reviews_of
from tests.review.registry import BARE, BOB, CAROL, LED, MODEL, Registry, approved, gate
from tests.tables import run_table, text_column

CHAMPION = Target(alias="champion")
VERSION = f"models:/{MODEL}/7"


@pytest.fixture
def memory() -> Registry:
    return approved(Registry())


def promoted(memory: Registry, wish: Wish, policy: Policy = BARE) -> Promotion:
    store: Any = memory
    return promote(store, store, reviews_of(memory, LED), LED, Actor("dan"), wish, Demands(policy))


def events(memory: Registry) -> list[Any]:
    found = [one for one in reviews_of(memory, LED).read(RUN).events if one.kind in ("promoted", "override")]
    return sorted(found, key=lambda one: one.seq or 0)


def test_the_alias_is_moved_and_who_what_when_why_and_from_are_on_record(memory: Registry) -> None:
    done = promoted(memory, Wish(VERSION, CHAMPION, "better AUROC"))
    assert (done.promoted, done.replaced, done.to) == (True, "3", f"models:/{MODEL}@champion")
    assert memory.read_alias(MODEL, "champion") == "7"
    (event,) = events(memory)
    assert event.body == PromoteBody(f"models:/{MODEL}@champion", "7", "3", "better AUROC", passed=True)
    assert (event.actor.name, event.event_id) == ("dan", done.event_id)
    assert gate(memory, f"models:/{MODEL}@champion").passed


def test_what_does_not_pass_is_not_moved_and_leaves_no_record(memory: Registry) -> None:
    memory.metrics["val_AUROC"] = 0.5
    done = promoted(memory, Wish(VERSION, CHAMPION))
    assert not done.promoted
    assert memory.read_alias(MODEL, "champion") == "3"
    assert events(memory) == []


def test_an_advisory_policy_moves_and_records_that_it_did_not_pass(memory: Registry) -> None:
    memory.metrics["val_AUROC"] = 0.5
    done = promoted(memory, Wish(VERSION, CHAMPION), BARE.model_copy(update={"enforce": False}))
    assert done.promoted
    assert events(memory)[0].body.passed is False


def test_an_override_is_on_record_with_its_reason_before_anything_is_moved(memory: Registry) -> None:
    memory.metrics["val_AUROC"] = 0.5
    seen = []
    memory.step = lambda what: seen.append((what, len(events(memory)))) if what == "alias" else None
    done = promoted(memory, Wish(VERSION, CHAMPION, override="the old one leaks memory"))
    assert done.promoted
    assert seen == [("alias", 1)]
    override, deployment = events(memory)
    assert override.body == OverrideBody("the old one leaks memory", ("approvals", "reviewers"))
    assert deployment.body.passed is False
    assert not gate(memory, f"models:/{MODEL}@champion").passed, "an override is no approval"


def test_an_override_that_was_not_needed_is_none(memory: Registry) -> None:
    assert promoted(memory, Wish(VERSION, CHAMPION, override="just in case")).override == ""
    assert [one.kind for one in events(memory)] == ["promoted"]


def test_an_alias_that_somebody_moves_between_check_and_promotion_is_left_alone(memory: Registry) -> None:
    reads = []

    def interfere(what: str) -> None:
        if what == "registry" and not reads:
            reads.append(what)
        elif what == "read" and reads == ["registry"]:
            reads.append("moved")
            memory.versions.append(replace(memory.versions[1], version="5", aliases=()))
            memory.set_alias(MODEL, "champion", "5")

    memory.step = interfere
    done = promoted(memory, Wish(VERSION, CHAMPION))
    assert done.problem == "Somebody moved champion from v3 to v5 while this was checked. Nothing was moved."
    assert memory.read_alias(MODEL, "champion") == "5"
    assert events(memory) == []


def test_an_alias_that_names_the_subject_is_pinned_to_what_was_checked(memory: Registry) -> None:
    def interfere(what: str) -> None:
        if what == "read" and memory.read_alias(MODEL, "challenger") == "7":
            memory.set_alias(MODEL, "challenger", "3")

    memory.step = interfere
    done = promoted(memory, Wish(f"models:/{MODEL}@challenger", CHAMPION))
    assert done.promoted
    assert memory.read_alias(MODEL, "challenger") == "3"
    assert memory.read_alias(MODEL, "champion") == "7"


def test_a_run_that_changes_between_check_and_promotion_is_not_moved(memory: Registry) -> None:
    reads = []

    def interfere(what: str) -> None:
        if what == "read":
            reads.append(what)
            if len(reads) == 2:
                memory.params["units"] = "64"

    memory.step = interfere
    done = promoted(memory, Wish(VERSION, CHAMPION))
    assert "parameter units 32 → 64. Nothing was moved." in done.problem
    assert memory.read_alias(MODEL, "champion") == "3"


def test_without_a_registry_the_deployment_is_on_record_and_the_run_is_the_baseline(memory: Registry) -> None:
    memory.runs = lambda query: _table(memory)  # type: ignore[attr-defined]
    done = promoted(memory, Wish(RUN, Target(environment="production"), "first"))
    assert (done.promoted, done.to, done.replaced) == (True, "production", "")
    assert memory.tags[names.DEPLOYED_TO_TAG] == "production"
    assert memory.tags[names.DEPLOYED_AT_TAG].endswith("Z")
    assert promoted(memory, Wish(RUN, Target(environment="production"))).replaced == RUN


def _table(memory: Registry) -> Any:
    tags = {key: [memory.tags.get(key)] for key in (names.DEPLOYED_TO_TAG, names.DEPLOYED_AT_TAG)}
    return replace(run_table(1, tags=tags), run_ids=text_column([RUN]))


def test_a_rollback_passes_although_the_policy_became_stricter(memory: Registry) -> None:
    assert promoted(memory, Wish(VERSION, CHAMPION)).promoted
    memory.set_alias(MODEL, "champion", "3")
    strict = BARE.model_copy(update={"minimum": {"val_AUROC": 0.99}})
    done = promoted(memory, Wish(VERSION, CHAMPION, "the new one drifts"), strict)
    assert done.promoted
    assert done.answer.rollback is not None
    memory.metrics["val_AUROC"] = 0.98
    assert not promoted(memory, Wish(VERSION, CHAMPION), strict).promoted


def test_a_promotion_sent_again_with_its_id_is_one_and_an_override_too(memory: Registry) -> None:
    memory.metrics["val_AUROC"] = 0.5
    event_id = new_event_id()
    wish = Wish(VERSION, CHAMPION, override="needed now", event_id=event_id)
    failing = [True]

    def fail(what: str) -> None:
        if what == "set tag" and failing and memory.read_alias(MODEL, "champion") == "7":
            failing.clear()
            raise WriteError("The connection was cut.")

    memory.step = fail
    with pytest.raises(
        WriteError, match=f"models:/{MODEL}@champion points at version 7 now, but that is not on record"
    ):
        promoted(memory, wish)
    assert promoted(memory, wish).override
    promoted(memory, wish)
    assert [one.kind for one in events(memory)] == ["override", "promoted"]
    assert memory.read_alias(MODEL, "champion") == "7"


def test_a_decision_is_told_to_the_registered_versions_and_a_dead_registry_holds_nothing_up(memory: Registry) -> None:
    assert memory.versions[0].tags[names.REVIEW_STATE_TAG] == "approved"
    assert names.REVIEW_STATE_TAG not in memory.versions[1].tags
    reviews_of(memory, LED).request_changes(RUN, BOB, "no")
    assert memory.versions[0].tags[names.REVIEW_STATE_TAG] == "changes_requested"

    def dead(what: str) -> None:
        if what == "registry":
            raise WriteError("The registry is down.")

    memory.step = dead
    assert reviews_of(memory, LED).withdraw(RUN, CAROL, approval=True).state == "changes_requested"


@pytest.mark.parametrize(
    ("subject", "target"),
    [(RUN, CHAMPION), (RUN, Target()), (RUN, Target(environment="models:/x@y")), (VERSION, Target(environment=" "))],
)
def test_what_can_not_be_deployed_there_is_refused(memory: Registry, subject: str, target: Target) -> None:
    with pytest.raises(BadInputError):
        promoted(memory, Wish(subject, target))
