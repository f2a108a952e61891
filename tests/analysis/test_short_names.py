import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlreview.analysis.short_names import short_names


@pytest.mark.parametrize(
    ("names", "short"),
    [
        (["sports-NN-32d-lr0.1", "sports-NN-8d-lr0.1"], ["32d-lr0.1", "8d-lr0.1"]),
        (["sports-NN-32d", "sports-LR"], ["NN-32d", "LR"]),
        (["sports-NN", "sports-NN-seed1"], ["NN", "NN-seed1"]),
        (["sports-NN-1", "sports-NN-2"], ["NN-1", "NN-2"]),
        (["alone-in-the-basket"], ["alone-in-the-basket"]),
        (["a-1", "a-2"], ["a-1", "a-2"]),
        (["same", "same"], ["same", "same"]),
        ([], []),
    ],
)
def test_what_all_names_share_is_left_out(names: list[str], short: list[str]):
    assert list(short_names(names)) == short


@given(st.lists(st.text(max_size=30), max_size=8))
def test_different_names_stay_different_and_none_becomes_empty(names: list[str]):
    short = short_names(names)
    assert len(set(short)) == len(set(names))
    assert all(full.endswith(brief) for full, brief in zip(names, short, strict=True))
    assert all(brief or not full for full, brief in zip(names, short, strict=True))
