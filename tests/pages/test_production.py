"""The script of the page Production, without a browser, over stores with deployments of every kind and with none."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from mlflow import MlflowClient
from streamlit.testing.v1 import AppTest

from mlreview import names
from mlreview.cli import main
from mlreview.review.people import People
from mlreview.review.service import Reviews
from mlreview.store import open_store
from mlreview.ui import registry
from mlreview.ui.production_words import note_lines
from tests.deployments import HOSTILE_MODEL, RECORDED, write_deployments
from tests.sample_store import Sample
from tests.stores import copy_sqlite, sqlite_uri

APP = str(Path(__file__).resolve().parents[2] / "app.py")


@pytest.fixture(scope="module")
def deployed(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Sample:
    folder = tmp_path_factory.mktemp("production")
    return write_deployments(sqlite_uri(copy_sqlite(sqlite_template, folder / "mlflow.db")), folder / "artifacts")


def open_page(monkeypatch: pytest.MonkeyPatch, uri: str, **params: str) -> AppTest:
    monkeypatch.setenv("MLREVIEW_TRACKING_URI", uri)
    monkeypatch.setattr(registry, "PATIENCE_S", 20)
    test = AppTest.from_file(APP, default_timeout=60)
    for key, value in params.items():
        test.query_params[key] = value
    test.switch_page("pages/production.py").run()
    assert not test.exception
    return test


def words(test: AppTest) -> str:
    drawn = [one.value for kind in (test.subheader, test.markdown, test.caption, test.code) for one in kind]
    return "\n".join(drawn).replace("\\", "").replace("\u2060", "")


def titles(test: AppTest) -> list[str]:
    found = [one.value.replace("\\", "") for one in test.main.markdown if one.value.startswith("####")]
    return [one.split(" · v")[0].removeprefix("#### ") for one in found]


def test_what_is_deployed_without_a_valid_review_stands_on_top(deployed: Sample, monkeypatch: pytest.MonkeyPatch):
    test = open_page(monkeypatch, deployed.uri)
    assert [one.value for one in test.subheader] == [
        "Deployed without a valid review",
        "Deployed with a valid review",
        "Other aliases",
        "Registered, and no alias points at it",
    ]
    said = words(test)
    assert "**4 deployed** · :red[**3 without a valid review**] · :green[1 with a review that holds]" in said
    first, hostile, *others = titles(test)
    assert first == "sports · production-eu"
    assert others == ["weather · production", "sports · champion", "sports · challenger"]
    assert hostile.startswith("![x](evil.example) <b>bold $x$ **and `more`** www")
    assert "Approved by Bob and Carol, for what it holds now." in said
    assert "better on short posts" in said
    assert "Although the gate said no: the shop is down" in said
    assert "val_AUROC 0.903 → 0.999 after Bob approved" in said
    assert "The run behind it is not in this store" in said
    assert "Watch the recall on posts from 2027" in said
    assert "Wider, and better on short posts" in said
    assert HOSTILE_MODEL not in "".join(one.value for one in test.markdown)  # its marks are escaped


def test_a_deployment_recorded_without_a_registry_is_found_by_a_projection_of_its_event(deployed: Sample):
    store = open_store(deployed.uri)
    try:
        run = store.run(deployed.runs[RECORDED])
        assert run.tags[names.DEPLOYED_TO_TAG] == "production-eu"
        _, wrong = Reviews(store, None, People()).rebuild(run.run_id)
        assert wrong == {}
    finally:
        store.close()


def test_the_history_and_the_recipe_are_read_when_somebody_opens_them(
    deployed: Sample, monkeypatch: pytest.MonkeyPatch
):
    test = open_page(monkeypatch, deployed.uri, deployed="sports champion")
    assert titles(test) == ["sports · champion"]
    assert "mlreview reproduce" not in words(test)
    for key in ("moves_alias\nsports\nchampion", "recipe_alias\nsports\nchampion"):
        test.session_state[key] = True
    test.run()
    said = words(test)
    assert "**v2** :green[now]" in said
    assert "**v1**: moved outside mlreview between" in said
    assert f"mlreview reproduce {deployed.runs['sports-NN-32d-lr0.1']} --run" in said


def test_with_nothing_deployed_it_says_how_something_gets_there(team_sample: Sample, monkeypatch: pytest.MonkeyPatch):
    test = open_page(monkeypatch, team_sample.uri)
    assert "no run was recorded as deployed" in test.info[0].value
    assert "mlreview promote" in words(test)


def test_a_registry_that_does_not_answer_is_said_and_recorded_deployments_stay(
    deployed: Sample, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setenv("MLREVIEW_REGISTRY_URI", "http://127.0.0.1:9")
    test = open_page(monkeypatch, deployed.uri)
    assert "did not answer" in test.warning[0].value
    assert titles(test) == ["sports · production-eu"]


def test_the_command_prints_the_same_and_fails_when_asked_to_check(deployed: Sample):
    runner = CliRunner()
    done = runner.invoke(main, ["production", "--tracking-uri", deployed.uri])
    assert done.exit_code == 0
    assert done.output.splitlines()[0].startswith("NOT VALID")
    assert "although the gate said no: the shop is down" in done.output
    assert "valid        sports · champion v2: sports-NN-32d-lr0.1" in done.output
    checked = runner.invoke(main, ["production", "--check", "--json", "--tracking-uri", deployed.uri])
    assert checked.exit_code == 1
    found = {(one["model"], one["name"]): one for one in json.loads(checked.output)["deployed"]}
    champion = found["sports", "champion"]
    assert (champion["valid"], champion["version"], champion["approved_by"]) == (True, "2", ["Bob", "Carol"])
    assert champion["metrics"]["val_AUROC"] == pytest.approx(0.917)
    assert champion["deployed"]["by"] == "Ada"
    assert found["weather", "production"]["valid"] is False
    assert found["idle", None]["run_id"] is None


def test_a_deleted_run_is_named_as_such(sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    uri = sqlite_uri(copy_sqlite(sqlite_template, tmp_path / "mlflow.db"))
    client = MlflowClient(uri, registry_uri=uri)
    run = client.create_run("0", run_name="short-lived").info.run_id
    client.create_registered_model("m")
    client.create_model_version("m", "s3://nowhere/m", run_id=run)
    client.set_registered_model_alias("m", "champion", "1")
    client.delete_run(run)
    said = words(open_page(monkeypatch, uri))
    assert "The run behind it was deleted" in said
    assert "short-lived" in said


@pytest.mark.parametrize(
    ("note", "lines"),
    [
        (None, []),
        ("# Only a heading\n", []),
        ("## Use case\n\nSort mail.\n\n## Summary: what ships\n\nThe *small* [one](http://x).\n", ["The small one."]),
        ("<!-- hidden -->\n| - |\nfirst\nsecond\nthird\nfourth", ["first", "second", "third"]),
        ("## Summary\n\n## Tried\n\nNothing else", ["Nothing else"]),
    ],
)
def test_a_note_begins_with_its_first_words_those_of_the_summary_before_others(note: str | None, lines: list[str]):
    assert note_lines(note) == lines
