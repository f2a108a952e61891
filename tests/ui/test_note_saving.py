"""Saving what the browser sent: once for each id, byte for byte, and every outcome in words."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import streamlit as st
from mlflow import MlflowClient

from mlreview.names import NOTE_TAG
from mlreview.notes.revisions import new_save_id
from mlreview.ui import note_saving, writes
from mlreview.ui.note_editor import SaveRequest
from tests.sample_store import write_run


@pytest.fixture
def client(sqlite_store: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[MlflowClient]:
    monkeypatch.setenv("MLREVIEW_TRACKING_URI", sqlite_store)
    monkeypatch.setenv("MLREVIEW_USER", "ada")
    st.session_state.clear()
    yield MlflowClient(sqlite_store)
    st.session_state.clear()
    st.cache_resource.clear()


@pytest.fixture
def run_id(client: MlflowClient, tmp_path: Path) -> str:
    experiment = client.create_experiment("notes", artifact_location=(tmp_path / "artifacts").as_uri())
    return write_run(client, experiment, "a run", 0)


def stored(client: MlflowClient, run_id: str) -> str | None:
    return client.get_run(run_id).data.tags.get(NOTE_TAG)


def request(text: str, base: str = "", version: str | None = "", **more) -> SaveRequest:
    return SaveRequest(new_save_id(), text, base, version, **more)


def save(run_id: str, sent: SaveRequest) -> note_saving.Outcome:
    note_saving.save(run_id, sent)
    outcome = note_saving.outcome_of(run_id)
    assert outcome is not None
    assert outcome["id"] == sent.id
    return outcome


def test_a_save_that_is_sent_twice_is_done_once(client: MlflowClient, run_id: str):
    sent = request("first")
    before = save(run_id, sent)
    client.set_tag(run_id, NOTE_TAG, "somebody else")
    assert save(run_id, sent) == before
    st.session_state.clear()  # the app was started anew, and the browser sends once more
    save(run_id, sent)
    assert [entry.revision.text for entry in writes.notes().history(run_id)].count("first") == 1


def test_a_note_keeps_its_line_ends(client: MlflowClient, run_id: str):
    client.set_tag(run_id, NOTE_TAG, "a\r\nb\r\n")
    loaded = note_saving.load(run_id)
    assert (loaded.text, loaded.crlf) == ("a\nb\n", True)
    outcome = save(run_id, request("a\nb\nc\n", loaded.text, loaded.version))
    assert outcome["kind"] == "saved"
    assert stored(client, run_id) == "a\r\nb\r\nc\r\n"
    assert (outcome["text"], outcome["version"]) == ("a\nb\nc\n", note_saving.load(run_id).version)


def test_a_conflict_hands_over_both_texts_and_a_proposal_and_changes_nothing(client: MlflowClient, run_id: str):
    first = save(run_id, request("one\n\ntwo"))
    client.set_tag(run_id, NOTE_TAG, "ONE\n\ntwo")
    outcome = save(run_id, request("1\n\ntwo", "one\n\ntwo", first["version"]))
    assert outcome["kind"] == "conflict"
    assert (outcome["base"], outcome["theirs"]) == ("one\n\ntwo", "ONE\n\ntwo")
    assert outcome["merged"] == "⟦ yours ⟧\n1\n⟦ in the store ⟧\nONE\n⟦ end ⟧\n\ntwo"
    assert stored(client, run_id) == "ONE\n\ntwo"
    settled = save(run_id, request("1\n\ntwo", "ONE\n\ntwo", outcome["version"], resolves=outcome["id"]))
    assert settled["kind"] == "saved"
    assert stored(client, run_id) == "1\n\ntwo"


def test_words_typed_on_during_a_merge_are_merged_next(client: MlflowClient, run_id: str):
    first = save(run_id, request("one\n\ntwo\n\nthree"))
    client.set_tag(run_id, NOTE_TAG, "ONE\n\ntwo\n\nthree")
    merged = save(run_id, request("one\n\ntwo\n\nTHREE", "one\n\ntwo\n\nthree", first["version"]))
    assert merged["text"] == "ONE\n\ntwo\n\nTHREE"
    assert "MLflow" in merged["notice"]
    # The browser still has its own text, and what came after it: a base that the server never saw as the note.
    typed_on = save(run_id, request("one\n\ntwo\n\nTHREE!", "one\n\ntwo\n\nTHREE", None))
    assert typed_on["kind"] == "saved"
    assert stored(client, run_id) == "ONE\n\ntwo\n\nTHREE!"


def test_an_empty_note_and_the_marks_of_a_conflict_are_asked_about(client: MlflowClient, run_id: str):
    first = save(run_id, request("full"))
    asked = save(run_id, request("", "full", first["version"]))
    assert (asked["kind"], asked["keys"]) == ("ask", ["empty"])
    assert stored(client, run_id) == "full"
    assert save(run_id, request("", "full", first["version"], confirmed=("empty",)))["kind"] == "saved"
    assert not stored(client, run_id)
    marked = save(run_id, request("a\n⟦ yours ⟧\nb"))
    assert (marked["kind"], marked["keys"]) == ("ask", ["marks"])


def test_what_looks_like_a_secret_is_pointed_out_once_and_not_shown_whole(client: MlflowClient, run_id: str):
    token = "ghp_" + "a1B2" * 9
    asked = save(run_id, request(f"see\ntoken {token}"))
    assert (asked["kind"], asked["keys"]) == ("ask", ["secrets"])
    assert asked["questions"][0].startswith("Line 2: ")
    assert token not in str(asked)
    assert stored(client, run_id) is None
    done = save(run_id, request(f"see\ntoken {token}", confirmed=("secrets",)))
    assert done["kind"] == "saved"
    # It is in the note already: nobody is asked again for every further word.
    again = save(run_id, request(f"see\ntoken {token}\nmore", f"see\ntoken {token}", done["version"]))
    assert again["kind"] == "saved"


@pytest.mark.parametrize("text", ["x" * 8_001, "a\0b", "a\ud83d"])
def test_what_a_store_would_cut_or_change_is_refused_with_the_reason(client: MlflowClient, run_id: str, text: str):
    outcome = save(run_id, request(text))
    assert outcome["kind"] == "refused"
    assert outcome["message"]
    assert stored(client, run_id) is None


def test_a_store_that_is_gone_is_a_failure_after_which_the_same_save_is_done(
    client: MlflowClient, run_id: str, monkeypatch: pytest.MonkeyPatch
):
    good = writes.notes

    def gone() -> None:
        raise RuntimeError("inner words")

    sent = request("kept")
    monkeypatch.setattr(writes, "notes", gone)
    outcome = save(run_id, sent)
    assert outcome["kind"] == "failed"
    assert "inner words" not in outcome["message"]
    monkeypatch.setattr(writes, "notes", good)
    assert save(run_id, sent)["kind"] == "saved"
    assert stored(client, run_id) == "kept"


def test_a_run_that_is_not_there_is_refused(client: MlflowClient):
    assert save("0" * 32, request("text"))["kind"] in ("refused", "failed")
