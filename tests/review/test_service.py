"""A review from its first link to its decision, over a store in memory; test_stores.py does it over real ones."""

import json

import pytest

from mlreview import names
from mlreview.errors import BadInputError, WriteError
from mlreview.review.bodies import Anchor, BaselineRef, Comment
from mlreview.review.events import Actor, new_event_id, time_of
from mlreview.review.people import People, PersonEntry
from mlreview.review.report import review_report
from mlreview.review.rules import RefusedError
from mlreview.review.service import Reviews
from tests.review.memory import RUN, Memory, reviews_of

ADA, BOB, CAROL, DAN = Actor("ada"), Actor("bob"), Actor("carol"), Actor("dan")
LED = People(leads=("dan",))


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture
def reviews(memory: Memory) -> Reviews:
    return reviews_of(memory, LED)


def asked(reviews: Reviews) -> None:
    reviews.request(RUN, ADA, "bob", "carol", due="2026-12-01", question="Is the split right?")


def test_a_review_goes_from_draft_to_approved(reviews: Reviews, memory: Memory) -> None:
    assert reviews.read(RUN).state == "none"
    assert reviews.draft(RUN, ADA).state == "draft"
    baseline = BaselineRef("b" * 32, "8d", "deployed", "deployed as champion, v1 of sports")
    review = reviews.request(RUN, ADA, "bob", "carol", baseline=baseline)
    assert (review.state, review.round, review.waiting_for) == ("in_review", 1, ("bob", "carol"))
    assert review.request.body.baseline == baseline
    assert reviews.approve(RUN, BOB).waiting_for == ("carol",)
    review = reviews.approve(RUN, CAROL, follow_ups=(Comment("watch the drift", "follow_up", owner="ada"),))
    assert review.state == "approved"
    assert [one.role for one in review.votes] == ["primary", "secondary"]
    assert [(one.owner, one.text) for one in review.open_follow_ups] == [("ada", "watch the drift")]
    assert memory.tags[names.REVIEW_STATE_TAG] == "approved"
    assert memory.tags[names.DECIDED_AT_TAG].endswith("Z")


def test_a_request_for_changes_holds_until_that_reviewer_lifts_it(reviews: Reviews) -> None:
    asked(reviews)
    reviews.approve(RUN, BOB)
    held = reviews.request_changes(RUN, CAROL, "the split leaks")
    assert held.state == "changes_requested"
    with pytest.raises(RefusedError, match="asked for changes"):
        reviews.approve(RUN, CAROL)
    with pytest.raises(RefusedError, match="Only carol"):
        reviews.lift(RUN, BOB, [held.open_holds[0].hold_id], "fine by me")
    assert reviews.withdraw(RUN, ADA).state == "withdrawn"
    assert reviews.request(RUN, ADA, "bob", "carol").state == "changes_requested"
    assert reviews.lift(RUN, CAROL, [held.open_holds[0].hold_id]).state == "in_review"


def test_the_lead_lifts_an_absent_reviewers_hold_with_a_reason_and_not_without(reviews: Reviews) -> None:
    asked(reviews)
    held = reviews.request_changes(RUN, CAROL, "the split leaks").open_holds[0].hold_id
    with pytest.raises(RefusedError, match="reason"):
        reviews.lift(RUN, DAN, [held])
    review = reviews.lift(RUN, DAN, [held], "Carol is away; the split was checked by Bob")
    assert review.state == "in_review"
    assert review.holds[0].lifted_by == DAN


def test_an_approval_that_lifts_the_approvers_own_hold_says_so(reviews: Reviews) -> None:
    asked(reviews)
    held = reviews.request_changes(RUN, BOB, "no").open_holds[0].hold_id
    assert reviews.approve(RUN, BOB, lifts=[held]).state == "in_review"
    assert reviews.approve(RUN, CAROL).state == "approved"


@pytest.mark.parametrize(
    "name", ["ada", "Ada Lovelace", "ADA@example.com", "lovelace,  ada", "\uff21\uff44\uff41", "\u0430da", "a\u200bda"]
)
def test_nobody_approves_a_run_of_their_own_under_another_spelling(reviews: Reviews, name: str) -> None:
    reviews.request(RUN, CAROL, "bob")
    with pytest.raises(RefusedError, match="can't approve"):
        reviews.approve(RUN, Actor(name))
    with pytest.raises(RefusedError, match="can't review"):
        reviews.request(RUN, CAROL, name)


def test_people_join_a_login_that_is_spelt_quite_differently(memory: Memory) -> None:
    team = People((PersonEntry("ada", "Ada Lovelace", ("ada@example.com",), ("countess7",)),))
    reviews = reviews_of(memory, team)
    reviews.request(RUN, CAROL, "bob")
    with pytest.raises(RefusedError, match="can't approve"):
        reviews.approve(RUN, Actor("countess7"))


@pytest.mark.parametrize("name", ["root", "ci", "github-actions[bot]", "runner", "Jenkins", "ubuntu"])
def test_an_account_that_many_share_decides_nothing_and_may_comment(reviews: Reviews, name: str) -> None:
    asked(reviews)
    with pytest.raises(RefusedError, match="could be anybody"):
        reviews.approve(RUN, Actor(name))
    with pytest.raises(RefusedError, match="could be anybody"):
        reviews.request(RUN, Actor(name), "bob")
    assert reviews.comment(RUN, Actor(name), "hello").threads[0].actor.name == name


@pytest.mark.parametrize(("status", "said"), [("RUNNING", "training"), ("FAILED", "failed"), ("KILLED", "killed")])
def test_a_run_that_is_not_finished_is_not_approved(reviews: Reviews, memory: Memory, status: str, said: str) -> None:
    asked(reviews)
    memory.status = status
    with pytest.raises(RefusedError, match=said):
        reviews.approve(RUN, BOB)


def test_a_deleted_run_is_not_approved(reviews: Reviews, memory: Memory) -> None:
    asked(reviews)
    memory.lifecycle = "deleted"
    with pytest.raises(RefusedError, match="deleted"):
        reviews.approve(RUN, BOB)


def test_questions_are_open_until_they_end_as_an_answer_a_follow_up_or_a_change(reviews: Reviews) -> None:
    asked(reviews)
    held = [Comment(f"question {n}", "question", Anchor("metric", "val_AUROC")) for n in range(3)]
    review = reviews.comments(RUN, BOB, held)
    first, second, third = (one.comment_id for one in review.open_questions)
    reviews.comment(RUN, CAROL, "I wonder too", reply_to=first)
    with pytest.raises(RefusedError, match="open until it is answered"):
        reviews.resolve(RUN, ADA, first)
    assert len(reviews.answer(RUN, ADA, first, "Because.").open_questions) == 2
    reviews.answer(RUN, BOB, second, "Look at drift", outcome="follow_up", owner="ada")
    review = reviews.answer(RUN, BOB, third, "Fix it", outcome="required_change")
    assert review.open_questions == ()
    assert review.state == "changes_requested"
    assert [(one.text, one.owner) for one in review.open_follow_ups] == [("Look at drift", "ada")]
    assert review.threads[0].replies[0].text == "I wonder too"
    done = reviews.resolve(RUN, ADA, review.open_follow_ups[0].follow_up_id, "done")
    assert done.open_follow_ups == ()
    with pytest.raises(RefusedError, match="Only bob"):
        reviews.resolve(RUN, ADA, review.open_holds[0].hold_id, "done")
    assert reviews.resolve(RUN, BOB, review.open_holds[0].hold_id, "seen").state == "in_review"


def change_param(memory: Memory) -> None:
    memory.params["units"] = "64"


def change_metric(memory: Memory) -> None:
    memory.metrics["val_AUROC"] = 0.921


def change_byte(memory: Memory) -> None:
    memory.model["data/model.keras"] = b"weightz"


def change_commit(memory: Memory) -> None:
    memory.tags[names.GIT_COMMIT] = "d" * 40


def change_patch(memory: Memory) -> None:
    memory.files["mlreview/uncommitted.patch"] = b"+1"


def change_data(memory: Memory) -> None:
    memory.datasets = ()


def nothing_that_counts(memory: Memory) -> None:
    memory.tags["stage"] = "staging"
    memory.tags[names.NOTE_TAG] = "another note"
    memory.metrics["shadow_AUROC"] = 0.5
    memory.params["mlreview.anything"] = "x"
    memory.files["mlreview/notes/x.md"] = b"note"


CHANGES = [
    (change_param, "parameter units 32 → 64"),
    (change_metric, "val_AUROC 0.917 → 0.921"),
    (change_byte, "model file model/data/model.keras has other bytes, of the same length"),
    (change_commit, "code commit cccc"),
    (change_patch, "uncommitted code uncommitted.patch was added"),
    (change_data, "data posts (train) is gone"),
    (nothing_that_counts, ""),
]


@pytest.mark.parametrize("artifacts", [True, False], ids=["artifacts", "tags"])
@pytest.mark.parametrize(("change", "said"), CHANGES, ids=[one.__name__ for one, _ in CHANGES])
def test_an_approval_is_outdated_by_content_alone_and_says_by_what(artifacts: bool, change, said: str) -> None:
    memory = Memory(artifacts=artifacts)
    reviews = reviews_of(memory)
    asked(reviews)
    reviews.approve(RUN, BOB)
    assert reviews.approve(RUN, CAROL).state == "approved"
    change(memory)
    review = reviews_of(memory).read(RUN)
    assert review.state == ("outdated" if said else "approved")
    assert len(review.votes) == 2
    assert said in review.votes[0].comparison.describe()
    if not said:
        assert review.votes[0].comparison.added == ("shadow_AUROC",)


def test_what_changed_is_named_by_section_where_the_content_could_not_be_kept() -> None:
    memory = Memory(artifacts=False)
    memory.params |= {f"p{n}": "x" * 6000 for n in range(30)}
    reviews = reviews_of(memory)
    reviews.request(RUN, CAROL, "bob")
    reviews.approve(RUN, BOB)
    memory.metrics["val_AUROC"] = 0.921
    assert [one.comparison.describe() for one in reviews_of(memory).read(RUN).votes] == ["metrics changed"]


def test_a_content_that_was_altered_does_not_count(reviews: Reviews, memory: Memory) -> None:
    reviews.request(RUN, CAROL, "bob")
    review = reviews.approve(RUN, BOB)
    memory.metrics["val_AUROC"] = 0.921
    memory.files[review.content.path] = memory.files[review.content.path].replace(b"0.917", b"0.921")
    assert reviews_of(memory).read(RUN).state == "outdated"


def test_a_folder_too_deep_to_be_looked_into_is_said_not_to_be_compared(reviews: Reviews, memory: Memory) -> None:
    for files, top in ((memory.model, "code"), (memory.files, names.CODE_FOLDER)):
        files[f"{top}/1/2/3/4/5/6/7/8/9/10/deep.py"] = b"1"
    reviews.request(RUN, ADA, "bob")
    review = reviews.approve(RUN, BOB)
    unseen = ("1 uncommitted code by size alone", "1 model file by size alone")
    comparison = review.votes[0].comparison
    assert (review.state, comparison.changed, comparison.unverified) == ("approved", (), unseen)
    memory.metrics["shadow"] = 1.0
    assert reviews.read(RUN).votes[0].comparison.unverified == unseen


def test_what_changed_while_the_reviewer_looked_at_it_is_not_approved(reviews: Reviews, memory: Memory) -> None:
    asked(reviews)
    seen = reviews.read(RUN).digest
    memory.metrics["val_AUROC"] = 0.921
    with pytest.raises(RefusedError, match="changed since you looked"):
        reviews.approve(RUN, BOB, seen=seen)


def test_a_retry_with_the_same_id_is_the_same_event(reviews: Reviews, memory: Memory) -> None:
    asked(reviews)
    one, other = new_event_id(), new_event_id()
    for _ in range(3):
        reviews.approve(RUN, BOB, "fine", event_id=one)
        reviews.comment(RUN, BOB, "hello", event_id=other)
    review = reviews.read(RUN)
    assert len(review.events) == 3
    assert [key for key in memory.params if key.startswith("mlreview.seq.")] == ["mlreview.seq.1", "mlreview.seq.2"]
    with pytest.raises(WriteError, match="another event"):
        reviews.comment(RUN, BOB, "other words", event_id=other)


def test_a_decision_that_died_after_its_claim_is_finished_by_a_retry(memory: Memory) -> None:
    reviews = reviews_of(memory)
    asked(reviews)

    class Dead(BaseException):
        pass

    def die(step: str) -> None:
        if step == "set tag":
            raise Dead

    one = new_event_id()
    memory.step = die
    with pytest.raises(Dead):
        reviews.request_changes(RUN, BOB, "no", event_id=one)
    memory.step = lambda _: None
    review = reviews.read(RUN)
    assert review.state == "changes_requested"  # its claim says so
    assert review.gaps[0].describe() == "Decision 2 (changes requested, by bob) is missing"
    memory.metrics["val_AUROC"] = 0.5  # it was decided on what the run held then
    review = reviews.request_changes(RUN, BOB, "no", event_id=one)
    assert (review.gaps, [hold.text for hold in review.open_holds]) == ((), ["no"])


def test_a_removed_decision_is_missed_and_a_removed_hold_still_holds(reviews: Reviews, memory: Memory) -> None:
    asked(reviews)
    reviews.approve(RUN, BOB)
    held = reviews.request_changes(RUN, CAROL, "leaks").events[-1].event_id
    del memory.tags[names.EVENT_TAG_PREFIX + held]
    review = reviews.read(RUN)
    assert review.state == "changes_requested"
    assert [gap.seq for gap in review.gaps] == [3]
    assert reviews.lift(RUN, CAROL, [held]).state == "in_review"


@pytest.mark.parametrize(
    ("alter", "said"),
    [
        (lambda text: text.replace('"bob"', '"eve"'), "altered or forged"),
        (lambda text: text.replace('"seq":2', '"seq":9'), "never claimed"),
        (lambda text: text.replace('"version":1', '"version":7'), "newer mlreview"),
        (lambda text: text.replace('"kind":"approved"', '"kind":"blessed"'), "not known here"),
        (lambda text: text[:40], "not JSON"),
        (lambda _: "[]", "not an event"),
        (lambda text: text.replace(RUN, "b" * 32), "another run"),
    ],
)
def test_a_broken_event_is_shown_and_never_counts(reviews: Reviews, memory: Memory, alter, said: str) -> None:
    reviews.request(RUN, CAROL, "bob")
    key = names.EVENT_TAG_PREFIX + reviews.approve(RUN, BOB).events[-1].event_id
    memory.tags[key] = alter(memory.tags[key])
    review = reviews.read(RUN)
    assert (review.state, review.votes) == ("in_review", ())
    assert [(one.key, said in one.reason) for one in review.broken] == [(key, True)]


def test_a_page_that_refreshes_sees_what_was_said_and_logged_and_reads_no_file(
    reviews: Reviews, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    reviews.request(RUN, ADA, "bob")
    earlier = reviews.approve(RUN, BOB).content
    reviews.comment(RUN, CAROL, "Is the split right?", kind="question")
    for name in ("artifacts", "read_artifact", "model_artifacts", "read_model_artifact"):
        monkeypatch.delattr(Memory, name)  # whoever reads a file fails
    run, review = reviews.look_again(RUN, earlier)
    assert (review.state, len(review.open_questions), review.digest) == ("approved", 1, earlier.digest)
    assert run.tags == memory.tags
    memory.metrics["val_AUROC"] = 0.5
    assert reviews.look_again(RUN, earlier)[1].state == "outdated"
    assert reviews.look_again(RUN, None)[1].state == "approved"  # nobody has looked


def test_a_time_that_no_calendar_has_is_broken_or_refused_and_hides_nothing_else(
    reviews: Reviews, memory: Memory
) -> None:
    asked(reviews)
    far, made = "7" + "Z" * 25, new_event_id()
    reviews.comment(RUN, BOB, "Why so *deep*?", event_id=made)
    text = memory.tags[names.EVENT_TAG_PREFIX + made].replace(made, far)
    text = text.replace(f'"at":{time_of(made)}', f'"at":{time_of(far)}')
    memory.tags[names.EVENT_TAG_PREFIX + far] = text
    review = reviews.read(RUN)
    assert [(one.key, one.reason) for one in review.broken] == [
        (names.EVENT_TAG_PREFIX + far, "its time is beyond the year 2100")
    ]
    assert [one["text"] for one in review_report(review)["threads"]] == ["Why so *deep*?"]
    with pytest.raises(BadInputError, match="beyond the year 2100"):
        reviews.approve(RUN, BOB, event_id=far)
    for meeting, minutes in ((10**17, 30), (-1, 30), (1, 10**13)):
        with pytest.raises(BadInputError, match="does not fit"):
            reviews.request(RUN, ADA, "bob", meeting=meeting, minutes=minutes)


def test_a_forged_approval_by_the_author_is_shown_and_does_not_count(reviews: Reviews, memory: Memory) -> None:
    """Somebody who writes tags and params past the rules, as MLflow's own client lets them."""
    reviews.request(RUN, CAROL, "bob")
    careless = reviews_of(memory)
    memory.tags[names.GIT_AUTHOR] = "somebody else"
    careless.approve(RUN, BOB)
    memory.tags[names.GIT_AUTHOR] = "Bob <bob@example.com>"
    review = reviews.read(RUN)
    assert review.state == "in_review"
    assert [(one.counts, one.why_not) for one in review.votes] == [(False, "nobody approves a run of their own")]


def test_an_event_that_is_too_long_is_refused_before_a_number_is_claimed(reviews: Reviews, memory: Memory) -> None:
    asked(reviews)
    with pytest.raises(BadInputError, match="too long"):
        reviews.approve(RUN, BOB, "x" * 7_450)
    with pytest.raises(BadInputError, match="NUL"):
        reviews.comment(RUN, BOB, "a\0b")
    with pytest.raises(BadInputError, match="does not fit"):
        reviews.comment(RUN, BOB, "a\ud83d")
    assert [key for key in memory.params if key.startswith("mlreview.seq.")] == ["mlreview.seq.1"]


def test_rescheduling_is_the_same_round_and_a_request_after_approval_a_new_one(reviews: Reviews) -> None:
    asked(reviews)
    review = reviews.request(RUN, ADA, "bob", "carol", meeting=1_800_000_000_000)
    assert (review.round, review.request.sequence) == (1, 1)
    reviews.approve(RUN, BOB)
    reviews.approve(RUN, CAROL)
    review = reviews.request(RUN, ADA, "bob")
    assert (review.round, review.request.sequence, review.state, len(review.past_votes)) == (2, 0, "in_review", 2)


def test_an_approval_of_somebody_who_was_not_asked_is_shown_and_is_not_enough(reviews: Reviews) -> None:
    reviews.request(RUN, ADA, "bob")
    review = reviews.approve(RUN, CAROL)
    assert (review.state, review.votes[0].why_not) == ("in_review", "was not asked to review")


def test_an_approval_can_be_taken_back(reviews: Reviews) -> None:
    reviews.request(RUN, ADA, "bob")
    assert reviews.approve(RUN, BOB).state == "approved"
    review = reviews.withdraw(RUN, BOB, approval=True)
    assert (review.state, review.votes, len(review.past_votes)) == ("in_review", (), 1)
    with pytest.raises(RefusedError, match="Only an author"):
        reviews.withdraw(RUN, BOB)


def test_the_tags_for_tables_are_checked_and_rebuilt(reviews: Reviews, memory: Memory) -> None:
    asked(reviews)
    assert reviews.rebuild(RUN)[1] == {}
    memory.tags[names.REVIEW_STATE_TAG] = "approved"
    assert reviews.rebuild(RUN)[1] == {names.REVIEW_STATE_TAG: ("approved", "in_review")}
    reviews.rebuild(RUN, repair=True)
    assert memory.tags[names.REVIEW_STATE_TAG] == "in_review"
    assert json.loads(memory.tags["mlreview.state.queue"])["waiting_for"] == ["bob", "carol"]


def test_a_number_that_somebody_claimed_with_anything_else_holds_until_the_lead_lifts_it(
    reviews: Reviews, memory: Memory
) -> None:
    asked(reviews)
    memory.params["mlreview.seq.2"] = "mine"
    assert reviews.read(RUN).state == "changes_requested"
    assert reviews.lift(RUN, DAN, ["seq.2"], "somebody logged that by hand").state == "in_review"
    assert reviews.approve(RUN, BOB).next_seq == 5
