"""Hypothesis plays two people, MLflow's own page and lost answers against one note, on a real SQLite store."""

import itertools
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from mlflow import MlflowClient

from mlreview import names
from mlreview.notes.results import Saved
from mlreview.notes.revisions import new_save_id
from mlreview.notes.service import NoteService
from mlreview.store import open_store, open_writer

BEGINNING = "\n".join(f"line {number}" for number in range(9))
USERS = st.sampled_from(["ada", "bob"])
LINES = st.integers(0, 8)
HOUR = 3_600_000


class Machine(RuleBasedStateMachine):
    """What is sent, what is answered, and what must be true of the note at any time."""

    place: Any  # (uri, client, experiment), set by the test
    tokens = itertools.count()

    def __init__(self) -> None:
        super().__init__()
        uri, self.client, experiment = self.place
        self.run = self.client.create_run(experiment).info.run_id
        self.clock = 1_000_000
        self.notes = NoteService(open_store(uri), open_writer(uri), now=lambda: self.clock, sleep=lambda _: None)
        self.loaded: dict[str, str | None] = {"ada": None, "bob": None}
        self.sent: dict[str, tuple[str, str | None, str]] = {}
        self.acknowledged: dict[str, str] = {}
        self.conflicts: dict[str, Saved] = {}
        self.save("ada", BEGINNING)

    def tag(self) -> str | None:
        return self.client.get_run(self.run).data.tags.get(names.NOTE_TAG)

    def save(self, user: str, text: str, save_id: str | None = None, **more: Any) -> Saved:
        save_id = save_id or new_save_id()
        base = more.pop("base", self.loaded[user])
        self.sent[save_id] = (text, base, user)
        before = self.tag()
        saved = self.notes.save(self.run, text, base=base, save_id=save_id, author=user, confirm_empty=True, **more)
        assert self.tag() == saved.text
        if saved.status == "conflict":
            assert saved.text == before
            assert saved.conflict is not None
            assert saved.conflict.mine == text
            assert saved.conflict.theirs == before
            self.conflicts[save_id] = saved
        else:
            self.acknowledged[save_id] = text if saved.status != "unchanged" else ""
            self.conflicts.pop(save_id, None)
        if saved.status == "saved":
            assert saved.text == text
        return saved

    @rule(user=USERS)
    def load(self, user: str) -> None:
        self.loaded[user] = self.notes.load(self.run).text

    @rule(user=USERS, line=LINES)
    def edit_and_save(self, user: str, line: int) -> None:
        token = f"[{next(self.tokens)}]"
        lines = (self.loaded[user] or "").split("\n")
        lines[line % len(lines)] += f" {token}"
        saved = self.save(user, "\n".join(lines))
        if saved.status != "conflict":
            assert token in (saved.text or "")
            self.loaded[user] = saved.text

    @rule(line=LINES)
    def somebody_edits_in_mlflows_own_page(self, line: int) -> None:
        lines = (self.tag() or "").split("\n")
        lines[line % len(lines)] += f" ({next(self.tokens)})"
        self.client.set_tag(self.run, names.NOTE_TAG, "\n".join(lines))

    @precondition(lambda self: self.conflicts)
    @rule(data=st.data())
    def settle_a_conflict(self, data: st.DataObject) -> None:
        save_id = data.draw(st.sampled_from(sorted(self.conflicts)))
        user, theirs = self.sent[save_id][2], self.tag()
        self.save(user, f"{theirs}\nsettled [{next(self.tokens)}]", base=theirs, resolves=save_id)
        self.conflicts.pop(save_id, None)

    @rule(data=st.data())
    def an_answer_was_lost_and_the_save_is_sent_again(self, data: st.DataObject) -> None:
        save_id = data.draw(st.sampled_from(sorted(self.sent)))
        text, base, user = self.sent[save_id]
        before = len(self.notes.history(self.run))
        known = save_id in {entry.revision.revision_id for entry in self.notes.history(self.run)}
        self.save(user, text, save_id, base=base)
        if known:
            kinds = [entry.revision.kind for entry in self.notes.history(self.run) if entry.stored]
            assert kinds.count("saved") <= before

    @rule(data=st.data())
    def restore(self, data: st.DataObject) -> None:
        entry = data.draw(st.sampled_from([one for one in self.notes.history(self.run) if one.stored]))
        saved = self.notes.restore(self.run, entry.revision.revision_id, save_id=new_save_id(), author="ada")
        assert saved.status in ("saved", "unchanged")
        assert self.tag() == entry.revision.text

    @rule()
    def time_passes(self) -> None:
        self.clock += HOUR

    @invariant()
    def every_text_that_was_sent_is_in_the_history_exactly_once(self) -> None:
        history = [entry.revision for entry in self.notes.history(self.run)]
        for save_id, (text, _, _) in self.sent.items():
            found = [one.text for one in history if one.revision_id == save_id]
            assert found in ([text], []), (save_id, found)
            if not found:  # nothing had to be written: the note had this very text
                assert self.acknowledged.get(save_id) == ""
                assert text in {one.text for one in history}

    @invariant()
    def what_was_acknowledged_is_in_the_note_or_is_shown(self) -> None:
        status = {entry.revision.revision_id: entry.status for entry in self.notes.history(self.run)}
        for save_id, text in self.acknowledged.items():
            assert not text or status[save_id] in ("current", "earlier", "waiting", "aside")


@pytest.fixture
def place(sqlite_store: str, tmp_path: Path) -> Any:
    client = MlflowClient(sqlite_store)
    return sqlite_store, client, client.create_experiment("machine", (tmp_path / "artifacts").as_uri())


def test_nothing_is_lost_whatever_people_do_to_one_note(place: Any) -> None:
    class Here(Machine):
        pass

    Here.place = place
    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=15,
            stateful_step_count=12,
            deadline=None,
            database=None,
            suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
        ),
    )
