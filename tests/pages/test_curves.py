"""The learning-curves page's script, without a browser."""

import json
from pathlib import Path

import pytest
from mlflow import MlflowClient
from streamlit.testing.v1 import AppTest

from tests.sample_store import Sample, write_run

ROOT = Path(__file__).resolve().parents[2]
NETWORKS = ("sports-NN-32d-lr0.1", "sports-NN-8d-lr0.1")


@pytest.fixture
def open_curves(monkeypatch: pytest.MonkeyPatch):
    """Opens the page on a store, with address parameters; runs are given by name."""

    def run(sample: Sample, *names: str, **params: str) -> AppTest:
        monkeypatch.setenv("MLREVIEW_TRACKING_URI", sample.uri)
        test = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
        test.query_params["exp"] = sample.experiments.get("sports") or sample.experiments["ugly"]
        if names:
            test.query_params["runs"] = ",".join(sample.runs[name] for name in names)
        for key, value in params.items():
            test.query_params[key] = value
        test.switch_page("pages/curves.py").run()
        assert not test.exception
        assert not test.error
        return test

    return run


def figure(test: AppTest) -> dict:
    (chart,) = test.get("plotly_chart")
    return json.loads(chart.proto.spec)


def titles(test: AppTest) -> list[str]:
    notes = figure(test)["layout"]["annotations"]
    return [note["text"].partition("</b>")[0].removeprefix("<b>") for note in notes if note["text"].startswith("<b>")]


def lines(test: AppTest) -> list[dict]:
    return [trace for trace in figure(test)["data"] if trace.get("name")]


def said(test: AppTest) -> str:
    return " ".join(element.value for element in (*test.caption, *test.markdown, *test.info))


def test_the_loss_and_what_ranks_are_shown_unasked_each_with_its_training_curve(open_curves, team_sample: Sample):
    test = open_curves(team_sample, *NETWORKS)
    assert titles(test) == ["val_loss", "val_AUROC"]
    assert len(lines(test)) == 8
    assert sorted({trace["line"]["dash"] for trace in lines(test)}) == ["dash", "solid"]
    assert "2 runs, all 80 points drawn" in said(test)


def test_without_chosen_runs_the_first_of_the_leaderboard_are_shown_and_that_is_said(open_curves, team_sample: Sample):
    test = open_curves(team_sample)
    assert "No runs are chosen: these are the first 8 of the leaderboard, by val\\_AUROC" in said(test)
    assert "sports-NN-32d-lr0.1" in {trace["name"] for trace in lines(test)}


def test_each_verdict_has_its_rules_one_click_away_with_the_runs_own_figures(open_curves, team_sample: Sample):
    test = open_curves(team_sample, *NETWORKS)
    why = [markdown.value for markdown in test.markdown if "a rise begins at" in markdown.value]
    assert len(why) == 2
    assert all("val\\_loss ends" in text and "finite points; fewer than 5" in text for text in why)


def test_a_link_restores_everything(open_curves, team_sample: Sample):
    link = {
        "curves": "val_binary_accuracy", "x": "elapsed", "panels": "runs", "smooth": "0.6", "log": "1", "clip": "0",
        "train": "0", "to": "5",
    }  # fmt: skip
    test = open_curves(team_sample, *NETWORKS, **link)
    assert {key: test.query_params[key] for key in link} == link
    assert titles(test) == ["32d-lr0.1", "8d-lr0.1"]
    assert figure(test)["layout"]["yaxis"]["type"] == "log"
    assert "Time since start (s)" in json.dumps(figure(test)["layout"])
    assert "smoothed by 0.6 (TensorBoard's debiased moving average" in said(test)


def test_changes_go_into_the_address(open_curves, team_sample: Sample):
    test = open_curves(team_sample, *NETWORKS)
    test.pills(key="curves_metrics").set_value(["val_binary_accuracy"]).run()
    test.segmented_control(key="curves_axis").set_value("clock").run()
    test.toggle(key="curves_log").set_value(True).run()
    test.slider(key="curves_smoothing").set_value(0.5).run()
    assert not test.exception
    wanted = {"curves": "val_binary_accuracy", "x": "clock", "log": "1", "smooth": "0.5"}
    assert {key: test.query_params[key] for key in wanted} == wanted


def test_a_range_is_part_of_the_address_and_goes_with_its_axis(open_curves, team_sample: Sample):
    test = open_curves(team_sample, *NETWORKS)
    test.number_input(key="curves_start").set_value(5.0).run()
    assert test.query_params["from"] == "5"
    assert "all 40 points drawn" in said(test)
    test.segmented_control(key="curves_axis").set_value("elapsed").run()
    assert "from" not in test.query_params


def test_groups_are_means_with_bands(open_curves, team_sample: Sample):
    names = [f"sports-NN-{width}d-lr{rate}" for width in (32, 8) for rate in ("0.1", "0.01")]
    test = open_curves(team_sample, *names, group="learning_rate", curves="val_AUROC")
    assert {trace["name"] for trace in lines(test)} == {"learning_rate 0.1", "learning_rate 0.01"}
    assert "points stand behind the means" in said(test)


def test_a_run_in_focus_is_in_the_address_and_alone_in_its_colour(open_curves, team_sample: Sample):
    run_id = team_sample.runs[NETWORKS[1]]
    test = open_curves(team_sample, *NETWORKS, focus=run_id)
    colours = {trace["name"]: trace["line"]["color"] for trace in lines(test)}
    assert colours[NETWORKS[0]].startswith("rgba")
    assert colours[NETWORKS[1]].startswith("#0000")


def test_a_run_without_these_metrics_is_named_and_one_that_has_gone_is_counted(open_curves, team_sample: Sample):
    test = open_curves(team_sample, *NETWORKS, "failed")
    assert "no history of these metrics: failed" in said(test)
    gone = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
    gone.query_params["runs"] = f"{team_sample.runs[NETWORKS[0]]},{'0' * 32}"
    gone.switch_page("pages/curves.py").run()
    assert "1 of 2 chosen runs is not in this store" in said(gone)


def test_a_run_that_logged_only_another_name_of_a_metric_is_drawn_and_that_is_said(
    open_curves, sqlite_store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    client = MlflowClient(sqlite_store)
    experiment = client.create_experiment("sports", artifact_location=(tmp_path / "artifacts").as_uri())
    rising = [0.6, 0.7, 0.8]
    runs = {
        "keras": write_run(client, experiment, "keras", 0, {"units": "8"}, {"val_AUROC": rising}),
        "torch": write_run(client, experiment, "torch", 1, {"units": "9"}, {"val_auc": rising}),
    }
    (tmp_path / "mlreview.toml").write_text('[metric_aliases]\nval_AUROC = ["val_auc"]\n')
    monkeypatch.chdir(tmp_path)
    sample = Sample(sqlite_store, {"sports": experiment}, runs)
    test = open_curves(sample, "keras", "torch", curves="val_AUROC")
    assert {trace["name"] for trace in lines(test)} == {"keras", "torch"}
    assert "drawn by another name of it: val" in said(test)


def test_unasked_the_first_of_the_leaderboard_are_ranked_and_judged_by_any_name_of_the_metric(
    open_curves, sqlite_store: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    client = MlflowClient(sqlite_store)
    experiment = client.create_experiment("sports", artifact_location=(tmp_path / "artifacts").as_uri())
    client.set_experiment_tag(experiment, "mlreview.metric", "val_AUROC")
    falling = [0.7 * 0.8**epoch for epoch in range(12)]
    for at in range(8):
        write_run(client, experiment, f"keras-{at}", at, {}, {"val_AUROC": [0.5, 0.5 + at / 100]})
    turned = [*falling[:4], *[falling[3] + 0.1 * epoch for epoch in range(1, 9)]]
    torch = {"area": [0.9] * 11 + [0.8], "loss": falling, "nll": turned}
    runs = {"torch": write_run(client, experiment, "torch", 9, {}, torch)}
    (tmp_path / "mlreview.toml").write_text('[metric_aliases]\nval_AUROC = ["area"]\nval_loss = ["nll"]\n')
    monkeypatch.chdir(tmp_path)
    test = open_curves(Sample(sqlite_store, {"sports": experiment}, runs))
    assert "torch" in {trace["name"] for trace in lines(test)}  # the best of all, by another name
    judged = said(test).replace("\\", "")
    assert "Overfitting from epoch 4 of 12: nll 0" in judged
    assert "area 0.9" in judged


def test_many_metrics_stand_behind_a_button_with_those_that_are_drawn_first(
    open_curves, sqlite_store: str, tmp_path: Path
):
    client = MlflowClient(sqlite_store)
    experiment = client.create_experiment("sports", artifact_location=(tmp_path / "artifacts").as_uri())
    metrics = {f"layer_{at}/gradient_norm": [0.3, 0.2] for at in range(70)} | {"val_loss": [0.3, 0.2]}
    runs = {"one": write_run(client, experiment, "one", 0, {}, metrics)}
    test = open_curves(Sample(sqlite_store, {"sports": experiment}, runs), "one", curves="layer_7/gradient_norm")
    offered = test.pills(key="curves_metrics").options
    assert len(offered) == 60
    assert offered[0].replace("\\", "") == "layer_7/gradient_norm"
    test.text_input(key="curves_metrics_search").set_value("69").run()
    assert not test.exception
    offered = test.pills(key="curves_metrics").options
    assert len(offered) == 2
    test.pills(key="curves_metrics").set_value(["layer_7/gradient_norm", "layer_69/gradient_norm"]).run()
    assert test.query_params["curves"] == "layer_7/gradient_norm,layer_69/gradient_norm"
    assert len(lines(test)) == 2


def test_nan_says_where_it_begins(open_curves, team_sample: Sample):
    test = open_curves(team_sample, "diverged", *NETWORKS)
    assert "no number from here" in said(test)


def test_a_run_in_training_draws_itself_again(open_curves, team_sample: Sample):
    test = open_curves(team_sample, "running", *NETWORKS)
    assert "running" in {trace["name"] for trace in lines(test)}


def test_runs_without_any_metric_are_told_how_to_log_one(open_curves, ugly_sample: Sample):
    test = open_curves(ugly_sample, "bare")
    assert "This run has logged no metric" in said(test)


def test_ugly_names_and_values_are_an_ordinary_page(open_curves, ugly_sample: Sample):
    names = [name for name in ugly_sample.runs if name not in ("bare", "train")]
    test = open_curves(ugly_sample, *names)
    assert "<b>bold" not in json.dumps(figure(test))


def test_an_address_full_of_nonsense_is_an_ordinary_page(open_curves, team_sample: Sample):
    nonsense = {
        "curves": "<script>,nothing", "x": "up", "from": "nan", "to": "1e999", "smooth": "7", "group": "no_such_param",
        "focus": "../..", "panels": "%00",
    }  # fmt: skip
    test = open_curves(team_sample, *NETWORKS, **nonsense)
    assert titles(test) == ["val_loss", "val_AUROC"]
