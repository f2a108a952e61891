"""The leaderboard in groups, and what is taken elsewhere, run as a script without a browser."""

from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.test_leaderboard_find import open_app, said, search  # noqa: F401  (a fixture)
from tests.sample_store import Sample

RATE = "param:learning_rate"


def test_groups_rank_by_mean_say_what_is_too_few_and_go_into_the_address(open_app: Any, team_sample: Sample):  # noqa: F811
    test: AppTest = open_app(team_sample, exp=team_sample.experiments["sports"], groupby=RATE)
    frame = test.dataframe[0].value
    assert frame["Rank"].tolist()[:4] == [1, 2, 3, 4]
    assert frame["params.learning_rate"].tolist() == ["0.1", "no learning_rate", "0.05", "0.01", "0.02", "100"]
    assert frame["Mean"].tolist()[0] == pytest.approx(0.9165)
    assert set(frame["Spread"].dropna()) == {"too few to tell"}
    assert frame["Left out"].tolist()[0] == "1 not logged"
    assert frame["Left out"].tolist()[-1] == "1 NaN or infinite"
    assert "6 groups by learning_rate" in said(test)
    assert "Groups ranked by mean" in said(test)
    assert not any(words in said(test) for words in ("are a tie", "best of", "Tick runs"))
    test.button(key="leaderboard_ungroup").click().run()
    assert "are a tie" in said(test)
    assert "groupby" not in test.query_params
    assert "Run" in test.dataframe[0].value


def test_groups_are_of_the_runs_that_were_found(open_app: Any, team_sample: Sample):  # noqa: F811
    test = open_app(team_sample, exp=team_sample.experiments["sports"], groupby=RATE, find="sports-NN")
    assert test.dataframe[0].value["Runs"].tolist() == [2, 2, 2]


def test_grouping_by_a_key_that_nobody_has_is_one_group(open_app: Any, team_sample: Sample):  # noqa: F811
    test = open_app(team_sample, exp=team_sample.experiments["sports"], groupby="tag:nothing,nonsense,param:")
    assert test.dataframe[0].value["Runs"].tolist() == [8]


def test_the_ugly_ones_are_grouped(open_app: Any, ugly_sample: Sample):  # noqa: F811
    test = open_app(ugly_sample, exp=ugly_sample.experiments["ugly"], groupby="param:text,param:empty,param:param_001")
    assert len(test.dataframe[0].value) == 9
