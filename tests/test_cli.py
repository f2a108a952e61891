"""The command line, as a process of its own where that matters, in this process otherwise."""

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from mlreview.cli import main
from tests.sample_store import Sample

README = Path(__file__).resolve().parents[1] / "README.md"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def leaderboard(sample: Sample, *arguments: str) -> dict:
    result = run("leaderboard", "--tracking-uri", sample.uri, "--json", *arguments)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_json_holds_the_ranking_with_its_denominators(team_sample: Sample):
    report = leaderboard(team_sample, "--experiment", "sports")
    assert (report["metric"], report["direction"], report["by"], report["guessed"]) == (
        "val_AUROC",
        "max",
        "last",
        True,
    )
    assert (report["total"], report["ranked"], report["not_finite"], report["missing"]) == (10, 8, 1, 1)
    first, diverged, failed = report["rows"][0], report["rows"][8], report["rows"][9]
    assert (first["rank"], first["run_name"], first["value"]) == (1, "sports-NN-32d-lr0.1", pytest.approx(0.917))
    assert first["run_id"] == team_sample.runs["sports-NN-32d-lr0.1"]
    assert first["gap"] == pytest.approx(0.02)
    assert first["params"]["learning_rate"] == "0.1"
    assert first["started"] == "2026-01-01T12:00:00.000Z"
    assert (diverged["rank"], diverged["value"]) == (None, "NaN")
    assert (failed["rank"], failed["value"], failed["status"]) == (None, None, "FAILED")


def test_ranking_by_the_best_value_over_steps_finds_what_the_last_value_hides(team_sample: Sample):
    by_last = leaderboard(team_sample, "--experiment", "sports", "--metric", "val_loss")
    by_best = leaderboard(team_sample, "--experiment", "sports", "--metric", "val_loss", "--by", "best")
    row = {name: next(r for r in report["rows"] if r["run_name"] == "diverged") for name, report in
           (("last", by_last), ("best", by_best))}  # fmt: skip
    assert row["last"]["value"] == "NaN"
    assert (row["best"]["value"], row["best"]["step"]) == (1.0, 0)


def test_an_experiment_can_be_named_by_its_id(team_sample: Sample):
    report = leaderboard(team_sample, "--experiment", team_sample.experiments["weather"])
    assert [row["run_name"] for row in report["rows"]] == ["snow", "rain"]


def test_limit_cuts_rows_and_the_coverage_says_so(team_sample: Sample):
    report = leaderboard(team_sample, "--experiment", "sports", "--limit", "2")
    assert len(report["rows"]) == 2
    assert report["coverage"].startswith("2 of 10 runs")


def test_the_table_for_people_holds_the_same(team_sample: Sample):
    result = run("leaderboard", "--tracking-uri", team_sample.uri, "--experiment", "sports")
    assert result.exit_code == 0
    assert "Ranked by val_AUROC, higher is better, last value, guessed" in result.stdout
    assert re.search(r"1\s+sports-NN-32d-lr0.1\s+0.917", result.stdout)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--experiment", "nothing"], "There is no experiment 'nothing'"),
        (["--experiment", "weather", "--tracking-uri", "sqlite:////nowhere/at/all.db"], "all.db"),
    ],
)
def test_a_question_that_cannot_be_answered_exits_with_2_and_one_message(team_sample: Sample, arguments, says):
    result = run("leaderboard", "--tracking-uri", team_sample.uri, *arguments)
    assert result.exit_code == 2
    assert says in result.stderr
    assert "Traceback" not in result.stderr


def test_an_experiment_without_a_metric_to_rank_by_says_what_to_do(ugly_sample: Sample):
    result = run("leaderboard", "--tracking-uri", ugly_sample.uri, "--experiment", "training-only")
    assert result.exit_code == 2
    assert "--metric" in result.stderr


def test_the_readme_names_every_command_and_every_option():
    block = README.read_text(encoding="utf-8").split("## The command line")[1].split("```")[1]
    for name, command in main.commands.items():
        (line,) = re.findall(rf"^mlreview {name} .*$", block, re.MULTILINE)
        for parameter in command.params:
            for option in parameter.opts:
                if option.startswith("--") and option not in ("--help", "--tracking-uri"):
                    assert option in line, f"the README's line on {name} lacks {option}"
    assert set(re.findall(r"^mlreview (\w+)", block, re.MULTILINE)) == set(main.commands)
