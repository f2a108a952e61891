from collections.abc import Mapping, Sequence

import numpy as np
import pytest

from mlreview import names
from mlreview.analysis.baseline import NO_BASELINE, BaselineChoice, choose_baseline, measure_baseline
from mlreview.analysis.leaderboard import rank
from mlreview.entities import Experiment, ModelVersion, RunTable
from tests.tables import run_table


def version(run: str | None, *aliases: str, name: str = "posts", number: str = "1", created: int = 0) -> ModelVersion:
    return ModelVersion(name, number, run, "", "READY", created, aliases=aliases)


def experiment(baseline: str | None = None) -> Experiment:
    return Experiment("1", "sports", tags={} if baseline is None else {names.EXPERIMENT_BASELINE_TAG: baseline})


def chosen(
    tags: Mapping[str, Sequence[str | None]] | None = None,
    experiments: Sequence[Experiment] = (),
    versions: Sequence[ModelVersion] | None = (),
    own: str | None = None,
) -> BaselineChoice:
    return choose_baseline(run_table(3, tags=tags), experiments, versions, own)


EVERYTHING: dict[str, list[str | None]] = {
    names.REVIEW_STATE_TAG: [None, "approved", None],
    names.DECIDED_AT_TAG: [None, "2026-01-02T10:00:00Z", None],
    names.DEPLOYED_TO_TAG: [None, None, "production"],
    names.DEPLOYED_AT_TAG: [None, None, "2026-01-03T10:00:00Z"],
    "baseline": ["true", None, None],
}


def test_each_rule_gives_way_to_the_one_before_it():
    champion = [version("run-1", "champion")]
    own = chosen(EVERYTHING, [experiment("run-0")], champion, own="run-2")
    assert (own.run_id, own.source, own.reason) == ("run-2", "own", "pinned by you, for now")
    team = chosen(EVERYTHING, [experiment("run-0")], champion)
    assert (team.run_id, team.source) == ("run-0", "team")
    alias = chosen(EVERYTHING, [experiment()], champion)
    assert (alias.run_id, alias.source, alias.reason) == ("run-1", "deployed", "deployed as champion, v1 of posts")
    recorded = chosen(EVERYTHING)
    assert (recorded.run_id, recorded.reason) == ("run-2", "recorded as deployed to production on 2026-01-03")
    approved = chosen({key: EVERYTHING[key] for key in (names.REVIEW_STATE_TAG, names.DECIDED_AT_TAG, "baseline")})
    assert (approved.run_id, approved.source, approved.reason) == ("run-1", "approved", "approved last on 2026-01-02")
    tagged = chosen({"baseline": EVERYTHING["baseline"]})
    assert (tagged.run_id, tagged.source, tagged.reason) == ("run-0", "tagged", "tagged baseline")
    nothing = chosen()
    assert (nothing.run_id, nothing.source) == (None, "none")
    assert nothing.reason == "no run is pinned, deployed, approved or tagged baseline"


def test_a_viewer_can_compare_with_nothing():
    assert chosen(EVERYTHING, own=NO_BASELINE).run_id is None


def test_a_registry_that_does_not_answer_is_said_and_the_next_rule_holds():
    found = chosen(EVERYTHING, versions=None)
    assert found.run_id == "run-2"
    assert found.remarks == ("The model registry did not answer, so what is deployed is not known",)


def test_pinned_baselines_that_differ_are_put_over_nobody():
    found = chosen(None, [experiment("run-0"), experiment("run-1")])
    assert found.run_id is None
    assert "different pinned baselines" in found.remarks[0]
    assert chosen(None, [experiment("run-0"), experiment()]).run_id == "run-0"


@pytest.mark.parametrize(
    ("aliases", "best"),
    [
        (["production", "champion", "live"], 1),
        (["prod", "Production", "challenger"], 1),
        (["staging", "candidate", "production-eu"], 2),
        (["champion-eu", "serving", "challenger"], 1),
        (["productionised", "reproduction", "live"], 2),
    ],
)
def test_the_surest_alias_names_what_is_deployed(aliases, best):
    versions = [version(f"run-{at}", alias, number=str(at)) for at, alias in enumerate(aliases)]
    assert chosen(versions=versions).run_id == f"run-{best}"


def test_aliases_that_say_nothing_of_deployment_make_no_baseline():
    assert chosen(versions=[version("run-0", "challenger", "staging", "v2")]).run_id is None


def test_the_champion_of_a_model_of_these_runs_counts_wherever_it_was_trained():
    versions = [version("far", "champion", number="1"), version("run-0", number="2")]
    assert chosen(versions=versions).run_id == "far"


def test_the_champion_of_somebody_elses_model_is_nobodys_baseline_here():
    assert chosen(versions=[version("far", "champion", name="weather"), version("run-0")]).run_id is None


def test_of_two_deployed_models_the_newer_counts_and_the_other_is_named():
    versions = [
        version("run-0", "champion", name="a", created=5),
        version("run-1", "champion", name="b", created=9),
    ]
    found = chosen(versions=versions)
    assert found.run_id == "run-1"
    assert found.remarks == ("Other models from these runs are deployed too: a",)


def test_production_goes_before_a_later_shadow_deployment():
    tags = {
        names.DEPLOYED_TO_TAG: ["shadow", "production", "production"],
        names.DEPLOYED_AT_TAG: ["2026-03-01", "2026-01-01", "2026-02-01"],
    }
    assert chosen(tags).run_id == "run-2"


@pytest.mark.parametrize(
    ("value", "counts"),
    [("true", True), ("Yes", True), ("", True), ("1", True), ("false", False), ("0", False), ("run-7", False)],
)
def test_a_baseline_tag_has_to_mean_yes(value, counts):
    assert (chosen({"baseline": [None, value, None]}).run_id == "run-1") is counts
    assert (chosen({"mlreview.baseline": [None, value, None]}).run_id == "run-1") is counts


def test_of_several_tagged_runs_the_newest_counts_and_that_is_said():
    found = chosen({"baseline": [None, "true", "true"]})
    assert found.run_id == "run-1"
    assert "2 runs are tagged" in found.remarks[0]


PINNED = BaselineChoice("run-1", "team", "pinned by the team")


def ranked(table: RunTable, metric: str = "val_AUROC"):
    return rank(table, metric, "max")


def test_a_baseline_among_the_runs_has_its_value_and_step():
    table = run_table(3, {"val_AUROC": [0.9, 0.8, None]})
    found = measure_baseline(PINNED, table, ranked(table))
    assert (found.value, found.step, found.row, found.problem) == (0.8, 39, 1, "")
    assert found.describe() == "Baseline: name-1, pinned by the team"


@pytest.mark.parametrize(
    ("value", "says"),
    [(None, "It has no val_AUROC"), (float("nan"), "is NaN"), (float("inf"), "is infinite")],
)
def test_a_baseline_without_a_number_stays_the_baseline_and_says_why_nothing_is_compared(value, says):
    table = run_table(2, {"val_AUROC": [0.9, value]})
    found = measure_baseline(PINNED, table, ranked(table))
    assert found.value is None
    assert says in found.problem
    assert found.problem in found.describe()


def one_elsewhere(experiment_id: str = "2", lifecycle: str = "active", value: float | None = 0.7) -> RunTable:
    table = run_table(1, {"val_AUROC": [value]}, names=["last year's"])
    table.run_ids[0], table.experiment_ids[0], table.lifecycles[0] = "run-far", experiment_id, lifecycle
    return table


@pytest.mark.parametrize(
    ("elsewhere", "where"),
    [
        (one_elsewhere(), "in another experiment, weather"),
        (one_elsewhere("3"), "in another experiment, 3"),
        (one_elsewhere("1", "deleted"), "deleted since"),
        (one_elsewhere("2", "deleted"), "deleted since, in another experiment, weather"),
        (one_elsewhere("1"), "not among these runs"),
    ],
)
def test_where_a_baseline_from_elsewhere_is_stands_beside_it(elsewhere, where):
    table = run_table(2, {"val_AUROC": [0.9, 0.8]})
    choice = BaselineChoice("run-far", "deployed", "deployed as champion, v1 of posts")
    found = measure_baseline(choice, table, ranked(table), (elsewhere, ranked(elsewhere)), {"2": "weather"}.get)
    assert (found.value, found.row, found.where) == (0.7, None, where)
    assert found.describe() == f"Baseline: last year's, deployed as champion, v1 of posts, {where}"


def test_a_baseline_from_elsewhere_without_the_metric_says_both():
    table, other = run_table(2, {"val_AUROC": [0.9, 0.8]}), one_elsewhere(value=None)
    choice = BaselineChoice("run-far", "own", "pinned by you, for now")
    found = measure_baseline(choice, table, ranked(table), (other, ranked(other)))
    assert found.value is None
    assert found.describe().endswith(
        "in another experiment, 2. It has no val_AUROC, so there is nothing to compare with"
    )


def test_a_baseline_that_the_store_does_not_have_is_said():
    table = run_table(1, {"val_AUROC": [0.9]})
    choice = BaselineChoice("gone", "team", "pinned by the team")
    nobody = run_table(0)
    found = measure_baseline(choice, table, ranked(table), (nobody, ranked(nobody)))
    assert "no such run" in found.problem
    assert found.describe().startswith("Baseline: gone, pinned by the team. ")


def test_ten_thousand_runs_without_a_baseline_are_looked_through():
    table = run_table(10_000, tags={key: [None] * 10_000 for key in EVERYTHING})
    assert choose_baseline(table, [], []).run_id is None
    assert np.array_equal(table.run_ids[:2], ["run-0", "run-1"])
