"""Writing a note: nothing that somebody typed is lost, whatever happens to the page, the app or the network."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from mlflow import MlflowClient
from playwright.sync_api import Browser, Dialog, Page, WebSocketRoute, expect
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from mlreview.names import NOTE_TAG
from mlreview.serve import free_port
from mlreview.ui.note_saving import MARK_END, MARK_MINE, MARK_THEIRS
from tests.browser.conftest import NewPage
from tests.browser.harness import HEADER_PX, ROW_PX, WAIT_MS, running_app, settled, table, table_cells, visit
from tests.browser.notes import card, editor, open_editor, preview, save, says, show_part, type_at_end
from tests.sample_store import Sample, write_run, write_team_sample
from tests.stores import copy_sqlite, sqlite_uri

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def sample(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """A store that these tests write to; each takes a run of its own."""
    folder = tmp_path_factory.mktemp("notes")
    written = write_team_sample(sqlite_uri(copy_sqlite(sqlite_template, folder / "mlflow.db")), folder / "artifacts")
    client, params = MlflowClient(written.uri), {"hidden_units": "16", "learning_rate": "0.1"}
    curves = {"val_AUROC": [0.6, 0.65]}
    for name in ("untouched", "twice", "taken back", "in view", "chosen", "discarded", "linking", "unanswered"):
        written.runs[name] = write_run(client, written.experiments["sports"], name, 6, params, curves)
    return written


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
    page.get_by_role("link", name="Leaderboard", exact=True).click(delay=90)
    expect(page.get_by_role("heading", name="Leaderboard")).to_be_visible()
    mark = page.get_by_test_id("stSidebar").get_by_text("Unsaved note")
    expect(mark).to_be_visible(timeout=WAIT_MS)
    page.get_by_test_id("stSidebar").get_by_role("button", name="sports-NN-32d-lr0.01").click(delay=90)
    expect(editor(page)).to_have_value("not saved", timeout=WAIT_MS)
    save(page)
    expect(mark).to_have_count(0)
    assert stored(sample, run) == "not saved"


def test_a_fragment_of_the_page_that_is_left_does_not_empty_the_one_that_is_opened(
    app: str, sample: Sample, page: Page
):
    """A slow browser's timer asks for a fragment of the leaderboard after the server has switched to the notes.

    Streamlit takes such a request in, runs it when the new page is done, and the browser, told of a script run of
    the old page, throws away what it shows: the page was blank.
    """
    run, timers, armed = sample.runs["in view"], [], []

    def relay(route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        def from_browser(message: str | bytes) -> None:
            asked = BackMsg.FromString(message).rerun_script if isinstance(message, bytes) else None
            if asked is not None and asked.is_auto_rerun:
                timers.append((asked.page_script_hash, message))
            server.send(message)

        def from_server(message: str | bytes) -> None:
            begun = ForwardMsg.FromString(message).new_session if isinstance(message, bytes) else None
            if armed and begun is not None and begun.page_script_hash not in ("", timers[-1][0]):
                armed.clear()
                server.send(timers[-1][1])  # sent before the browser knew of this
            route.send(message)

        route.on_message(from_browser)
        server.on_message(from_server)

    page.route_web_socket(re.compile("/_stcore/stream"), relay)
    open_editor(page, app, run)
    type_at_end(page, "left open")
    page.get_by_role("link", name="Leaderboard", exact=True).click(delay=90)
    mark = page.get_by_test_id("stSidebar").get_by_role("button", name="in view")
    expect(mark).to_be_visible(timeout=WAIT_MS)
    wait_for(page, lambda: bool(timers))
    armed.append(True)
    mark.click(delay=90)
    expect(editor(page)).to_have_value("left open", timeout=WAIT_MS)
    assert not armed, "the late request was sent"
    save(page)  # answered after whatever that request led to
    expect(editor(page)).to_have_value("left open")


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
        says(page, "Saved,", timeout=90_000)  # it imports MLflow once more
        expect(editor(page)).to_have_value("typed before, and while it was dead")
        assert stored(sample, run) == "typed before, and while it was dead"


def test_a_save_without_a_network_is_sent_again_and_has_one_effect(app: str, sample: Sample, page: Page):
    run = sample.runs["sports-NN-8d-lr0.05"]
    open_editor(page, app, run)
    page.context.set_offline(True)
    type_at_end(page, "written in a tunnel")
    says(page, "Offline")
    page.keyboard.press("Control+s")
    says(page, "will be saved on reconnecting")
    assert stored(sample, run) is None
    page.context.set_offline(False)
    says(page, "Saved,", timeout=60_000)
    assert stored(sample, run) == "written in a tunnel"
    show_part(page, "History")
    expect(page.get_by_role("radiogroup", name="Saved texts").get_by_role("radio")).to_have_count(1)


def test_a_save_without_an_answer_is_sent_again_and_counts_once_however_often_it_arrives(
    app: str, sample: Sample, page: Page
):
    run, sent = sample.runs["unanswered"], []

    def relay(route: WebSocketRoute) -> None:
        server = route.connect_to_server()

        def from_browser(message: str | bytes) -> None:
            asked = BackMsg.FromString(message).rerun_script if isinstance(message, bytes) else None
            if asked is None or not any('"save"' in one.json_trigger_value for one in asked.widget_states.widgets):
                server.send(message)
                return
            sent.append(message)
            if len(sent) > 1:  # the first one never arrives, the second one twice
                server.send(message)
                server.send(message)

        route.on_message(from_browser)

    page.route_web_socket(re.compile("/_stcore/stream"), relay)
    open_editor(page, app, run)
    type_at_end(page, "sent again")
    page.keyboard.press("Meta+s")
    says(page, "Saving")
    says(page, "Saved,", timeout=90_000)
    assert len(sent) == 2
    assert stored(sample, run) == "sent again"
    assert texts_of(sample, run) == ["sent again"]


def test_every_text_that_save_was_pressed_on_is_in_the_history_and_no_other(app: str, sample: Sample, page: Page):
    run = sample.runs["twice"]
    open_editor(page, app, run)
    page.context.set_offline(True)
    type_at_end(page, "first")
    page.keyboard.press("Control+s")
    says(page, "will be saved on reconnecting")
    type_at_end(page, " second")
    page.keyboard.press("Control+s")
    page.keyboard.press("Control+a")
    page.keyboard.type("third, and nobody pressed Save")
    page.context.set_offline(False)
    says(page, "Unsaved", timeout=60_000)
    expect(editor(page)).to_have_value("third, and nobody pressed Save")
    assert stored(sample, run) == "first second"
    assert texts_of(sample, run) == ["first", "first second"]


def test_a_save_that_is_under_way_outlives_a_text_that_is_taken_back_and_a_reload(app: str, sample: Sample, page: Page):
    run = sample.runs["taken back"]
    open_editor(page, app, run)
    type_at_end(page, "kept")
    save(page)
    page.context.set_offline(True)
    type_at_end(page, " more")
    page.keyboard.press("Control+s")
    says(page, "will be saved on reconnecting")
    for _ in " more":
        page.keyboard.press("Backspace")
    expect(editor(page)).to_have_value("kept")
    page.on("dialog", lambda dialog: dialog.accept())
    page.context.set_offline(False)
    page.reload()
    expect(editor(page)).to_be_visible(timeout=WAIT_MS)
    wait_for(page, lambda: "kept more" in texts_of(sample, run))


def texts_of(sample: Sample, run: str) -> list[str]:
    """Every text in the history of a run's note, the oldest first."""
    from mlreview.notes.service import NoteService
    from mlreview.store import open_store, open_writer

    store = open_store(sample.uri)
    service = NoteService(store, open_writer(sample.uri))
    found = [entry.revision.text for entry in service.history(run)]
    store.close()
    return sorted(found, key=len)


def wait_for(page: Page, holds: Callable[[], bool]) -> None:
    until = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < until
        page.wait_for_timeout(200)


def test_what_two_people_change_apart_is_merged_and_what_they_change_alike_is_for_the_writer_to_choose(
    app: str, sample: Sample, new_page: NewPage
):
    run = sample.runs["sports-NN-8d-lr0.01"]
    ada, ben = new_page(), new_page()
    open_editor(ada, app, run)
    type_at_end(ada, "one\n\ntwo\n\nthree")
    save(ada)
    open_editor(ben, app, run)
    type_at_end(ben, " by ben")
    editor(ada).press("Control+Home")
    ada.keyboard.type("ada: ")
    save(ada)
    save(ben)
    expect(editor(ben)).to_have_value("ada: one\n\ntwo\n\nthree by ben")
    expect(card(ben, "Saved together with")).to_be_visible()
    assert stored(sample, run) == "ada: one\n\ntwo\n\nthree by ben"

    editor(ada).press("Control+Home")
    ada.keyboard.type("A ")
    save(ada)
    editor(ben).press("Control+Home")
    ben.keyboard.type("B ")
    ben.keyboard.press("Control+s")
    says(ben, "Conflict")
    assert stored(sample, run) == "A ada: one\n\ntwo\n\nthree by ben"
    expect(ben.get_by_role("region", name="Yours")).to_contain_text("B ada: one")
    expect(ben.get_by_role("region", name="In the store now")).to_contain_text("A ada: one")
    ben.get_by_role("button", name="Keep mine").click(delay=90)
    says(ben, "Unsaved changes")
    save(ben)
    assert stored(sample, run) == "B ada: one\n\ntwo\n\nthree by ben"
    show_part(ben, "History")
    ben.get_by_text("Against the note now").click(delay=90)
    settled(ben)
    expect(ben.get_by_text("in the note", exact=True)).to_be_visible()


def conflict_over(app: str, sample: Sample, page: Page, run: str, mine: str, theirs: str) -> None:
    """Both begin with three lines; the second one is changed by both."""
    set_elsewhere(sample, run, "one\ntwo\nthree")
    open_editor(page, app, run)
    page.keyboard.press("Tab")
    set_elsewhere(sample, run, f"one\n{theirs}\nthree")
    editor(page).fill(f"one\n{mine}\nthree")
    page.keyboard.press("Control+s")
    says(page, "Conflict", timeout=90_000)
    assert stored(sample, run) == f"one\n{theirs}\nthree"


def test_the_writer_can_take_theirs_or_start_from_a_proposal_that_marks_both(app: str, sample: Sample, page: Page):
    run = sample.runs["chosen"]
    conflict_over(app, sample, page, run, "mine", "theirs")
    page.get_by_role("button", name="Start from the proposal").click(delay=90)
    marked = f"one\n{MARK_MINE}\nmine\n{MARK_THEIRS}\ntheirs\n{MARK_END}\nthree"
    expect(editor(page)).to_have_value(marked)
    says(page, "Unsaved changes")
    page.keyboard.press("Control+s")
    expect(card(page, "Save the marks of the conflict too?")).to_be_visible(timeout=WAIT_MS)
    editor(page).fill("one\nmine and theirs\nthree")
    save(page)
    assert stored(sample, run) == "one\nmine and theirs\nthree"

    set_elsewhere(sample, run, "one\nnewer\nthree")
    editor(page).fill("one\nmine again\nthree")
    page.keyboard.press("Control+s")
    says(page, "Conflict")
    page.get_by_role("button", name="Take theirs").click(delay=90)
    expect(editor(page)).to_have_value("one\nnewer\nthree")
    says(page, "Saved")
    assert stored(sample, run) == "one\nnewer\nthree"
    # What was not taken is lost no more than anything else that Save was pressed on.
    assert {"one\nmine\nthree", "one\nmine again\nthree"} <= set(texts_of(sample, run))


def test_a_draft_is_discarded_brought_back_and_one_of_a_closed_tab_thrown_away(app: str, sample: Sample, page: Page):
    run = sample.runs["discarded"]
    page.on("dialog", lambda dialog: dialog.accept())
    open_editor(page, app, run)
    type_at_end(page, "a draft")
    page.reload()
    settled(page)
    card(page, "Your unsaved draft of").get_by_role("button", name="Discard it").click(delay=90)
    expect(editor(page)).to_have_value("")
    says(page, "No note yet")
    card(page, "The draft was discarded").get_by_role("button", name="Bring it back").click(delay=90)
    expect(editor(page)).to_have_value("a draft")
    says(page, "Unsaved changes")
    # Put aside by another text, it is offered; thrown away, it is gone for good.
    page.evaluate(
        """() => {
            const key = Object.keys(localStorage).find((one) => one.startsWith("mlreview.draft:"));
            const draft = { ...JSON.parse(localStorage[key]), text: "of a closed tab" };
            localStorage.setItem(key.replace(/[^:]+$/, "closed"), JSON.stringify(draft));
        }"""
    )
    page.reload()
    settled(page)
    closed = card(page, "from a tab that was closed")
    closed.get_by_role("button", name="Throw it away").click(delay=90)
    expect(closed).to_have_count(0)
    page.reload()
    expect(editor(page)).to_have_value("a draft", timeout=WAIT_MS)
    expect(closed).to_have_count(0)
    assert stored(sample, run) is None


def insert(page: Page, what: str) -> None:
    page.get_by_role("button", name="Insert", exact=True).click(delay=90)
    page.get_by_role("menuitem", name=what).or_(page.get_by_role("option", name=what)).click(delay=90)


def link_run(page: Page, name: str) -> None:
    """By the search box, as a person does."""
    page.get_by_role("button", name="Link a run").click(delay=90)
    box = page.get_by_test_id("stPopoverBody").get_by_role("combobox", name="Run")
    box.click(delay=90)
    box.fill(name)
    page.get_by_role("option").filter(has_text=name).first.click(delay=90)
    expect(editor(page)).to_have_value(re.compile(re.escape(f"[{name}](#/")), timeout=WAIT_MS)
    page.keyboard.press("Escape")


def test_links_the_runs_metrics_and_a_comparison_of_the_basket_are_put_in_by_one_click(
    app: str, sample: Sample, page: Page
):
    run, best, other = (sample.runs[name] for name in ("linking", "sports-NN-32d-lr0.1", "sports-NN-8d-lr0.1"))
    visit(page, f"{app}/notes?note={run}&notepart=edit&exp={sample.experiments['sports']}&runs={best},{other}")
    type_at_end(page, "see")
    link_run(page, "sports-NN-32d-lr0.1")
    link_run(page, "sports-NN-32d-lr0.05")
    text = editor(page).input_value()
    assert re.fullmatch(r"see \[\S+\]\(#/\S+\) \[\S+\]\(#/\S+\)", text), text
    # Links that were put in one after the other both say how their run stands.
    shown = preview(page).locator("a.run")
    expect(shown.nth(0)).to_contain_text("val_AUROC 0.917")
    expect(shown.nth(1)).to_contain_text("val_AUROC 0.903")

    insert(page, "Metrics of this run")
    expect(preview(page).get_by_role("cell", name="0.6500").first).to_be_visible(timeout=WAIT_MS)
    insert(page, "Comparison of the basket (2)")
    table = preview(page).get_by_role("table").last
    expect(table.locator("a.run")).to_have_count(2, timeout=WAIT_MS)
    expect(table.get_by_role("row").nth(1)).to_contain_text("0.9170")


def test_a_change_made_in_mlflows_own_page_is_not_overwritten(app: str, sample: Sample, page: Page):
    run = sample.runs["sports-LR"]
    open_editor(page, app, run)
    type_at_end(page, "first\n\nlast")
    save(page)
    set_elsewhere(sample, run, "first, by MLflow\n\nlast")
    type_at_end(page, ", by me")
    save(page)
    assert stored(sample, run) == "first, by MLflow\n\nlast, by me"
    expect(editor(page)).to_have_value("first, by MLflow\n\nlast, by me")


def test_an_older_text_comes_back_and_an_empty_note_asks_first(app: str, sample: Sample, page: Page):
    run = sample.runs["failed"]
    open_editor(page, app, run)
    type_at_end(page, "the first text")
    save(page)
    page.keyboard.press("Control+A")
    page.keyboard.press("Delete")
    page.keyboard.press("Control+s")
    expect(card(page, "Save an empty note?")).to_be_visible(timeout=WAIT_MS)
    assert stored(sample, run) == "the first text"
    page.get_by_role("button", name="Empty the note").click(delay=90)
    says(page, "Saved,")
    assert not stored(sample, run)
    show_part(page, "History")
    page.get_by_role("radiogroup", name="Saved texts").locator("label").nth(1).click(delay=90)
    page.get_by_role("button", name="Go back to this text").click(delay=90)
    expect(page.get_by_text("The older text is the note again")).to_be_visible(timeout=WAIT_MS)
    settled(page)
    assert stored(sample, run) == "the first text"


def test_characters_are_counted_as_mlflow_does_and_too_many_are_refused_before_anything_is_sent(
    app: str, sample: Sample, page: Page
):
    run, family = sample.runs["running"], "👩‍👩‍👧"
    open_editor(page, app, run)
    editor(page).click(delay=90)
    page.keyboard.insert_text("x" * 7_995 + family)
    expect(page.locator(".counter")).to_have_text("8,000 / 8,000")
    save(page)
    assert stored(sample, run) == "x" * 7_995 + family
    page.keyboard.type("é")
    expect(page.locator(".counter")).to_have_text("8,001 / 8,000")
    page.keyboard.press("Control+s")
    expect(card(page, "1 character too long")).to_be_visible()
    says(page, "Unsaved changes")
    assert len(stored(sample, run) or "") == 8_000


def test_half_a_character_is_refused_with_the_reason_and_can_be_removed(app: str, sample: Sample, page: Page):
    run = sample.runs["diverged"]
    open_editor(page, app, run)
    type_at_end(page, "broken: ")
    editor(page).evaluate("area => { area.setRangeText('\\ud83d'); area.dispatchEvent(new Event('input')); }")
    expect(card(page, "half of a character")).to_be_visible()
    page.keyboard.press("Control+s")
    says(page, "Unsaved changes")
    page.get_by_role("button", name="Remove it").click(delay=90)
    save(page)
    assert stored(sample, run) == "broken: "
    expect(page.get_by_test_id("stException")).to_have_count(0)


def test_two_tabs_of_one_browser_keep_a_draft_each(app: str, sample: Sample, page: Page):
    run = sample.runs["rain"]
    open_editor(page, app, run)
    type_at_end(page, "in the first tab")
    other = page.context.new_page()
    open_editor(other, app, run)
    expect(card(other, "in another tab of this browser")).to_be_visible(timeout=WAIT_MS)
    type_at_end(other, "in the second tab")
    page.reload()
    settled(page)
    expect(editor(page)).to_have_value("in the first tab", timeout=WAIT_MS)
    other.close()
    # A tab that was closed leaves its draft, which is offered.
    page.reload()
    settled(page)
    closed = card(page, "from a tab that was closed")
    expect(closed).to_be_visible(timeout=WAIT_MS)
    closed.get_by_role("button", name="Use it here").click(delay=90)
    expect(editor(page)).to_have_value("in the second tab")
    expect(card(page, "that you put aside")).to_be_visible()
    save(page)
    assert stored(sample, run) == "in the second tab"


HOSTILE = """<script>window.hurt = 1</script> <img src=x onerror="window.hurt = 2">

![track](https://evil.example/track.png) ![x](javascript:hurt=3) [click](javascript:window.hurt=4)

[ok](https://good.example/page "title") <https://auto.example> [data](data:text/html,x) <b>bold</b>

<iframe src="https://evil.example/frame"></iframe>
"""


def test_nothing_in_a_hostile_note_loads_or_runs(app: str, sample: Sample, page: Page):
    run = sample.runs["snow"]
    set_elsewhere(sample, run, HOSTILE)
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    open_editor(page, app, run)
    expect(preview(page)).to_contain_text("<script>window.hurt = 1</script>")
    show_part(page, "Note")
    shown = page.locator(".shown.markdown")
    expect(shown).to_contain_text("<b>bold</b>")
    for part in ("img", "script", "iframe", "b"):
        expect(shown.locator(part)).to_have_count(0)
    links = {link.get_attribute("href"): link for link in shown.locator("a").all()}
    assert set(links) == {
        "https://evil.example/track.png",
        "https://good.example/page",
        "https://auto.example/",
        "https://evil.example/frame",  # an address in a text is a link, and loads when it is clicked
    }
    assert {link.get_attribute("rel") for link in links.values()} == {"noopener noreferrer nofollow"}
    assert page.evaluate("window.hurt") is None
    assert [url for url in requests if not url.startswith((app, app.replace("http", "ws"), "blob:", "data:"))] == []


def test_a_note_begins_with_the_template_and_what_was_tried_linked_to_runs_that_open_here(
    app: str, sample: Sample, page: Page
):
    # A run of its own: a note that another test has just saved and this one removes would be merged back.
    run = sample.runs["untouched"]
    assert stored(sample, run) is None
    best = sample.runs["sports-NN-8d-lr0.1"]
    visit(page, f"{app}/notes?note={run}&exp={sample.experiments['sports']}")
    page.get_by_role("button", name="Start from the template").click(delay=90)
    expect(editor(page)).to_have_value(re.compile("## Use case and requirements"), timeout=60_000)
    expect(preview(page).get_by_role("heading", name="Tried and compared")).to_be_visible()
    expect(preview(page)).not_to_contain_text("mlreview: generated")
    link = preview(page).locator("a.run", has_text="sports-NN-8d-lr0.1").first
    expect(link).to_contain_text("val_AUROC 0.916")

    # Put in again, it takes the place of what it put in before; people's words around it stay.
    text = editor(page).input_value()
    editor(page).fill(text.replace(" runs compared by ", " runs were compared long ago by ") + "my own words")
    page.get_by_role("button", name="Insert", exact=True).click(delay=90)
    item = page.get_by_role("menuitem", name="Tried and compared").or_(
        page.get_by_role("option", name="Tried and compared")
    )
    item.click(delay=90)
    expect(editor(page)).to_have_value(re.compile(" runs compared by .*my own words", re.DOTALL), timeout=WAIT_MS)
    assert editor(page).input_value() == text + "my own words"
    save(page)
    link.click(delay=90)
    expect(page).to_have_url(re.compile(best), timeout=WAIT_MS)
    settled(page)
    expect(page.get_by_text("Mentioned in 1 other note")).to_be_visible(timeout=WAIT_MS)


def test_a_search_over_all_notes_shows_the_sentence_and_leads_to_the_note_as_its_row_does(
    app: str, sample: Sample, page: Page
):
    run = sample.runs["snow"]
    set_elsewhere(sample, run, "## Tried\n\nWider layers first. Then we tried *quantum annealing*, in vain.")
    visit(page, f"{app}/notes?notepart=search")
    page.get_by_role("button", name="Read again").click(delay=90)
    settled(page)
    box = page.get_by_role("textbox", name="Has anybody tried this before?")
    box.click()
    page.keyboard.type("Quantum tried")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Then we tried quantum annealing, in vain.")).to_be_visible(timeout=WAIT_MS)
    page.get_by_role("button", name="snow").click(delay=90)
    expect(page.locator(".shown.markdown")).to_contain_text("quantum annealing", timeout=WAIT_MS)
    expect(page).to_have_url(re.compile(run))
    # From the leaderboard's column as well, in one click.
    visit(page, f"{app}/?exp={sample.experiments['weather']}&cols=note")
    assert table_cells(page, "leaderboard_table")[0]["Run"] == "snow"
    grid = table(page, "leaderboard_table").locator("canvas[data-testid=data-grid-canvas]").bounding_box()
    assert grid is not None
    page.mouse.click(grid["x"] + 0.6 * grid["width"], grid["y"] + HEADER_PX + ROW_PX / 2, delay=90)
    expect(page).to_have_url(re.compile(f"/notes.*note={run}"), timeout=WAIT_MS)
    expect(page.locator(".shown.markdown")).to_contain_text("quantum annealing", timeout=WAIT_MS)
