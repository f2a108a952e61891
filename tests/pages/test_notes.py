"""The notes page's script, without a browser: beginnings, what is generated, search, mentions, completeness."""

import json
from pathlib import Path
from typing import Any

import pytest
from mlflow import MlflowClient
from streamlit.testing.v1 import AppTest

from mlreview import store
from mlreview.entities import RunQuery
from mlreview.names import NOTE_TAG
from mlreview.notes.revisions import new_save_id
from mlreview.notes.search import NoteIndex
from mlreview.notes.sections import GENERATED
from mlreview.notes.service import NoteService
from mlreview.notes.template import HEADINGS
from mlreview.store import open_store, open_writer
from mlreview.ui import notes_search, notes_texts, pages, reads
from mlreview.ui.notes_runs import Runs
from tests.sample_store import Sample, write_team_sample
from tests.stores import copy_sqlite, sqlite_uri

APP = str(Path(__file__).resolve().parents[2] / "app.py")
DEPLOYED = f"""## {HEADINGS[0]}

Sort the mail of the newsroom.

## Tried and compared

{GENERATED}
an old table
<!-- mlreview: end -->

Dropout *did not help* at all.
"""


@pytest.fixture(scope="module")
def sample(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """A store that these tests write to, each to a run of its own; the network of 8 units is deployed, with a note."""
    folder = tmp_path_factory.mktemp("notes-page")
    made = write_team_sample(sqlite_uri(copy_sqlite(sqlite_template, folder / "mlflow.db")), folder / "artifacts")
    deployed = made.runs["sports-NN-8d-lr0.1"]
    write_note(made, deployed, DEPLOYED, "Ben")
    client = MlflowClient(made.uri, registry_uri=made.uri)
    client.create_registered_model("sports")
    client.create_model_version("sports", "s3://nowhere/model", run_id=deployed)
    client.set_registered_model_alias("sports", "champion", "1")
    return made


def write_note(sample: Sample, run_id: str, text: str, author: str) -> None:
    opened = open_store(sample.uri)
    service = NoteService(opened, open_writer(sample.uri))
    service.save(run_id, text, base=service.load(run_id).text, save_id=new_save_id(), author=author)
    opened.close()


@pytest.fixture
def open_notes(monkeypatch: pytest.MonkeyPatch, sample: Sample):
    """Runs the notes page, with address parameters; nothing that was read before is used again."""

    def run(**params: str) -> AppTest:
        from mlreview.ui import reads

        reads.refresh.__globals__["_runs"].clear()
        monkeypatch.setenv("MLREVIEW_TRACKING_URI", sample.uri)
        test = AppTest.from_file(APP, default_timeout=60)
        for key, value in params.items():
            test.query_params[key] = value
        test.switch_page("pages/notes.py").run()
        assert not test.exception
        return test

    return run


def inserted(test: AppTest, run_id: str) -> str:
    return test.session_state["_notes.insert"][run_id]["text"]


def editor_data(test: AppTest) -> dict[str, Any]:
    """What the editor in the browser is given."""
    sent = [json.loads(one.proto.json) for one in test.get("bidi_component") if one.proto.json]
    return next(data for data in sent if "version" in data)


def press(test: AppTest, label: str) -> AppTest:
    next(button for button in test.button if button.label.replace("\\", "") == label).click().run()
    assert not test.exception
    return test


def words(test: AppTest) -> str:
    return "\n".join(one.value for one in [*test.markdown, *test.caption]).replace("\\", "")


def test_the_template_has_the_teams_headings_and_what_the_sweep_tried_linked(open_notes, sample: Sample):
    run = sample.runs["sports-NN-32d-lr0.05"]
    test = press(open_notes(note=run, exp=sample.experiments["sports"]), "Start from the template")
    text = inserted(test, run)
    assert [line[3:] for line in text.splitlines() if line.startswith("## ")] == list(HEADINGS)
    assert GENERATED in text
    assert f"/runs/{sample.runs['sports-NN-32d-lr0.1']})" in text  # the best of the sweep
    assert f"/runs/{sample.runs['failed']})" in text  # and what failed
    assert "This run is number" in text
    assert test.query_params["notepart"] == "edit"


def test_a_team_has_headings_of_its_own(open_notes, sample: Sample, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "mlreview.toml").write_text('note_headings = ["Who asked", "What broke"]\n')
    monkeypatch.chdir(tmp_path)
    run = sample.runs["sports-NN-32d-lr0.1"]
    test = press(open_notes(note=run, exp=sample.experiments["sports"]), "Start from the template")
    assert inserted(test, run) == "## Who asked\n\n## What broke\n\n"
    said = words(open_notes(note=sample.runs["sports-NN-8d-lr0.1"], exp=sample.experiments["sports"]))
    assert "0 of 2 sections of the template are filled in. Missing: Who asked, What broke." in said


@pytest.mark.parametrize("name", [spec.name for spec in pages.PAGES])
def test_every_page_has_the_mark_of_notes_that_are_not_saved(
    name: str, sample: Sample, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("MLREVIEW_TRACKING_URI", sample.uri)
    test = AppTest.from_file(APP, default_timeout=60).switch_page(f"pages/{name}.py").run()
    assert not test.exception
    assert {"store"} in [set(json.loads(one.proto.json)) for one in test.get("bidi_component") if one.proto.json]


def test_continuing_takes_the_note_of_the_deployed_model_but_not_what_was_generated_there(open_notes, sample: Sample):
    run = sample.runs["sports-NN-32d-lr0.01"]
    label = "Continue from the model deployed before"
    text = inserted(press(open_notes(note=run, exp=sample.experiments["sports"]), label), run)
    assert text.startswith("Continues the note of [sports-NN-8d-lr0.1](#/experiments/")
    assert "Sort the mail of the newsroom." in text
    assert "Dropout *did not help* at all." in text
    assert "an old table" not in text
    assert all(f"## {heading}" in text for heading in HEADINGS)
    assert text.count(GENERATED) == 1


def test_without_another_deployed_model_that_has_a_note_there_is_nothing_to_continue(
    sample: Sample, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("MLREVIEW_TRACKING_URI", sample.uri)
    reads.refresh()
    table = reads.runs(RunQuery((sample.experiments["sports"],))).table
    runs = Runs(table, None, {run_id: at for at, run_id in enumerate(table.run_ids)})
    assert notes_texts.continued(runs, sample.runs["sports-NN-8d-lr0.1"]) is None  # it is the deployed one itself
    assert "Sort the mail" in (notes_texts.continued(runs, sample.runs["sports-LR"]) or "")


def test_only_peoples_words_count_as_filled_in(open_notes, sample: Sample):
    said = words(open_notes(note=sample.runs["sports-NN-8d-lr0.1"], exp=sample.experiments["sports"]))
    assert f"2 of {len(HEADINGS)} sections of the template are filled in." in said
    assert f"Missing: {HEADINGS[1]}" in said


def test_a_run_lists_the_notes_that_mention_it_with_their_sentence(open_notes, sample: Sample):
    best, other = sample.runs["sports-NN-32d-lr0.1"], sample.runs["sports-LR"]
    link = f"[best](#/experiments/{sample.experiments['sports']}/runs/{best})"
    write_note(sample, other, f"First words.\n\nA line is not enough: see {link} for more.\n", "Ada")
    test = open_notes(note=best, exp=sample.experiments["sports"])
    said = words(test)
    assert "Mentioned in 1 other note" in said
    assert "A line is not enough: see best for more." in said
    press(test, "sports-LR")
    assert test.query_params["note"] == other


def test_a_search_hit_shows_the_sentence_the_metric_and_who_wrote_the_note(open_notes, sample: Sample):
    MlflowClient(sample.uri).set_tag(sample.runs["rain"], NOTE_TAG, "Here too: it did not help with rain.")
    test = open_notes(notepart="search", notesearch='"did not help"', exp=sample.experiments["sports"])
    said = words(test)
    assert "2 of " in said
    assert "Dropout did not help at all." in said
    assert "note by Ben" in said
    assert "val_AUROC 0.916" in said
    assert "run by " in said  # nobody knows who wrote the other one: MLflow's own client did
    press(test, "sports-NN-8d-lr0.1")
    assert test.query_params["note"] == sample.runs["sports-NN-8d-lr0.1"]
    assert test.query_params.get("notepart", "read") == "read"


def test_the_index_of_a_search_is_made_once_for_what_was_read(
    open_notes, sample: Sample, monkeypatch: pytest.MonkeyPatch
):
    made: list[object] = []
    monkeypatch.setattr(notes_search, "NoteIndex", lambda table: made.append(table) or NoteIndex(table))
    notes_search._index.clear()
    test = open_notes(notepart="search", exp=sample.experiments["sports"])
    test.text_input(key="notes_search").set_value("newsroom").run()
    test.text_input(key="notes_search").set_value("dropout").run()
    assert "1 of " in words(test)
    assert len(made) == 1
    write_note(sample, sample.runs["diverged"], "Dropout in the newsroom too.", "Ada")
    press(test, "Read again")
    assert "2 of " in words(test)
    assert len(made) == 2


def test_a_note_that_the_store_has_cut_is_whole_again_after_one_click(open_notes, sample: Sample):
    run, whole = sample.runs["snow"], "long words " * 700
    write_note(sample, run, whole, "Ada")
    MlflowClient(sample.uri).set_tag(run, NOTE_TAG, whole[:5_000])
    test = open_notes(note=run, exp=sample.experiments["weather"])
    assert "The store has cut this note" in words(test)
    press(test, "Restore the whole text")
    assert MlflowClient(sample.uri).get_run(run).data.tags[NOTE_TAG] == whole
    assert "The store has cut this note" not in words(test)


def test_mlflow_is_imported_for_the_first_save_when_the_editor_opens_and_not_before(open_notes, sample: Sample):
    run = sample.runs["sports-LR"]
    importing = store._importing
    importing.cache_clear()
    open_notes(note=run, exp=sample.experiments["sports"])
    assert importing.cache_info().currsize == 0
    open_notes(note=run, exp=sample.experiments["sports"], notepart="edit")
    assert importing.cache_info().currsize == 1


def test_links_that_were_put_in_one_after_the_other_are_all_known_to_the_editor(open_notes, sample: Sample):
    """The text that is being typed stays in the browser: what was put in before the last time was forgotten."""
    run, best, other = (sample.runs[name] for name in ("failed", "sports-NN-32d-lr0.1", "sports-LR"))
    test = open_notes(note=run, exp=sample.experiments["sports"], notepart="edit")
    assert editor_data(test)["runs"] == {}
    title, adds = editor_data(test)["firstWrite"]  # this run's note has no revision yet
    assert "first" in title.lower()
    assert "mlreview/notes" in adds
    for linked in (best, other):
        test.selectbox(key="notes_link").set_value(linked).run()
        assert editor_data(test)["insert"]["where"] == "inline"
        assert editor_data(test)["insert"]["text"].endswith(f"/runs/{linked})")
    known = editor_data(test)["runs"]
    assert set(known) == {best, other}
    assert known[best] == {"name": "sports-NN-32d-lr0.1", "metric": "val_AUROC 0.917", "state": ""}


def test_the_leaderboard_says_of_each_note_how_complete_it_is(
    open_notes, sample: Sample, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("MLREVIEW_TRACKING_URI", sample.uri)
    test = AppTest.from_file(APP, default_timeout=60)
    test.query_params["exp"] = sample.experiments["sports"]
    test.run()
    assert not test.exception
    frame = test.dataframe[0].value
    notes = dict(zip(frame["Run"], frame["Note"], strict=True))
    assert notes["sports-NN-8d-lr0.1"] == f"2/{len(HEADINGS)} · Sort the mail of the newsroom."
    assert not isinstance(notes["running"], str)
