"""The command line, as a process of its own where that matters, in this process otherwise."""

import json
import re
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from mlflow import MlflowClient

from mlreview import names
from mlreview.cli import main
from mlreview.demo.tracking import COMPLETE_TAG, RUN_TAG
from tests.sample_store import Sample, write_run, write_team_sample
from tests.stores import free_port, sqlite_uri

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


@pytest.fixture
def trusted(sqlite_store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Sample:
    """A store of its own with a deployed model and a baseline of another framework, in a folder with its aliases."""
    sample = write_team_sample(sqlite_store, tmp_path / "artifacts")
    client = MlflowClient(sqlite_store)
    client.create_registered_model("sports-classifier")
    for name in ("sports-NN-8d-lr0.05", "sports-NN-8d-lr0.1"):
        version = client.create_model_version("sports-classifier", "file:///nowhere", sample.runs[name])
        client.set_registered_model_alias("sports-classifier", "champion", version.version)
    curves = {"val_roc_auc": [0.9, 0.92]}
    sample.runs["forest"] = write_run(client, sample.experiments["sports"], "forest", 20, {}, curves)
    (tmp_path / "mlreview.toml").write_text('[metric_aliases]\nval_AUROC = "val_roc_auc"\n')
    monkeypatch.chdir(tmp_path)
    return sample


def row_of(report: dict, name: str) -> dict:
    return next(row for row in report["rows"] if row["run_name"] == name)


def test_rows_are_compared_with_the_run_that_is_deployed(trusted: Sample):
    report = leaderboard(trusted, "--experiment", "sports", "--metric", "val_AUROC")
    assert report["baseline"] == {
        "run_id": trusted.runs["sports-NN-8d-lr0.1"],
        "run_name": "sports-NN-8d-lr0.1",
        "source": "deployed",
        "reason": "deployed as champion, v2 of sports-classifier",
        "value": pytest.approx(0.916),
        "step": 9,
        "where": "",
        "problem": "",
    }
    first, worse = row_of(report, "sports-NN-32d-lr0.1"), row_of(report, "sports-NN-32d-lr0.01")
    assert (first["delta"], first["compared"], first["tied"]) == (pytest.approx(0.001), "within noise", True)
    assert (worse["delta"], worse["compared"], worse["tied"]) == (pytest.approx(-0.109), "worse", False)
    assert [row_of(report, f"sports-NN-32d-lr{lr}")["beyond_noise"] for lr in ("0.1", "0.01")] == [False, True]
    assert row_of(report, "sports-NN-8d-lr0.1")["compared"] == "baseline"
    assert (row_of(report, "diverged")["delta"], row_of(report, "diverged")["compared"]) == (None, "unknown")


def test_a_run_that_logged_another_name_of_the_metric_ranks_and_says_so(trusted: Sample):
    for by, value in (("last", 0.92), ("best", 0.92), ("min", 0.9)):
        report = leaderboard(trusted, "--experiment", "sports", "--metric", "val_AUROC", "--by", by)
        forest = row_of(report, "forest")
        assert (forest["value"], forest["substituted"]) == (pytest.approx(value), "val_roc_auc")
        assert row_of(report, "sports-LR")["substituted"] is None
        assert "1 run ranks by val_roc_auc, another name of val_AUROC" in report["says"]


def test_the_diff_has_one_row_for_a_metric_of_two_names_and_says_the_other_name(trusted: Sample):
    runs = [trusted.runs["sports-NN-8d-lr0.1"], trusted.runs["forest"]]
    arguments = ["diff", "--tracking-uri", trusted.uri, *runs]
    found = json.loads(CliRunner().invoke(main, [*arguments, "--json"]).stdout)
    row = next(row for row in found["sections"]["metrics"] if row["key"] == "val_AUROC")
    assert (row["values"], row["logged_as"]) == ([pytest.approx(0.916), 0.92], [None, "val_roc_auc"])
    assert "val_AUROC (val_roc_auc in 1 of 2 runs)" in CliRunner().invoke(main, arguments).stdout


def test_a_best_value_says_whether_its_model_was_kept(trusted: Sample):
    report = leaderboard(trusted, "--experiment", "sports", "--metric", "val_AUROC", "--by", "best")
    assert row_of(report, "sports-LR")["kept"] == "no model"
    assert any(said.startswith("The models behind these 10 values: ") for said in report["says"])
    assert row_of(leaderboard(trusted, "--experiment", "sports"), "sports-LR")["kept"] is None


def test_another_baseline_can_be_named_or_none(trusted: Sample):
    elsewhere = leaderboard(trusted, "--experiment", "sports", "--baseline", trusted.runs["rain"])
    assert elsewhere["baseline"]["where"] == "in another experiment, weather"
    assert "so there is nothing to compare with" in elsewhere["baseline"]["problem"]
    assert elsewhere["rows"][0]["delta"] is None
    nobody = leaderboard(trusted, "--experiment", "sports", "--baseline", "0" * 32)
    assert "no such run" in nobody["baseline"]["problem"]
    assert leaderboard(trusted, "--experiment", "sports", "--baseline", "none")["baseline"] is None


def test_a_registry_that_does_not_answer_keeps_nobody_from_ranking(trusted: Sample, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MLREVIEW_REGISTRY_URI", f"http://127.0.0.1:{free_port()}")
    report = leaderboard(trusted, "--experiment", "sports")
    assert report["baseline"] is None
    assert "The model registry did not answer, so what is deployed is not known" in report["says"]
    assert report["rows"][0]["rank"] == 1


def test_the_table_for_people_shows_deltas_ties_and_substituted_names(trusted: Sample):
    shown = run("leaderboard", "--tracking-uri", trusted.uri, "--experiment", "sports", "--by", "best").stdout
    assert "Baseline: sports-NN-8d-lr0.1, deployed as champion, v2 of sports-classifier." in shown
    heading = next(line for line in shown.splitlines() if line.startswith("rank"))
    assert heading.split()[:5] == ["rank", "run", "val_AUROC", "Δ", "gap"]
    forest = next(line for line in shown.splitlines() if " forest " in line)
    assert "val_roc_auc" in forest
    assert "+0.004" in forest
    plain = run("leaderboard", "--tracking-uri", trusted.uri, "--experiment", "weather").stdout
    assert "Δ" not in plain
    assert "No baseline: no run is pinned, deployed, approved or tagged baseline." in plain


def test_an_experiment_can_be_named_by_its_id(team_sample: Sample):
    report = leaderboard(team_sample, "--experiment", team_sample.experiments["weather"])
    assert [row["run_name"] for row in report["rows"]] == ["snow", "rain"]


def test_limit_cuts_rows_and_the_coverage_says_so(team_sample: Sample):
    report = leaderboard(team_sample, "--experiment", "sports", "--limit", "2")
    assert len(report["rows"]) == 2
    assert report["coverage"].startswith("2 of 10 runs")
    assert "learning_rate" in report["rows"][0]["params"]  # what differs among the runs, not among the printed rows


def test_the_table_for_people_holds_the_same(team_sample: Sample):
    result = run("leaderboard", "--tracking-uri", team_sample.uri, "--experiment", "sports")
    assert result.exit_code == 0
    assert "Ranked by val_AUROC, higher is better, last value, guessed" in result.stdout
    assert re.search(r"1 ≈\s+sports-NN-32d-lr0.1\s+0.917", result.stdout)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--experiment", "nothing"], "There is no experiment 'nothing'"),
        (["--experiment", "weather", "--metric", "val_rmsee"], "has the metric 'val_rmsee'"),
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


def complete_demo(uri: str, artifacts: Path) -> MlflowClient:
    """What a demo leaves that was trained to its end, as far as the next call looks at it."""
    client = MlflowClient(uri)
    tags = {names.DEMO_TAG: "newsgroups", COMPLETE_TAG: "full"}
    experiment = client.create_experiment("hockey-vs-baseball", artifact_location=artifacts.as_uri(), tags=tags)
    client.set_terminated(client.create_run(experiment, tags={RUN_TAG: "sports-NN-32d-lr0.1"}).info.run_id)
    return client


@pytest.mark.parametrize("arguments", [[], ["--quick"], ["--data", "newsgroups"]])
def test_a_demo_that_is_there_already_is_left_alone_and_said_to_be(
    sqlite_store: str, tmp_path: Path, arguments: list[str]
):
    client = complete_demo(sqlite_store, tmp_path / "artifacts")
    before = (tmp_path / "mlflow.db").read_bytes()
    result = run("demo", "--tracking-uri", sqlite_store, *arguments)
    assert result.exit_code == 0, result.output
    said = " ".join(result.stdout.split())  # without the line breaks of the console's width
    assert "The experiment 'hockey-vs-baseball' is there already, with 1 finished runs of the demo." in said
    assert "Nothing to do: 'hockey-vs-baseball' is there already. --force trains it again." in said
    assert (tmp_path / "mlflow.db").read_bytes() == before
    assert [e.name for e in client.search_experiments()] == ["hockey-vs-baseball", "Default"]


def test_posts_that_can_not_be_had_end_the_demo_with_2_and_one_message(
    sqlite_store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    new = tmp_path / "new.db"
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "scikit-learn"))
    for name in ("https_proxy", "HTTPS_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(urllib.request, "_opener", None)  # it keeps the proxies of its first use
    for uri in (sqlite_store, sqlite_uri(new)):
        result = run("demo", "--tracking-uri", uri, "--data", "newsgroups")
        assert result.exit_code == 2
        assert result.stderr.startswith("mlreview: The newsgroup posts can't be had: ")
        assert "Nothing was trained and nothing was written." in result.stderr
        assert "SCIKIT_LEARN_DATA" in result.stderr
        assert result.stderr.count("mlreview:") == 1
        assert "Traceback" not in result.output
        assert "[progress" not in result.output  # markup of the progress bar, which is left on the screen
    assert not new.exists()
    assert [e.name for e in MlflowClient(sqlite_store).search_experiments()] == ["Default"]


def test_an_experiment_of_somebody_else_is_not_the_demos_to_train_into(sqlite_store: str, tmp_path: Path):
    client = MlflowClient(sqlite_store)
    client.create_experiment("ours", artifact_location=tmp_path.as_uri())
    result = run("demo", "--tracking-uri", sqlite_store, "--data", "breast-cancer", "--experiment", "ours")
    assert result.exit_code == 2
    assert result.stderr.startswith("mlreview: There is an experiment 'ours' already, and the demo did not make it.")
    assert "Traceback" not in result.output


def test_the_demo_gives_up_on_a_dead_server_before_it_trains_anything():
    result = run("demo", "--quick", "--data", "breast-cancer", "--tracking-uri", f"http://127.0.0.1:{free_port()}")
    assert result.exit_code == 2
    assert "is not reachable" in result.stderr
    assert "Preparing" not in result.stdout


def test_the_readme_names_every_command_and_every_option():
    block = README.read_text(encoding="utf-8").split("## The command line")[1].split("```")[1]
    for name, command in main.commands.items():
        (line,) = re.findall(rf"^mlreview {name} .*$", block, re.MULTILINE)
        for parameter in command.params:
            for option in parameter.opts:
                if option.startswith("--") and option not in ("--help", "--tracking-uri"):
                    assert option in line, f"the README's line on {name} lacks {option}"
    assert set(re.findall(r"^mlreview (\w+)", block, re.MULTILINE)) == set(main.commands)


def diagnoses(uri: str, *arguments: str) -> list[dict]:
    result = run("diagnose", "--tracking-uri", uri, "--json", *arguments)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def test_diagnose_judges_named_runs_in_the_order_given(team_sample: Sample):
    ids = [team_sample.runs[name] for name in ("sports-LR", "diverged", "sports-NN-32d-lr0.1")]
    found = diagnoses(team_sample.uri, *ids)
    assert [one["run_id"] for one in found] == ids
    assert [one["run_name"] for one in found] == ["sports-LR", "diverged", "sports-NN-32d-lr0.1"]
    assert [one["verdict"] for one in found] == ["insufficient_data", "diverged", "still_improving"]
    improving = found[2]
    assert (improving["metric"], improving["best_step"], improving["last_step"]) == ("val_loss", 9, 9)
    assert "val_loss" in improving["evidence"][0]
    assert {"severity", "also", "onset", "advice", "train_metric", "unit"} <= improving.keys()


def test_diagnose_of_an_experiment_agrees_with_the_leaderboard(team_sample: Sample):
    found = diagnoses(team_sample.uri, "--experiment", "sports")
    assert len(found) == 10
    rows = leaderboard(team_sample, "--experiment", "sports")["rows"]
    assert {row["run_id"]: row["verdict"] for row in rows} == {one["run_id"]: one["verdict"] for one in found}


def test_diagnose_prints_each_verdict_with_what_shows_it(team_sample: Sample, ugly_sample: Sample):
    result = run("diagnose", "--tracking-uri", team_sample.uri, team_sample.runs["diverged"])
    assert result.exit_code == 0
    assert "diverged  Diverged" in result.stdout
    assert "no number from epoch 2 of 2 on" in result.stdout
    for experiment in ugly_sample.experiments.values():
        result = run("diagnose", "--tracking-uri", ugly_sample.uri, "--experiment", experiment)
        assert result.exit_code == 0, result.output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ([], "--experiment"),
        (["some-run", "--experiment", "sports"], "not both"),
        (["no-such-run"], "There is no run 'no-such-run'"),
        (["--experiment", "nothing"], "There is no experiment 'nothing'"),
    ],
)
def test_diagnose_without_something_to_judge_exits_with_2(team_sample: Sample, arguments: list[str], says: str):
    result = run("diagnose", "--tracking-uri", team_sample.uri, *arguments)
    assert result.exit_code == 2
    assert says in result.stderr
