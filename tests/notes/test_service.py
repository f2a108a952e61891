"""Saving and loading on a real SQLite store."""

from pathlib import Path

import pytest
from mlflow import MlflowClient

from mlreview import names
from mlreview.errors import BadInputError, NotFoundError, WriteError
from mlreview.notes.results import CutByStoreError, EmptyOverFullError
from mlreview.notes.revisions import new_save_id
from mlreview.notes.service import NoteService
from mlreview.store import open_store, open_writer
from tests.notes.memory import Memory, notes_of

NOTE = "# Note\n\nfirst\n\nsecond\n\nthird\n"
UNICODE = "Ünïcödé 👩‍👩‍👧‍👦\r\nמודל נבדק\r\né (combined: e\u0301)\r\n\ufeff\u202e\x01\t end  "


class Place:
    """A run of a store, the service, and MLflow's client as somebody else."""

    def __init__(self, uri: str, folder: Path) -> None:
        self.uri = uri
        self.client = MlflowClient(uri, registry_uri=uri)
        self.run = self.client.create_run(self.client.create_experiment(str(folder), folder.as_uri())).info.run_id
        self.notes = NoteService(open_store(uri), open_writer(uri))

    def tag(self) -> str | None:
        return self.client.get_run(self.run).data.tags.get(names.NOTE_TAG)

    def outside(self, text: str) -> None:
        self.client.set_tag(self.run, names.NOTE_TAG, text)

    def save(self, text: str, base: str | None, author: str = "ada", **more):
        return self.notes.save(
            self.run, text, base=base, save_id=more.pop("save_id", new_save_id()), author=author, **more
        )


@pytest.fixture
def place(sqlite_store: str, tmp_path: Path) -> Place:
    return Place(sqlite_store, tmp_path / "artifacts")


def test_a_first_save_is_in_the_tag_and_in_the_history(place: Place) -> None:
    assert place.notes.load(place.run).text is None
    assert place.notes.history(place.run) == ()
    saved = place.save(NOTE, None, verified=True)
    assert (saved.status, saved.text) == ("saved", NOTE)
    assert place.tag() == NOTE
    (entry,) = place.notes.history(place.run)
    assert (entry.status, entry.revision.text, entry.revision.author) == ("current", NOTE, "ada")
    assert entry.revision.verified
    assert entry.revision.time is not None
    note = place.notes.load(place.run)
    assert (note.text, note.revision, note.waiting) == (NOTE, entry.revision, ())


def test_texts_are_kept_byte_for_byte(place: Place) -> None:
    base = None
    for text in (UNICODE, "a\rb\r", "a\r\nb\nc\r", "👩‍👩‍👧‍👦" * 1142 + "👍👍👍👍👍👍", "x" * names.MAX_TAG_CHARS):
        assert place.save(text, base).status == "saved"
        assert place.tag() == text
        assert place.notes.history(place.run)[0].revision.text == text
        base = text


def test_saving_what_is_there_already_writes_nothing(place: Place) -> None:
    place.save(NOTE, None)
    assert place.save(NOTE, NOTE).status == "unchanged"
    assert len(place.notes.history(place.run)) == 1


def test_edits_that_do_not_touch_are_merged_and_both_texts_are_kept(place: Place) -> None:
    place.save(NOTE, None)
    place.save(NOTE.replace("first", "FIRST"), NOTE, "ada")
    merged = place.save(NOTE.replace("third", "THIRD"), NOTE, "bob")
    assert (merged.status, merged.with_authors) == ("merged", ("ada",))
    assert place.tag() == merged.text == NOTE.replace("first", "FIRST").replace("third", "THIRD")
    texts = [(entry.revision.kind, entry.revision.text) for entry in place.notes.history(place.run)]
    assert texts == [
        ("merge", merged.text),
        ("saved", NOTE.replace("third", "THIRD")),
        ("saved", NOTE.replace("first", "FIRST")),
        ("saved", NOTE),
    ]


def test_edits_that_touch_change_nothing_and_come_back_with_both_and_the_base(place: Place) -> None:
    place.save(NOTE, None)
    place.save(NOTE.replace("first", "FIRST"), NOTE, "ada")
    mine = NOTE.replace("first", "1st")
    save_id = new_save_id()
    refused = place.save(mine, NOTE, "bob", save_id=save_id)
    assert refused.status == "conflict"
    assert refused.conflict.base == NOTE
    assert (refused.conflict.mine, refused.conflict.theirs) == (mine, NOTE.replace("first", "FIRST"))
    assert refused.conflict.merge.conflicts == 1
    assert place.tag() == NOTE.replace("first", "FIRST")
    newest = place.notes.history(place.run)[0]
    assert (newest.status, newest.revision.text) == ("aside", mine)
    assert place.notes.load(place.run).waiting == ()
    again = place.save(mine, NOTE, "bob", save_id=save_id)
    assert again.status == "conflict"
    assert len(place.notes.history(place.run)) == 3
    both = NOTE.replace("first", "FIRST, 1st")
    settled = place.save(both, refused.conflict.theirs, "bob", resolves=save_id)
    assert settled.status == "saved"
    assert place.tag() == both
    assert [entry.status for entry in place.notes.history(place.run)] == ["current", "earlier", "earlier", "earlier"]


def test_a_note_that_was_changed_in_mlflows_own_page_is_merged_and_kept_as_such(place: Place) -> None:
    place.save(NOTE, None)
    place.outside(NOTE.replace("second", "by hand"))
    seen = place.notes.load(place.run)
    assert seen.written_outside
    top = place.notes.history(place.run)[0]
    assert (top.revision.kind, top.status, top.stored, top.revision.author) == ("outside", "current", False, "")
    merged = place.save(NOTE.replace("third", "THIRD"), NOTE)
    assert merged.text == NOTE.replace("second", "by hand").replace("third", "THIRD")
    kinds = [(entry.revision.kind, entry.stored) for entry in place.notes.history(place.run)]
    assert kinds == [("merge", True), ("saved", True), ("outside", True), ("saved", True)]


def test_a_note_that_was_there_before_is_the_first_revision(place: Place) -> None:
    place.outside(NOTE)
    assert place.notes.load(place.run).text == NOTE
    assert place.save(NOTE + "more\n", NOTE).status == "saved"
    oldest = place.notes.history(place.run)[-1]
    assert (oldest.revision.kind, oldest.revision.text, oldest.revision.time) == ("outside", NOTE, None)


def test_a_note_taken_back_in_mlflows_own_page_is_not_brought_back_by_the_next_save(place: Place) -> None:
    clock = [1_000_000]
    place.notes = NoteService(open_store(place.uri), open_writer(place.uri), now=lambda: clock[0])
    place.save(NOTE, None)
    longer = NOTE.replace("first", "first\n\nto be taken out")
    place.save(longer, NOTE)
    place.outside(NOTE)
    clock[0] += 3_600_000
    (waiting,) = place.notes.load(place.run).waiting
    assert waiting.text == longer
    saved = place.save(NOTE.replace("third", "THIRD"), NOTE)
    assert saved.status == "saved"
    assert place.tag() == NOTE.replace("third", "THIRD")
    place.save(longer.replace("third", "3"), longer)
    assert "to be taken out" not in (place.tag() or "")


def test_a_save_sent_again_has_one_effect(place: Place) -> None:
    place.save(NOTE, None)
    save_id = new_save_id()
    first = place.save(NOTE + "more\n", NOTE, save_id=save_id)
    place.save(NOTE + "more\nand more\n", NOTE + "more\n", "bob")
    again = place.save(NOTE + "more\n", NOTE, save_id=save_id)
    assert (first.status, again.status) == ("saved", "merged")
    assert place.tag() == again.text == NOTE + "more\nand more\n"
    assert [entry.revision.revision_id for entry in place.notes.history(place.run)].count(save_id) == 1
    with pytest.raises(WriteError, match="another text"):
        place.save("other", NOTE, save_id=save_id)


def test_a_save_that_was_cut_off_after_its_revision_is_completed_by_sending_it_again(sqlite_store: str) -> None:
    memory = Memory()
    notes = notes_of(memory)

    def dies(name: str) -> None:
        if name == "set tag":
            raise KeyboardInterrupt

    memory.step = dies
    save_id = new_save_id()
    with pytest.raises(KeyboardInterrupt):
        notes.save("r", NOTE, base=None, save_id=save_id, author="ada")
    memory.step = lambda _: None
    assert memory.tag is None
    assert notes.history("r")[0].status == "waiting"
    assert notes.save("r", NOTE, base=None, save_id=save_id, author="ada").status == "saved"
    assert memory.tag == NOTE


def test_an_empty_note_over_a_full_one_asks_first(place: Place) -> None:
    place.save(NOTE, None)
    with pytest.raises(EmptyOverFullError):
        place.save(" \n", NOTE)
    assert place.tag() == NOTE
    assert place.save("", NOTE, confirm_empty=True).status == "saved"
    assert place.tag() == ""
    assert place.save(NOTE, "").status == "saved"


def test_what_a_store_would_cut_or_refuse_is_refused_before_anything_is_written(place: Place) -> None:
    for text, words in (("x" * 8_001, "cut off the last 1"), ("a\n\0", "line 2"), ("\ud83d", "half of a character")):
        with pytest.raises(BadInputError, match=words):
            place.save(text, None)
    with pytest.raises(BadInputError, match="save id"):
        place.save("x", None, save_id="../../x")
    assert place.tag() is None
    assert place.notes.history(place.run) == ()


def test_a_store_that_cuts_is_reported_with_the_revision_to_restore_from() -> None:
    memory = Memory(most=500)
    notes = notes_of(memory)
    text = "\n".join(f"line {number}" for number in range(100))
    save_id = new_save_id()
    with pytest.raises(CutByStoreError, match="first 500 of") as caught:
        notes.save("r", text, base=None, save_id=save_id, author="ada")
    assert caught.value.revision_id == save_id
    note = notes.load("r")
    assert note.cut_from.text == text
    assert not note.written_outside


def test_only_if_unchanged_never_merges_and_writes_nothing(place: Place) -> None:
    place.save(NOTE, None)
    place.outside(NOTE.replace("first", "FIRST"))
    refused = place.save(NOTE.replace("third", "THIRD"), NOTE, only_if_unchanged=True)
    assert (refused.status, refused.kept) == ("conflict", False)
    assert len([entry for entry in place.notes.history(place.run) if entry.stored]) == 1
    assert place.tag() == NOTE.replace("first", "FIRST")


def test_an_older_text_is_restored_as_a_new_revision(place: Place) -> None:
    first = place.save(NOTE, None)
    place.save("other", NOTE)
    restored = place.notes.restore(place.run, first.revision.revision_id, save_id=new_save_id(), author="bob")
    assert restored.status == "saved"
    assert place.tag() == NOTE
    top = place.notes.history(place.run)[0].revision
    assert (top.author, top.restores) == ("bob", first.revision.revision_id)
    with pytest.raises(NotFoundError):
        place.notes.restore(place.run, new_save_id(), save_id=new_save_id(), author="bob")


def test_a_text_that_is_waiting_is_put_back_or_dismissed(place: Place) -> None:
    clock = [1_000_000]
    place.notes = NoteService(open_store(place.uri), open_writer(place.uri), now=lambda: clock[0])
    place.save(NOTE, None)
    place.save(NOTE.replace("first", "FIRST"), NOTE)
    place.outside(NOTE)
    clock[0] += 3_600_000
    (waiting,) = place.notes.load(place.run).waiting
    back = place.notes.put_back(place.run, waiting.revision_id, save_id=new_save_id(), author="bob")
    assert back.status == "saved"
    assert place.tag() == NOTE.replace("first", "FIRST")
    assert place.notes.load(place.run).waiting == ()
    place.outside(NOTE)
    clock[0] += 3_600_000
    (waiting,) = place.notes.load(place.run).waiting
    place.notes.dismiss(place.run, waiting.revision_id)
    assert place.notes.load(place.run).waiting == ()
    assert "aside" in {entry.status for entry in place.notes.history(place.run)}


def test_where_revisions_cannot_be_kept_saving_is_refused_with_the_way_out(sqlite_store: str, tmp_path: Path) -> None:
    client = MlflowClient(sqlite_store)
    run = client.create_run(client.create_experiment("x", "mlflow-artifacts:/x")).info.run_id
    client.set_tag(run, names.NOTE_TAG, NOTE)
    notes = NoteService(open_store(sqlite_store), open_writer(sqlite_store))
    note = notes.load(run)
    assert note.text == NOTE
    assert "read_dsn" in note.problem
    with pytest.raises(WriteError, match=r"was not saved.*your text is kept.*read_dsn"):
        notes.save(run, "new", base=NOTE, save_id=new_save_id(), author="ada")
    assert client.get_run(run).data.tags[names.NOTE_TAG] == NOTE


def test_a_broken_file_among_the_revisions_is_left_out_and_does_not_stop_a_save(place: Place, tmp_path: Path) -> None:
    save_id = new_save_id()
    folder = tmp_path / "artifacts" / place.run / "artifacts" / "mlreview" / "notes"
    folder.mkdir(parents=True)
    (folder / f"{save_id}.md").write_bytes(b"<!-- mlreview-note {")
    (folder / ".artifact.uploading.x").write_bytes(b"half")
    assert place.save(NOTE, None, save_id=save_id).status == "saved"
    assert place.save(NOTE, None, save_id=save_id).status == "saved"
    assert [entry.revision.text for entry in place.notes.history(place.run)] == [NOTE]
    assert sorted(path.name for path in folder.glob("0*")) == [f"{save_id}-2.md", f"{save_id}.md"]


def test_a_run_that_is_not_there_is_said_to_be_missing(place: Place) -> None:
    with pytest.raises(NotFoundError):
        place.notes.load("0" * 32)
    with pytest.raises(NotFoundError):
        place.notes.save("0" * 32, "x", base=None, save_id=new_save_id(), author="ada")
