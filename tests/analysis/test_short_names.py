import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlreview.analysis.short_names import short_names, tell_apart


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


LONG = "a-name-of-three-hundred-characters-" * 8


@pytest.mark.parametrize(
    ("names", "told"),
    [
        # What differs is in sight, from the beginning of its word.
        ([f"{LONG}lr0.1", f"{LONG}lr0.2"], ["a-name-of-…lr0.1", "a-name-of-…lr0.2"]),
        # Two that differ further on among three.
        (
            [f"{LONG}wide-{LONG}1", f"{LONG}wide-{LONG}2", f"{LONG}deep"],
            ["a-name-of-…1", "a-name-of-…2", "a-name-of-…deep"],
        ),
        # One is the beginning of the other.
        ([f"{LONG}net", f"{LONG}net-seed1"], ["a-name-of-…net", "a-name-of-…net-seed1"]),
        # No words to cut between.
        (["x" * 299 + "1", "x" * 299 + "2"], ["xxxxxxxxxx…x1", "xxxxxxxxxx…x2"]),
        # They differ in sight, or not at all.
        (["sports-NN-overfit-256d-adam-0.01", "sports-LR"], ["sports-NN-overfit-256d-adam-0.01", "sports-LR"]),
        ([LONG, LONG, "short"], [LONG, LONG, "short"]),
        ([], []),
    ],
)
def test_long_names_that_begin_alike_show_what_tells_them_apart(names: list[str], told: list[str]):
    assert list(tell_apart(names, 26)) == told


@given(st.lists(st.text(alphabet="ab-", min_size=20, max_size=60), max_size=8))
def test_no_two_names_with_one_beginning_look_the_same_in_the_end(names: list[str]):
    alike = [name[:20].ljust(20, "a") + name[20:] for name in dict.fromkeys(names)]
    told = tell_apart(["a" * 20 + name for name in alike], 26)
    assert len({brief[:26] for brief in told}) == len(set(alike))
