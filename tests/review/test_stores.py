"""Reviews over real stores: SQLite, PostgreSQL, and ``mlflow server`` over both; many at once, killed and cut off."""

import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mlreview import names
from mlreview.review.bodies import Comment
from mlreview.review.events import Actor
from mlreview.review.service import Reviews
from tests.notes.ledgers import CuttingProxy
from tests.review.reviewers import BOB, CAROL, Place, Reviewers, checked, hold_against_ledgers

SERVERS = [
    pytest.param("mlflow_server", marks=pytest.mark.server),
    pytest.param("postgres_mlflow_server", marks=[pytest.mark.server, pytest.mark.postgres]),
]
PLACES = ["sqlite_store", pytest.param("postgres_store", marks=pytest.mark.postgres), *SERVERS]


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return Place(request.getfixturevalue(request.param), tmp_path)


def test_an_approval_holds_until_the_content_changes_and_says_what_did(place: Place) -> None:
    reviews = place.asked()
    reviews.comment(place.run, BOB, "Is the split right?", kind="question")
    reviews.approve(place.run, BOB, seen=reviews.read(place.run).content)
    review = reviews.approve(place.run, CAROL, follow_ups=[Comment("drift", "follow_up", owner="ada")])
    assert checked(review).state == "approved"
    files = ("MLmodel", "data/__init__.py", "data/weights.bin")
    assert set(review.content.sections["model"]) == {f"classifier/{one}" for one in files}
    for store in place.other_ways():  # the dashboard and CI read in different ways
        other = Reviews(store).read(place.run)
        assert (other.state, other.digest) == ("approved", review.digest)
    assert reviews.rebuild(place.run)[1] == {}
    place.client.set_tag(place.run, "stage", "staging")
    place.client.set_tag(place.run, names.NOTE_TAG, "another note")
    place.client.log_metric(place.run, "shadow_AUROC", 0.9)
    review = place.reviews().read(place.run)
    assert (review.state, review.votes[0].comparison.added) == ("approved", ("shadow_AUROC",))

    place.client.log_metric(place.run, "val_AUROC", 0.921, step=1)
    place.client.log_param(place.run, "late", "1")
    (place.model / "data" / "weights.bin").write_bytes(bytes(range(255)) + b"x")
    place.client.log_model_artifacts(place.model_id, str(place.model))
    review = place.reviews().read(place.run)
    assert review.state == "outdated"
    assert [one.describe() for one in review.votes[1].comparison.changed] == [
        "parameter late was added (1)",
        "val_AUROC 0.917 → 0.921",
        "model file classifier/data/weights.bin has other bytes, of the same length",
    ]


def test_fifty_comments_at_the_same_moment_are_fifty_and_the_block_wins(place: Place) -> None:
    place.asked()
    start = threading.Barrier(7)
    services = [place.reviews() for _ in range(5)]

    def comments(number: int) -> None:
        start.wait()
        for at in range(10):
            services[number].comment(place.run, Actor(f"reader {number}"), f"{number}.{at}")

    def decide(name: str) -> None:
        start.wait()
        if name == "bob":
            place.reviews().approve(place.run, BOB)
        else:
            place.reviews().request_changes(place.run, CAROL, "leaks")

    with ThreadPoolExecutor(7) as threads:
        work = [threads.submit(comments, number) for number in range(5)]
        work += [threads.submit(decide, name) for name in ("bob", "carol")]
        for one in work:
            one.result()
    review, wrong = place.reviews().rebuild(place.run)
    assert {one.comment.text for one in checked(review).threads} == {f"{n}.{at}" for n in range(5) for at in range(10)}
    assert review.state == "changes_requested"
    assert wrong == {}


@pytest.mark.parametrize("where", ["sqlite_store", *SERVERS])
def test_the_ledgers_of_reviewers_who_are_killed_and_cut_off_are_in_the_review(
    request: pytest.FixtureRequest, where: str, tmp_path: Path
) -> None:
    place = Place(request.getfixturevalue(where), tmp_path)
    place.asked()
    proxy = CuttingProxy(seed=1)
    uri = place.uri
    if uri.startswith("http"):
        proxy.port = int(uri.rpartition(":")[2])
        proxy.cut = 0.03
        uri = proxy.url
    group = Reviewers(uri, place.run, tmp_path / "reviewers", presses=4)
    try:
        for name in ("bob", "carol"):
            group.start(name)
        group.wait_for(0, '"sent"', times=2)  # in the middle of its first decision
        group.kill(0)
        group.start("bob", group.ledgers[0])
        group.finish()
    finally:
        group.end()
        proxy.close()
    review = hold_against_ledgers(place.reviews().read(place.run), group.ledgers)
    assert (review.open_holds, review.state) == ((), "approved")
