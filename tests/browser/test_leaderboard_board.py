"""The leaderboard's table: columns, selecting, opening, staying current."""

import re
from pathlib import Path

import pytest
from mlflow import MlflowClient
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPage
from tests.browser.harness import (
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


def test_nine_columns_and_fifteen_rows_stand_on_a_laptop_without_sideways_scrolling(
    sqlite_store: str, tmp_path: Path, page: Page
):
    client = MlflowClient(sqlite_store)
    experiment = client.create_experiment("many", artifact_location=tmp_path.as_uri())
    for at in range(16):
        write_run(client, experiment, f"run-{at:02d}", at, {"rate": str(at / 10)}, {"val_auc": [at / 20, at / 17]})
    pinned = client.search_runs([experiment])[0].info.run_id
    with running_app(sqlite_store, tmp_path) as app:
        visit(page, f"{app}/?exp={experiment}&baseline={pinned}")
        rows = table_cells(page, "leaderboard_table")
        wanted = {"#", "Run", "val_auc ↑", "Δ baseline", "Fit", "What differs", "Note", "Review", "Owner"}
        assert wanted <= set(rows[0])
        scroller = table(page, "leaderboard_table").locator(SCROLLER)
        wide = scroller.evaluate("node => [node.scrollWidth, node.clientWidth]")
        assert wide[0] <= wide[1] + 1
        box = table(page, "leaderboard_table").bounding_box()
        assert box is not None
        assert (900 - box["y"] - 35) // 32 >= 15


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
    first.keyboard.press("Tab")  # the list of options lies over the buttons as long as it is open
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
        client.log_metric(sample.runs["running"], "val_AUROC", 0.95, step=2)
        # The value is there, at the place where the run stands; the rank says what it would be.
        expect_column(
            page,
            "leaderboard_table",
            "val_AUROC ↑",
            ["0.917", "0.916", "0.904", "0.904", "0.903", "0.807", "0.796", "0.95"],
        )
        assert [row["Run"] for row in table_cells(page, "leaderboard_table")] == names
        write_run(client, exp, "newcomer", 60, {"learning_rate": "0.2"}, {"val_AUROC": [0.99]})
        news = page.get_by_role("button", name=re.compile("1 new run"))
        expect(news).to_be_visible(timeout=WAIT_MS)
        assert [row["Run"] for row in table_cells(page, "leaderboard_table")] == names
        expect(page.get_by_test_id("stMain").get_by_text("1 chosen")).to_be_visible()
        news.click(delay=90)
        expect_column(page, "leaderboard_table", "Run", ["newcomer", "running", names[0]])
        expect(page.get_by_test_id("stMain").get_by_text("1 chosen")).to_be_visible()
        expect(news).to_have_count(0)
