"""Any order of steps of people who act at the same moment, with some of them dying half way: played in memory."""

from typing import Any

import pytest

from mlreview.review.events import Actor, new_event_id
from mlreview.review.people import People
from mlreview.review.projection import tags_of
from mlreview.review.rules import RefusedError
from tests.notes.memory import Killed, Scheduler
from tests.review.memory import RUN, Memory, reviews_of

BOB, CAROL, EVE = Actor("bob"), Actor("carol"), Actor("eve")


@pytest.mark.parametrize("kills", [0, 1, 2])
@pytest.mark.parametrize("seed", range(25))
def test_the_block_wins_and_nothing_is_lost_or_doubled_whatever_the_order(seed: int, kills: int) -> None:
    memory = Memory()
    reviews_of(memory).request(RUN, Actor("ada"), "bob", "carol")
    scheduler = Scheduler(seed, kills)
    memory.step = scheduler.step
    ids = [new_event_id() for _ in range(4)]

    def approve(actor: Actor, event_id: str) -> Any:
        return lambda: reviews_of(memory).approve(RUN, actor, event_id=event_id)

    def comment(event_id: str) -> Any:
        return lambda: reviews_of(memory).comment(RUN, EVE, f"hello {event_id}", event_id=event_id)

    def block() -> Any:
        return reviews_of(memory).request_changes(RUN, Actor("dan"), "leaks", event_id=ids[2])

    # Bob presses twice: his page did not hear the answer to the first.
    workers = [approve(BOB, ids[0]), approve(BOB, ids[0]), approve(CAROL, ids[1]), block, comment(ids[3])]
    results = scheduler.run(workers)
    assert all(not isinstance(one, BaseException) or isinstance(one, Killed) for one in results), results
    memory.step = lambda _: None
    half = reviews_of(memory).read(RUN)
    if not isinstance(results[3], Killed):
        assert half.state == "changes_requested"
    assert half.broken == ()
    for one, worker in zip(results, workers, strict=True):
        if isinstance(one, Killed):
            worker()  # whoever died comes back, and sends the same again
    review = reviews_of(memory).read(RUN)
    assert review.state == "changes_requested"
    assert (review.gaps, review.ignored, review.broken) == ((), (), ())
    assert sorted(one.event_id for one in review.events[1:]) == sorted(ids)
    assert sorted(one.seq for one in review.events if one.seq) == [1, 2, 3, 4]
    assert {one.person.label for one in review.votes} == {"bob", "carol"}
    assert {key: memory.tags.get(key) for key in tags_of(review)} == tags_of(review)


def test_a_decision_that_loses_its_number_to_another_is_checked_again() -> None:
    memory = Memory()
    reviews_of(memory).request(RUN, Actor("ada"), "bob")
    other = reviews_of(memory, People())
    done = []

    def meanwhile(step: str) -> None:
        if step == "claim" and not done:
            done.append(step)
            other.withdraw(RUN, Actor("ada"))

    memory.step = meanwhile
    with pytest.raises(RefusedError, match="withdrawn"):
        reviews_of(memory).approve(RUN, BOB)
    assert [one.kind for one in reviews_of(memory).read(RUN).events] == ["requested", "withdrawn"]
