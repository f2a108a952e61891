"""The queue is made of tags alone, and says what waits for whom."""

import numpy as np
import pytest

from mlreview import names
from mlreview.entities import ModelVersion, RunTable
from mlreview.review.bodies import Comment
from mlreview.review.events import Actor
from mlreview.review.people import People
from mlreview.review.queue import QUEUE_COLUMNS, QUEUE_TAG, carried_over, make_queue
from tests.review.memory import RUN, Memory, reviews_of
from tests.tables import run_table

ADA, BOB, CAROL = Actor("ada"), Actor("bob"), Actor("carol")


def in_review(memory: Memory) -> None:
    reviews_of(memory).request(RUN, ADA, "bob", "carol", due="2026-12-01")
    reviews_of(memory).comment(RUN, BOB, "why?", kind="question")


def half_approved(memory: Memory) -> None:
    in_review(memory)
    reviews_of(memory).approve(RUN, BOB)


def held(memory: Memory) -> None:
    in_review(memory)
    reviews_of(memory).request_changes(RUN, CAROL, "leaks")


def approved(memory: Memory) -> None:
    half_approved(memory)
    later = (Comment("watch the drift", "follow_up", owner="Ada"), Comment("new data", "follow_up", owner="bob"))
    reviews_of(memory).approve(RUN, CAROL, follow_ups=later)


def outdated(memory: Memory) -> None:
    approved(memory)
    memory.metrics["val_AUROC"] = 0.5
    reviews_of(memory).rebuild(RUN, repair=True)


def draft(memory: Memory) -> None:
    reviews_of(memory).draft(RUN, ADA)


def nothing(memory: Memory) -> None:
    assert names.REVIEW_STATE_TAG not in memory.tags


def broken(memory: Memory) -> None:
    memory.tags |= {names.REVIEW_STATE_TAG: "blessed"}


STORIES = (in_review, half_approved, held, approved, outdated, draft, nothing, broken)


def table() -> RunTable:
    columns: dict[str, list[str | None]] = {key: [] for key in QUEUE_COLUMNS}
    for story in STORIES:
        memory = Memory()
        story(memory)
        for key, column in columns.items():
            column.append(memory.tags.get(key))
    return run_table(len(STORIES), tags=columns, names=[one.__name__ for one in STORIES])


def groups(me: str | None) -> dict[str, set[str]]:
    return {group: {one.run_name for one in listed} for group, listed in make_queue(table(), me, People()).groups}


def test_reviews_stand_where_they_concern_who_looks() -> None:
    assert groups("bob") == {
        "waiting_for_me": {"in_review", "outdated"},
        "changes_requested": {"held"},
        "in_review": {"half_approved"},
        "drafts": {"draft"},
        "decided": {"approved"},
    }
    assert groups("Carol")["waiting_for_me"] == {"in_review", "half_approved", "outdated"}
    assert groups("ADA")["asked_by_me"] == {"in_review", "half_approved", "held", "outdated"}
    assert groups(None)["outdated"] == {"outdated"}


def test_follow_ups_are_listed_by_owner_however_the_name_is_spelt() -> None:
    queue = make_queue(table(), "bob", People())
    assert [(owner, [one.text for one in listed]) for owner, listed in queue.follow_ups] == [
        ("Ada", ["watch the drift"] * 2),
        ("bob", ["new data"] * 2),
    ]


def test_a_run_whose_tags_cannot_be_read_is_named() -> None:
    assert make_queue(table(), "bob", People()).unreadable == (f"run-{STORIES.index(broken)}",)


@pytest.mark.parametrize(
    "details",
    ['{"at":1e999}', '{"meeting":99999999999999999}', '{"questions":1e999}', '{"follow_ups":[["id"]]}', '{"at":-1}'],
)
def test_a_hostile_tag_takes_no_other_run_out_of_the_queue(details: str) -> None:
    here = table()
    here.tags[QUEUE_TAG][0] = details
    found = make_queue(here, "bob", People())
    assert "run-0" in found.unreadable
    assert [one.run_id for _, listed in found.groups for one in listed] != []


def test_follow_ups_are_carried_into_the_next_review_of_the_same_model() -> None:
    here = table()
    texts = [one.text for one in carried_over(here, "run-6", "1", None)]
    assert sorted(texts) == ["new data", "new data", "watch the drift", "watch the drift"]
    assert carried_over(here, "run-9", "2", None) == ()

    def version(name: str, run_id: str) -> ModelVersion:
        return ModelVersion(name, "1", run_id, "", "READY", 1)

    versions = [version("sports", "run-3"), version("sports", "run-9"), version("other", "run-4")]
    found = carried_over(here, "run-9", "2", versions)
    assert {one.run_id for one in found} == {"run-3"}
    assert len(found) == 2
    assert found[0].reference.startswith("run-3/")


def test_follow_ups_that_do_not_fit_into_a_tag_are_counted_and_the_tag_is_whole() -> None:
    memory = Memory()
    reviews = reviews_of(memory)
    reviews.request(RUN, ADA, "bob")
    for _ in range(4):
        reviews.comments(RUN, BOB, [Comment("x" * 200, "follow_up", owner="ada") for _ in range(25)])
    queue = make_queue(_one(memory), "bob", People())
    assert queue.unreadable == ()
    assert 30 < len(queue.follow_ups[0][1]) < 100


def _one(memory: Memory) -> RunTable:
    found = run_table(1, tags={key: [memory.tags.get(key)] for key in QUEUE_COLUMNS})
    assert np.all(found.run_ids == "run-0")
    return found
