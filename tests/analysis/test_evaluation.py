import json
from collections.abc import Sequence

import numpy as np
import pytest

from mlreview.analysis.evaluation import value_error, weigh, within
from mlreview.analysis.evaluation_sets import evaluation_sets
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
    assert evidence.scope == "best of 1 on a (240 examples)"
    assert evidence.warnings == ("The other 2 were evaluated on other data: their values don't compare with the first",)


def test_data_that_are_not_recorded_are_said_not_to_be():
    evidence = weighed([0.9, 0.8, 0.7], [dataset(0, "val", "a", 240), dataset(1, "val", "b")])
    assert "for 1 of them it isn't recorded" in evidence.warnings[0]
    only_one = weighed([0.9, 0.8], [dataset(0, "val", "a", 240)])
    assert only_one.warnings[0].startswith("It isn't recorded on which data the other 1 were evaluated")
    assert weighed([0.9, 0.8], []).scope == ""


def test_of_runs_that_nobody_looked_at_it_is_not_said_what_they_were_evaluated_on():
    runs = run_table(2)
    evidence = weigh(
        np.array([0.9, 0.8]), runs, [dataset(0, "val"), dataset(1, "val")], "val_acc", "max", candidates=900
    )
    assert evidence.scope == "best of at least 2 on posts (796 examples)"


def test_a_tie_that_reaches_the_last_row_that_is_shown_may_go_on_below():
    runs = run_table(2)
    datasets = [dataset(0, "val"), dataset(1, "val")]
    evidence = weigh(np.array([0.801, 0.8]), runs, datasets, "val_acc", "max", candidates=900)
    assert evidence.tie.startswith("1–2 are a tie, and maybe more below them: ")


def test_choosing_on_data_that_is_reported_as_test_is_warned_of():
    datasets = [dataset(0, "validation"), dataset(1, "validation"), dataset(1, "test", "final"), dataset(0, "test")]
    assert any("also reported as test" in warning for warning in weighed([0.9, 0.8], datasets).warnings)
    assert any("test metric" in statement for statement in weighed([0.9], [], "test_accuracy").statements)
    assert not any("test" in statement for statement in weighed([0.9], [dataset(0, "validation")]).statements)


def test_test_data_under_another_name_are_known_by_their_digest():
    datasets = [dataset(0, "validation", "held out", digest="x"), dataset(1, "test", "final", digest="x")]
    assert any("also reported as test" in warning for warning in weighed([0.9, 0.8], datasets).warnings)


def test_validation_data_that_are_called_test_are_warned_of():
    datasets = [dataset(run, "validation", "newsgroups test posts") for run in range(2)]
    assert any("test data by its name" in warning for warning in weighed([0.9, 0.8], datasets).warnings)
    datasets = [dataset(run, "validation", "latest posts") for run in range(2)]
    assert weighed([0.9, 0.8], datasets).warnings == ()


def test_a_leader_of_whose_data_nothing_is_recorded_is_judged_by_the_first_run_of_which_it_is():
    evidence = weighed([0.85, 0.84, 0.6], [dataset(1, "validation"), dataset(2, "validation")])
    assert evidence.tied.tolist() == [True, True, False]
    assert "796 examples give the first run whose data are recorded ±0.025" in evidence.tie
    assert evidence.noise.errors[0] == evidence.noise.errors[1]


def of_classes(text: str, metric: str = "val_AUROC"):
    runs = run_table(1, tags={"mlreview.data.validation.classes": [text]})
    return weigh(np.array([0.9]), runs, [dataset(0, "validation")], metric, "max", candidates=2)


def test_auroc_uses_the_recorded_classes_instead_of_taking_them_as_balanced():
    # By hand, after Hanley and McNeil: Q1 = 0.9 / 1.1, Q2 = 1.62 / 1.9; 100 and 696 examples give 0.02094 with the
    # smaller class as the positive one and 0.01198 the other way round; 398 and 398 give 0.01131.
    assert of_classes('{"rare": 100, "common": 696}').noise.errors[0] == pytest.approx(0.02094, abs=1e-5)
    assert of_classes("[696, 100]").noise.errors[0] == pytest.approx(0.02094, abs=1e-5)
    assert "balanced" not in of_classes("[696, 100]").noise.words
    assert of_classes("").noise.errors[0] == pytest.approx(0.01131, abs=1e-5)


@pytest.mark.parametrize("text", ["[796]", '{"a": "b", "c": 1}', "[1, 2]", "[[1], 2]", "[true, false]", "not json"])
def test_classes_that_can_not_be_those_of_the_data_are_not_used(text):
    assert "classes taken as balanced" in of_classes(text).noise.words


def test_an_area_over_three_classes_has_no_formula():
    assert of_classes("[300, 300, 196]").noise.source == "unknown"
    assert of_classes("[300, 300, 196]", "val_accuracy").noise.source == "evaluation set"


def test_classes_in_the_profile_of_the_data_count_too():
    profile = json.dumps({"num_rows": 796, "class_counts": {"a": 100, "b": 696}})
    record = Dataset("run-0", "posts", "d", "http", "somewhere", profile=profile, context="val")
    assert evaluation_sets([record], "val_AUROC")["run-0"].classes == (696, 100)


def test_when_both_noises_are_known_the_sentence_names_both():
    datasets = [dataset(run, "validation", examples=100) for run in range(4)]
    evidence = weighed([0.801, 0.800, 0.799, 0.800], datasets, seed=["1", "2", "3", "4"])
    assert evidence.noise.words.endswith("more than another seed: ±0.00082")


def test_a_value_from_elsewhere_has_the_error_of_its_own_data():
    evidence = weighed([0.8], [dataset(0, "validation")])
    found = evaluation_sets([dataset(7, "validation", examples=100)], "val_accuracy")["run-7"]
    assert value_error(0.8, "val_accuracy", found, evidence.noise) == pytest.approx(0.04)
    assert np.isnan(value_error(0.8, "val_accuracy", None, evidence.noise))


def test_the_page_says_it_in_a_few_words():
    datasets = [dataset(0, "validation", "test posts"), dataset(1, "validation", "test posts"), dataset(2, "val", "b")]
    assert weighed([0.85, 0.84, 0.6], datasets).brief == (
        "1–2 are a tie",
        "1 on other data · 2 ranked on test data",
    )
    assert weighed([0.85, 0.6], [dataset(0, "val")]).brief == (
        "the first is ahead by more than chance",
        "1 on data not recorded",
    )
    assert weighed([0.85, 0.6], [], "val_loss").brief == ("noise unknown", "")


def test_a_run_on_other_data_is_no_tie_however_close_it_is():
    datasets = [dataset(0, "val"), dataset(1, "val", "others"), dataset(2, "val"), dataset(3, "val")]
    evidence = weighed([0.85, 0.849, 0.848, 0.6], datasets)
    assert evidence.tied.tolist() == [True, False, True, False]
    assert evidence.tie.startswith("2 runs are a tie, marked ≈")


def test_a_run_of_whose_data_nothing_is_recorded_may_be_a_tie():
    assert weighed([0.85, 0.849], [dataset(0, "val")]).tied.tolist() == [True, True]


def test_a_training_metric_was_evaluated_on_nothing():
    runs = run_table(2)
    datasets = [dataset(0, "test"), dataset(1, "test")]
    evidence = weigh(np.array([0.9, 0.8]), runs, datasets, "accuracy", "max", 2, training=True)
    assert (evidence.scope, evidence.warnings, evidence.sets) == ("", (), (None, None))
    assert evidence.noise.source == "unknown"


def test_whoever_looks_at_fewer_runs_did_not_try_fewer():
    datasets = [dataset(run, "val") for run in range(4)]
    values = [0.85, 0.84, 0.7, 0.6]
    whole = weighed(values, datasets)
    part = weighed(values[1:3], datasets)
    found = within(whole, [f"run-{at}" for at in range(4)], part, ["run-1", "run-2"])
    assert found.tied.tolist() == [True, False]
    assert (found.tie, found.scope, found.brief) == (whole.tie, whole.scope, whole.brief)
    assert len(found.noise.errors) == len(found.sets) == 2
    assert within(whole, [f"run-{at}" for at in range(4)], part, ["run-0", "run-9"]).tied.tolist() == [True, False]


def test_nothing_ranked_is_nothing_to_weigh():
    evidence = weighed([], [])
    assert len(evidence.tied) == 0
    assert evidence.statements == ()
