import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlreview.analysis.params import as_numbers, canonical, canonical_param, varying_params
from tests.tables import text_column


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0.0010000000474974513", "0.001"),  # what Keras autolog records for 0.001
        ("0.001", "0.001"),
        ("9.999999747378752e-05", "0.0001"),  # numpy spells this 32-bit float 1e-04
        ("1e-4", "0.0001"),
        ("1e-3", "0.001"),
        ("32.0", "32"),
        ("3.2e1", "32"),
        (" 32 ", "32"),
        ("-0.0", "0"),
        ("16777217", "16777217"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ("1e400", "1e400"),
        ("nan", "nan"),
        ("None", "None"),
        ("", ""),
        ("007", "007"),
        ("1_000", "1_000"),
        ("True", "True"),
    ],
)
def test_values_that_mean_the_same_are_spelt_the_same(value, expected):
    assert canonical(value) == expected


def test_16777216_and_16777217_stay_apart_although_a_32_bit_float_confuses_them():
    assert canonical("16777216") != canonical("16777217")
    assert canonical("16777216.0") != canonical("16777217.0")


@given(st.floats(min_value=-1, max_value=1, exclude_min=True, exclude_max=True, width=32))
def test_a_32_bit_float_is_the_same_however_it_was_printed(number):
    assert canonical(repr(float(np.float32(number)))) == canonical(str(np.float32(number)))


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_doubles_are_the_same_only_when_equal_or_when_one_is_the_other_as_a_32_bit_float(a, b):
    same = canonical(repr(a)) == canonical(repr(b))
    with np.errstate(over="ignore"):
        expected = a == b or float(np.float32(a)) == b or float(np.float32(b)) == a
    assert same <= expected
    if a == b:
        assert same


def test_keras_optimizer_counters_are_stripped_only_from_the_keys_that_carry_them():
    assert canonical_param("opt_name", "sgd_4") == canonical_param("opt_name", "sgd") == "sgd"
    assert canonical_param("model", "resnet_50") == "resnet_50"


def varying(rows, **columns):
    return varying_params({key: text_column(values) for key, values in columns.items()}, rows)


def test_only_params_with_two_values_vary():
    assert varying(3, lr=["0.1", "0.01", "0.1"], epochs=["40", "40", "40"]) == ("lr",)


def test_a_number_written_two_ways_is_no_difference():
    assert varying(2, opt_learning_rate=["0.0010000000474974513", "0.001"]) == ()


def test_a_run_that_lacks_a_param_differs_from_one_that_has_it():
    assert varying(4, dropout=["0.5", "0.5", None, None]) == ("dropout",)


def test_a_param_that_only_tells_what_an_earlier_one_tells_is_left_out():
    model = ["forest", "network", "network", "boosting"]
    assert varying(4, model=model, n_estimators=["100", None, None, None]) == ("model",)
    assert varying(4, model=model, dropout=[None, "0.5", None, None]) == ("model", "dropout")


def test_an_empty_value_is_a_value():
    assert varying(2, comment=["", "x"]) == ("comment",)


def test_texts_unique_to_every_run_are_ids_but_numbers_unique_to_every_run_are_a_search():
    ids = ["a", "b", "c", "d"]
    rates = ["0.1", "0.2", "0.3", "0.4"]
    assert varying(4, path=ids, lr=rates) == ("lr",)


def test_two_runs_may_differ_in_a_text():
    assert varying(2, optimizer=["adam", "sgd"]) == ("optimizer",)


def test_a_param_that_repeats_another_is_left_out():
    found = varying(
        3, learning_rate=["0.1", "0.01", "0.1"], opt_learning_rate=["0.10000000149011612", "0.009999999776482582", None]
    )
    assert found == ("learning_rate",)


def test_capitals_make_no_second_param():
    assert varying(2, optimizer=["SGD", "Adam"], opt_name=["sgd_1", "adam"]) == ("optimizer",)


def test_bookkeeping_never_varies():
    assert varying(2, **{"mlreview.seq.1": ["a", "b"]}) == ()


def test_params_that_split_the_runs_most_evenly_come_first():
    found = varying(4, odd_one=["1", "2", "1", "1"], halves=["1", "2", "2", "1"], search=["1", "2", "3", "4"])
    assert found == ("search", "halves", "odd_one")


def test_a_param_that_few_runs_have_comes_after_one_that_all_have():
    assert varying(4, rare=["2", "1", None, None], common=["1", "1", "2", "2"]) == ("common", "rare")


def test_seeds_come_last():
    assert varying(4, seed=["1", "2", "3", "4"], odd_one=["1", "2", "1", "1"]) == ("odd_one", "seed")


@pytest.mark.parametrize(
    "values",
    [["nan", "1"], ["9223372036854775808", "9223372036854775809"], ["1_000"], ["007", "008"], ["1", ""], ["1e400"]],
)
def test_texts_that_float_would_take_but_change_stay_texts(values):
    assert as_numbers(text_column(values)) is None


def test_numbers_become_numbers_and_missing_stays_missing():
    assert as_numbers(text_column(["1e-3", "32", None, "-0.5"])) == [0.001, 32.0, None, -0.5]
    assert as_numbers(text_column([None])) == [None]


def test_hundreds_of_params_of_hundreds_of_runs_are_told_apart_once_each():
    """Guards against a comparison of every value with every other: it took seconds at each rerun."""
    rng = np.random.default_rng(0)
    params = {f"p{k:03d}": text_column([repr(float(v)) for v in rng.random(500)]) for k in range(300)}
    assert len(varying_params(params, 500)) == 300


def test_of_two_params_that_say_the_same_the_trainings_own_name_stands_for_both():
    params = {"opt_name": text_column(["sgd", "adam"]), "optimizer": text_column(["SGD", "Adam"])}
    assert varying_params(params, 2) == ("optimizer",)


def architecture(*widths: int, inputs: int = 100, **more: list) -> dict:
    told = {
        "model_architecture": [f"Dense {width} relu → Dense 1 sigmoid" for width in widths],
        "model_layers": ["2"] * len(widths),
        "model_widths": [f"{width}, 1" for width in widths],
        "model_parameters": [str((inputs + 2) * width + 1) for width in widths],
    }
    return {key: text_column(column) for key, column in {**told, **more}.items()}


@pytest.mark.parametrize(
    ("params", "kept"),
    [
        (architecture(32, 8), ("model_architecture",)),
        (architecture(4, 8, 16, 32, 64), ("model_architecture",)),  # a text of its own in each, and yet no id
        (architecture(32, 8, hidden_units=["32", "8"]), ("hidden_units",)),
        (architecture(32, 8, hidden_layer_sizes=["(32,)", "(8,)"]), ("hidden_layer_sizes",)),
        (architecture(32, 8, lr=["0.1", "0.2"]), ("model_architecture", "lr")),
        (architecture(32, 8, 8, lr=["0.1", "0.2", "0.3"]), ("model_architecture", "lr")),
        (architecture(32, 32, lr=["0.1", "0.2"]), ("lr",)),
        (architecture(32, 8, model_parameters=["9", None]), ("model_architecture",)),
    ],
)
def test_the_architecture_is_told_first_and_once(params: dict, kept: tuple):
    assert varying_params(params, len(params["model_layers"])) == kept


def test_weights_are_told_where_the_architecture_does_not_say_how_many():
    params = architecture(8, 8, model_parameters=["817", "1617"])
    assert varying_params(params, 2) == ("model_parameters",)
