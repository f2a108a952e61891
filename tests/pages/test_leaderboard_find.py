"""The leaderboard's search, run as a script without a browser."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from mlreview.ui import reads
from tests.sample_store import Sample

APP = str(Path(__file__).resolve().parents[2] / "app.py")


@pytest.fixture
def open_app(monkeypatch: pytest.MonkeyPatch):
    def run(sample: Sample, **params: str) -> AppTest:
        monkeypatch.setenv("MLREVIEW_TRACKING_URI", sample.uri)
        monkeypatch.setenv("MLREVIEW_USER", "ada")
        reads.refresh()
        test = AppTest.from_file(APP, default_timeout=60)
        for key, value in params.items():
            test.query_params[key] = value
        test.run()
        assert not test.exception
        return test

    return run


def search(test: AppTest, text: str) -> AppTest:
    test.text_input(key="leaderboard_find").set_value(text).run()
    assert not test.exception
    return test


def rows(test: AppTest) -> list[str]:
    return [name for frame in test.dataframe for name in frame.value["Run"].tolist()]


def said(test: AppTest) -> str:
    return "\n".join(element.value for element in test.markdown).replace("\\", "").replace("\u2060", "")


def test_a_search_leaves_runs_out_says_how_many_and_goes_into_the_address(open_app, team_sample: Sample):
    test = search(open_app(team_sample, exp=team_sample.experiments["sports"]), "lr>0.01 user:me -failed sports-NN")
    assert set(rows(test)) == {f"sports-NN-{width}d-lr{rate}" for width in (8, 32) for rate in ("0.1", "0.05")}
    assert "4 of 10 runs fit" in said(test)
    assert "learning_rate (parameter) > 0.01" in said(test)
    assert "owner is ada (you)" in said(test)
    assert test.query_params["find"] == "lr>0.01 user:me -failed sports-NN"


def test_a_search_keeps_the_ranks_and_says_what_was_tried_in_all(open_app, team_sample: Sample):
    everything = open_app(team_sample, exp=team_sample.experiments["sports"])
    found = search(everything, "hidden_units:8")
    frame = found.dataframe[0].value
    # Among all runs: the leader, which the search leaves out, is still the first, and the tie is with it.
    assert dict(zip(frame["Run"], frame["Rank"], strict=True)) == {
        "sports-NN-8d-lr0.1": 2,
        "sports-NN-8d-lr0.05": 3,
        "sports-NN-8d-lr0.01": 7,
    }
    assert "best of 6 on posts" in said(found)


def test_an_address_with_a_search_shows_what_it_shows_everybody(open_app, team_sample: Sample):
    test = open_app(team_sample, exp=team_sample.experiments["sports"], find="status:running")
    assert rows(test) == ["running"]
    assert test.text_input(key="leaderboard_find").value == "status:running"


def test_a_search_does_not_change_what_ranks(open_app, team_sample: Sample):
    test = open_app(team_sample, exp=team_sample.experiments["sports"], find="sports-LR")
    assert test.selectbox(key="leaderboard_metric").value == "val_AUROC"
    assert (
        "val_loss" in test.selectbox(key="leaderboard_metric").options[1]
        or len(test.selectbox(key="leaderboard_metric").options) > 2
    )


def test_everything_filtered_away_says_what_to_do_and_clearing_brings_all_back(open_app, team_sample: Sample):
    test = open_app(team_sample, exp=team_sample.experiments["sports"], find='"no such thing"')
    assert not test.dataframe
    assert "None of the 10 runs fits" in test.info[0].value
    test.button(key="leaderboard_find_clear").click().run()
    assert len(rows(test)) == 10
    assert "find" not in test.query_params


def test_a_mistake_is_shown_in_its_place_and_leaves_no_run_out(open_app, team_sample: Sample):
    test = open_app(team_sample, exp=team_sample.experiments["sports"], find="NN hiden>8")
    assert len(rows(test)) == 10
    assert "All runs are shown" in test.error[0].value
    assert test.code[0].value == "NN hiden>8\n   ^^^^^"


@pytest.mark.parametrize("text", ["![x](https://evil.example/a.png)", "$x$ :red[y]", '"<b>"', "x" * 1000, "\0"])
def test_a_hostile_search_is_an_ordinary_one(open_app, ugly_sample: Sample, text: str):
    test = open_app(ugly_sample, exp=ugly_sample.experiments["ugly"])
    search(test, text)
    assert "evil.example/a.png)" not in "\n".join(element.value for element in test.markdown)


def test_three_hundred_params_and_hostile_names_are_searched(open_app, ugly_sample: Sample):
    test = search(open_app(ugly_sample, exp=ugly_sample.experiments["ugly"]), "param_007=21")
    assert rows(test) == ["عربي 👩‍👩‍👧 run 3"]
