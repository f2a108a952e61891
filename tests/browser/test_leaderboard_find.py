"""The leaderboard's search, groups and exports as a person uses them."""

import csv
import io
import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.harness import WAIT_MS, settled, table_cells, visit
from tests.sample_store import Sample

pytestmark = pytest.mark.browser


def search(page: Page, text: str) -> None:
    box = page.get_by_role("searchbox", name="Find runs").or_(page.get_by_label("Find runs", exact=True)).first
    box.fill(text)
    box.press("Enter")
    settled(page)


def test_a_search_is_in_the_address_and_back_steps_out_of_it(team_app: str, team_sample: Sample, page: Page):
    visit(page, f"{team_app}/?exp={team_sample.experiments['sports']}")
    search(page, "lr>0.05 sports-NN")
    expect(page.get_by_text("2 of 10 runs fit")).to_be_visible()
    expect(page).to_have_url(re.compile("find=lr"))
    search(page, "hiden>8")
    expect(page.get_by_text("Did you mean 'hidden_units'?")).to_be_visible()
    expect(page).to_have_url(re.compile("find=hiden"))
    page.go_back()
    expect(page).to_have_url(re.compile("find=lr"))
    expect(page.get_by_text("2 of 10 runs fit")).to_be_visible(timeout=WAIT_MS)
    page.go_back()
    expect(page).not_to_have_url(re.compile("find="))
    expect(page.get_by_text("2 of 10 runs fit")).to_have_count(0)


def test_groups_show_every_run_as_a_point_and_leave_as_csv(team_app: str, team_sample: Sample, page: Page):
    visit(page, f"{team_app}/?exp={team_sample.experiments['sports']}&groupby=param:learning_rate")
    rows = table_cells(page, "leaderboard_groups")
    assert rows[0]["learning_rate"].endswith("0.1")
    expect(page.get_by_role("figure", name=re.compile("^Every run's val_AUROC"))).to_be_visible()
    assert page.locator(".js-plotly-plot .trace").first.locator("path.point").count() == 8
    page.get_by_role("button", name="Share", exact=True).click(delay=90)
    with page.expect_download() as download:
        page.get_by_test_id("stPopoverBody").get_by_role("button", name="CSV").click(delay=90)
    groups = list(csv.DictReader(io.StringIO(download.value.path().read_text(encoding="utf-8-sig"))))
    assert [group["learning_rate"] for group in groups] == ["0.1", "", "0.05", "0.01", "0.02", "100"]
    assert float(groups[0]["Mean val_AUROC"]) == pytest.approx(0.9165)
    assert (groups[0]["Not logged"], groups[-1]["NaN or infinite"], groups[-1]["Mean val_AUROC"]) == ("1", "1", "")


def test_the_whole_ranking_leaves_as_csv(team_app: str, team_sample: Sample, page: Page):
    visit(page, f"{team_app}/?exp={team_sample.experiments['sports']}")
    page.get_by_role("button", name="Share").click(delay=90)
    settled(page)
    with page.expect_download() as download:
        page.get_by_test_id("stPopoverBody").get_by_role("button", name="CSV").click(delay=90)
    text = download.value.path().read_text(encoding="utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert len(rows) == 10
    assert {row["Run id"] for row in rows} <= set(team_sample.runs.values())


def test_hostile_names_and_three_hundred_params_are_searched_as_text(ugly_app: str, ugly_sample: Sample, page: Page):
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    visit(page, f"{ugly_app}/?exp={ugly_sample.experiments['ugly']}")
    search(page, '"![x](https://evil.example"')
    expect(page.get_by_text("1 of 9 runs fits")).to_be_visible()
    search(page, "param_007=21")
    expect(page.get_by_text("1 of 9 runs fits")).to_be_visible()
    assert not [url for url in requests if "evil.example" in url]
