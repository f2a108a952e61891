import pytest

from mlreview.analysis.pairs import find_pairs, pair_of


@pytest.mark.parametrize(
    ("train", "held_out"),
    [
        ("loss", "val_loss"),
        ("train_loss", "val_loss"),
        ("training_loss", "validation_loss"),
        ("train/loss", "eval/loss"),
        ("train.loss", "valid.loss"),
        ("Loss/train", "Loss/val"),
        ("loss_train", "loss_valid"),
        ("trainLoss", "validLoss"),
        ("train_loss_epoch", "val_loss"),
        ("training-l2", "valid_1-l2"),
        ("train-logloss", "eval-logloss"),
        ("head1/loss", "head1/val_loss"),
        ("train/epoch_loss", "validation/epoch_loss"),
        ("AUROC", "val_AUROC"),
        ("loss", "dev_loss"),
        ("TRAIN_LOSS", "VAL_LOSS"),
    ],
)
def test_frameworks_ways_of_naming_a_split_make_a_pair(train: str, held_out: str):
    (pair,) = find_pairs([held_out, train])
    assert (pair.train, pair.held_out, pair.complete) == (train, held_out, True)


@pytest.mark.parametrize(
    ("keys", "train", "held_out"),
    [
        (["loss", "validation_loss", "val_loss"], "loss", "val_loss"),  # Keras autolog's step-0 metric is no curve
        (["loss", "test_loss", "val_loss"], "loss", "val_loss"),
        (["loss", "test_loss"], "loss", "test_loss"),
        (["loss", "train_loss", "val_loss"], "train_loss", "val_loss"),
        (["train_loss_step", "train_loss_epoch", "val_loss"], "train_loss_epoch", "val_loss"),
    ],
)
def test_where_several_names_claim_a_place_the_plainest_wins(keys: list[str], train: str, held_out: str):
    (pair,) = find_pairs(keys)
    assert (pair.train, pair.held_out) == (train, held_out)


def test_a_metric_of_one_point_is_no_curve_where_another_has_more():
    points = {"loss": 100, "train_loss": 1, "eval_loss": 20}  # Hugging Face logs train_loss once, at the end
    (pair,) = find_pairs(points, points)
    assert (pair.train, pair.held_out) == ("loss", "eval_loss")


def test_complete_pairs_come_first_and_the_loss_before_the_rest():
    keys = ["val_AUROC", "AUROC", "val_mae", "mae", "val_f1", "val_loss", "loss", "learning_rate", "train_time"]
    assert [pair.base for pair in find_pairs(keys)] == ["loss", "mae", "auroc", "f1", "time"]


def test_what_has_no_split_and_no_fellow_is_in_no_pair_but_a_lone_loss_is_training():
    (pair,) = find_pairs(["loss", "learning_rate", "epoch", "train_test_ratio"])
    assert (pair.train, pair.held_out, pair.complete) == ("loss", None, False)


def test_every_key_is_in_at_most_one_pair_and_can_be_found_in_it():
    keys = ["loss", "val_loss", "test_loss", "acc", "val_acc", "", "val_", "val", "/", "é_train", "损失", "val_损失"]
    pairs = find_pairs(keys)
    found = [key for pair in pairs for key in pair.keys]
    assert len(found) == len(set(found))
    assert pair_of("test_loss", pairs) == pair_of("loss", pairs)
    assert pair_of("val_损失", pairs).train == "损失"
    assert pair_of("nothing", pairs) is None
