"""A run to be reviewed in some store, and reviewers as processes of their own, whose ledgers are held against it."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

from mlflow import MlflowClient

from mlreview import names
from mlreview.review.events import Actor
from mlreview.review.results import Review
from mlreview.review.service import Reviews
from mlreview.store import open_store, open_writer
from mlreview.store.api import ApiStore
from mlreview.store.base import RunStore
from mlreview.store.uris import parse
from tests.notes.ledger import entries_of
from tests.stores import TrackingServer, end, end_with_this_process

ADA, BOB, CAROL = Actor("ada"), Actor("bob"), Actor("carol")
ROOT = Path(__file__).parents[2]


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


def checked(review: Review) -> Review:
    """No decision is missing, doubled or out of order, and none is broken."""
    numbers = [one.seq for one in review.events if one.seq is not None]
    assert sorted(numbers) == list(range(1, review.next_seq))
    assert (review.gaps, review.broken) == ((), ())
    return review


def hold_against_ledgers(review: Review, ledgers: list[Path]) -> Review:
    """Everything that was sent is answered, and is in the review exactly once, as what it was."""
    entries = [entry for ledger in ledgers for entry in entries_of(ledger)]
    sent = {entry["sent"]: entry["kind"] for entry in entries if "sent" in entry}
    assert set(sent) == {entry["answered"] for entry in entries if "answered" in entry}
    assert {one.event_id: one.kind for one in review.events if one.kind != "requested"} == sent
    assert review.ignored == ()
    return checked(review)


class Reviewers:
    """Processes that act, and what they wrote down."""

    def __init__(self, uri: str, run_id: str, folder: Path, presses: int) -> None:
        self.uri, self.run_id, self.folder, self.presses = uri, run_id, folder, presses
        folder.mkdir()
        self.ledgers: list[Path] = []
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self, name: str, left_behind: Path | None = None) -> None:
        ledger = self.folder / f"ledger-{len(self.ledgers)}"
        ledger.touch()
        arguments = [self.uri, self.run_id, name, str(self.presses), str(ledger), str(left_behind or "")]
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
