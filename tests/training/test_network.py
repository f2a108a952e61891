"""Architectures read from models, without the frameworks: what is looked at are attributes that they share."""

from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from mlreview.training.network import Network, describe, plain_optimizer_name


def relu():
    pass


class Dense:
    def __init__(self, units: int, activation: object = None):
        self.units, self.activation = units, activation


class Dropout:
    rate = 0.5


class InputLayer:
    pass


class Sequential:
    def __init__(self, *layers: object):
        self.layers = list(layers)

    def count_params(self) -> int:
        return 3_265


def test_layers_are_told_with_widths_and_activations_and_repeated_ones_are_counted():
    model = Sequential(InputLayer(), Dense(64, relu), Dense(64, relu), Dropout(), Sequential(Dense(1)))
    assert describe(model) == Network("Dense 64 relu ×2 → Dropout 0.5 → Dense 1", 4, (64, 64, 1), 3_265)


def test_a_deep_network_is_cut_with_a_digest_that_tells_it_from_its_like():
    one, other = (
        describe(Sequential(*(Dense(width + last * (width == 299)) for width in range(300)))) for last in (0, 1)
    )
    assert one.label != other.label
    assert len(one.label) <= 500


def test_estimators_are_told_by_their_steps_and_layers():
    assert describe(make_pipeline(StandardScaler(), LogisticRegression())).label == (
        "StandardScaler → LogisticRegression"
    )
    assert describe(MLPClassifier((32, 8))).widths == (32, 8)


def test_anything_else_is_passed_over():
    assert [describe(one) for one in (None, "a text", object(), 3)] == [None] * 4


def test_an_optimizer_loses_its_counter_and_no_other_name_is_changed():
    assert plain_optimizer_name("sgd_4", "SGD") == "sgd"
    assert plain_optimizer_name("rmsprop_1", "RMSprop") == "rmsprop"
    assert plain_optimizer_name("adam_w_2", "AdamW") == "adam_w"
    assert plain_optimizer_name("loss_scale_optimizer_3", "LossScaleOptimizer") == "loss_scale_optimizer"
    assert plain_optimizer_name("mine_2", "SGD") == "mine_2"
    assert plain_optimizer_name("sgd", "SGD") == "sgd"
