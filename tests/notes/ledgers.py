"""Clients that are killed, connections that are cut, the check of ledgers: for the short test and the long one."""

import os
import random
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from mlflow import MlflowClient

from mlreview import names
from mlreview.notes.service import NoteService
from mlreview.store import open_store
from tests.notes.ledger import entries_of
from tests.stores import end, end_with_this_process

BEGINNING = "\n".join(f"line {number}" for number in range(16))
CLIENTS = 3
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

    def __init__(self, uri: str, run_id: str, folder: Path, presses: int, how: str) -> None:
        self.uri, self.run_id, self.folder, self.presses, self.how = uri, run_id, folder, presses, how
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
def clients(uri: str, run_id: str, folder: Path, presses: int, how: str = "careful") -> Iterator[Clients]:
    """Clients that are ended in any case; each presses Save so often."""
    folder.mkdir()
    found = Clients(uri, run_id, folder, presses, how)
    try:
        yield found
    finally:
        found.end()


def new_run(uri: str, folder: Path, location: str | None) -> str:
    client = MlflowClient(uri)
    run_id = client.create_run(client.create_experiment(str(folder), artifact_location=location)).info.run_id
    client.set_tag(run_id, names.NOTE_TAG, BEGINNING)
    return run_id
