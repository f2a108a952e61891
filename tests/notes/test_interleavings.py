"""Savers interleaved step by step, in many orders, some of them dying: what was acknowledged stays.

The same check is run over a naive writer, which sets the tag and nothing else, and must fail it.
"""

import random
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from mlreview import names
from mlreview.errors import WriteError
from mlreview.notes.results import Saved
from mlreview.notes.revisions import new_save_id
from mlreview.notes.settle import held
from tests.notes.memory import Killed, Memory, Scheduler, notes_of

BEGINNING = "\n".join(f"line {number}\nkeep {number}" for number in range(6))
NOW = 1_000_000
AN_HOUR_LATER = NOW + 3_600_000

Save = Callable[[Memory, Scheduler, str, str | None, str], Any]


class LostError(AssertionError):
    """A text that was acknowledged is not where it was promised to be."""


def careful(memory: Memory, scheduler: Scheduler, text: str, base: str | None, save_id: str) -> Saved:
    notes = notes_of(memory, now=lambda: NOW, sleep=lambda _: scheduler.step("sleep"))
    return notes.save("r", text, base=base, save_id=save_id, author="somebody")


def naive(memory: Memory, scheduler: Scheduler, text: str, base: str | None, save_id: str) -> Saved:
    """What most programs do: look whether it has changed, set the tag, read it back."""
    if memory.run("r").tags.get(names.NOTE_TAG) != base:
        return Saved("conflict", save_id, memory.tag, None)
    try:
        memory.set_tag("r", names.NOTE_TAG, text)
    except WriteError:
        return Saved("conflict", save_id, memory.tag, None)
    return Saved("saved", save_id, text, None)


def play(seed: int, save: Save, *, savers: int = 3, kills: int = 0, touching: bool = False) -> Counter[str]:
    """Each saver edits and saves twice; what they were told is held against what is there afterwards."""
    chance = random.Random(seed)
    scheduler = Scheduler(seed, kills)
    memory = Memory(scheduler.step)
    memory.tag = BEGINNING if chance.random() < 0.7 else None
    ledger: list[tuple[str, str, Saved | None]] = []

    def saver(number: int) -> Callable[[], None]:
        def work() -> None:
            text = memory.run("r").tags.get(names.NOTE_TAG)
            for press in range(2):
                line = 0 if touching and chance.random() < 0.7 else number * 4
                lines = (text or "").split("\n")
                lines += [f"l{new}" for new in range(len(lines), line + 1)]
                lines[line] += f" [{number}.{press}]"
                base, text, save_id = text, "\n".join(lines), new_save_id()
                ledger.append((save_id, text, None))
                told = save(memory, scheduler, text, base, save_id)
                ledger.append((save_id, text, told))
                text = told.text

        return work

    for result in scheduler.run([saver(number) for number in range(savers)]):
        if result is not None and not isinstance(result, Killed):
            raise result
    check(memory, ledger, everybody_lived=not kills)
    return Counter(told.status for _, _, told in ledger if told)


def check(memory: Memory, ledger: list[tuple[str, str, Saved | None]], *, everybody_lived: bool) -> None:
    notes = notes_of(memory, now=lambda: AN_HOUR_LATER)
    history = notes.history("r")
    graph = notes._log.read("r")
    current = held(graph, memory.tag)
    waiting = {one for revision in notes.load("r").waiting for one in graph.before(revision.revision_id)}
    for save_id, text, told in ledger:
        if told is None or told.status == "unchanged":
            continue
        found = [entry for entry in history if entry.revision.revision_id == save_id]
        if [entry.revision.text for entry in found] != [text]:
            raise LostError(f"{save_id} is in the history {len(found)} times")
        if told.status == "conflict":
            continue
        in_note = current is not None and save_id in graph.before(current.revision_id)
        if not in_note and (everybody_lived or (save_id not in waiting and found[0].status != "aside")):
            raise LostError(f"{save_id} was {told.status} and the note does not hold it")


@pytest.mark.parametrize("touching", [False, True], ids=["apart", "touching"])
@pytest.mark.parametrize(("savers", "kills"), [(2, 0), (3, 0), (4, 0), (3, 1), (4, 2)])
def test_what_was_acknowledged_is_kept_in_whatever_order_savers_act(savers: int, kills: int, touching: bool) -> None:
    told: Counter[str] = Counter()
    for seed in range(60):
        told += play(seed, careful, savers=savers, kills=kills, touching=touching)
    assert told["saved"]
    assert told["merged"]
    assert told["conflict"]


def test_the_check_is_failed_by_a_writer_of_the_tag_alone() -> None:
    with pytest.raises(LostError):
        play(0, naive)
    careless = 0
    for seed in range(60):
        try:
            play(seed, naive, touching=True)
        except LostError:
            careless += 1
    assert careless == 60


def test_a_writer_that_keeps_revisions_and_never_looks_again_fails_the_check_too() -> None:
    """Revisions alone don't make it: of two that set the tag at one moment, one is overwritten."""

    def forgetful(memory: Memory, scheduler: Scheduler, text: str, base: str | None, save_id: str) -> Saved:
        notes = notes_of(memory, now=lambda: NOW, sleep=lambda _: None)
        quiet, memory.step = memory.step, lambda _: None
        try:
            own = notes.save("r", text, base=base, save_id=save_id, author="somebody")
        finally:
            memory.step = quiet
        with suppress(WriteError):
            memory.set_tag("r", names.NOTE_TAG, text)
        return own

    lost = 0
    for seed in range(60):
        try:
            play(seed, forgetful)
        except LostError:
            lost += 1
    assert lost
