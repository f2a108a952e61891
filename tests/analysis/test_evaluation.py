import json
from collections.abc import Sequence

import numpy as np
import pytest

from mlreview.analysis.evaluation import evaluation_sets, weigh
from mlreview.entities import Dataset
from tests.tables import run_table


def dataset(
    run: int, context: str | None, name: str = "posts", examples: int | None = 796, digest: str = "d"
) -> Dataset:
    profile = None if examples is None else json.dumps({"features_shape": [examples, 100]})
    return Dataset(f"run-{run}", name, digest, "http", "somewhere", profile=profile, context=context)


def weighed(values: list[float], datasets: list[Dataset], metric: str = "val_accuracy", **params: Sequence[str | None]):
    runs = run_table(len(values), params=params)
    return weigh(np.array(values), runs, datasets, metric, "max", candidates=len(values))


def test_a_metric_belongs_to_the_data_set_of_its_split():
    both = [dataset(0, "train", "a"), dataset(0, "validation", "b"), dataset(0, "test", "c")]
    assert evaluation_sets(both, "val_AUROC")["run-0"].name == "b"
    assert evaluation_sets(both, "test_AUROC")["run-0"].name == "c"
    assert evaluation_sets([dataset(0, "eval", "b")], "val_AUROC")["run-0"].name == "b"


def test_a_run_with_two_data_sets_of_one_split_has_none():
    assert evaluation_sets([dataset(0, "validation", "a"), dataset(0, "validation", "b")], "val_AUROC") == {}


def test_the_same_data_with_other_features_is_one_set_but_unnamed_data_go_by_their_digest():
    named = evaluation_sets([dataset(0, "val", digest="x"), dataset(1, "val", digest="y")], "val_loss")
    assert named["run-0"].identity == named["run-1"].identity
    unnamed = [dataset(run, "val", "dataset", digest=digest) for run, digest in enumerate("xy")]
    found = evaluation_sets(unnamed, "val_loss")
    assert found["run-0"].identity != found["run-1"].identity


@pytest.mark.parametrize(
    ("profile", "examples"),
    [
        ('{"num_rows": 12}', 12),
        ('{"targets_shape": [5]}', 5),
        ('{"features_shape": [7, 2]}', 7),
        ('{"features_shape": {"a": [7, 2]}}', None),
        ("[1]", None),
        ("not json", None),
        (None, None),
    ],
)
def test_sizes_are_read_from_every_kind_of_profile(profile, examples):
    record = Dataset("run-0", "posts", "d", "http", "somewhere", profile=profile, context="val")
    assert evaluation_sets([record], "val_loss")["run-0"].examples == examples


def test_accuracies_within_the_noise_of_796_posts_are_a_tie():
    evidence = weighed([0.850, 0.845, 0.830, 0.700], [dataset(run, "validation") for run in range(4)])
    assert evidence.tied.tolist() == [True, True, True, False]
    assert evidence.noise.source == "evaluation set"
    assert evidence.statements[0] == "1–3 are a tie: 796 examples give the leader ±0.025 (95 %)"
    assert evidence.statements[1] == "Best of 4 on posts (796 examples)"


def test_auroc_says_that_it_takes_classes_as_balanced():
    evidence = weighed([0.9, 0.5], [dataset(run, "validation") for run in range(2)], "val_AUROC")
    assert "classes taken as balanced" in evidence.statements[0]
    assert evidence.statements[0].startswith("The first is ahead of all others by more than chance")


def test_noise_of_a_loss_comes_from_replicates():
    seeds = ["1", "2", "3", "4", "1"]
    rates = ["0.1"] * 4 + ["0.9"]
    evidence = weighed([0.50, 0.49, 0.51, 0.50, 0.10], [], "val_score", seed=seeds, learning_rate=rates)
    assert evidence.noise.source == "replicates"
    assert evidence.noise.freedom == 3
    assert evidence.noise.errors[0] == pytest.approx(np.std([0.50, 0.49, 0.51, 0.50], ddof=1))
    assert evidence.tied.tolist() == [True, True, True, True, False]


def test_runs_without_a_recorded_seed_are_nobodys_replicates():
    evidence = weighed([0.50, 0.49, 0.51, 0.50], [], "val_score", learning_rate=["0.1"] * 4)
    assert evidence.noise.source == "unknown"


def test_other_data_make_no_replicate():
    seeds = ["1", "2", "3", "4"]
    datasets = [dataset(run, "train", digest=str(run)) for run in range(4)]
    assert weighed([0.50, 0.49, 0.51, 0.50], datasets, "val_score", seed=seeds).noise.source == "unknown"


def test_three_seeds_are_too_few_to_tell():
    assert weighed([0.50, 0.49, 0.51], [], "val_score", seed=["1", "2", "3"]).noise.source == "unknown"


def test_unknown_noise_is_said_to_be_unknown():
    assert "unknown" in weighed([0.5, 0.4], [], "val_loss").statements[0]


def test_the_larger_of_two_noises_counts():
    datasets = [dataset(run, "validation", examples=100) for run in range(4)]
    evidence = weighed([0.801, 0.800, 0.799, 0.800], datasets, seed=["1", "2", "3", "4"])
    assert evidence.noise.source == "evaluation set"


def test_values_on_other_data_are_said_not_to_compare():
    evidence = weighed([0.9, 0.8, 0.7], [dataset(0, "val", "a", 240), dataset(1, "val", "b"), dataset(2, "val", "b")])
    assert any("best of 1 on a (240 examples); the other 2" in statement for statement in evidence.statements)


def test_choosing_on_data_that_is_reported_as_test_is_warned_of():
    datasets = [dataset(0, "validation"), dataset(1, "validation"), dataset(1, "test", "final"), dataset(0, "test")]
    assert any("report as test" in statement for statement in weighed([0.9, 0.8], datasets).statements)
    assert any("test metric" in statement for statement in weighed([0.9], [], "test_accuracy").statements)
    assert not any("test" in statement for statement in weighed([0.9], [dataset(0, "validation")]).statements)


def test_nothing_ranked_is_nothing_to_weigh():
    evidence = weighed([], [])
    assert len(evidence.tied) == 0
    assert evidence.statements == ()
