"""The leaderboard's search, groups and tables on the command line."""

import csv
import io
import json

from click.testing import CliRunner, Result

from mlreview.cli import main
from tests.sample_store import Sample


def run(sample: Sample, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["leaderboard", "--tracking-uri", sample.uri, "--experiment", "sports", *arguments])


def test_a_search_leaves_runs_out_and_says_how_many(team_sample: Sample):
    result = run(team_sample, "--find", "lr>0.05 sports-NN", "--json")
    assert [row["run_name"] for row in json.loads(result.stdout)["rows"]] == [
        "sports-NN-32d-lr0.1",
        "sports-NN-8d-lr0.1",
    ]
    assert result.stderr.startswith("2 of 10 runs fit: learning_rate")


def test_a_search_that_finds_nothing_is_an_answer_of_1_and_a_mistaken_one_of_2(team_sample: Sample):
    assert run(team_sample, "--find", "nosuchthing").exit_code == 1
    mistaken = run(team_sample, "--find", "lr>")
    assert mistaken.exit_code == 2
    assert "(character 3 of the search)" in mistaken.stderr


def test_csv_and_markdown_hold_the_whole_ranking_with_run_ids(team_sample: Sample):
    rows = list(csv.DictReader(io.StringIO(run(team_sample, "--csv").stdout)))
    assert len(rows) == 10
    assert rows[0]["run_id"] == team_sample.runs["sports-NN-32d-lr0.1"]
    assert rows[0]["learning_rate"] == "0.1"
    lines = run(team_sample, "--markdown", "--limit", "3").stdout.splitlines()
    assert len(lines) == 5


def test_groups_by_a_short_spelling(team_sample: Sample):
    found = json.loads(run(team_sample, "--group-by", "lr", "--json").stdout)
    assert found["by"] == ["learning_rate"]
    assert found["groups"][0]["values"] == {"learning_rate": "0.1"}
    assert found["groups"][0]["too_few"]
    assert "too few to tell" in run(team_sample, "--group-by", "lr").stdout
