"""What was saved here shows in tables that were read before, and only there."""

from dataclasses import replace

from mlreview.names import NOTE_HEAD_CHARS, NOTE_TAG
from mlreview.ui.notes_written import MAX_KEPT, WrittenNotes
from tests.tables import run_table, text_column

STORE = ("sqlite:///a.db", "", "")


def notes_at(now: list[float]) -> WrittenNotes:
    return WrittenNotes(lambda: now[0])


def test_a_table_that_was_read_before_a_save_is_shown_with_it_and_is_not_changed_itself():
    now = [100.0]
    written = notes_at(now)
    table = replace(run_table(2, tags={NOTE_TAG: ["old", None]}), note_heads=text_column(["old", None]))
    written.remember(STORE, "run-1", "x" * 1_000)
    shown = written.brought_up(STORE, table, read_at=99.0)
    assert list(shown.tags[NOTE_TAG]) == ["old", "x" * 1_000]
    assert shown.note_heads is not None
    assert list(shown.note_heads) == ["old", "x" * NOTE_HEAD_CHARS]
    assert list(table.tags[NOTE_TAG]) == ["old", None]
    now[0] = 101.0
    written.remember(STORE, "run-1", None)
    assert list(written.brought_up(STORE, table, read_at=99.0).tags[NOTE_TAG]) == ["old", None]


def test_a_table_that_was_read_since_of_another_store_or_without_notes_stays_the_same_object():
    written = notes_at([100.0])
    written.remember(STORE, "run-0", "text")
    table = run_table(1, tags={NOTE_TAG: ["since changed in MLflow"]})
    assert written.brought_up(STORE, table, read_at=100.0) is table
    assert written.brought_up(("other",), table, read_at=99.0) is table
    assert written.brought_up(STORE, run_table(1), read_at=99.0).tags == {}


def test_a_table_is_brought_up_to_one_object_until_something_else_is_written():
    """What is made from it, the index of a search over 10,000 notes, is then made once and not at every rerun."""
    now = [100.0]
    written = notes_at(now)
    table = run_table(2, tags={NOTE_TAG: ["old", "older"]})
    written.remember(STORE, "run-0", "new")
    shown = written.brought_up(STORE, table, read_at=99.0)
    assert written.brought_up(STORE, table, read_at=99.0) is shown
    written.remember(STORE, "not in the table", "new")
    assert written.brought_up(STORE, table, read_at=99.0) is shown
    now[0] = 101.0
    written.remember(STORE, "run-0", "newer")
    assert list(written.brought_up(STORE, table, read_at=99.0).tags[NOTE_TAG]) == ["newer", "older"]
    assert list(shown.tags[NOTE_TAG]) == ["new", "older"]


def test_only_so_many_are_kept_and_the_oldest_goes_first():
    written = notes_at([100.0])
    for number in range(MAX_KEPT + 1):
        written.remember(STORE, f"run-{number}", "text")
    table = run_table(2, tags={NOTE_TAG: [None, None]})
    assert list(written.brought_up(STORE, table, read_at=0.0).tags[NOTE_TAG]) == [None, "text"]
