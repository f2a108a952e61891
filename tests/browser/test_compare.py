"""Runs side by side, as a person in a meeting uses it."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from mlflow import MlflowClient
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, expect

from mlreview.cli import main
from tests.browser.conftest import NewPage
from tests.browser.harness import choose, running_app, settled, tick_row, visit
from tests.sample_store import HOSTILE_NAME, Sample, write_run
from tests.stores import copy_sqlite, sqlite_uri

pytestmark = pytest.mark.browser

THREE = ("sports-NN-32d-lr0.1", "sports-NN-8d-lr0.1", "sports-NN-8d-lr0.01")


def address(app: str, sample: Sample, *names: str, **more: str) -> str:
    runs = ",".join(sample.runs[name] for name in names)
    extra = "".join(f"&{key}={value}" for key, value in more.items())
    return f"{app}/compare?exp={sample.experiments['sports']}&runs={runs}{extra}"


def rows(page: Page, section: str = "params") -> list[str]:
    """Keys of a section's rows, from its heading to the next one."""
    head = page.locator(f".st-key-compare tr[data-section={section}]")
    expect(head).to_be_visible()
    return head.evaluate(
        """row => { const found = []
            for (let next = row.nextElementSibling; next && !next.dataset.section; next = next.nextElementSibling)
                if (next.dataset.key) found.push(next.dataset.key)
            return found }"""
    )


def cells(page: Page, key: str) -> list[str]:
    return page.locator(f".st-key-compare tr[data-key='{key}'] td .value").all_inner_texts()


def heading(page: Page, run_id: str) -> Locator:
    return page.locator(f".st-key-compare th[data-run='{run_id}']")


def test_chosen_in_the_leaderboard_and_compared_only_what_differs_is_shown(
    team_app: str, team_sample: Sample, page: Page
):
    visit(page, f"{team_app}/?exp={team_sample.experiments['sports']}")
    for row in (0, 1):
        tick_row(page, "leaderboard_table", row)
        settled(page)
    page.get_by_test_id("stSidebar").get_by_role("link", name="Compare").click(delay=90)
    expect(page.get_by_role("heading", name="Compare")).to_be_visible()
    settled(page)
    assert rows(page) == ["hidden_units"]
    assert cells(page, "hidden_units") == ["32", "8"]
    expect(page.locator(".st-key-compare")).to_contain_text("1 of 5 params differs")
    expect(page.locator(".st-key-compare_summary")).to_contain_text("hidden_units 32 → 8")


def test_three_runs_from_the_leaderboard_to_the_verdict_and_on_to_another_browser(
    demo_like: Sample, chromium: Browser, new_page: NewPage, tmp_path: Path
):
    mine, theirs = new_page(), new_page()
    exp, overfit = demo_like.experiments["sports"], demo_like.runs["overfit"]
    with running_app(demo_like.uri, tmp_path) as app:
        visit(mine, f"{app}/?exp={exp}")
        for row in (0, 1, 2):
            tick_row(mine, "leaderboard_table", row)
            expect(mine.get_by_test_id("stMain").get_by_text(f"{row + 1} chosen")).to_be_visible()
            settled(mine)
        bar = mine.locator(".st-key-leaderboard_bar")
        bar.get_by_role("link", name="Compare").click(delay=90)
        expect(mine.get_by_role("heading", name="Compare")).to_be_visible()
        settled(mine)
        heading(mine, overfit).get_by_role("button", name="Hold the others against").click(delay=90)
        expect(heading(mine, overfit)).to_contain_text("Baseline")
        expect(mine).to_have_url(re.compile(f"against={overfit}"))
        assert rows(mine) == ["units"]  # of units, epochs and batch_size
        expect(mine.locator(".st-key-compare tr[data-key=units] td.baseline .value")).to_have_text("256")
        settled(mine)
        mine.get_by_test_id("stSidebar").get_by_role("link", name="Learning curves", exact=True).click(delay=90)
        pairs = mine.get_by_text("3 runs, all 480 points drawn")
        expect(pairs).to_be_visible(timeout=30_000)
        verdict = "Overfitting from epoch 10 of 40: val_loss"
        expect(mine.locator(".st-key-curves_verdicts")).to_contain_text(verdict)
        settled(mine)
        visit(theirs, mine.url)
        expect(theirs.get_by_text("3 runs, all 480 points drawn")).to_be_visible(timeout=30_000)
        expect(theirs.locator(".st-key-curves_verdicts")).to_contain_text(verdict)
        drawn = theirs.evaluate(
            "() => document.querySelector('.js-plotly-plot')._fullData"
            ".filter(line => line.hovertemplate && line.name).map(line => line.line.dash)"
        )
        assert (drawn.count("dash"), drawn.count("solid")) == (6, 6)
        ids = [demo_like.runs[name] for name in ("overfit", "fits", "small")]
        told = CliRunner().invoke(main, ["diagnose", "--json", "--tracking-uri", demo_like.uri, *ids])
        shown = " ".join(theirs.locator(".st-key-curves_verdicts").inner_text().split())
        assert len(json.loads(told.stdout)) == 3
        for one in json.loads(told.stdout):
            assert one["run_name"] in shown
            assert all(" ".join(said.split()) in shown for said in one["evidence"])


@pytest.fixture
def demo_like(sqlite_store: str, tmp_path: Path) -> Sample:
    """Three runs that differ in one of three params; one of them overfits."""
    client = MlflowClient(sqlite_store)
    experiment = client.create_experiment("sports", artifact_location=(tmp_path / "artifacts").as_uri())
    falling = [0.7 * 0.9**epoch + 0.05 for epoch in range(40)]
    turned = [value if epoch < 10 else falling[9] + 0.015 * (epoch - 9) for epoch, value in enumerate(falling)]
    runs = {}
    for at, (name, units) in enumerate((("overfit", 256), ("fits", 8), ("small", 4))):
        held = turned if name == "overfit" else [value + 0.01 * (at + 1) for value in falling]
        metrics = {
            "loss": falling,
            "val_loss": held,
            "AUROC": [1 - value / 2 for value in falling],
            "val_AUROC": [1 - value for value in held],
        }
        params = {"units": str(units), "epochs": "40", "batch_size": "32"}
        runs[name] = write_run(client, experiment, name, at, params, metrics)
    return Sample(sqlite_store, {"sports": experiment}, runs)


def test_a_click_makes_another_run_the_baseline_and_turns_the_signs(team_app: str, team_sample: Sample, page: Page):
    visit(page, address(team_app, team_sample, *THREE))
    first, last = (team_sample.runs[name] for name in (THREE[0], THREE[2]))
    expect(heading(page, first)).to_contain_text("Baseline")
    expect(heading(page, last)).to_contain_text("−0.121")
    heading(page, last).get_by_role("button", name="Hold the others against").click(delay=90)
    expect(heading(page, last)).to_contain_text("Baseline")
    expect(heading(page, first)).to_contain_text("+0.121")
    expect(page).to_have_url(re.compile(f"against={last}"))
    expect(page.locator(".st-key-compare tr[data-key=hidden_units] td.differs .value")).to_have_text(["32"])


def test_the_link_opens_the_same_view_in_another_browser(team_app: str, team_sample: Sample, new_page: NewPage):
    first, second = new_page(), new_page()
    visit(first, address(team_app, team_sample, *THREE))
    first.get_by_text("Everything", exact=True).click(delay=90)
    expect(first.locator(".st-key-compare tr[data-key=epochs]")).to_be_visible()
    first.get_by_placeholder("Search keys and values").fill("rate")
    expect(first.locator(".st-key-compare tr[data-key=epochs]")).to_have_count(0)
    expect(first).to_have_url(re.compile("(?=.*rows=all)(?=.*look=rate)"))
    settled(first)
    visit(second, first.url)
    assert rows(second) == rows(first) == ["learning_rate", "opt_learning_rate"]
    expect(second.get_by_placeholder("Search keys and values")).to_have_value("rate")


def test_steps_lead_from_difference_to_difference(team_app: str, team_sample: Sample, page: Page):
    visit(page, address(team_app, team_sample, *THREE))
    current = page.locator(".st-key-compare tr.current")
    page.get_by_role("button", name="Next difference").click(delay=90)
    expect(current).to_have_attribute("data-key", "hidden_units")
    page.locator(".st-key-compare .scroll").press("n")
    expect(current).to_have_attribute("data-key", "learning_rate")
    page.get_by_role("button", name="Previous difference").click(delay=90)
    expect(current).to_have_attribute("data-key", "hidden_units")


def test_a_run_taken_out_of_the_table_leaves_the_basket(team_app: str, team_sample: Sample, page: Page):
    visit(page, address(team_app, team_sample, *THREE))
    gone = team_sample.runs[THREE[1]]
    heading(page, gone).get_by_role("button", name="Take").click(delay=90)
    expect(heading(page, gone)).to_have_count(0)
    expect(page.get_by_test_id("stSidebar")).to_contain_text("2 runs")


def test_fewer_than_two_runs_say_how_to_choose_some(team_app: str, team_sample: Sample, page: Page):
    visit(page, f"{team_app}/compare")
    expect(page.get_by_text("Choose at least two runs to compare")).to_be_visible()
    page.get_by_role("link", name="Choose runs in the leaderboard").click(delay=90)
    expect(page.get_by_role("heading", name="Leaderboard")).to_be_visible()


@pytest.fixture(scope="module")
def odd_app(sqlite_template: Path, chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple]:
    """Fifty runs with hostile names, and long values with files beside them."""
    folder = tmp_path_factory.mktemp("odd")
    uri = sqlite_uri(copy_sqlite(sqlite_template, folder / "mlflow.db"))
    client = MlflowClient(uri)
    experiment = client.create_experiment("odd", artifact_location=(folder / "artifacts").as_uri())
    runs = []
    for at in range(50):
        prompt = "You are a careful reviewer of models.\n" * 12 + f"Answer in {at % 3} words."
        params = {
            "html": f"<b>{at % 2}</b><img src=x onerror=alert(1)>",
            "prompt": prompt,
            "empty": "" if at % 2 else "None",
        }
        name = f"{HOSTILE_NAME} <script>alert({at})</script>" if at % 2 else f"{'long-name-' * 24}{at}"
        runs.append(write_run(client, experiment, name[:250], at, params, {"val_AUROC": [0.5 + at / 200]}))
    for at in (0, 1):
        client.log_text(runs[at], f"alpha: {at}\nbeta: 2\n", "config.yaml")
        client.log_image(runs[at], Image.new("RGB", (40, 30 + at), (at * 200, 90, 90)), "plot.png")
        client.log_text(runs[at], "<script>document.title='pwned'</script>", "report.html")
    with running_app(uri, folder) as app:
        yield app, experiment, runs


def test_hostile_names_keys_and_values_are_text(odd_app: tuple, page: Page):
    app, experiment, runs = odd_app
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("dialog", lambda dialog: pytest.fail(f"a script of a user ran: {dialog.message}"))
    visit(page, f"{app}/compare?exp={experiment}&runs={','.join(runs[:4])}")
    assert cells(page, "html") == [f"<b>{at}</b><img src=x onerror=alert(1)>" for at in (0, 1, 0, 1)]
    assert cells(page, "empty") == ["None", "(empty)", "None", "(empty)"]
    assert not [url for url in asked if not url.startswith((app, app.replace("http", "ws"), "data:", "blob:"))]


def test_a_long_value_is_marked_within_and_opens_whole(odd_app: tuple, page: Page):
    app, experiment, runs = odd_app
    visit(page, f"{app}/compare?exp={experiment}&runs={','.join(runs[:2])}")
    cell = page.locator(".st-key-compare tr[data-key=prompt] td").nth(1)
    cell.hover()
    cell.get_by_role("button", name="See the whole value").click(delay=90)
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("1 line of the baseline gone, 1 new")
    expect(dialog).to_contain_text("+Answer in 1 words.")


def test_files_are_compared_as_lines_and_html_is_never_rendered(odd_app: tuple, page: Page):
    app, experiment, runs = odd_app
    visit(page, f"{app}/compare?exp={experiment}&runs={','.join(runs[:2])}")
    for name, shows in (("config.yaml", "+alpha: 1"), ("report.html", "Both have the same lines")):
        settled(page)
        choose(page, "File", name)
        expect(page.get_by_text(shows)).to_be_visible()
    assert page.title() != "pwned"
    choose(page, "File", "plot.png")
    expect(page.locator("[data-testid=stMain] [data-testid=stImage] img")).to_have_count(2)


def test_fifty_runs_stand_side_by_side_with_key_and_names_in_sight(odd_app: tuple, page: Page):
    app, experiment, runs = odd_app
    visit(page, f"{app}/compare?exp={experiment}&runs={','.join(runs)}")
    expect(page.locator(".st-key-compare th[data-run]")).to_have_count(50)
    scroll = page.locator(".st-key-compare .scroll")
    scroll.evaluate("box => { box.scrollLeft = 4000; box.scrollTop = 200 }")
    key = page.locator(".st-key-compare tr[data-key=prompt] th")
    box, at = scroll.bounding_box(), key.bounding_box()
    assert abs(at["x"] - box["x"]) < 3
    names = page.locator(".st-key-compare thead").bounding_box()
    head = page.locator(".st-key-compare th.corner").bounding_box()
    assert names is not None
    assert abs(head["y"] - box["y"]) < 3
