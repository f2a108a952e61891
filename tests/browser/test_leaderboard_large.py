"""The leaderboard over 10,000 runs, and what a ranking rests on, as a person sees it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from mlflow import MlflowClient
from playwright.sync_api import Browser, Page, expect

from benchmarks.make_store import EXPERIMENT, make_store
from mlreview.store import open_store
from tests.browser.harness import expect_column, running_app, table_cells, visit
from tests.sample_store import write_run

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def large(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the leaderboard of 10,000 runs."""
    folder = tmp_path_factory.mktemp("large")
    make_store(folder / "large.db", curve_runs=0, long_runs=0)
    uri = f"sqlite:///{folder / 'large.db'}"
    store = open_store(uri)
    (experiment,) = [one.experiment_id for one in store.experiments() if one.name == EXPERIMENT]
    store.close()
    with running_app(uri, folder) as app:
        yield f"{app}/?exp={experiment}"


def test_five_hundred_of_ten_thousand_rows_are_sent_and_it_is_said(large: str, page: Page):
    visit(page, large)
    expect(page.get_by_text("500 of 10,000 runs")).to_be_visible()
    assert len(table_cells(page, "leaderboard_table")) >= 15


def test_a_search_goes_over_all_runs_and_not_the_shown_ones(large: str, page: Page):
    visit(page, large)
    box = page.get_by_label("Find runs", exact=True).first
    for wanted in (9_999, 4_321, 0):
        box.fill(f"name=sports-NN-{wanted}")
        box.press("Enter")
        expect(page.get_by_text(re.compile(r"\b1 of 10,000 runs fits"))).to_be_visible()
        expect_column(page, "leaderboard_table", "Run", [f"sports-NN-{wanted}"])


def test_a_page_over_all_runs_keeps_its_link(large: str, page: Page):
    visit(page, f"{large}&metric=val_loss&dir=max&find=param_00%3D0.1")
    expect(page.get_by_text("Ranked by val_loss")).to_be_visible()
    expect(page.get_by_text(re.compile(r"of 10,000 runs fit"))).to_be_visible()


@pytest.fixture
def trust(sqlite_store: str, tmp_path: Path, chromium: Browser) -> Iterator[tuple[str, dict[str, str]]]:
    """A deployed model, a challenger, a run of another framework that logs another name; validated on 5,000 posts."""
    client = MlflowClient(sqlite_store)
    experiment = client.create_experiment("trust", artifact_location=(tmp_path / "artifacts").as_uri())

    def run(name: str, at: int, metric: str, value: float) -> str:
        params = {"width": str(8 * (at + 1))}
        return write_run(client, experiment, name, at, params, {metric: [0.5, value]}, validated_on=5000)

    runs = {
        "deployed": run("deployed", 0, "val_binary_accuracy", 0.80),
        "close": run("close", 1, "val_binary_accuracy", 0.805),
        "better": run("better", 2, "val_binary_accuracy", 0.86),
        "worse": run("worse", 3, "val_binary_accuracy", 0.70),
        "forest": run("forest", 4, "val_acc", 0.83),
    }
    client.create_registered_model("posts")
    client.create_model_version("posts", "file:///nowhere", runs["deployed"])
    client.set_registered_model_alias("posts", "champion", "1")
    aliases = '{"val_acc": "val_binary_accuracy"}'
    with running_app(sqlite_store, tmp_path, MLREVIEW_METRIC_ALIASES=aliases) as app:
        yield f"{app}/?exp={experiment}", runs


def column(page: Page, heading: str) -> dict[str, str]:
    return {row["Run"]: row[heading] for row in table_cells(page, "leaderboard_table")}


def test_differences_are_against_the_deployed_model(trust: tuple[str, dict[str, str]], page: Page):
    visit(page, trust[0])
    expect_column(page, "leaderboard_table", "Run", ["better", "forest", "close", "deployed", "worse"])
    said = {name: round(float(value), 3) for name, value in column(page, _delta(page)).items()}
    assert said == {"better": 0.06, "forest": 0.03, "close": 0.005, "deployed": 0, "worse": -0.1}
    expect(page.get_by_test_id("stMain")).to_contain_text("Baseline: deployed")


def _delta(page: Page) -> str:
    (heading,) = [heading for heading in table_cells(page, "leaderboard_table")[0] if heading.startswith("Δ")]
    return heading


def test_a_run_that_logged_another_name_ranks_and_the_name_is_shown(trust: tuple[str, dict[str, str]], page: Page):
    visit(page, trust[0])
    assert column(page, "Logged as")["forest"] == "val_acc"
    assert column(page, "Logged as")["close"] != "val_acc"


def test_a_baseline_of_ones_own_is_in_the_link(trust: tuple[str, dict[str, str]], page: Page):
    address, runs = trust
    visit(page, f"{address}&baseline={runs['better']}")
    assert float(column(page, _delta(page))["better"]) == 0
    expect(page.get_by_test_id("stMain")).to_contain_text("Baseline: better")


def test_a_best_value_says_that_nobody_kept_its_model(trust: tuple[str, dict[str, str]], page: Page):
    visit(page, f"{trust[0]}&by=best")
    said = column(page, "At step")
    assert set(said) == {"better", "forest", "close", "deployed", "worse"}
    assert all(cell.endswith("no model") for cell in said.values())


def test_other_names_push_no_column_out_of_sight(trust: tuple[str, dict[str, str]], page: Page):
    visit(page, trust[0])
    assert column(page, "Logged as")["forest"] == "val_acc"
    grid = page.locator(".st-key-leaderboard_table [data-testid=stDataFrame]")
    assert grid.locator(".dvn-scroller").evaluate("e => e.scrollWidth - e.clientWidth") <= 0
