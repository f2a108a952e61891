"""The leaderboard's script, without a browser."""

from pathlib import Path
from urllib.parse import unquote

import pytest
from mlflow import MlflowClient
from streamlit.testing.v1 import AppTest

from mlreview.ui import leaderboard_fit, urlstate
from tests.sample_store import Sample

APP = str(Path(__file__).resolve().parents[2] / "app.py")


@pytest.fixture
def open_app(monkeypatch: pytest.MonkeyPatch):
    """Runs the app on a store, with address parameters."""

    def run(sample: Sample, **params: str) -> AppTest:
        monkeypatch.setenv("MLREVIEW_TRACKING_URI", sample.uri)
        test = AppTest.from_file(APP, default_timeout=60)
        for key, value in params.items():
            test.query_params[key] = value
        test.run()
        assert not test.exception
        return test

    return run


def shown(test: AppTest) -> list[str]:
    return test.dataframe[0].value["Run"].tolist()


def test_without_an_address_the_experiment_with_the_newest_run_is_shown(open_app, team_sample: Sample):
    test = open_app(team_sample)
    assert shown(test) == ["snow", "rain"]
    assert test.query_params["exp"] == team_sample.experiments["weather"]


def test_the_values_are_those_that_were_logged_last(open_app, team_sample: Sample):
    frame = open_app(team_sample, exp=team_sample.experiments["sports"]).dataframe[0].value
    assert frame["Rank"].tolist() == [1, 2, 3, 3, 5, 6, 7, 8]
    assert frame["Value"].tolist() == pytest.approx([0.917, 0.916, 0.904, 0.904, 0.903, 0.807, 0.796, 0.7])


def test_choosing_a_metric_takes_its_direction_and_goes_into_the_address(open_app, team_sample: Sample):
    test = open_app(team_sample, exp=team_sample.experiments["sports"], metric="val_AUROC", dir="min")
    assert shown(test)[0] == "running"
    test.selectbox(key="leaderboard_metric").set_value("val_binary_accuracy").run()
    assert not test.exception
    assert shown(test)[0] == "sports-NN-32d-lr0.1"
    assert test.query_params["metric"] == "val_binary_accuracy"
    assert "dir" not in test.query_params


def test_the_order_turns_round_with_the_direction(open_app, team_sample: Sample):
    test = open_app(team_sample, exp=team_sample.experiments["weather"])
    test.segmented_control(key="leaderboard_direction").set_value("max").run()
    assert shown(test) == ["rain", "snow"]
    assert test.query_params["dir"] == "max"


def test_a_metric_that_no_run_has_ranks_nobody_and_says_so(open_app, team_sample: Sample):
    test = open_app(team_sample, exp=team_sample.experiments["sports"], metric="val_nothing")
    assert set(test.dataframe[0].value["Value"]) == {"not logged"}
    assert any("10 without val\\_nothing" in markdown.value for markdown in test.markdown)
    # Nor can it be made the team's.
    assert not any("will see it ranked" in markdown.value for markdown in test.markdown)
    offered = open_app(team_sample, exp=team_sample.experiments["sports"], metric="val_loss")
    assert any("will see it ranked" in markdown.value for markdown in offered.markdown)


def test_links_to_mlflow_appear_when_its_address_is_known(open_app, team_sample: Sample, monkeypatch):
    exp = team_sample.experiments["sports"]
    assert "MLflow" not in open_app(team_sample, exp=exp, cols="value,mlflow").dataframe[0].value.columns
    monkeypatch.setenv("MLREVIEW_MLFLOW_UI_URL", "http://127.0.0.1:5000/")
    frame = open_app(team_sample, exp=exp, cols="value,mlflow").dataframe[0].value
    run_id = team_sample.runs["sports-NN-32d-lr0.1"]
    assert frame["MLflow"][0] == f"http://127.0.0.1:5000/#/experiments/{exp}/runs/{run_id}"


def test_an_address_full_of_nonsense_is_an_ordinary_page(open_app, team_sample: Sample):
    test = open_app(team_sample, exp="<script>,../..", metric="x" * 999, dir="up", runs="%00,' OR 1=1")
    assert shown(test) == ["snow", "rain"]


def test_an_ugly_experiment_is_drawn(open_app, ugly_sample: Sample):
    test = open_app(ugly_sample, exp=ugly_sample.experiments["ugly"])
    assert len(test.dataframe[0].value) == 5
    assert len(test.dataframe[1].value) == 4


def test_ranking_by_the_best_value_shows_the_step_that_logged_it(open_app, team_sample: Sample):
    test = open_app(team_sample, exp=team_sample.experiments["sports"], metric="val_loss", by="best")
    frame = test.dataframe[0].value
    assert frame["Run"].tolist()[-1] == "diverged"  # its last value is NaN, its best one is not
    # Beside the step what became of its model; two columns would push others out of sight.
    assert frame["Step"].tolist() == [f"{step} · no model" for step in (9, 9, 9, 9, 9, 9, 0)]
    assert "Kept" not in frame
    assert any("the leader logged no model" in markdown.value for markdown in test.markdown)
    assert not any("gap" in said for said in frame["Fit"].dropna())  # it is one of last values
    test.segmented_control(key="leaderboard_by").set_value("max").run()
    assert test.query_params["by"] == "max"
    assert {said.partition(" ")[0] for said in test.dataframe[0].value["Step"]} == {"0"}
    test.segmented_control(key="leaderboard_by").set_value("last").run()
    assert "by" not in test.query_params
    assert "Step" not in test.dataframe[0].value


def test_ranking_by_a_training_metric_is_marked_as_such(open_app, team_sample: Sample):
    exp = team_sample.experiments["sports"]
    said = [markdown.value for markdown in open_app(team_sample, exp=exp, metric="AUROC").markdown]
    assert any("training metric" in text for text in said)
    assert not any("training metric" in text.value for text in open_app(team_sample, exp=exp).markdown)


def test_nine_columns_stand_there_unasked(open_app, team_sample: Sample):
    frame = open_app(team_sample, exp=team_sample.experiments["sports"]).dataframe[0].value
    # Without a baseline there is nothing to subtract, and the tie has a column of its own.
    assert list(frame.columns) == ["Rank", "Tie", "Run", "Value", "Fit", "Differs", "Note", "Review", "Owner"]
    assert frame["Differs"][0] == "the leader"
    assert frame["Fit"][0] == "gap 0.020"


def test_columns_their_order_and_the_decimals_are_in_the_address(open_app, team_sample: Sample):
    exp = team_sample.experiments["sports"]
    test = open_app(
        team_sample, exp=exp, cols="owner,param:learning_rate,value,metric:val_loss,nonsense,tag:mlflow.user"
    )
    columns = ["Rank", "Tie", "Run", "Owner", "param:learning_rate", "Value", "metric:val_loss", "tag:mlflow.user"]
    frame = test.dataframe[0].value
    assert list(frame.columns) == columns
    assert frame["param:learning_rate"].tolist()[:2] == [0.1, 0.1]
    assert frame["metric:val_loss"].tolist()[0] == pytest.approx(0.7 - 0.5 * 0.417)
    assert set(frame["tag:mlflow.user"]) == {"ada"}


def test_a_baseline_of_ones_own_is_in_the_address_and_its_differences_are_signed(open_app, team_sample: Sample):
    exp, run_id = team_sample.experiments["sports"], team_sample.runs["sports-LR"]
    frame = open_app(team_sample, exp=exp, baseline=run_id).dataframe[0].value
    assert frame["Delta"].tolist()[:5] == pytest.approx([0.013, 0.012, 0, 0, -0.001])
    assert frame["Differs"][2] == "the baseline"


def test_a_pinned_baseline_that_is_gone_is_said_and_nothing_is_compared(open_app, team_sample: Sample):
    test = open_app(team_sample, exp=team_sample.experiments["sports"], baseline="feedbeef")
    assert "Delta" not in test.dataframe[0].value
    assert shown(test)[0] == "sports-NN-32d-lr0.1"


def test_durations_are_seconds_that_read_as_text(open_app, team_sample: Sample):
    frame = open_app(team_sample, exp=team_sample.experiments["sports"], cols="duration").dataframe[0].value
    assert frame["Duration"].dropna().tolist() == [30.0] * 7


def test_an_empty_store_says_how_to_fill_it(open_app, sqlite_store: str):
    MlflowClient(sqlite_store).delete_experiment("0")
    test = open_app(Sample(sqlite_store, {}, {}))
    assert "mlreview demo --quick" in test.info[0].value


def test_chosen_runs_lead_to_compare_curves_notes_and_one_alone_to_its_page(open_app, team_sample: Sample):
    chosen = [team_sample.runs[name] for name in ("sports-LR", "sports-NN-32d-lr0.1")]
    for runs, wanted in ((chosen[:1], {"Curves", "Notes", "Open"}), (chosen, {"Compare", "Curves", "Notes"})):
        test = open_app(team_sample, exp=team_sample.experiments["sports"], runs=",".join(runs))
        links = {one.proto.label: one.proto.query_string for one in test.main.get("page_link")}
        assert set(links) == wanted
        assert all(",".join(runs) in unquote(query) for query in links.values())
        assert "Open" not in links or f"run={runs[0]}" in links["Open"]


def test_notes_are_those_of_a_chosen_run_and_not_of_the_one_that_was_open_before(open_app, team_sample: Sample):
    chosen = [team_sample.runs[name] for name in ("sports-LR", "sports-NN-32d-lr0.1")]
    test = open_app(team_sample, exp=team_sample.experiments["sports"], runs=",".join(chosen))
    for before, note in (("elsewhere", f"note={chosen[0]}"), (chosen[1], f"note={chosen[1]}&notepart=edit")):
        test.session_state["_view.NotesView"] = urlstate.NotesView(run=before, part="edit")
        test.run()
        (query,) = [one.proto.query_string for one in test.main.get("page_link") if one.proto.label == "Notes"]
        assert query.endswith(note)


def test_no_curve_is_read_before_the_table_stands(open_app, team_sample: Sample):
    leaderboard_fit._memory.clear()  # type: ignore[attr-defined]
    test = open_app(team_sample, exp=team_sample.experiments["sports"])
    said = [fit for fit in test.dataframe[0].value["Fit"] if isinstance(fit, str)]
    assert said
    assert all(fit.startswith("gap ") for fit in said)
