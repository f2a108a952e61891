"""Writing a note: nothing that somebody typed is lost, whatever happens to the page, the app or the network."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from mlflow import MlflowClient
from playwright.sync_api import Browser, Dialog, Page, expect

from mlreview.names import NOTE_TAG
from mlreview.serve import free_port
from tests.browser.harness import WAIT_MS, running_app, settled
from tests.browser.notes import card, editor, open_editor, preview, save, says, show_part, type_at_end
from tests.sample_store import Sample, write_team_sample
from tests.stores import copy_sqlite, sqlite_uri

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def sample(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """A store that these tests write to; each takes a run of its own."""
    folder = tmp_path_factory.mktemp("notes")
    return write_team_sample(sqlite_uri(copy_sqlite(sqlite_template, folder / "mlflow.db")), folder / "artifacts")


@pytest.fixture(scope="module")
def app(sample: Sample, chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running_app(sample.uri, tmp_path_factory.mktemp("app"), MLREVIEW_USER="Ada") as address:
        yield address


def stored(sample: Sample, run_id: str) -> str | None:
    """The note as MLflow's own client has it."""
    return MlflowClient(sample.uri).get_run(run_id).data.tags.get(NOTE_TAG)


def set_elsewhere(sample: Sample, run_id: str, text: str) -> None:
    """What MLflow's own page does when somebody edits a run's description there."""
    MlflowClient(sample.uri).set_tag(run_id, NOTE_TAG, text)


def test_the_preview_follows_the_typing_and_ctrl_s_saves_what_mlflow_then_shows(app: str, sample: Sample, page: Page):
    run = sample.runs["sports-NN-32d-lr0.1"]
    open_editor(page, app, run)
    says(page, "No note yet")
    type_at_end(page, "## Why\nIt is **best**, see R and C")
    expect(preview(page).get_by_role("heading", name="Why")).to_be_visible()
    expect(preview(page).locator("strong")).to_have_text("best")
    says(page, "Unsaved changes")
    assert stored(sample, run) is None
    save(page)
    assert stored(sample, run) == "## Why\nIt is **best**, see R and C"
    # R and C are keys of Streamlit's own; typed into a note they are letters.
    expect(page.get_by_role("dialog")).to_have_count(0)
    show_part(page, "Note")
    expect(page.locator(".markdown").get_by_role("heading", name="Why")).to_be_visible()


def test_a_draft_survives_a_reload_which_the_browser_warns_of(app: str, sample: Sample, page: Page):
    run = sample.runs["sports-NN-32d-lr0.05"]
    warned: list[str] = []

    def accept(dialog: Dialog) -> None:
        warned.append(dialog.type)
        dialog.accept()

    page.on("dialog", accept)
    open_editor(page, app, run)
    type_at_end(page, "half a thought")
    page.reload()
    settled(page)
    assert warned == ["beforeunload"]
    expect(editor(page)).to_have_value("half a thought", timeout=WAIT_MS)
    expect(card(page, "Your unsaved draft of today")).to_be_visible()
    says(page, "Unsaved changes")
    save(page)
    page.reload()
    settled(page)
    assert warned == ["beforeunload"], "a saved note is left without a question"
    expect(editor(page)).to_have_value("half a thought")
    says(page, "Saved")


def test_every_page_says_that_a_note_is_unsaved_and_leads_back_to_it(app: str, sample: Sample, page: Page):
    run = sample.runs["sports-NN-32d-lr0.01"]
    open_editor(page, app, run)
    page.keyboard.press("Tab")
    type_at_end(page, "not saved")
    page.get_by_role("link", name="Leaderboard").click(delay=90)
    expect(page.get_by_role("heading", name="Leaderboard")).to_be_visible()
    mark = page.get_by_test_id("stSidebar").get_by_text("Unsaved note")
    expect(mark).to_be_visible(timeout=WAIT_MS)
    page.get_by_test_id("stSidebar").get_by_role("button", name="sports-NN-32d-lr0.01").click(delay=90)
    expect(editor(page)).to_have_value("not saved", timeout=WAIT_MS)
    save(page)
    expect(mark).to_have_count(0)
    assert stored(sample, run) == "not saved"


def test_a_draft_survives_the_apps_death_and_a_save_pressed_meanwhile_happens_once_it_is_back(
    sample: Sample, page: Page, tmp_path: Path
):
    run, port = sample.runs["sports-NN-8d-lr0.1"], free_port()
    with running_app(sample.uri, tmp_path, port=port) as address:
        open_editor(page, address, run)
        type_at_end(page, "typed before")
    says(page, "Offline")
    type_at_end(page, ", and while it was dead")
    page.keyboard.press("Control+s")
    says(page, "will be saved on reconnecting")
    with running_app(sample.uri, tmp_path, port=port):
        says(page, "Saved,", timeout=60_000)
        expect(editor(page)).to_have_value("typed before, and while it was dead")
        assert stored(sample, run) == "typed before, and while it was dead"
