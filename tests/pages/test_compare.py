"""The script of the page Compare, without a browser, and what it hands to the browser."""

import csv
import io
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner
from streamlit.testing.v1 import AppTest

from mlreview.analysis.diff_export import diff_csv, diff_markdown
from mlreview.analysis.diff_read import read_recorded, with_files
from mlreview.analysis.diff_report import Compared, see_for_team
from mlreview.cli import main
from mlreview.store import open_store
from mlreview.ui.compare_cells import Sight, signed, table, telling_digits, visible
from tests.sample_store import Sample
from tests.tables import run_table

APP = str(Path(__file__).resolve().parents[2] / "app.py")


def open_page(monkeypatch: pytest.MonkeyPatch, sample: Sample, *names: str, **params: str) -> AppTest:
    monkeypatch.setenv("MLREVIEW_TRACKING_URI", sample.uri)
    test = AppTest.from_file(APP, default_timeout=60)
    test.query_params["runs"] = ",".join(sample.runs[name] for name in names)
    for key, value in params.items():
        test.query_params[key] = value
    test.switch_page("pages/compare.py").run()
    assert not test.exception
    return test


def seen(sample: Sample, *names: str, baseline: str | None = None) -> Compared:
    store = open_store(sample.uri)
    try:
        recorded = with_files(store, read_recorded(store, [sample.runs[name] for name in names]))
        return see_for_team(recorded, baseline, store.experiments())
    finally:
        store.close()


def drawn(comparison: Compared, sight: Sight | None = None) -> dict:
    headings = [{"id": run_id} for run_id in comparison.recorded.runs.run_ids]
    return table(comparison, sight or Sight(), headings)


def test_the_page_says_what_differs_and_what_it_did(team_sample: Sample, monkeypatch: pytest.MonkeyPatch):
    test = open_page(monkeypatch, team_sample, "sports-NN-32d-lr0.1", "sports-NN-8d-lr0.1")
    said = "\n".join(markdown.value for markdown in test.markdown).replace("\\", "")
    assert "hidden_units 32 → 8" in said
    assert "val_AUROC 0.917 → 0.916" in said
    assert "within noise" in said
    assert "Not recorded: seed" in said or "seed" in said


def test_a_metric_of_two_names_is_compared_as_one(team_sample: Sample, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    (tmp_path / "mlreview.toml").write_text('[metric_aliases]\nval_loss = "val_rmse"\n')
    monkeypatch.chdir(tmp_path)
    test = open_page(monkeypatch, team_sample, "sports-NN-32d-lr0.1", "rain")
    said = "\n".join(markdown.value for markdown in test.markdown).replace("\\", "")
    assert re.search(r"Large changes beside it: val_loss 0\.49\d* → 1\.5", said), said


def test_with_one_run_it_says_how_to_choose_another(team_sample: Sample, monkeypatch: pytest.MonkeyPatch):
    test = open_page(monkeypatch, team_sample, "rain")
    assert any("choose another" in str(info.proto) for info in test.info)


def test_a_run_that_is_not_in_the_store_is_said_to_be_missing(team_sample: Sample, monkeypatch: pytest.MonkeyPatch):
    runs = ",".join([team_sample.runs["rain"], team_sample.runs["snow"], "f" * 32])
    test = open_page(monkeypatch, team_sample, "rain", runs=runs)
    assert any("1 of the chosen runs is not in this store" in warning.value for warning in test.warning)


def test_the_page_and_the_command_line_have_the_same_rows(team_sample: Sample):
    names = ("sports-NN-32d-lr0.1", "sports-NN-8d-lr0.01", "diverged")
    arguments = ["diff", "--json", "--tracking-uri", team_sample.uri, *(team_sample.runs[name] for name in names)]
    report = json.loads(CliRunner().invoke(main, arguments).stdout)
    page = drawn(seen(team_sample, *names))
    assert {one["name"]: [row["key"] for row in one["rows"]] for one in page["sections"]} == {
        name: [row["key"] for row in rows] for name, rows in report["sections"].items()
    }
    assert {one["name"]: one["counts"] for one in page["sections"]} == {
        name: counts["said"] for name, counts in report["counts"].items()
    }


def test_a_search_looks_at_keys_and_values_and_counts_what_it_does_not_show(team_sample: Sample):
    comparison = seen(team_sample, "sports-NN-32d-lr0.1", "sports-NN-8d-lr0.01")
    found = {one["name"]: one for one in drawn(comparison, Sight(search="RATE"))["sections"]}
    assert [row["key"] for row in found["params"]["rows"]] == ["learning_rate", "opt_learning_rate"]
    nothing = {one["name"]: one for one in drawn(comparison, Sight(search="40"))["sections"]}["params"]
    assert nothing["rows"] == []
    assert nothing["notes"] == ["1 more match among what does not differ"]


def test_cells_are_marked_against_the_baseline(team_sample: Sample):
    names = ("sports-NN-32d-lr0.1", "sports-NN-8d-lr0.1", "failed")
    comparison = seen(team_sample, *names, baseline=team_sample.runs["sports-NN-8d-lr0.1"])
    params = {row["key"]: row for row in drawn(comparison)["sections"][0]["rows"]}
    assert [cell["state"] for cell in params["hidden_units"]["cells"]] == ["differs", "baseline", "differs missing"]
    result = drawn(comparison)["runs"]
    assert [one["result"]["text"] for one in result] == ["0.917", "0.916", "no val_AUROC"]


def test_a_thousand_rows_are_cut_and_the_cut_is_said():
    from mlreview.analysis.diff import Recorded
    from mlreview.analysis.diff_report import see

    params = {f"p{at:04d}": [str(run * at % 7) for run in range(50)] for at in range(1_000)}
    comparison = see(Recorded(run_table(50, params=params)), None, None, {})
    section = drawn(comparison)["sections"][0]
    assert len(section["rows"]) == 240
    assert section["notes"][0].startswith("240 of ")


def test_downloads_hold_every_difference_and_no_formula(ugly_sample: Sample):
    names = list(ugly_sample.runs)[:3]
    comparison = seen(ugly_sample, *names)
    lines = list(csv.reader(io.StringIO(diff_csv(comparison))))
    cells = [cell for line in lines for cell in line]
    assert "'=1+1" in cells
    assert not [cell for cell in cells if cell.startswith(("=", "@"))]
    assert {line[1] for line in lines if line[0] == "params"} == {
        row.key for row in comparison.comparison["params"].differing
    }
    markdown = diff_markdown(comparison)
    assert "![x](" not in markdown
    assert "<b>" not in markdown.replace("\\<b\\>", "")


def test_values_that_differ_look_different():
    assert telling_digits([0.9178, 0.9182]) == 4
    assert telling_digits([0.9, 0.8, float("nan")]) == 3
    assert signed(-0.00044, 4) == "−0.0004"
    assert signed(0.0000123, 3) == "+1.2e−05"


def test_what_a_cell_shows_is_short_and_without_control_characters():
    assert visible("a\nb\x1b[31m") == "a\nb [31m"
    assert len(visible("x" * 100_000)) <= 361
    assert visible("‮evil") == "evil"
