from hypothesis import given
from hypothesis import strategies as st

from mlreview.ui.basket import merge_selection


def test_ticking_rows_adds_them_behind_those_already_chosen():
    assert merge_selection(("x", "b"), ("a", "b", "c"), [1, 2]) == ("x", "b", "c")


def test_unticking_a_row_takes_only_that_run_out():
    assert merge_selection(("x", "a", "b"), ("a", "b"), [1]) == ("x", "b")


def test_runs_that_the_table_does_not_show_stay_in_the_basket():
    assert merge_selection(("elsewhere",), ("a",), []) == ("elsewhere",)


def test_positions_beyond_the_table_are_ignored():
    assert merge_selection((), ("a",), [0, 7]) == ("a",)


RUNS = st.lists(st.sampled_from("abcdefgh"), unique=True)


@given(RUNS, RUNS, st.data())
def test_afterwards_exactly_the_ticked_rows_of_the_table_are_chosen(basket, drawn, data):
    positions = data.draw(st.lists(st.sampled_from(range(len(drawn))), unique=True)) if drawn else []
    after = merge_selection(basket, drawn, positions)
    assert len(after) == len(set(after))
    assert {run for run in after if run in drawn} == {drawn[position] for position in positions}
    assert [run for run in after if run not in drawn] == [run for run in basket if run not in drawn]
