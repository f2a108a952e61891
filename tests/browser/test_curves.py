"""The learning curves as a person uses them."""

import json
import re
from pathlib import Path

import pytest
from mlflow import MlflowClient
from mlflow.entities import Metric
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import NewPage
from tests.browser.harness import WAIT_MS, running_app, settled, visit
from tests.sample_store import START_MS, Sample, write_run
from tests.stores import copy_sqlite, sqlite_uri

pytestmark = pytest.mark.browser
NETWORKS = ("sports-NN-32d-lr0.1", "sports-NN-8d-lr0.1")

LINES = """() => {
  const plot = document.querySelector('.js-plotly-plot');
  if (!plot || !plot._fullData) return [];
  return plot._fullData.filter(t => t.hovertemplate && t.name).map(t => ({
    name: t.name, dash: t.line.dash, colour: t.line.color, panel: t.yaxis, points: t.x.length,
  }));
}"""


def lines(page: Page) -> list[dict]:
    expect(page.locator(".js-plotly-plot .scatterlayer").first).to_be_attached(timeout=WAIT_MS)
    return page.evaluate(LINES)


def curves_of(sample: Sample, app: str, *names: str, more: str = "") -> str:
    runs = ",".join(sample.runs[name] for name in names)
    return f"{app}/curves?exp={sample.experiments['sports']}&runs={runs}{more}"


@pytest.fixture(scope="module")
def overfit(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """A run whose validation loss turns and rises while its training loss falls, and one that fits."""
    folder = tmp_path_factory.mktemp("overfit")
    uri = sqlite_uri(copy_sqlite(sqlite_template, folder / "mlflow.db"))
    client = MlflowClient(uri)
    experiment = client.create_experiment("sports", artifact_location=(folder / "artifacts").as_uri())
    falling = [0.7 * 0.9**epoch + 0.05 for epoch in range(40)]
    turned = [value if epoch < 10 else falling[9] + 0.015 * (epoch - 9) for epoch, value in enumerate(falling)]
    runs = {
        "overfit": write_run(client, experiment, "overfit", 0, {"units": "256"}, {"loss": falling, "val_loss": turned}),
        "fits": write_run(
            client, experiment, "fits", 1, {"units": "8"}, {"loss": falling, "val_loss": [v + 0.01 for v in falling]}
        ),
    }
    return Sample(uri, {"sports": experiment}, runs)


def test_train_and_validation_are_paired_in_the_runs_colour(team_app: str, team_sample: Sample, page: Page):
    visit(page, curves_of(team_sample, team_app, *NETWORKS))
    drawn = lines(page)
    assert len(drawn) == 8
    for name in NETWORKS:
        own = [line for line in drawn if line["name"] == name]
        assert sorted(line["dash"] for line in own) == ["dash", "dash", "solid", "solid"]
        assert len({line["colour"] for line in own}) == 1
    assert len({line["colour"] for line in drawn}) == 2
    expect(page.get_by_text("2 runs, all 80 points drawn")).to_be_visible()


def test_a_run_has_the_same_colour_in_the_basket_and_in_the_figure(team_app: str, team_sample: Sample, page: Page):
    visit(page, curves_of(team_sample, team_app, *NETWORKS))
    in_figure = {line["name"]: line["colour"] for line in lines(page)}
    dot = page.get_by_test_id("stSidebar").get_by_text("●").first
    expect(dot).to_be_visible()
    red, green, blue = map(int, re.findall(r"\d+", dot.evaluate("e => getComputedStyle(e).color"))[:3])
    assert in_figure[NETWORKS[0]] == f"#{red:02x}{green:02x}{blue:02x}"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_figure_takes_the_colours_of_the_theme(team_app: str, team_sample: Sample, chromium: Browser, scheme: str):
    context = chromium.new_context(color_scheme=scheme)  # type: ignore[arg-type]
    page = context.new_page()
    visit(page, curves_of(team_sample, team_app, *NETWORKS))
    lightness = {sum(int(line["colour"][at : at + 2], 16) for at in (1, 3, 5)) > 430 for line in lines(page)}
    assert lightness == {scheme == "dark"}
    context.close()


def test_an_overfit_run_is_told_from_one_that_fits_with_the_rule_one_click_away(
    overfit: Sample, page: Page, tmp_path: Path, chromium: Browser
):
    with running_app(overfit.uri, tmp_path) as app:
        visit(page, curves_of(overfit, app, "overfit", "fits", more=f"&focus={overfit.runs['overfit']}"))
        verdicts = page.locator(".st-key-curves_verdicts")
        expect(verdicts).to_contain_text("Overfitting from epoch 10 of 40: val_loss", timeout=WAIT_MS)
        expect(page.locator(".js-plotly-plot .annotation-text", has_text="overfitting from here")).to_have_count(1)
        page.get_by_role("button", name="The rules").click(delay=90)
        expect(page.get_by_text("Prechelt 1998 (generalization loss)")).to_be_visible()


def test_the_copied_link_shows_the_same_in_a_fresh_browser(team_app: str, team_sample: Sample, new_page: NewPage):
    mine = new_page()
    visit(mine, curves_of(team_sample, team_app, *NETWORKS))
    mine.get_by_text("A panel a run").click(delay=90)
    expect(mine).to_have_url(re.compile("panels=runs"))
    mine.get_by_text("Time since start", exact=True).first.click(delay=90)
    expect(mine).to_have_url(re.compile("x=elapsed"))
    settled(mine)
    theirs = new_page()
    visit(theirs, mine.url)
    titles = theirs.locator(".js-plotly-plot .infolayer text", has_text="Time since start (s)")
    expect(titles).to_have_count(2, timeout=WAIT_MS)  # under the lower two of four panels
    assert json.dumps(lines(theirs)) == json.dumps(lines(mine))


def test_changing_the_axis_keeps_the_runs_and_back_undoes_it(team_app: str, team_sample: Sample, page: Page):
    visit(page, curves_of(team_sample, team_app, *NETWORKS))
    expect(page.locator(".js-plotly-plot .xtitle").first).to_have_text("Epoch")
    page.get_by_text("Wall clock", exact=True).click(delay=90)
    expect(page.locator(".js-plotly-plot .xtitle").first).to_contain_text("Europe/Berlin", timeout=WAIT_MS)
    assert {line["name"] for line in lines(page)} == set(NETWORKS)
    expect(page).to_have_url(re.compile("x=clock"))  # before that, back leads out of the dashboard
    settled(page)
    page.go_back()
    expect(page.locator(".js-plotly-plot .xtitle").first).to_have_text("Epoch", timeout=WAIT_MS)


def test_a_click_on_the_legend_takes_a_run_into_focus(team_app: str, team_sample: Sample, page: Page):
    visit(page, curves_of(team_sample, team_app, *NETWORKS))
    page.locator(".st-key-curves_focus").get_by_text("8d-lr0.1").click(delay=90)
    expect(page).to_have_url(re.compile(f"focus={team_sample.runs[NETWORKS[1]]}"))
    settled(page)
    page.wait_for_function(f"({LINES})().some(line => line.colour.startsWith('rgba'))")
    assert {line["colour"].startswith("rgba") for line in lines(page) if line["name"] == NETWORKS[1]} == {False}


def test_a_run_in_training_grows_while_one_looks_on(
    sqlite_template: Path, page: Page, tmp_path: Path, chromium: Browser
):
    uri = sqlite_uri(copy_sqlite(sqlite_template, tmp_path / "mlflow.db"))
    client = MlflowClient(uri)
    experiment = client.create_experiment("sports", artifact_location=(tmp_path / "artifacts").as_uri())
    run_id = write_run(client, experiment, "growing", 0, {}, {"loss": [1.0, 0.9], "val_loss": [1.0, 0.95]}, status=None)
    with running_app(uri, tmp_path) as app:
        visit(page, f"{app}/curves?exp={experiment}&runs={run_id}")
        assert {line["points"] for line in lines(page)} == {2}
        more = [Metric(key, 0.8, START_MS + 5000, step) for key in ("loss", "val_loss") for step in (2, 3, 4)]
        client.log_batch(run_id, more)
        page.wait_for_function(f"({LINES})().every(line => line.points === 5)", timeout=WAIT_MS)
