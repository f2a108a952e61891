"""``mlreview diff``, in this process."""

import json

from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from mlreview.cli import main
from mlreview.cli_diff import blocks
from tests.sample_store import Sample


def run(sample: Sample, *arguments: str) -> Result:
    return CliRunner().invoke(main, ["diff", "--tracking-uri", sample.uri, *arguments])


def report(sample: Sample, *arguments: str) -> dict:
    result = run(sample, "--json", *arguments)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def ids(sample: Sample, *names: str) -> list[str]:
    return [sample.runs[name] for name in names]


def test_32_units_against_8_shows_the_width_and_not_the_counted_optimizer(team_sample: Sample):
    found = report(team_sample, *ids(team_sample, "sports-NN-32d-lr0.1", "sports-NN-8d-lr0.1"))
    assert [row["key"] for row in found["sections"]["params"]] == ["hidden_units"]
    assert found["sections"]["params"][0]["values"] == ["32", "8"]
    assert found["counts"]["params"]["said"] == "1 of 5 params differs"
    assert [one["run_name"] for one in found["runs"]] == ["sports-NN-32d-lr0.1", "sports-NN-8d-lr0.1"]
    hidden = {row["key"]: row["hidden"] for row in report(team_sample, "--all", *[one["run_id"] for one in
              found["runs"]])["sections"]["params"]}  # fmt: skip
    assert hidden["opt_name"] == "spelling"


def test_the_baseline_is_whichever_run_is_named(team_sample: Sample):
    runs = ids(team_sample, "sports-NN-32d-lr0.1", "sports-NN-8d-lr0.01")
    for baseline, sign in ((runs[0], -1), (runs[1], 1)):
        found = report(team_sample, *runs, "--baseline", baseline)
        row = next(row for row in found["sections"]["metrics"] if row["key"] == "val_AUROC")
        delta = next(value for value in row["deltas"] if value is not None)
        assert found["baseline"] == baseline
        assert delta * sign > 0


def test_runs_of_two_experiments_are_compared(team_sample: Sample):
    found = report(team_sample, *ids(team_sample, "rain", "sports-LR"))
    assert {row["key"] for row in found["sections"]["params"]} == {"depth", "model"}


def test_the_tables_for_people_say_the_same(team_sample: Sample):
    result = run(team_sample, *ids(team_sample, "sports-NN-32d-lr0.1", "diverged"))
    assert result.exit_code == 0
    assert "Baseline: sports-NN-32d-lr0.1" in result.stdout
    assert "learning_rate" in result.stdout
    assert "NaN" in result.stdout or "nan" in result.stdout
    assert "Not recorded: seed (all runs). Record it: mlflow.log_param" in result.stdout


@given(st.integers(2, 50), st.integers(0, 49), st.integers(20, 400))
def test_runs_that_do_not_fit_side_by_side_come_in_further_tables_each_with_the_baseline(runs, baseline, width):
    baseline = min(baseline, runs - 1)
    found = blocks(runs, baseline, width)
    assert all(baseline in block and len(block) >= 2 for block in found)
    assert all(len(block) * 22 + 34 <= width for block in found if len(block) > 2)
    assert sorted({at for block in found for at in block}) == list(range(runs))
    assert sum(len(block) for block in found) == runs + len(found) - 1  # nobody but the baseline comes twice
    if len(found) == 1:
        assert found == [list(range(runs))]  # in the order given


def test_a_hostile_name_does_not_drive_the_terminal(ugly_sample: Sample):
    names = list(ugly_sample.runs)
    result = run(ugly_sample, *ids(ugly_sample, names[0], names[1]))
    assert result.exit_code == 0
    assert "\x1b" not in result.stdout


def test_what_cannot_be_compared_exits_with_2_and_one_message(team_sample: Sample):
    one, other = ids(team_sample, "rain", "snow")
    for arguments, says in (
        ((one,), "2 to 50 runs"),
        ((one, one), "2 to 50 runs"),
        ((one, "f" * 32), "There is no run"),
        ((one, other, "--baseline", "f" * 32), "none of the runs"),
    ):
        result = run(team_sample, *arguments)
        assert result.exit_code == 2
        assert says in result.stderr
        assert "Traceback" not in result.output
