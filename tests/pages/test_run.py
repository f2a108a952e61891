"""The run page's script, without a browser: a run under review in each of its states, and the queue of all of them."""

from pathlib import Path

import pytest
from mlflow import MlflowClient
from streamlit.testing.v1 import AppTest

from mlreview.names import (
    EVENT_TAG_PREFIX,
    NOTE_TAG,
    REPRODUCES_TAG,
    REPRODUCTION_DIFFERS_TAG,
    REPRODUCTION_VERDICT_TAG,
)
from mlreview.review.asking import background_of
from mlreview.review.bodies import Anchor, Comment
from mlreview.review.events import Actor
from mlreview.review.service import Reviews
from mlreview.store import open_store, open_writer
from mlreview.training.evaluate import Plot
from tests.sample_store import HOSTILE_NAME, Sample, write_run, write_team_sample
from tests.stores import copy_sqlite, sqlite_uri

APP = str(Path(__file__).resolve().parents[2] / "app.py")
GRACE, BEN, CLEO = Actor("Grace"), Actor("Ben"), Actor("Cleo")
NETWORK = "sports-NN-{}d-lr{}"
_DRAWN = {
    "confusion_matrix.json": Plot("confusion_matrix", "", "", labels=(HOSTILE_NAME, "b"), matrix=((9, 1), (2, 8))),
    "roc.json": Plot("roc", "", "", (0.0, 1.0), (0.0, 1.0), facts={"roc_auc": 0.917}),
}
PLOTS = {name: plot.to_json("test") for name, plot in _DRAWN.items()} | {
    "roc.png": "never read: the points are drawn",
    "calibration.json": "{cut",
}


@pytest.fixture(scope="module")
def sample(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """The team's sample: the network of 8 units is deployed, and other runs are under review, each in one state."""
    folder = tmp_path_factory.mktemp("run-page")
    made = write_team_sample(sqlite_uri(copy_sqlite(sqlite_template, folder / "mlflow.db")), folder / "artifacts")
    client = MlflowClient(made.uri, registry_uri=made.uri)
    client.create_registered_model("sports")
    client.create_model_version("sports", "s3://nowhere/model", run_id=made.runs[NETWORK.format(8, "0.05")])
    client.set_registered_model_alias("sports", "champion", "1")
    made.runs["hostile"] = write_run(client, made.experiments["sports"], HOSTILE_NAME * 3, 30)
    store = open_store(made.uri)
    reviews = Reviews(store, open_writer(made.uri))

    def ask(name: str) -> str:
        run_id = made.runs[name]
        baseline = background_of(store, store.run(run_id)).baseline
        reviews.request(run_id, GRACE, "Ben", "Cleo", question="Is it more than the seed?", baseline=baseline)
        return run_id

    for name, text in PLOTS.items():
        client.log_text(made.runs[NETWORK.format(32, "0.1")], text, f"mlreview/plots/test/{name}")
    open_ = ask(NETWORK.format(32, "0.1"))
    question = Comment("Why not *higher*?", kind="question", anchor=Anchor("param", "learning_rate"))
    reviews.comments(open_, BEN, [question, Comment(HOSTILE_NAME, kind="suggestion")])
    client.set_tag(open_, NOTE_TAG, "## Use case and requirements\n\nSort mail. https://github.com/team/model/pull/7")
    reviews.draft(made.runs[NETWORK.format(32, "0.05")], GRACE, "early")
    held = ask(NETWORK.format(32, "0.01"))
    reviews.request_changes(held, CLEO, "Train on the cleaned split.")
    client.log_text(made.runs[NETWORK.format(8, "0.1")], "x", "mlreview/code/1/2/3/4/5/6/7/8/9/10/deep.py")
    for name in (NETWORK.format(8, "0.1"), NETWORK.format(8, "0.01")):
        run_id = ask(name)
        reviews.approve(run_id, BEN, follow_ups=[Comment("Watch it", kind="follow_up", owner="Grace")])
        reviews.approve(run_id, CLEO)
    client.log_metric(run_id, "val_AUROC", 0.99, step=100)
    broken = ask("sports-LR")
    client.set_tag(broken, EVENT_TAG_PREFIX + "01ARZ3NDEKTSV4RRFFQ69G5FAV", "{not json")
    ask("running")
    again = {
        REPRODUCES_TAG: run_id,
        REPRODUCTION_VERDICT_TAG: "within tolerance",
        REPRODUCTION_DIFFERS_TAG: HOSTILE_NAME,
    }
    for key, value in again.items():
        client.set_tag(made.runs["hostile"], key, value)
    store.close()
    return made


@pytest.fixture
def open_run(monkeypatch: pytest.MonkeyPatch, sample: Sample):
    """Runs the page about a run, as somebody."""

    def run(name: str = "", me: str = "Ben", experiment: str = "sports", screen: int = 0) -> AppTest:
        from mlreview.ui import reads, review_reads

        reads.written()
        review_reads.forget()
        monkeypatch.setenv("MLREVIEW_TRACKING_URI", sample.uri)
        if me:
            monkeypatch.setenv("MLREVIEW_USER", me)
        test = AppTest.from_file(APP, default_timeout=60)
        test.query_params["exp"] = sample.experiments[experiment]
        if name:
            test.query_params["run"] = sample.runs.get(name, name)
        if screen:
            test.query_params |= {"present": "1", "screen": str(screen)}
        test.switch_page("pages/run.py").run()
        assert not test.exception
        assert "could not be drawn" not in " ".join(str(one.value) for one in test.error)
        return test

    return run


def said(test: AppTest) -> str:
    """All that the page says, without the backslashes that keep it plain."""
    parts = (*test.header, *test.markdown, *test.caption, *test.warning, *test.error, *test.info)
    return "\n".join(str(one.value) for one in parts).replace("\\", "").replace("\u2060", "")


def buttons(test: AppTest) -> dict[str, bool]:
    """Labels of the buttons, and whether each can be pressed."""
    return {one.label: not one.disabled for one in test.button}


def test_a_review_opens_with_who_would_replace_what_and_whether_it_should(open_run):
    test = open_run(NETWORK.format(32, "0.1"))
    text = said(test)
    assert "### 32d-lr0.1 would replace v1 (8d-lr0.05)." in text
    assert "val_AUROC 0.917, +0.013, inside noise ±" in text
    assert "things differ: hidden units, learning rate" in text
    assert "Note 1/7, fields" in text
    assert "**1 open question.**" in text
    assert "In review" in text
    assert "**Ben** has not decided" in text
    assert "[Pull request](https://github.com/team/model/pull/7)" in text
    assert buttons(test)["Approve"]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        (NETWORK.format(8, "0.05"), ("No review", "would replace nothing: this run itself is deployed as champion")),
        (NETWORK.format(32, "0.05"), ("Draft", "Shared early by **Grace**")),
        (NETWORK.format(32, "0.01"), ("Changes requested", "**Cleo** asked for changes", "1 required change.")),
        (
            NETWORK.format(8, "0.1"),
            ("Approved", "**Ben** :gray[(unverified)] approved", "1 open follow-up", "not compared: 1 un"),
        ),
        (NETWORK.format(8, "0.01"), ("Outdated", "val_AUROC 0.796 → 0.99", "approved what has changed since")),
        ("sports-LR", ("In review", "it is not JSON: it was cut or altered")),
        ("running", ("In review", "It can't be approved as it is: the run is still training")),
        ("diverged", ("No review", "val_AUROC NaN.")),
        ("failed", ("No review", "It has no val_AUROC.", "No note yet, fields 1/12.")),
        ("hostile", ("No review", "No note yet, fields 0/12.")),
    ],
)
def test_each_state_says_where_it_stands(open_run, name: str, words: tuple[str, ...]):
    text = said(open_run(name))
    assert [word for word in words if word not in text] == []


def test_the_plots_of_an_evaluation_are_drawn_from_their_points_and_a_broken_one_is_named(open_run):
    test = open_run(NETWORK.format(32, "0.1"))
    text = said(test)
    assert "Confusion matrix :gray[· test]" in text
    assert "ROC :gray[· test · AUC 0.917]" in text
    assert "calibration.json can't be drawn: it is not JSON: it was cut or altered." in text
    assert "roc.png" not in text
    assert sum("review_plot_" in one.proto.id for one in test.get("plotly_chart")) == 2


def test_the_page_says_who_has_done_a_run_again_and_what_another_try_would_lack(open_run):
    name = NETWORK.format(8, "0.01")
    test = open_run(name)
    text = said(test)
    assert "Reproduced once within tolerance." in text
    assert ": within tolerance, first difference: " in text
    assert "Nobody has reproduced this run yet" not in text
    assert " ingredients recorded.** Without " in text
    assert " it can't be done again." in text
    assert "Nobody has reproduced this run yet" in said(open_run(NETWORK.format(32, "0.1")))
    assert "Reproduced once within tolerance." in said(open_run(name, screen=5))


def test_what_somebody_may_not_do_is_disabled_with_the_reason(open_run):
    test = open_run(NETWORK.format(32, "0.1"), me="Grace")
    assert not buttons(test)["Approve"]
    assert "'Grace' can't approve this run: Grace made it or asked for the review." in said(test)
    test = open_run("running")
    assert not buttons(test)["Approve"]
    test = open_run(NETWORK.format(32, "0.1"), me="root")
    assert not buttons(test)["Approve"]
    assert "'root' could be anybody" in said(test)


def test_whoever_has_not_said_who_they_are_is_asked_wherever_one_can_speak(open_run):
    # The same question stands beside the decision, each section and each thread.
    test = open_run(NETWORK.format(32, "0.1"), me="")
    asked = [one for one in test.text_input if one.label == "Who are you?"]
    assert len(asked) > 3
    asked[-1].set_value("Cleo").run()
    assert not [one for one in test.text_input if one.label == "Who are you?"]
    test = open_run(NETWORK.format(32, "0.1"), me="", screen=6)
    assert [one.label for one in test.text_input].count("Who are you?") == 1


def test_the_page_tells_the_browser_as_whom_one_acts_so_that_a_kept_name_draws_it_no_second_time(open_run):
    parts = [one.proto for one in open_run(NETWORK.format(32, "0.1"), me="Ben", screen=1).get("bidi_component")]
    sent = next(str(one) for one in parts if one.component_name == "mlreview_review_visit")
    assert '"acts": "Ben"' in sent.replace("\\", "")


def test_hostile_texts_are_never_markup(open_run):
    for name in ("hostile", NETWORK.format(32, "0.1")):
        shown = [str(one.value) for one in (*open_run(name).markdown, *open_run(name).header)]
        assert not any("](https://evil" in one or "<b>" in one for one in shown)


def test_a_run_that_is_not_there_is_said_to_be_so(open_run):
    assert "No such run" in str([one.proto for one in open_run("f" * 32).warning])


def test_without_a_run_the_page_is_the_queue(open_run):
    text = said(open_run())
    headings = [one.value.replace("\\", "").split(" :gray")[0] for one in open_run().subheader]
    assert headings[:2] == ["Waiting for me", "Changes requested"]
    assert "Open follow-ups" in headings
    assert "**1 open question**" in text
    assert "Watch it" in text
    assert "Asked by me" in " ".join(one.value for one in open_run(me="Grace").subheader)


def test_a_queue_without_reviews_says_how_to_begin_one(open_run):
    assert "Open a run from the leaderboard" in said(open_run(experiment="weather"))


@pytest.mark.parametrize(
    ("screen", "words"),
    [
        (1, ("32d-lr0.1 would replace v1 (8d-lr0.05).", "Summary** :gray[· 1 of 7]", "Ben: not yet")),
        (2, ("1 of 7 sections are filled in",)),
        (3, ("2 things differ",)),
        (4, ("**──** validation",)),
        (5, ("required fields recorded", "Nobody has reproduced it yet", "ROC :gray[· test · AUC 0.917]")),
        (6, ("Question** :gray[· 6 of 7]", "about param: learning_rate = 0.1")),
        (7, ("Decision** :gray[· 7 of 7]", "**Ben** has not decided", "Nothing has been agreed on yet.")),
        (99, ("Decision** :gray[· 7 of 7]",)),
    ],
)
def test_a_meeting_sees_one_thing_a_screen(open_run, screen: int, words: tuple[str, ...]):
    test = open_run(NETWORK.format(32, "0.1"), screen=screen)
    text = said(test)
    assert [word for word in words if word not in text] == []
    assert not test.sidebar.button
    # Points are drawn, the picture beside them and the broken file are left out.
    assert len(test.get("plotly_chart")) == {4: 1, 5: 2}.get(screen, 0)
    assert ("Answered" in buttons(test)) == (screen == 6)
    assert ("Approve" in buttons(test)) == (screen > 6)


@pytest.mark.parametrize("name", ["hostile", "failed", "diverged", "running", "sports-LR"])
def test_every_screen_stands_whatever_the_run_is_like(open_run, name: str):
    for screen in range(1, 7):
        test = open_run(name, screen=screen)
        shown = [str(one.value) for one in (*test.markdown, *test.header)]
        assert not any("](https://evil" in one or "<b>" in one for one in shown)
