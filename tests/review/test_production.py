"""What is deployed, as values: places, whether a review holds, how things came there."""

from dataclasses import replace

import numpy as np
import pytest

from mlreview import names
from mlreview.entities import ModelVersion, Run
from mlreview.review.bodies import Anchor, OverrideBody, PromoteBody, RequestBody
from mlreview.review.content import Change, Comparison, Content
from mlreview.review.events import Actor, ReviewEvent
from mlreview.review.people import Identity
from mlreview.review.production import (
    Deployed,
    Place,
    Standing,
    history,
    places,
    rival_of,
    sorted_deployments,
    standing_of,
)
from mlreview.review.results import Gap, Hold, Ignored, Request, Review, Vote
from tests.tables import run_table

BOB = Actor("Bob", via="cli")
RUN = Run("a" * 32, "1", "32d", "ada", "FINISHED", "active", 1, 2, None, {}, {}, {})
REVIEW = Review(RUN.run_id, "1", "none")
ALIAS = Place("alias", "champion", "sports", None, RUN.run_id)


def version(number: int, *aliases: str, model: str = "sports", run: str | None = None, made: int | None = None):
    run_id = run if run is not None else f"{number:032x}"
    return ModelVersion(model, str(number), run_id, "", "READY", made or number * 100, aliases=aliases)


def promoted(run_id: str, at: int, to: str, number: str = "", replaced: str = "", seq: int = 1) -> ReviewEvent:
    body = PromoteBody(to, version=number, replaced=replaced, text="because")
    return ReviewEvent(f"E{at}", "promoted", run_id, "1", at, BOB, body, seq=seq)


def reviewed(run_id: str, *events: ReviewEvent) -> Review:
    return Review(run_id, "1", "none", events=events)


def vote(**changes) -> Vote:
    made = Vote(Identity("name:bob", "Bob"), BOB, "E1", 1, 1, "primary", "", "", counts=True, comparison=Comparison())
    return replace(made, **changes)


def test_every_alias_every_model_without_one_and_every_environment_is_a_place():
    table = run_table(3, tags={
        names.DEPLOYED_TO_TAG: ["production", "production", "models:/sports@champion"],
        names.DEPLOYED_AT_TAG: ["2026-01-01T00:00:00Z", "2026-02-01T00:00:00.000Z", "rubbish"],
    })  # fmt: skip
    versions = [version(3, "champion", "challenger"), version(2), version(2, model="idle"), version(10, model="idle")]
    found = {(one.kind, one.model, one.name): one for one in places(versions, table)}
    assert set(found) == {
        ("alias", "sports", "champion"),
        ("alias", "sports", "challenger"),
        ("model", "idle", ""),
        ("environment", "", "production"),
    }
    assert found["environment", "", "production"].run_id == table.run_ids[1]
    assert found["environment", "", "production"].since == 1769904000000
    assert found["model", "idle", ""].version == versions[3]  # by number, not by text
    assert [one.name for one in found.values() if one.serves] == ["production", "champion"]


def test_an_empty_store_and_a_table_without_the_tags_have_no_places():
    assert places([], run_table(0)) == ()
    assert places([], run_table(2)) == ()


@pytest.mark.parametrize(
    ("review", "valid", "short", "reason"),
    [
        (REVIEW, False, "Never reviewed", "Nobody was asked"),
        (replace(REVIEW, state="draft"), False, "Never reviewed", "draft"),
        (replace(REVIEW, state="in_review", waiting_for=("Bob", "Carol")), False, "not finished", "Bob and Carol"),
        (replace(REVIEW, state="withdrawn"), False, "withdrawn", "was withdrawn"),
        (replace(REVIEW, state="in_review", run_problem="the run is deleted"), False, "Run deleted", "was deleted"),
        (
            replace(
                REVIEW,
                state="changes_requested",
                holds=(Hold("E1", Identity("", "Bob"), BOB, 1, 1, "no", Anchor()),),
            ),
            False,
            "Changes requested",
            "Bob asked for changes",
        ),
        (
            replace(
                REVIEW,
                state="outdated",
                votes=(vote(comparison=Comparison((Change("metrics", "val_AUROC", "0.917", "0.921"),))),),
            ),
            False,
            "outdated",
            "val_AUROC 0.917 → 0.921 after Bob approved",
        ),
        (
            replace(REVIEW, state="approved", votes=(vote(),), content=Content({})),
            True,
            "Valid review",
            "Approved by Bob, for what it holds now",
        ),
        (replace(REVIEW, state="approved", votes=(vote(),)), None, "as recorded", "was not looked at"),
        (
            replace(REVIEW, gaps=(Gap(1, None),)),
            False,
            "Never reviewed",
            "to review it. Besides, decision 1 is missing",
        ),
    ],
)
def test_only_an_approval_of_what_the_run_holds_now_is_a_valid_review(
    review: Review, valid: bool | None, short: str, reason: str
):
    found = standing_of(ALIAS, RUN, review)
    assert found.valid is valid
    assert short in found.short
    assert reason in found.reason


def test_a_version_without_a_run_and_a_run_that_is_gone_have_no_valid_review():
    assert standing_of(replace(ALIAS, run_id=None), None, None).valid is False
    gone = standing_of(ALIAS, None, None)
    assert (gone.valid, gone.short) == (False, "Run not found")
    assert standing_of(ALIAS, None, None, "not read").valid is None


def test_what_serves_without_a_valid_review_stands_on_top():
    def at(name: str, valid: bool | None, serves: bool = True, kind: str = "alias") -> Deployed:
        return Deployed(Place(kind, name, "m", serves=serves), Standing(valid, "", ""))  # type: ignore[arg-type]

    found = [at("b", True), at("d", False, serves=False), at("e", False, False, "model"), at("a", None), at("c", False)]
    assert [one.place.name for one in sorted_deployments(found)] == ["c", "a", "b", "d", "e"]


TO = "models:/sports@champion"


def test_a_move_that_nobody_recorded_lies_between_the_last_known_one_and_now():
    there = version(3, "champion", made=5_000)
    place = Place("alias", "champion", "sports", there, there.run_id)
    versions = [there, version(2), version(1)]
    runs = {one.version: one.run_id or "" for one in versions}
    first = reviewed(runs["2"], promoted(runs["2"], 4_000, TO, "2", replaced="1"))
    found = history(place, versions, [first], now=9_000)
    assert [(one.version, one.at, one.after, one.before) for one in found] == [
        ("3", None, 5_000, 9_000),  # not before the version was made
        ("2", 4_000, None, None),
        ("1", None, 100, 4_000),  # what the first recorded move says that it replaced
    ]
    assert found[1].actor == BOB
    assert found[1].text == "because"


def test_moves_that_are_all_on_record_leave_nothing_outside():
    there = version(2, "champion")
    place = Place("alias", "champion", "sports", there, there.run_id)
    one = reviewed("1".zfill(32), promoted("1".zfill(32), 1_000, TO, "1"))
    two = reviewed("2".zfill(32), promoted("2".zfill(32), 2_000, TO, "2", replaced="models:/sports/1"))
    elsewhere = reviewed("7".zfill(32), promoted("7".zfill(32), 1_500, "models:/sports@staging", "7"))
    found = history(place, [there, version(1)], [two, elsewhere, one], now=9_000)
    assert [(move.version, move.at) for move in found] == [("2", 2_000), ("1", 1_000)]


def test_a_move_between_two_recorded_ones_is_known_from_what_the_later_one_replaced():
    there = version(2, "champion")
    place = Place("alias", "champion", "sports", there, there.run_id)
    event = promoted(there.run_id or "", 1_000, TO, "2", seq=1)
    again = promoted(there.run_id or "", 3_000, TO, "2", replaced="3", seq=2)
    found = history(place, [there, version(3)], [reviewed(there.run_id or "", event, again)], now=9_000)
    assert [(one.version, one.at, one.after, one.before) for one in found] == [
        ("2", 3_000, None, None),
        ("3", None, 1_000, 3_000),
        ("2", 1_000, None, None),
    ]


def test_an_alias_that_nobody_promoted_was_set_after_its_version_was_made():
    there = version(1, "champion", made=500)
    place = Place("alias", "champion", "sports", there, there.run_id)
    (only,) = history(place, [there], [], now=9_000)
    assert (only.after, only.before, only.at) == (500, 9_000, None)


def test_an_environment_whose_tag_no_event_explains_was_recorded_outside_at_that_time():
    place = Place("environment", "production", run_id="b" * 32, since=7_000)
    (only,) = history(place, [], [], now=9_000)
    assert (only.run_id, only.after, only.before) == ("b" * 32, 7_000, 7_000)
    event = promoted("b" * 32, 7_000, "production")
    (told,) = history(place, [], [reviewed("b" * 32, event)], now=9_000)
    assert told.at == 7_000


def test_an_override_belongs_to_the_deployment_after_it_and_ignored_events_to_none():
    override = ReviewEvent("O", "override", RUN.run_id, "1", 1, BOB, OverrideBody("the shop is down"), seq=1)
    first, second = promoted(RUN.run_id, 2, TO, "1", seq=2), promoted(RUN.run_id, 3, TO, "1", seq=3)
    review = reviewed(RUN.run_id, override, first, second)
    assert [one.override for one in history(ALIAS, [], [review])][-2:] == ["", "the shop is down"]
    assert Deployed(ALIAS, Standing(False, "", ""), RUN, review).promotion == second
    without = replace(review, ignored=(Ignored(second, "why"),))
    assert Deployed(ALIAS, Standing(False, "", ""), RUN, without).override == "the shop is down"


def test_a_challenger_is_compared_with_the_champion_and_the_champion_with_the_version_before():
    champion, challenger, first = version(10, "champion"), version(11, "challenger"), version(9)
    versions = [challenger, champion, first]
    found = places(versions, run_table(0))
    assert rival_of(found[0], found, versions) == ("v9", first.run_id)
    assert rival_of(found[1], found, versions) == ("champion (v10)", champion.run_id)
    alone = places([first], run_table(0))
    assert rival_of(alone[0], alone, [first]) is None
    assert np.all([one.model == "sports" for one in found])


def test_a_request_alone_is_no_deployment():
    request = ReviewEvent("R", "requested", RUN.run_id, "1", 1, BOB, RequestBody("Bob"), seq=1)
    review = replace(reviewed(RUN.run_id, request), request=Request(RequestBody("Bob"), BOB, 1, "R", 1, 0, ""))
    assert Deployed(ALIAS, Standing(False, "", ""), RUN, review).promotion is None
