"""The leaderboard's table: columns, selecting, opening, staying current."""

import re
from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow.entities import Dataset, DatasetInput, InputTag
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPage
from tests.browser.harness import (
    HEADER_PX,
    ROW_PX,
    WAIT_MS,
    choose,
    expect_column,
    running_app,
    settled,
    table,
    table_cells,
    tick_row,
    visit,
)
from tests.sample_store import Sample, write_run, write_team_sample

pytestmark = pytest.mark.browser
SCROLLER = ".dvn-scroller"


def test_nine_columns_and_fifteen_rows_stand_on_a_laptop_without_scrolling(
    sqlite_store: str, tmp_path: Path, page: Page
):
    """With all that makes the header long: a registered baseline of a long name, ties, other data, test data, NaN,
    and a metric of a long name, too wide for its letters, whose model was not kept.
    """
    client = MlflowClient(sqlite_store)
    experiment = client.create_experiment("many", artifact_location=tmp_path.as_uri())
    name, metric = "a name of three hundred characters " * 8, f"val_{'W' * 80}_auc"
    for at in range(18):
        last = float("nan") if at == 1 else at / 17
        rate, curve = {"learning_rate": str(at / 10), "mode": "x" * at}, {metric: [at / 20, last], metric[4:]: [0.9]}
        run_id = write_run(client, experiment, f"{name}{at:02d}", at, rate, curve if at else {})
        of = f'{{"num_rows": {796 if at > 4 else 400}}}'
        data = Dataset("test posts of last year, one fifth of all of them", f"d{at > 4}", "http", "x", profile=of)
        client.log_inputs(run_id, [DatasetInput(data, [InputTag("mlflow.data.context", "validation")])])
    client.create_registered_model("sports-classifier")
    version = client.create_model_version("sports-classifier", "file:///nowhere", run_id)
    client.set_registered_model_alias("sports-classifier", "champion", version.version)
    with running_app(sqlite_store, tmp_path) as app:
        visit(page, f"{app}/?exp={experiment}")
        expect(page.get_by_text("3 on other data · 16 ranked on test data")).to_be_visible(timeout=WAIT_MS)
        expect(page.get_by_text("· 1 NaN or infinite")).to_be_visible()
        expect(page.get_by_text("Baseline: a name of three")).to_be_visible(timeout=WAIT_MS)
        rows = table_cells(page, "leaderboard_table")
        wanted = {"#", "Run", "val_WWWWW… ↑", "Δ baseline", "Fit", "What differs", "Note", "Review", "Owner"}
        assert wanted <= set(rows[0])
        scroller = table(page, "leaderboard_table").locator(SCROLLER)
        wide = scroller.evaluate("node => [node.scrollWidth, node.clientWidth]")
        assert wide[0] <= wide[1] + 1
        box = table(page, "leaderboard_table").bounding_box()
        assert box is not None
        assert box["y"] + HEADER_PX + 15 * ROW_PX <= 900
        assert box["height"] >= HEADER_PX + 15 * ROW_PX
        page.set_viewport_size({"width": 1240, "height": 900})  # too narrow for the lines: they don't become more
        expect(page.locator(".st-key-leaderboard_said p")).to_have_css("width", re.compile("^[56]"))
        assert page.locator(".st-key-leaderboard_said p").evaluate(
            "node => node.clientHeight < 4.5 * parseFloat(getComputedStyle(node).lineHeight)"
        )


def test_a_name_of_three_hundred_characters_is_shown_whole_on_demand(ugly_app: str, ugly_sample: Sample, page: Page):
    visit(page, f"{ugly_app}/?exp={ugly_sample.experiments['ugly']}&cols=name,value")
    at = next(row for row, cells in enumerate(table_cells(page, "leaderboard_table")) if "evil" in cells["Run"])
    longest = max(ugly_sample.runs, key=len)
    box = table(page, "leaderboard_table").locator("canvas[data-testid=data-grid-canvas]").bounding_box()
    assert box is not None
    page.mouse.dblclick(box["x"] + 420, box["y"] + HEADER_PX + ROW_PX * at + ROW_PX / 2)
    expect(page.locator("#portal textarea, #portal input").first).to_have_value(" ".join(longest.split()))


def test_ranked_by_the_best_value_all_columns_still_stand_side_by_side(team_app: str, team_sample: Sample, page: Page):
    exp, baseline = team_sample.experiments["sports"], team_sample.runs["sports-LR"]
    visit(page, f"{team_app}/?exp={exp}&by=best&baseline={baseline}")
    rows = table_cells(page, "leaderboard_table")
    assert {"At step", "Δ baseline", "Review", "Owner"} <= set(rows[0])
    assert rows[0]["At step"] == "9 · no model"
    wide = table(page, "leaderboard_table").locator(SCROLLER).evaluate("node => [node.scrollWidth, node.clientWidth]")
    assert wide[0] <= wide[1] + 1
    # An address of a host alone has a slash before its parameters.
    page.get_by_role("button", name="Share", exact=True).click(delay=90)
    expect(page.get_by_text(f"{team_app}/?")).to_be_visible()


def test_no_toolbar_but_our_own_lies_over_a_table(team_app: str, team_sample: Sample, page: Page):
    runs = ",".join(team_sample.runs[name] for name in ("sports-NN-32d-lr0.1", "sports-LR"))
    for path in ("?", "?groupby=param:learning_rate&", "curves?", "compare?"):
        visit(page, f"{team_app}/{path}exp={team_sample.experiments['sports']}&runs={runs}")
        for at in range(page.get_by_test_id("stDataFrame").count()):
            page.get_by_test_id("stDataFrame").nth(at).hover()
            expect(page.locator(".stDataFrame [data-testid=stElementToolbar]:visible")).to_have_count(0)
    visit(page, f"{team_app}/?exp={team_sample.experiments['sports']}")
    grid = table(page, "leaderboard_table")
    grid.hover(position={"x": 300, "y": 60})
    grid.get_by_test_id("data-grid-canvas").focus()
    page.keyboard.press("Control+f")
    page.get_by_role("button", name="Share", exact=True).click(delay=90)
    expect(page.get_by_text("Link to this view")).to_be_visible()
    expect(page.locator(".gdg-search-bar")).to_have_count(0)


def test_the_verdict_on_the_training_follows_the_first_paint(team_app: str, team_sample: Sample, page: Page):
    visit(page, f"{team_app}/?exp={team_sample.experiments['sports']}")
    expect(
        page.locator(".st-key-leaderboard_table canvas table").get_by_text(re.compile("still improving")).first
    ).to_be_attached(timeout=WAIT_MS)


def test_a_run_opens_in_this_tab_and_back_leads_to_the_table(team_app: str, team_sample: Sample, page: Page):
    exp = team_sample.experiments["sports"]
    visit(page, f"{team_app}/?exp={exp}&metric=val_loss")
    box = table(page, "leaderboard_table").locator("canvas[data-testid=data-grid-canvas]").bounding_box()
    assert box is not None
    name = table_cells(page, "leaderboard_table")[1]["Run"]
    page.mouse.click(box["x"] + 200, box["y"] + 35 + 32 + 16, delay=90)
    expect(page).to_have_url(re.compile(f"/run\\?.*run={team_sample.runs[name]}"), timeout=WAIT_MS)
    expect(page.get_by_test_id("stMain")).to_contain_text(name)
    page.go_back()
    expect(page.get_by_text("Ranked by val_loss")).to_be_visible(timeout=WAIT_MS)


def test_ticking_moves_nothing_and_leads_on(team_app: str, team_sample: Sample, page: Page):
    visit(page, f"{team_app}/?exp={team_sample.experiments['sports']}")
    before = table(page, "leaderboard_table").bounding_box()
    tick_row(page, "leaderboard_table", 0)
    main = page.get_by_test_id("stMain")
    expect(main.get_by_text("1 chosen")).to_be_visible()
    tick_row(page, "leaderboard_table", 1)
    expect(main.get_by_text("2 chosen")).to_be_visible()
    settled(page)
    assert table(page, "leaderboard_table").bounding_box() == before
    main.get_by_role("link", name="Compare").click(delay=90)
    expect(page.get_by_role("heading", name="Compare")).to_be_visible()
    expect(page).to_have_url(re.compile(f"/compare\\?.*{team_sample.runs['sports-NN-32d-lr0.1']}"))


def test_a_run_is_ticked_and_opened_with_the_keyboard_alone(team_app: str, team_sample: Sample, page: Page):
    visit(page, f"{team_app}/?exp={team_sample.experiments['sports']}")
    main = page.get_by_test_id("stMain")
    grid = table(page, "leaderboard_table").get_by_test_id("data-grid-canvas")
    main.get_by_role("button", name="Share", exact=True).focus()
    for _ in range(4):
        if grid.evaluate("node => node === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(grid).to_be_focused()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+Space")
    expect(main.get_by_text("1 chosen")).to_be_visible(timeout=WAIT_MS)
    settled(page)
    opened = main.get_by_role("link", name="Open")
    for _ in range(8):
        if opened.evaluate("node => node === document.activeElement"):
            break
        page.keyboard.press("Shift+Tab")
    expect(opened).to_be_focused()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/run\\?.*run="), timeout=WAIT_MS)
    expect(main).to_contain_text("sports-LR")  # the third row


def test_columns_are_chosen_and_moved_and_the_link_keeps_them(team_app: str, team_sample: Sample, new_page: NewPage):
    first, second = new_page(), new_page()
    visit(first, f"{team_app}/?exp={team_sample.experiments['sports']}&cols=value,owner")
    first.get_by_role("button", name="Columns", exact=True).click(delay=90)
    first.get_by_role("combobox", name="Columns, from left to right").fill("learning")
    first.get_by_role("option").filter(has_text=re.compile("learning_rate$")).first.click()
    expect(first).to_have_url(
        re.compile("cols=value%2Cowner%2Cparam%3Alearning_rate|cols=value,owner,param:learning_rate")
    )
    settled(first)
    # The list of options lies over the buttons as long as it is open; a rerun may open it once more. A click beside it
    # closes it.
    for _ in range(5):
        first.get_by_test_id("stPopoverBody").click(position={"x": 6, "y": 6})
        if not first.get_by_role("listbox").count():
            break
    expect(first.get_by_role("listbox")).to_have_count(0)
    first.get_by_role("button", name="Right", exact=True).click(delay=90)
    expect(first).to_have_url(re.compile("cols=owner(%2C|,)value"))
    settled(first)
    visit(second, first.url)
    headings = list(table_cells(second, "leaderboard_table")[0])
    assert headings[-3:] == ["Owner", "val_AUROC ↑", "learning_rate"]


def test_a_baseline_is_pinned_for_the_team_and_the_next_viewer_sees_differences(
    sqlite_store: str, tmp_path: Path, new_page: NewPage
):
    sample = write_team_sample(sqlite_store, tmp_path / "artifacts")
    exp, chosen = sample.experiments["sports"], sample.runs["sports-NN-32d-lr0.01"]
    first, second = new_page(), new_page()
    with running_app(sample.uri, tmp_path) as app:
        visit(first, f"{app}/?exp={exp}")
        first.get_by_role("button", name="Baseline", exact=True).click(delay=90)
        choose(first, "Compare with", "sports-NN-32d-lr0.01")
        expect(first).to_have_url(re.compile(f"baseline={chosen}"))
        first.get_by_role("button", name="Pin for the team").click(delay=90)
        expect(first).not_to_have_url(re.compile("baseline="), timeout=WAIT_MS)
        visit(second, f"{app}/?exp={exp}")
        # Beside the canvas stand the values themselves, not as they are written on it.
        values = [float(row["Δ baseline"]) for row in table_cells(second, "leaderboard_table")[:2]]
        assert values == pytest.approx([0.110, 0.109])
    assert MlflowClient(sample.uri).get_experiment(exp).tags["mlreview.baseline"] == chosen


def test_a_run_in_training_updates_by_itself_and_a_new_run_waits_to_be_let_in(
    sqlite_store: str, tmp_path: Path, page: Page
):
    sample = write_team_sample(sqlite_store, tmp_path / "artifacts")
    exp, client = sample.experiments["sports"], MlflowClient(sqlite_store)
    with running_app(sample.uri, tmp_path) as app:
        visit(page, f"{app}/?exp={exp}")
        names = [row["Run"] for row in table_cells(page, "leaderboard_table")]
        assert names[-1] == "running"
        tick_row(page, "leaderboard_table", 2)
        expect(page.get_by_test_id("stMain").get_by_text("1 chosen")).to_be_visible()
        place = table(page, "leaderboard_table").bounding_box()
        client.log_metric(sample.runs["running"], "val_AUROC", 0.95, step=2)
        # The value is there, at the place where the run stands; the rank says what it would be.
        expect_column(
            page,
            "leaderboard_table",
            "val_AUROC ↑",
            ["0.917", "0.916", "0.904", "0.904", "0.903", "0.807", "0.796", "0.95"],
        )
        assert [row["Run"] for row in table_cells(page, "leaderboard_table")] == names
        expect(page.get_by_role("button", name="New order")).to_be_visible(timeout=WAIT_MS)
        write_run(client, exp, "newcomer", 60, {"learning_rate": "0.2"}, {"val_AUROC": [0.99]})
        news = page.get_by_role("button", name=re.compile("1 new run"))
        expect(news).to_be_visible(timeout=WAIT_MS)
        # Beside "Open" and all other buttons, with another leader in the header: nothing has moved.
        expect(page.get_by_test_id("stMain").get_by_role("link", name="Open")).to_be_visible()
        settled(page)
        assert table(page, "leaderboard_table").bounding_box() == place
        assert [row["Run"] for row in table_cells(page, "leaderboard_table")] == names
        expect(page.get_by_test_id("stMain").get_by_text("1 chosen")).to_be_visible()
        news.click(delay=90)
        expect_column(page, "leaderboard_table", "Run", ["newcomer", "running", names[0]])
        expect(page.get_by_test_id("stMain").get_by_text("1 chosen")).to_be_visible()
        expect(news).to_have_count(0)
