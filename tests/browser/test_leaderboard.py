"""The leaderboard as a person uses it."""

import re
from pathlib import Path

import pytest
from mlflow import MlflowClient
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewPage
from tests.browser.harness import choose, expect_column, running_app, settled, table_cells, tick_row, visit
from tests.sample_store import Sample, write_team_sample

pytestmark = pytest.mark.browser


def names(page: Page, key: str = "leaderboard_table") -> list[str]:
    return [row["Run"] for row in table_cells(page, key)]


def address_holds(page: Page, *texts: str) -> None:
    pattern = "".join(f"(?=.*{re.escape(text)})" for text in texts)
    expect(page).to_have_url(re.compile(pattern))
    settled(page)


def test_the_first_look_ranks_by_a_guessed_validation_metric(team_app: str, team_sample: Sample, page: Page):
    visit(page, f"{team_app}/?exp={team_sample.experiments['sports']}")
    expect(page.get_by_text("Ranked by val_AUROC")).to_be_visible()
    expect(page.get_by_text("guessed", exact=True)).to_be_visible()
    expect(page.get_by_role("region", name="Runs ranked by val_AUROC")).to_be_visible()
    rows = table_cells(page, "leaderboard_table")
    assert [(row["#"], row["Run"]) for row in rows[:5]] == [
        ("1", "sports-NN-32d-lr0.1"),
        ("2", "sports-NN-8d-lr0.1"),
        ("3", "sports-LR"),
        ("3", "sports-NN-8d-lr0.05"),
        ("5", "sports-NN-32d-lr0.05"),
    ]
    assert rows[0]["val_AUROC ↑"] == "0.917"
    # What differs from the leader, which has 32 hidden units and a learning rate of 0.1.
    assert [row["What differs"] for row in rows[:2]] == ["the leader", "hidden_units 8"]
    assert set(rows[4]["What differs"].split(" · ")) == {"learning_rate 0.05"}


def test_runs_that_cannot_be_told_from_the_leader_are_marked_and_the_reason_is_said(
    team_app: str, team_sample: Sample, page: Page
):
    visit(page, f"{team_app}/?exp={team_sample.experiments['sports']}")
    expect(page.get_by_text("1–5 are a tie · best of 6 on posts (796 examples)")).to_be_visible()
    assert [row["≈"] for row in table_cells(page, "leaderboard_table")] == ["≈"] * 5 + [""] * 3
    page.get_by_role("button", name="How sure?").click(delay=90)
    expect(page.get_by_text("1–5 are a tie: 796 examples give the leader ±0.02 (95 %")).to_be_visible()
    expect(page.get_by_text("Best of 6 on posts (796 examples)", exact=False).last).to_be_visible()


def test_noise_is_no_difference(team_app: str, team_sample: Sample, page: Page):
    visit(page, f"{team_app}/?exp={team_sample.experiments['sports']}")
    said = " ".join(row["What differs"] for row in table_cells(page, "leaderboard_table"))
    assert "hidden_units" in said
    assert not any(noise in said for noise in ("opt_name", "opt_learning_rate", "epochs"))


def test_runs_without_a_rank_stand_apart_with_the_reason(team_app: str, team_sample: Sample, page: Page):
    visit(page, f"{team_app}/?exp={team_sample.experiments['sports']}")
    assert {row["Run"]: row["val_AUROC"] for row in table_cells(page, "leaderboard_unranked")} == {
        "diverged": "NaN",
        "failed": "not logged",
    }
    assert "diverged" not in names(page)


def test_the_address_restores_metric_and_chosen_runs_in_another_browser(
    team_app: str, team_sample: Sample, new_page: NewPage
):
    first, second = new_page(), new_page()
    visit(first, f"{team_app}/?exp={team_sample.experiments['sports']}")
    choose(first, "Rank by", "val_loss")
    address_holds(first, "metric=val_loss")
    expect(first.get_by_text("Ranked by val_loss")).to_be_visible()
    assert names(first)[0] == "sports-NN-32d-lr0.1"
    tick_row(first, "leaderboard_table", 0)
    address_holds(first, team_sample.runs["sports-NN-32d-lr0.1"])
    tick_row(first, "leaderboard_table", 2)
    address_holds(first, team_sample.runs[names(first)[2]])
    rows, sidebar = table_cells(first, "leaderboard_table"), first.get_by_test_id("stSidebar")
    expect(sidebar).to_contain_text("Basket · 2 runs")

    visit(second, first.url)
    assert second.url == first.url
    expect(second.get_by_text("Ranked by val_loss")).to_be_visible()
    expect(second.get_by_test_id("stSidebar")).to_contain_text("Basket · 2 runs")
    assert table_cells(second, "leaderboard_table") == rows
    expect(second.get_by_role("radio", name=re.compile("Lower is better"))).to_be_checked()


def test_back_and_forward_step_through_what_was_chosen(team_app: str, team_sample: Sample, page: Page):
    visit(page, f"{team_app}/?exp={team_sample.experiments['sports']}")
    choose(page, "Rank by", "val_loss")
    expect(page.get_by_text("Ranked by val_loss")).to_be_visible()
    page.get_by_role("radio", name=re.compile("Higher is better")).click(delay=90, force=True)
    address_holds(page, "dir=max")
    page.go_back()
    expect(page.get_by_role("radio", name=re.compile("Lower is better"))).to_be_checked()
    page.go_back()
    expect(page.get_by_text("Ranked by val_AUROC")).to_be_visible()
    page.go_forward()
    expect(page.get_by_text("Ranked by val_loss")).to_be_visible()


def test_the_basket_survives_another_metric_another_page_and_the_way_back(
    team_app: str, team_sample: Sample, page: Page
):
    visit(page, f"{team_app}/?exp={team_sample.experiments['sports']}")
    tick_row(page, "leaderboard_table", 2)
    address_holds(page, team_sample.runs["sports-LR"])
    choose(page, "Rank by", "val_loss")
    expect(page.get_by_text("Ranked by val_loss")).to_be_visible()
    # It has no val_loss: the row moved below the ranking, the choice stayed.
    expect_column(page, "leaderboard_unranked", "Run", ["diverged", "running", "failed", "sports-LR"])
    page.get_by_test_id("stSidebar").get_by_role("link", name="Compare").click(delay=90)
    expect(page.get_by_role("heading", name="Compare")).to_be_visible()
    address_holds(page, "/compare", team_sample.runs["sports-LR"])
    expect(page.get_by_test_id("stSidebar")).to_contain_text("sports-LR")
    page.get_by_role("link", name="Leaderboard", exact=True).click(delay=90)
    expect(page.get_by_text("Ranked by val_loss")).to_be_visible()
    page.get_by_test_id("stSidebar").get_by_role("button", name="sports-LR").click(delay=90)
    expect(page.get_by_test_id("stSidebar")).to_contain_text("Basket is empty")


def test_several_experiments_share_one_leaderboard(team_app: str, team_sample: Sample, page: Page):
    both = f"{team_sample.experiments['sports']},{team_sample.experiments['weather']}"
    visit(page, f"{team_app}/?exp={both}&metric=val_rmse")
    expect_column(page, "leaderboard_table", "Run", ["snow", "rain"])
    expect(page.get_by_text("12 runs · 10 without val_rmse")).to_be_visible()


def test_another_experiment_is_one_choice_away(team_app: str, team_sample: Sample, page: Page):
    visit(page, f"{team_app}/?exp={team_sample.experiments['sports']}")
    choose(page, "Experiment", "weather")
    expect(page.get_by_text("Ranked by val_rmse")).to_be_visible()
    expect_column(page, "leaderboard_table", "Run", ["snow", "rain"])
    # The controls say what the page says: they are another experiment's no longer.
    expect(page.get_by_role("combobox", name="Rank by")).to_have_value(re.compile("^val_rmse"))
    expect(page.get_by_role("radio", name=re.compile("Lower is better"))).to_be_checked()
    page.get_by_role("radio", name=re.compile("Higher is better")).click(delay=90, force=True)
    address_holds(page, "metric=val_rmse", "dir=max")
    expect_column(page, "leaderboard_table", "Run", ["rain", "snow"])


def test_an_emptied_chooser_goes_back_to_the_newest_experiment(team_app: str, team_sample: Sample, page: Page):
    both = f"{team_sample.experiments['sports']},{team_sample.experiments['weather']}"
    visit(page, f"{team_app}/?exp={both}")
    page.get_by_test_id("stSidebar").get_by_role("button", name="Clear all").click(delay=90)
    address_holds(page, f"exp={team_sample.experiments['weather']}")
    expect_column(page, "leaderboard_table", "Run", ["snow", "rain"])


def test_nothing_on_the_page_comes_from_elsewhere_and_hostile_names_are_text(
    ugly_app: str, ugly_sample: Sample, page: Page
):
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    first = next(iter(ugly_sample.runs.values()))
    visit(page, f"{ugly_app}/?exp={ugly_sample.experiments['ugly']}&runs={first}")
    sidebar = page.get_by_test_id("stSidebar")
    expect(sidebar.get_by_role("button", name=re.compile(r"!\[x\]"))).to_be_visible()
    expect(page.locator("img[src*=evil], a[href*=evil]")).to_have_count(0)
    assert [url for url in requests if not url.startswith((ugly_app, "data:", "blob:"))] == []


def test_odd_values_are_named_and_never_best(ugly_app: str, ugly_sample: Sample, page: Page):
    visit(page, f"{ugly_app}/?exp={ugly_sample.experiments['ugly']}")
    metric = next(heading for heading in table_cells(page, "leaderboard_unranked")[0] if heading.startswith("val_"))
    reasons = {row[metric] for row in table_cells(page, "leaderboard_unranked")}
    assert reasons == {"NaN", "∞", "−∞", "not logged"}
    assert [row["#"] for row in table_cells(page, "leaderboard_table")] == ["1", "2", "2", "4", "5"]


@pytest.mark.parametrize(
    ("experiment", "says"),
    [("empty", "No runs here yet"), ("training-only", "No metric to rank by")],
)
def test_a_page_with_nothing_to_rank_says_what_to_do(
    ugly_app: str, ugly_sample: Sample, page: Page, experiment: str, says: str
):
    visit(page, f"{ugly_app}/?exp={ugly_sample.experiments[experiment]}")
    expect(page.get_by_text(says)).to_be_visible()


def test_an_address_that_asks_for_what_is_not_there_is_answered_plainly(team_app: str, page: Page):
    visit(page, f"{team_app}/?exp=999&runs=feedbeef")
    expect(page.get_by_text("This experiment isn't in this store")).to_be_visible()
    expect(page.get_by_test_id("stSidebar")).to_contain_text("feedbeef, not found")


def test_a_choice_for_the_team_is_kept_with_the_experiment_and_holds_for_the_next_viewer(
    sqlite_store: str, tmp_path: Path, new_page: NewPage
):
    sample = write_team_sample(sqlite_store, tmp_path / "artifacts")
    experiment = sample.experiments["sports"]
    first, second = new_page(), new_page()
    with running_app(sample.uri, tmp_path) as app:
        visit(first, f"{app}/?exp={experiment}&metric=val_loss&dir=max")
        expect(first.get_by_text("your choice")).to_be_visible()
        first.get_by_role("button", name="Make it ours").click(delay=90)
        expect(first.get_by_text("tag mlreview.direction.val_loss = max")).to_be_visible()
        first.get_by_role("button", name="Set for the team").click(delay=90)
        expect(first.get_by_text("team's choice")).to_be_visible(timeout=20_000)
        expect(first).to_have_url(f"{app}/?exp={experiment}")
        visit(second, f"{app}/?exp={experiment}")
        expect(second.get_by_text("Ranked by val_loss")).to_be_visible()
        expect(second.get_by_text("team's choice")).to_be_visible()
        expect_column(second, "leaderboard_table", "Run", ["sports-NN-8d-lr0.01", "sports-NN-32d-lr0.01"])
    tags = MlflowClient(sample.uri).get_experiment(experiment).tags
    assert {key: value for key, value in tags.items() if key.startswith("mlreview.")} == {
        "mlreview.metric": "val_loss",
        "mlreview.direction.val_loss": "max",
    }
