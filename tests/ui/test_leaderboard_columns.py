"""Names of columns in an address."""

from types import SimpleNamespace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mlreview.ui.leaderboard_columns import DEFAULT, MORE, TREND, column_at, metric_column, param_column, tag_column


def test_every_column_is_found_by_its_address():
    for column in (*DEFAULT, *MORE):
        assert column_at(column.address) is column


@given(st.text(min_size=1, max_size=250).filter(lambda key: key.isprintable()))
def test_any_key_survives_an_address_that_is_split_at_commas(key: str):
    for make in (param_column, metric_column, tag_column):
        address = make(key).address
        assert "," not in address
        found = column_at(address)
        assert found is not None
        assert found.name == make(key).name


def test_an_address_that_means_no_column_is_none():
    assert [column_at(address) for address in ("", "nonsense", "param:", "evil:x", ":")] == [None] * 5


def test_the_curve_of_a_run_is_there_once_it_was_read_and_has_two_points():
    trainings = {"a": SimpleNamespace(trend=(0.5, 0.7)), "b": SimpleNamespace(trend=())}
    part: Any = SimpleNamespace(
        shown=SimpleNamespace(trainings=trainings), runs=SimpleNamespace(run_ids=["b", "a", "c"])
    )
    assert TREND.values(part) == [None, [0.5, 0.7], None]
