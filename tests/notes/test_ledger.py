"""Several programs save into one note; some are killed, connections are cut, the server goes down and comes back.

Each keeps a ledger of what it sent and what was answered, as a page keeps a draft. Afterwards every acknowledged text
is in the history exactly once, and the note holds it or shows it as waiting. What was sent and never answered, because
the sender died, is sent again by whoever comes after it, and is then in the history exactly once as well; where nobody
comes, it is in the history whole, or nothing of it was written and the sender still has it. A naive writer fails.
"""

import os
import random
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient

from mlreview import names
from mlreview.notes.service import NoteService
from mlreview.store import open_store
from tests.notes.ledger import entries_of
from tests.stores import end, end_with_this_process, free_port, run_mlflow_server

BEGINNING = "\n".join(f"line {number}" for number in range(16))
CLIENTS = 3
SOAK_S = float(os.environ.get("MLREVIEW_SOAK_SECONDS", "0"))
PRESSES = 2 if not SOAK_S else max(4, round(SOAK_S / 5))
NAIVE_PRESSES = 4
NO_ANSWER = "no answer"
ROOT = Path(__file__).parents[2]


class LostError(AssertionError):
    """A text that was acknowledged, or only sent, is not where it was promised to be."""


def check(uri: str, run_id: str, ledgers: list[Path]) -> dict[str, int]:
    """Hold the ledgers against what is in the store; how often each answer was given, or none."""
    later = time.time_ns() // 1_000_000 + 3_600_000
    notes = NoteService(open_store(uri), now=lambda: later)
    history, note = notes.history(run_id), notes.load(run_id)
    graph = notes._log.read(run_id)
    waiting = {one for revision in note.waiting for one in graph.before(revision.revision_id)}
    answers: dict[str, int] = {}
    entries = [entry for ledger in ledgers for entry in entries_of(ledger)]
    told = {entry["answered"]: entry["status"] for entry in entries if "answered" in entry}
    for sent in {entry["sent"]: entry for entry in entries if "sent" in entry}.values():
        save_id, status = sent["sent"], told.get(sent["sent"], NO_ANSWER)
        answers[status] = answers.get(status, 0) + 1
        found = [entry for entry in history if entry.revision.revision_id == save_id]
        if status == NO_ANSWER and not found:
            if any(sent["mark"] in text for text in (note.text or "", *(one.revision.text for one in history))):
                raise LostError(f"{save_id} had no answer, is not in the history, and yet a part of it was written")
            continue
        if status == "unchanged":
            continue
        if [entry.revision.text for entry in found] != [sent["text"]]:
            raise LostError(f"{save_id} was {status} and is in the history {len(found)} times")
        held = found[0].status in ("current", "earlier") or save_id in waiting
        if status != "conflict" and not held and found[0].status != "aside":
            raise LostError(f"{save_id} was {status}, and is neither in the note nor shown as waiting")
    return answers


class Clients:
    """Processes that save, and what they wrote down."""

    def __init__(self, uri: str, run_id: str, folder: Path, how: str = "careful") -> None:
        self.uri, self.run_id, self.folder, self.how = uri, run_id, folder, how
        self.presses = NAIVE_PRESSES if how == "naive" else PRESSES
        self.ledgers: list[Path] = []
        self.running: list[subprocess.Popen[bytes]] = []

    def start(self, number: int, left_behind: Path | None = None) -> None:
        """Start a client, which first sends what another one left without an answer."""
        ledger = self.folder / f"ledger-{len(self.ledgers)}"
        arguments = [self.uri, self.run_id, str(number), str(self.presses), str(ledger), self.how]
        arguments.append(str(left_behind or ""))
        with (self.folder / f"log-{len(self.ledgers)}").open("wb") as log:
            self.running.append(
                subprocess.Popen(
                    [sys.executable, "-m", "tests.notes.ledger", *arguments],
                    cwd=ROOT,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                    preexec_fn=end_with_this_process,
                )
            )
        ledger.touch()
        self.ledgers.append(ledger)

    def wait_for(self, ledger: int, words: str, seconds: float = 120) -> None:
        deadline = time.monotonic() + seconds
        while words not in self.ledgers[ledger].read_text():
            if time.monotonic() > deadline or self.running[ledger].poll() not in (None, 0):
                raise TimeoutError((self.folder / f"log-{ledger}").read_text()[-3000:])
            time.sleep(0.02)

    def kill(self, ledger: int) -> None:
        """At once, wherever it is."""
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


class CuttingProxy:
    """Passes bytes on to a server that may change its port, and cuts some connections in the middle."""

    def __init__(self, seed: int) -> None:
        self.port = 0
        self.cut = 0.0
        self._random = random.Random(seed)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with (
            client,
            suppress(OSError),
            socket.create_connection(("127.0.0.1", self.port), timeout=5) as server,
            selectors.DefaultSelector() as waiting,
        ):
            waiting.register(client, selectors.EVENT_READ, server)
            waiting.register(server, selectors.EVENT_READ, client)
            while True:
                for key, _ in waiting.select(30):
                    source: Any = key.fileobj
                    data = source.recv(65536)
                    # Before the request arrives, or after it was done and before the answer does.
                    if not data or self._random.random() < self.cut:
                        return
                    key.data.sendall(data)


@contextmanager
def clients(uri: str, run_id: str, folder: Path, how: str = "careful") -> Iterator[Clients]:
    folder.mkdir()
    found = Clients(uri, run_id, folder, how)
    try:
        yield found
    finally:
        found.end()


def new_run(uri: str, folder: Path, location: str | None) -> str:
    client = MlflowClient(uri)
    run_id = client.create_run(client.create_experiment(str(folder), artifact_location=location)).info.run_id
    client.set_tag(run_id, names.NOTE_TAG, BEGINNING)
    return run_id


def save_and_kill(group: Clients, disturb: Callable[[], None] = lambda: None) -> None:
    """All clients at once; one is killed in the middle of its work, and another one takes its place and its draft."""
    for number in range(CLIENTS):
        group.start(number)
    group.wait_for(0, '"sent"')
    group.kill(0)
    group.start(0, group.ledgers[0])
    disturb()
    group.finish()


def test_on_sqlite_with_a_program_killed(sqlite_store: str, tmp_path: Path) -> None:
    run_id = new_run(sqlite_store, tmp_path, (tmp_path / "artifacts").as_uri())
    with clients(sqlite_store, run_id, tmp_path / "clients") as group:
        save_and_kill(group)
        answers = check(sqlite_store, run_id, group.ledgers)
    assert sum(answers.values()) >= CLIENTS * PRESSES
    assert answers.get(NO_ANSWER, 0) == 0
    assert answers.get("merged", 0) + answers.get("saved", 0) > 0


def test_what_was_sent_and_nobody_sends_again_is_whole_in_the_history_or_was_not_written(
    sqlite_store: str, tmp_path: Path
) -> None:
    run_id = new_run(sqlite_store, tmp_path, (tmp_path / "artifacts").as_uri())
    with clients(sqlite_store, run_id, tmp_path / "clients") as group:
        for number in range(2):
            group.start(number)
        for ledger, words in enumerate(('"sent"', '"answered"')):  # in its first save; in its second one
            group.wait_for(ledger, words)
            group.kill(ledger)
        answers = check(sqlite_store, run_id, group.ledgers)
    assert sum(answers.values()) >= 2


def test_the_check_is_failed_by_a_naive_writer_of_the_tag(sqlite_store: str, tmp_path: Path) -> None:
    run_id = new_run(sqlite_store, tmp_path, (tmp_path / "artifacts").as_uri())
    with clients(sqlite_store, run_id, tmp_path / "clients", "naive") as group:
        for number in range(2):
            group.start(number)
        group.finish()
        with pytest.raises(LostError):
            check(sqlite_store, run_id, group.ledgers)


@pytest.mark.server
@pytest.mark.parametrize("store", ["sqlite_store", pytest.param("postgres_store", marks=pytest.mark.postgres)])
def test_on_a_server_that_is_killed_over_cut_connections(
    request: pytest.FixtureRequest, store: str, tmp_path: Path
) -> None:
    backend = request.getfixturevalue(store)
    proxy = CuttingProxy(seed=1)
    with ExitStack() as servers:
        first = servers.enter_context(ExitStack())
        server = first.enter_context(run_mlflow_server(backend, tmp_path))
        proxy.port = int(server.url.rpartition(":")[2])
        run_id = new_run(server.url, tmp_path, None)
        group = servers.enter_context(clients(proxy.url, run_id, tmp_path / "clients"))

        def disturb() -> None:
            proxy.cut = 0.05
            group.wait_for(1, '"answered"')
            end(server.process, signal.SIGKILL)
            proxy.port = free_port()  # nobody is there
            again = servers.enter_context(run_mlflow_server(backend, tmp_path))
            proxy.port = int(again.url.rpartition(":")[2])
            nonlocal alive
            alive = again.url

        alive = server.url
        save_and_kill(group, disturb)
        proxy.cut = 0.0
        answers = check(alive, run_id, group.ledgers)
    proxy.close()
    assert sum(answers.values()) >= CLIENTS * PRESSES
    assert answers.get(NO_ANSWER, 0) == 0
