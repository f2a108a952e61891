import pytest

from mlreview.analysis.metric_names import read_metric_name, training_counterpart


@pytest.mark.parametrize(
    ("key", "split", "base", "kind", "direction"),
    [
        ("val_AUROC", "validation", "AUROC", "ranking", "max"),
        ("val_loss", "validation", "loss", "loss", "min"),
        ("eval/loss", "validation", "loss", "loss", "min"),
        ("train/accuracy", "train", "accuracy", "score", "max"),
        ("training_score", "train", "score", "score", "max"),
        ("test_AUROC", "test", "AUROC", "ranking", "max"),
        ("val_pr_auc", "validation", "pr_auc", "ranking", "max"),
        ("average_precision", "unknown", "average_precision", "ranking", "max"),
        ("F1Score", "unknown", "F1Score", "score", "max"),
        ("R2", "unknown", "R2", "score", "max"),
        ("rmse", "unknown", "rmse", "loss", "min"),
        ("neg_mean_squared_error", "unknown", "neg_mean_squared_error", "loss", "max"),
        ("val_categorical_crossentropy", "validation", "categorical_crossentropy", "loss", "min"),
        ("validity", "unknown", "validity", "other", "max"),
        ("val_", "unknown", "val_", "other", "max"),
        ("", "unknown", "", "other", "max"),
    ],
)
def test_a_name_tells_split_kind_and_direction(key, split, base, kind, direction):
    name = read_metric_name(key)
    assert (name.split, name.base, name.kind, name.direction) == (split, base, kind, direction)


def test_a_name_that_says_nothing_about_direction_is_marked_as_unknown():
    assert not read_metric_name("my_metric").direction_known
    assert read_metric_name("my_loss").direction_known


@pytest.mark.parametrize(
    ("key", "others", "expected"),
    [
        ("val_AUROC", ["AUROC", "loss"], "AUROC"),
        ("eval/loss", ["loss", "train/loss"], "train/loss"),
        ("test_f1", ["val_f1", "training_f1"], "training_f1"),
        ("val_loss", ["val_AUROC"], None),
        ("loss", ["train_loss"], None),
    ],
)
def test_a_validation_metric_finds_its_training_metric_by_name(key, others, expected):
    assert training_counterpart(key, [key, *others]) == expected
