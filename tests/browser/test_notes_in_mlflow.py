"""A note that was saved here, as MLflow's own page shows it; and what that page writes, here."""

from pathlib import Path

import pytest
from mlflow import MlflowClient
from playwright.sync_api import expect

from mlreview.names import NOTE_TAG
from tests.browser.conftest import NewPage
from tests.browser.harness import WAIT_MS, running_app
from tests.browser.notes import editor, open_editor, save, type_at_end
from tests.stores import TrackingServer

# With the other tests of a server, so that it is started once in a run.
pytestmark = [pytest.mark.browser, pytest.mark.server, pytest.mark.xdist_group("stores")]


def test_mlflows_own_page_shows_the_saved_text_as_the_runs_description(
    mlflow_server: TrackingServer, tmp_path: Path, new_page: NewPage
):
    client = MlflowClient(mlflow_server.url)
    experiment = client.create_experiment("a note for MLflow")
    run = client.create_run(experiment, run_name="described").info.run_id
    page, theirs = new_page(), new_page()
    with running_app(mlflow_server.url, tmp_path) as app:
        open_editor(page, app, run)
        type_at_end(page, "Ships because it is **better**.")
        save(page)
        theirs.goto(f"{mlflow_server.url}/#/experiments/{experiment}/runs/{run}")
        expect(theirs.get_by_text("Ships because it is better.").first).to_be_visible(timeout=WAIT_MS)
        client.set_tag(run, NOTE_TAG, "Written there.")
        open_editor(page, app, run)
        expect(editor(page)).to_have_value("Written there.")
