import json
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlreview.analysis.curves import Line, Shape, make_band, make_line
from mlreview.charts.curve_frame import Frame, Panel, RunLook
from mlreview.charts.curves import describe, draw, spread
from mlreview.charts.theme import GREY, RUN_COLOURS
from mlreview.entities import Curve

NAN = float("nan")
LOOKS = {
    run_id: RunLook(f"run {run_id}", run_id, RUN_COLOURS[at], about=(f"learning_rate {at}",))
    for at, run_id in enumerate("abcdefghij")
}


def line(values: list[float], run_id: str = "a", side: str = "validation", **shape) -> Line:
    steps = np.arange(len(values))
    metric = "loss" if side == "train" else "val_loss"
    history = Curve(run_id, metric, steps, 1_700_000_000_000 + 1000 * steps, np.array(values, float))
    return make_line(history, side, Shape(**shape), "min", None)  # type: ignore[arg-type]


def pair(run_id: str = "a") -> tuple[Line, Line]:
    return line([3.0, 2.0, 1.0], run_id, "train"), line([3.0, 2.5, 2.8], run_id)


def drawn(panels: list[Panel], frame: Frame | None = None, looks: dict[str, RunLook] | None = None) -> Any:
    """The figure; of no type, since Plotly's own say nothing of its parts."""
    return draw(panels, looks or LOOKS, frame or Frame()).figure


def named(figure: Any, name: str) -> list:
    return [trace for trace in figure.data if trace.name == name]


def test_training_is_dashed_and_validation_solid_in_the_runs_colour():
    figure = drawn([Panel("val_loss", lines=pair())], Frame())
    dashes = {trace.line.dash: trace.line.color for trace in named(figure, "run a")}
    assert dashes == {"dash": RUN_COLOURS[0], "solid": RUN_COLOURS[0]}


def test_the_best_validation_point_is_marked_and_training_has_none():
    figure = drawn([Panel("val_loss", lines=pair())], Frame(offset=1, axis_title="Epoch"))
    (marks,) = [trace for trace in figure.data if trace.mode == "markers"]
    assert (list(marks.x), list(marks.y)) == ([2], [2.5])
    assert "epoch 2 · step 1" in marks.hovertext[0]


@pytest.mark.parametrize(
    ("frame", "names_step"),
    [
        (Frame(), False),
        (Frame(offset=1, axis_title="Epoch"), True),
        (Frame(axis="elapsed", axis_title="Time since start (s)"), True),
    ],
)
def test_hovering_names_the_step_wherever_the_axis_counts_something_else(frame: Frame, names_step: bool):
    for trace in named(drawn([Panel("val_loss", lines=pair())], frame), "run a"):
        if trace.mode != "markers":
            assert ("step %{customdata" in trace.hovertemplate) == names_step
            assert (trace.customdata is not None) == names_step
            assert not names_step or list(trace.customdata) == [0, 1, 2]


def test_the_gap_is_shaded_for_a_run_alone_and_for_the_run_in_focus_only():
    def shaded(panel: Panel, focus: str | None = None) -> int:
        return sum(trace.fill == "toself" for trace in drawn([panel], Frame(focus=focus)).data)

    assert shaded(Panel("val_loss", lines=pair())) == 1
    assert shaded(Panel("val_loss", lines=(*pair("a"), *pair("b")))) == 0
    assert shaded(Panel("val_loss", lines=(*pair("a"), *pair("b"))), "b") == 1


def test_the_run_in_focus_keeps_its_colour_and_the_others_step_back():
    figure = drawn([Panel("val_loss", lines=(*pair("a"), *pair("b")))], Frame(focus="b"))
    assert {trace.line.color for trace in named(figure, "run a")} == {GREY}
    assert {trace.line.color for trace in named(figure, "run b")} == {RUN_COLOURS[1]}


def test_hovering_names_the_run_and_what_tells_it_apart():
    figure = drawn([Panel("val_loss", lines=pair())], Frame())
    assert all("<b>run a</b><br>learning_rate 0" in trace.hovertemplate for trace in named(figure, "run a"))


def test_a_few_lines_carry_their_names_and_a_crowd_does_not():
    def texts(runs: str) -> list[str]:
        panel = Panel("val_loss", lines=tuple(one for run_id in runs for one in pair(run_id)))
        return [note.text for note in drawn([panel], Frame()).layout.annotations]

    assert texts("ab") == ["<b>val_loss</b>", "a", "b"]
    assert texts("abcdefghij") == ["<b>val_loss</b>"]


def test_one_figure_has_a_pair_of_axes_for_each_panel():
    panels = [Panel(f"m{number}", lines=pair()) for number in range(5)]
    figure = drawn(panels, Frame(columns=2))
    assert {trace.xaxis for trace in figure.data} == {"x", "x2", "x3", "x4", "x5"}
    domains = [figure.layout[f"yaxis{number or ''}"].domain for number in (0, 2, 3, 4, 5)]
    assert all(0 <= low < high <= 1 for low, high in domains)


@pytest.mark.parametrize("columns", [1, 2, 3, 4])
def test_any_number_of_panels_fits_into_the_figure(columns: int):
    for count in (1, 3, 16, 36):
        figure = drawn([Panel(f"m{number}", lines=pair()) for number in range(count)], Frame(columns=columns))
        assert len(figure.data) >= 2 * count


def test_panels_share_a_range_but_for_the_run_that_would_lie_outside_of_it():
    wild = line([1e20, 1e22, 1e24], "d")
    panels = [Panel(run_id, lines=pair(run_id)) for run_id in "abc"] + [Panel("d", lines=(wild,))]
    figure = drawn(panels, Frame(columns=2, share_y=True))
    assert figure.layout.yaxis.range[1] < 4
    assert figure.layout.yaxis2.matches == "y"
    assert figure.layout.yaxis4.matches is None
    assert figure.layout.yaxis4.range[1] > 1e24


def test_a_value_without_a_history_is_a_dotted_level_across_the_panel():
    panel = Panel("val_loss", lines=(*pair("a"), line([0.9], "b")))
    (level,) = named(drawn([panel], Frame()), "run b")
    assert level.line.dash == "dot"
    assert list(level.x) == [0, 2]


def test_nan_is_a_gap_and_says_where_it_begins():
    figure = drawn([Panel("val_loss", lines=(line([1.0, 2.0, NAN, 3.0]),))], Frame())
    (trace,) = named(figure, "run a")
    assert np.isnan(trace.y[2])
    assert trace.connectgaps is False
    crosses = [trace for trace in figure.data if trace.marker.symbol == "x-thin"]
    assert "NaN from here" in crosses[0].hovertext[0]


def test_the_line_as_logged_stays_behind_the_smoothed_one():
    figure = drawn([Panel("val_loss", lines=(line([3.0, 1.0, 2.0], smoothing=0.6),))], Frame())
    ghosts = [trace for trace in figure.data if trace.opacity == 0.25]
    assert list(ghosts[0].y) == [3, 1, 2]


def test_a_group_is_its_mean_with_a_band():
    histories = [
        Curve(run_id, "val_loss", np.arange(3), np.arange(3) * 1000, np.array([1.0, 2.0, 3.0]) * at)
        for at, run_id in enumerate("ab", start=1)
    ]
    panel = Panel("val_loss", bands=(make_band("a", histories, "validation", Shape(), {}),))
    figure = drawn([panel], Frame())
    (mean,) = named(figure, "run a")
    assert list(mean.y) == [1.5, 3.0, 4.5]
    assert [trace.fill for trace in figure.data if trace.fill] == ["toself"]
    assert "mean of 2 runs" in mean.hovertemplate


def test_points_that_a_logarithmic_axis_cannot_show_are_counted():
    result: Any = draw([Panel("m", lines=(line([1.0, 0.0, -2.0, 10.0]),))], LOOKS, Frame(log=True))
    assert result.not_on_log == 2
    assert result.figure.layout.yaxis.type == "log"


def test_points_that_are_cut_off_are_counted_unless_they_are_shown():
    spiky = [0.5 + 0.001 * at for at in range(300)]
    spiky[100] = 99.0
    panel = Panel("m", lines=(line(spiky),))
    assert draw([panel], LOOKS, Frame()).outside == 1
    whole: Any = draw([panel], LOOKS, Frame(clip=False))
    assert whole.outside == 0
    assert whole.figure.layout.yaxis.range[1] > 99


@pytest.mark.parametrize("axis", ["step", "elapsed", "clock"])
def test_every_axis_draws(axis: str):
    shape = {"axis": axis}
    panel = Panel("m", lines=(line([1.0, 2.0], **shape), line([1.0], "b", **shape)))
    figure: Any = draw([panel], LOOKS, Frame(axis=axis, axis_title="Time since start (s)")).figure  # type: ignore[arg-type]
    assert figure.layout.xaxis.type == ("date" if axis == "clock" else "linear")
    json.loads(figure.to_json())


def test_a_hostile_name_is_no_link_anywhere():
    evil = '<a href="https://evil.example">x</a>'
    looks = {"a": RunLook(evil, evil, RUN_COLOURS[0], about=(evil,)), "b": LOOKS["b"]}
    panel = Panel(evil, evil, lines=(*pair("a"), *pair("b")))
    assert "<a" not in drawn([panel], Frame(focus="a"), looks).to_json()


def test_hundreds_of_lines_are_small():
    rng = np.random.default_rng(0)
    looks = {f"r{at}": RunLook(f"r{at}", f"r{at}", RUN_COLOURS[at % 10]) for at in range(100)}
    lines = tuple(line(rng.standard_normal(5000).tolist(), f"r{at}", points=400) for at in range(100))
    assert len(drawn([Panel("m", lines=lines)], Frame(), looks).to_json()) < 1_500_000


def test_the_figure_is_described_in_words():
    text = describe([Panel("val_loss", lines=pair())], LOOKS, "Epoch")
    assert text == "Learning curves. val_loss by epoch for run a: run a best 2.5."


@given(st.lists(st.floats(0, 400), max_size=20).map(sorted))
def test_names_do_not_overlap_and_stay_within_the_panel_as_far_as_they_fit(places: list[float]):
    moved = spread(places, 16, 400)
    assert all(b - a >= 16 - 1e-9 for a, b in pairwise(moved))
    assert all(place <= 400 + 1e-9 for place in moved)
    assert spread(moved, 16, 400) == pytest.approx(moved)


def long_panel(title: str, points: int, metric: str = "", level: float = 1.0) -> Panel:
    return Panel(title, metric, (line([level * (1 + 1 / (at + 1)) for at in range(points)], title),))


def test_panels_of_very_different_lengths_have_an_x_axis_each_and_say_so():
    made = draw([long_panel("a", 5000), long_panel("b", 40)], LOOKS, Frame(columns=2))
    figure: Any = made.figure
    assert made.own_x
    assert figure.layout.xaxis2.matches is None
    assert figure.layout.xaxis2.range[1] < 50 < figure.layout.xaxis.range[1]
    alike = draw([long_panel("a", 80), long_panel("b", 40)], LOOKS, Frame(columns=2))
    assert not alike.own_x
    figure = alike.figure
    assert figure.layout.xaxis2.matches == "x"


def test_times_of_day_are_always_one_axis():
    panels = [Panel(run, "", (line([1.0] * points, run, axis="clock"),)) for run, points in (("a", 5000), ("b", 9))]
    assert not draw(panels, LOOKS, Frame(axis="clock", columns=2)).own_x


def test_panels_of_one_metric_share_its_range_and_not_that_of_another_metric():
    panels = [long_panel(run, 20, metric, level) for run in "ab" for metric, level in (("m", 1.0), ("n", 100.0))]
    figure: Any = drawn(panels, Frame(columns=2, share_y=True))
    axes = [figure.layout[f"yaxis{number}"] for number in ("", 2, 3, 4)]
    assert [axis.matches for axis in axes] == [None, None, "y", "y2"]
    assert axes[0].range[1] < 10 < axes[1].range[0]


@pytest.mark.parametrize(("onset", "anchor"), [(3.0, "left"), (17.0, "right")])
def test_the_words_at_an_onset_stay_within_the_panel(onset: float, anchor: str):
    panel = Panel("a", "", (line([1.0 / (at + 1) for at in range(20)]),), onset=(onset, "overfitting from here"))
    (said,) = [note for note in drawn([panel]).layout.annotations if note.text == "overfitting from here"]
    assert said.xanchor == anchor
