"""How the leaderboard writes numbers."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from mlreview.analysis.deltas import deltas_from
from mlreview.ui.leaderboard_columns import DELTA, DURATION, VALUE
from mlreview.ui.leaderboard_numbers import (
    beside_values,
    delta_texts,
    duration_text,
    number_format,
    number_texts,
    plain_number_format,
)
from mlreview.ui.leaderboard_tables import _coloured


def part(values: list[float], baseline: float | None = None, at: int | None = None, error: float = 0.001) -> Any:
    """As much of a part as numbers are written by."""
    array = np.array(values)
    errors = np.full(len(values), error)
    deltas = deltas_from(array, baseline, "max", errors=errors, baseline_error=error, at=at)
    ranking = SimpleNamespace(values=array, ranked=len(values))
    runs = SimpleNamespace(run_ids=[str(row) for row in range(len(values))])

    class Part(SimpleNamespace):
        def __len__(self) -> int:
            return len(values)

    shown = SimpleNamespace(deltas=deltas, ranking=ranking)
    return Part(ranked=True, shown=shown, at=slice(0, len(values)), ranking=ranking, runs=runs)


def test_a_tiny_value_costs_a_large_one_none_of_its_digits():
    values = np.array([123456789.0, 0.5, 1e-9, -2.0, 0.0, np.nan])
    assert number_format(values) is None
    assert number_texts(values) == ["123456789", "0.500", "1e−09", "−2.000", "0.000", "—"]
    assert number_format(np.array([0.5, 0.25])) == "%.3f"
    assert number_texts(np.array([0.5, 0.25])) is None


def test_a_difference_that_is_not_nothing_never_reads_as_nothing():
    assert beside_values(-0.0004, part([0.9, 0.8])) == "−0.0004"
    assert beside_values(-1e-9, part([0.9, 0.8])) == "−1e−09"
    assert beside_values(0.0, part([0.9, 0.8])) == "0.000"


@pytest.mark.parametrize(
    ("values", "format"),
    [([0.1, 1e-7, None], "%.7g"), ([1.0, 123456789.0, None], "%d"), ([], "%d")],
)
def test_parameters_read_as_they_were_given(values: list[float | None], format: str):
    assert plain_number_format(values) == format


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.25, "0.2 s"), (43, "43 s"), (125, "2 min 5 s"), (120, "2 min"), (12_000, "3 h 20 min"), (90_000, "1 d 1 h"),
     (float("nan"), "—")],
)  # fmt: skip
def test_durations_read_as_text(seconds: float, text: str):
    assert duration_text(seconds) == text


def test_a_difference_is_marked_as_better_or_worse_with_its_sign():
    assert delta_texts(part([0.9, 0.8, 0.7999, 0.5], 0.8, at=1)) == ["▲ +0.100", "baseline", "≈ −0.0001", "▼ −0.300"]
    assert delta_texts(part([0.9], None)) == [""]


def test_of_unknown_noise_the_marks_are_hollow_and_nothing_has_a_colour():
    some = part([0.9, 0.8, 0.8, 0.5], 0.8, at=1, error=float("nan"))
    assert delta_texts(some) == ["△ +0.100", "baseline", "= 0.000", "▽ −0.300"]
    frame = pd.DataFrame({"Value": some.ranking.values, "Delta": some.shown.deltas.values})
    html = _coloured(frame, some, (VALUE, DELTA)).to_html()
    assert [colour in html for colour in ("#0b7a4b", "#c2372d", "#667080")] == [False, False, True]


def test_differences_have_the_colours_of_better_and_worse_and_values_stay_numbers():
    some = part([0.9, 0.8, 0.5, 1e-9], 0.8, at=1)
    frame = pd.DataFrame({"Value": some.ranking.values, "Delta": some.shown.deltas.values})
    style = _coloured(frame, some, (VALUE, DELTA, DURATION))
    html = style.to_html()
    assert [text in html for text in ("▲ +0.1", "▼ −0.3", "1e−09", "#0b7a4b", "#c2372d")] == [True] * 5
    assert style.data["Delta"].tolist() == pytest.approx([0.1, 0, -0.3, -0.8])


def test_without_a_baseline_and_odd_values_the_frame_is_drawn_as_it_is():
    some = part([0.9, 0.8])
    frame = pd.DataFrame({"Value": some.ranking.values})
    assert _coloured(frame, some, (VALUE,)) is frame
