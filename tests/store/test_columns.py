"""Arrays from rows: the same as the plain loops that they stand for."""

import math
import sys

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from mlreview.store import columns

POINTS = st.lists(
    st.tuples(
        st.integers(0, 3),
        st.integers(-2, 3),
        st.integers(0, 2),
        st.sampled_from([0.0, 1.0, -1.0, math.nan, sys.float_info.max, -sys.float_info.max, 1.7e308]),
    ),
    max_size=25,
)
"""(history, step, timestamp, value) as they are stored."""


def restored(value: float) -> float:
    return math.copysign(math.inf, value) if abs(value) == sys.float_info.max else value


def nan_last(value: float) -> tuple[bool, float]:
    return (math.isnan(value), 0.0 if math.isnan(value) else value)


def as_points(points: list[tuple[int, int, int, float]]) -> columns.Points:
    groups, steps, stamps, values = columns.from_rows([points] if points else [], "iiif")
    return columns.ordered_points(groups, steps, stamps, values)


@given(POINTS)
def test_histories_are_grouped_and_ordered_whatever_the_order_of_their_points(
    points: list[tuple[int, int, int, float]],
) -> None:
    found = as_points(points)
    expected = sorted(points, key=lambda point: (*point[:3], nan_last(restored(point[3]))))
    assert found.groups.tolist() == sorted({group for group, *_ in points})
    assert found.steps.tolist() == [step for _, step, _, _ in expected]
    assert found.timestamps.tolist() == [stamp for _, _, stamp, _ in expected]
    np.testing.assert_array_equal(found.values, [restored(value) for *_, value in expected])
    for group, start, end in zip(found.groups, found.starts, found.ends, strict=True):
        assert end - start == sum(point[0] == group for point in points)


@given(POINTS)
def test_extremes_are_the_least_and_greatest_numbers_at_their_first_steps(
    points: list[tuple[int, int, int, float]],
) -> None:
    found = columns.extremes(4, as_points(points))
    for group in range(4):
        mine = [(restored(value), step) for which, step, _, value in points if which == group]
        numbers = [(value, step) for value, step in mine if not math.isnan(value)]
        low = min(numbers, default=(math.nan, 0))
        high = max(((value, -step) for value, step in numbers), default=(math.nan, 0))
        assert found.count[group] == len(mine)
        np.testing.assert_array_equal([found.minimum[group], found.minimum_step[group]], low)
        np.testing.assert_array_equal([found.maximum[group], found.maximum_step[group]], [high[0], -high[1]])


@given(st.lists(st.lists(st.tuples(st.sampled_from(["a", "b", "ü", ""]), st.none() | st.integers(-5, 5)), min_size=1)))
def test_batches_of_rows_become_columns(batches: list[list[tuple[str, int | None]]]) -> None:
    rows = [row for batch in batches for row in batch]
    keys, whole = columns.from_rows(batches, "kn")
    assert keys.texts().tolist() == [key for key, _ in rows]
    assert sorted(keys.values) == sorted({key for key, _ in rows})
    assert whole.tolist() == [columns.MISSING if value is None else value for _, value in rows]
    texts, numbers = columns.from_rows(batches, "tf")
    assert texts.tolist() == [key for key, _ in rows]
    np.testing.assert_array_equal(numbers, [math.nan if value is None else value for _, value in rows])


@given(st.dictionaries(st.tuples(st.integers(0, 4), st.sampled_from("abc")), st.text(max_size=3)))
def test_entries_become_one_column_a_key_with_none_where_there_is_no_entry(entries: dict[tuple[int, str], str]) -> None:
    keys, values, rows = columns.from_rows(
        [[(key, value, row) for (row, key), value in entries.items()]] if entries else [], "kti"
    )
    found = columns.text_columns(5, rows, keys, values)
    assert list(found) == sorted({key for _, key in entries})
    for key, column in found.items():
        assert column.tolist() == [entries.get((row, key)) for row in range(5)]


def test_missing_times_are_not_times_and_come_last() -> None:
    starts = np.array([5, columns.MISSING, 7, 5, -9, columns.MISSING])
    assert np.isnat(columns.times(starts)).tolist() == [False, True, False, False, False, True]
    assert columns.newest_first(starts).tolist() == [2, 0, 3, 4, 1, 5]
