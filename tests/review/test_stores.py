"""Reviews over real stores: SQLite, PostgreSQL, and ``mlflow server`` over both; many at once, killed and cut off."""

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest
from mlflow import MlflowClient

from mlreview import names
from mlreview.review.bodies import Comment
from mlreview.review.events import Actor
from mlreview.review.results import Review
from mlreview.review.service import Reviews
from mlreview.store import open_store, open_writer
from mlreview.store.api import ApiStore
from mlreview.store.base import RunStore
from mlreview.store.uris import parse
from tests.notes.ledger import entries_of
from tests.notes.test_ledger import CuttingProxy
from tests.stores import TrackingServer, end, end_with_this_process

ADA, BOB, CAROL = Actor("ada"), Actor("bob"), Actor("carol")
ROOT = Path(__file__).parents[2]
PRESSES = 4 if "MLREVIEW_SOAK_SECONDS" not in os.environ else 40
SERVERS = [
    pytest.param("mlflow_server", marks=pytest.mark.server),
    pytest.param("postgres_mlflow_server", marks=[pytest.mark.server, pytest.mark.postgres]),
]
PLACES = ["sqlite_store", pytest.param("postgres_store", marks=pytest.mark.postgres), *SERVERS]


class Place:
    """A finished run with a model in some store, and MLflow's client to change it past the review."""

    def __init__(self, found: str | TrackingServer, folder: Path) -> None:
        self.uri = found.url if isinstance(found, TrackingServer) else found
        self.backend = found.backend_uri if isinstance(found, TrackingServer) else None
        self.client = MlflowClient(self.uri, registry_uri=self.uri)
        location = None if isinstance(found, TrackingServer) else (folder / "artifacts").as_uri()
        experiment = self.client.create_experiment(str(folder), artifact_location=location)
        self.run = self.client.create_run(experiment, run_name="32d").info.run_id
        self.client.set_tag(self.run, names.GIT_AUTHOR, "Ada Lovelace <ada@example.com>")
        self.client.log_param(self.run, "units", "32")
        self.client.log_metric(self.run, "val_AUROC", 0.917)
        self.model = folder / "model"
        (self.model / "data").mkdir(parents=True)
        (self.model / "MLmodel").write_text("flavors: {}")
        (self.model / "data" / "__init__.py").write_bytes(b"")
        (self.model / "data" / "weights.bin").write_bytes(bytes(range(256)))
        made = self.client.create_logged_model(experiment, "classifier", self.run)
        self.model_id = made.model_id
        self.client.log_model_artifacts(made.model_id, str(self.model))
        self.client.finalize_logged_model(made.model_id, "READY")
        self.client.set_terminated(self.run)

    def reviews(self, uri: str | None = None) -> Reviews:
        """A service of its own, as another program has it."""
        return Reviews(open_store(uri or self.uri, timeout=5), open_writer(uri or self.uri, timeout=5))

    def other_ways(self) -> tuple[RunStore, ...]:
        """Other readers of the same run: its database beside the server, and MLflow's own client."""
        beside = (open_store(self.uri, read_dsn=self.backend),) if self.backend else ()
        return (*beside, ApiStore(parse(self.uri)))

    def asked(self) -> Reviews:
        reviews = self.reviews()
        reviews.request(self.run, ADA, "bob", "carol")
        return reviews


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    return Place(request.getfixturevalue(request.param), tmp_path)


def checked(review: Review) -> Review:
    """No decision is missing, doubled or out of order, and none is broken."""
    numbers = [one.seq for one in review.events if one.seq is not None]
    assert sorted(numbers) == list(range(1, review.next_seq))
    assert (review.gaps, review.broken) == ((), ())
    return review


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


class Reviewers:
    """Processes that act, and what they wrote down."""

    def __init__(self, uri: str, run_id: str, folder: Path) -> None:
        self.uri, self.run_id, self.folder = uri, run_id, folder
        folder.mkdir()
        self.ledgers: list[Path] = []
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self, name: str, left_behind: Path | None = None) -> None:
        ledger = self.folder / f"ledger-{len(self.ledgers)}"
        ledger.touch()
        arguments = [self.uri, self.run_id, name, str(PRESSES), str(ledger), str(left_behind or "")]
        with (self.folder / f"log-{len(self.ledgers)}").open("wb") as log:
            self.running.append(
                subprocess.Popen(
                    [sys.executable, "-m", "tests.review.ledger", *arguments],
                    cwd=ROOT,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    preexec_fn=end_with_this_process,
                )
            )
        self.ledgers.append(ledger)

    def wait_for(self, ledger: int, words: str, times: int = 1) -> None:
        deadline = time.monotonic() + 120
        while self.ledgers[ledger].read_text().count(words) < times:
            if time.monotonic() > deadline or self.running[ledger].poll() not in (None, 0):
                raise TimeoutError((self.folder / f"log-{ledger}").read_text()[-3000:])
            time.sleep(0.02)

    def kill(self, ledger: int) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.running[ledger].pid, signal.SIGKILL)
        self.running[ledger].wait()

    def finish(self) -> None:
        for number, process in enumerate(self.running):
            if process.wait(300) not in (0, -signal.SIGKILL):
                raise AssertionError((self.folder / f"log-{number}").read_text()[-3000:])

    def end(self) -> None:
        for process in self.running:
            end(process, signal.SIGKILL)


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
    group = Reviewers(uri, place.run, tmp_path / "reviewers")
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
    review = checked(place.reviews().read(place.run))
    entries = [entry for ledger in group.ledgers for entry in entries_of(ledger)]
    sent = {entry["sent"]: entry["kind"] for entry in entries if "sent" in entry}
    assert set(sent) == {entry["answered"] for entry in entries if "answered" in entry}
    assert {one.event_id: one.kind for one in review.events if one.kind != "requested"} == sent
    assert review.ignored == ()
    assert (review.open_holds, review.state) == ((), "approved")
