from dataclasses import fields

import pytest
from hypothesis import given
from hypothesis import strategies as st
from streamlit.testing.v1 import AppTest

from mlreview.ui.urlstate import MAX_RUNS, VIEWS, CurvesView, LeaderboardView, SharedView, from_params, to_params

IDS = st.lists(st.text("0123456789abcdef", min_size=1, max_size=32), max_size=10, unique=True).map(tuple)


def test_parameter_names_are_unique_across_all_pages():
    names = [spec.metadata["param"] for view in VIEWS for spec in fields(view)]
    assert len(names) == len(set(names))


@given(IDS, IDS)
def test_the_shared_view_survives_the_address(experiments, runs):
    view = SharedView(experiments, runs)
    assert from_params(SharedView, to_params(view)) == view


@given(
    st.none() | st.text(min_size=1, max_size=250).filter(str.isprintable),
    st.sampled_from([None, "max", "min"]),
    st.sampled_from(["last", "best", "min", "max"]),
)
def test_the_leaderboard_view_survives_the_address(metric, direction, by):
    view = LeaderboardView(metric, direction, by)
    assert from_params(LeaderboardView, to_params(view)) == view


def test_an_untouched_view_leaves_the_address_clean():
    assert to_params(SharedView()) == to_params(LeaderboardView()) == {}


@pytest.mark.parametrize(
    "params",
    [
        {"dir": "sideways"},
        {"by": "luck"},
        {"metric": ""},
        {"metric": "x" * 251},
        {"metric": "a\nb"},
        {"unknown": "1"},
    ],
)
def test_an_address_that_makes_no_sense_is_the_default_and_no_error(params):
    assert from_params(LeaderboardView, params) == LeaderboardView()


def test_ids_that_are_none_are_dropped_and_doubles_count_once():
    assert from_params(SharedView, {"runs": "abc,,<script>,abc,d1"}).runs == ("abc", "d1")


def test_an_address_cannot_ask_for_endlessly_many_runs():
    assert len(from_params(SharedView, {"runs": ",".join(map(str, range(5000)))}).runs) == MAX_RUNS


KEYS = st.lists(st.text("abcXYZ_/.- 09", min_size=1, max_size=40), max_size=5, unique=True).map(tuple)
NUMBERS = st.none() | st.floats(-1e15, 1e15).map(lambda value: float(f"{value:.15g}"))


@given(
    KEYS,
    st.sampled_from(["step", "elapsed", "clock"]),
    st.sampled_from(["metrics", "runs"]),
    NUMBERS,
    NUMBERS,
    st.integers(0, 99),
    st.booleans(),
    st.sampled_from([None, True, False]),
    KEYS,
)
def test_the_curves_view_survives_the_address(metrics, axis, layout, start, end, percent, flag, train, group):
    view = CurvesView(metrics, axis, layout, start, end, percent / 100, flag, not flag, train, group, "abc")
    assert from_params(CurvesView, to_params(view)) == view


@pytest.mark.parametrize(
    "params",
    [
        {"x": "sideways"}, {"panels": "9"}, {"from": "nan"}, {"to": "inf"}, {"from": "1e99"}, {"smooth": "1"},
        {"smooth": "-0.1"}, {"log": "yes"}, {"focus": "<script>"}, {"curves": ",,"},
    ],
)  # fmt: skip
def test_an_address_of_curves_that_makes_no_sense_is_the_default(params):
    assert from_params(CurvesView, params) == CurvesView()


def _with_a_switch():
    import streamlit as st

    from mlreview.ui import urlstate

    urlstate.begin(urlstate.RunView)
    urlstate.control("switch", urlstate.get(urlstate.RunView).present)
    st.toggle("Meeting mode", key="switch")
    urlstate.finish(urlstate.RunView)


def test_a_value_that_a_link_gives_to_a_widget_is_given_once_more_by_the_next_run():
    # On a busy machine the first run's was dropped: a link's meeting mode was drawn as off, and the next key ended it.
    app = AppTest.from_function(_with_a_switch)
    app.query_params["run"] = "abc"
    app.query_params["present"] = "1"
    given = [app.run().toggle[0].proto.set_value for _ in range(4)]
    assert app.toggle[0].value
    assert given == [True, True, False, False]  # later the browser has it, and may be ahead of us
