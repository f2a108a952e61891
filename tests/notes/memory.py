"""A store in memory that hands over to a scheduler before every step: any interleaving of savers can be played."""

import random
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from mlreview import names
from mlreview.entities import Artifact
from mlreview.errors import NotFoundError, WriteError
from mlreview.notes.service import NoteService


class Killed(BaseException):
    """The program died between two steps."""


class Memory:
    """Tags and artifacts of one run; both halves of a store's protocol, as far as notes need them.

    Args:
        step: Called before each operation on the store, with its name.
        most: Characters of a tag that this store keeps; the rest it cuts off without a word.
    """

    def __init__(self, step: Callable[[str], None] = lambda _: None, most: int = names.MAX_TAG_CHARS) -> None:
        self.tag: str | None = None
        self.files: dict[str, bytes] = {}
        self.step = step
        self.most = most

    def run(self, run_id: str) -> Any:
        self.step("read tag")
        return SimpleNamespace(run_id=run_id, tags={} if self.tag is None else {names.NOTE_TAG: self.tag})

    def read_tag(self, run_id: str, key: str) -> str | None:
        return self.run(run_id).tags.get(key)

    def set_tag(self, run_id: str, key: str, value: str) -> None:
        self.step("set tag")
        self.tag = value[: self.most]
        self.step("read back")
        if self.tag != value:
            raise WriteError("The tag is not what was sent.")

    def artifacts(self, run_id: str, path: str = "") -> tuple[Artifact, ...]:
        self.step("list")
        return tuple(Artifact(name, is_dir=False, size=len(data)) for name, data in sorted(self.files.items()))

    def read_artifact(self, run_id: str, path: str, limit: int = 0) -> bytes:
        if path not in self.files:
            raise NotFoundError("There is no such artifact.")
        return self.files[path]

    def put_artifact(self, run_id: str, path: str, data: bytes) -> None:
        self.step("put")
        if self.files.setdefault(path, data) != data:
            raise WriteError("It is there already, with other bytes.")


class Scheduler:
    """Runs workers so that one of them takes one step at a time, in an order that a seed decides.

    Args:
        seed: Decides everything.
        kills: How many workers die, each at a step that the seed chooses too.
    """

    def __init__(self, seed: int, kills: int = 0) -> None:
        self._random = random.Random(seed)
        self._kills = kills
        self._local = threading.local()

    def step(self, _: str = "") -> None:
        """Called by a worker before it acts."""
        turn = getattr(self._local, "turn", None)
        if turn is None:
            return
        turn["parked"].set()
        turn["go"].acquire()
        if turn["kill"]:
            raise Killed

    def run(self, workers: list[Callable[[], Any]]) -> list[Any]:
        """Results of the workers; an exception is a result, ``Killed`` among them."""
        results: list[Any] = [None] * len(workers)
        turns: list[dict[str, Any]] = [
            {"go": threading.Semaphore(0), "parked": threading.Event(), "kill": False, "done": False} for _ in workers
        ]

        def work(number: int) -> None:
            self._local.turn = turns[number]
            try:
                self.step()
                results[number] = workers[number]()
            except BaseException as error:
                results[number] = error
            finally:
                self._local.turn = None
                turns[number]["done"] = True
                turns[number]["parked"].set()

        threads = [threading.Thread(target=work, args=(number,), daemon=True) for number in range(len(workers))]
        for number, thread in enumerate(threads):
            thread.start()
            turns[number]["parked"].wait()
        chosen = self._random.sample(range(len(workers)), self._kills)
        dying = {number: self._random.randrange(2, 14) for number in chosen}
        taken = [0] * len(workers)
        running = list(range(len(workers)))
        last = running[0]
        while running:
            # Bursts of one worker, as well as turns: what goes wrong often needs one to be far ahead.
            number = last if last in running and self._random.random() < 0.6 else self._random.choice(running)
            last = number
            taken[number] += 1
            turn = turns[number]
            turn["kill"] = dying.get(number) == taken[number]
            turn["parked"].clear()
            turn["go"].release()
            turn["parked"].wait()
            running = [one for one in running if not turns[one]["done"]]
        for thread in threads:
            thread.join()
        return results


def notes_of(memory: Memory, **more: Any) -> NoteService:
    """The service over such a store."""
    store: Any = memory
    return NoteService(store, store, **more)
