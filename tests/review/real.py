"""A small team's story in a real store: two runs with models, one reviewed and registered, one deployed."""

from dataclasses import dataclass
from pathlib import Path

from mlreview import names
from mlreview.review.events import Actor
from mlreview.review.people import People
from mlreview.review.service import Reviews
from mlreview.store import open_store, open_writer
from mlreview.training.manifest import make_manifest
from tests.stores import copy_sqlite, sqlite_uri


@dataclass(frozen=True)
class Story:
    """``models:/sports/1`` (challenger) is ``run_id``, approved; ``models:/sports/2`` (champion) is ``other_id``."""

    uri: str
    run_id: str
    other_id: str
    model_folder: Path
    name: str = "sports"

    def reviews(self, people: People | None = None) -> Reviews:
        """Of this store, to write with."""
        return Reviews(open_store(self.uri), open_writer(self.uri), people or People(leads=("dan",)))


def told(template: Path, folder: Path) -> Story:
    """The story in a SQLite store of its own."""
    folder.mkdir(exist_ok=True)
    return tell(sqlite_uri(copy_sqlite(template, folder / "mlflow.db")), folder / "artifacts")


def tell(uri: str, artifacts: Path, name: str = "sports", served: str | None = None) -> Story:
    """Write the story.

    Args:
        uri: Of a database, written directly.
        artifacts: A folder for the experiment's files.
        name: Of the experiment and the registered model.
        served: Address of the server over that database, which the review goes through.
    """
    import mlflow
    from mlflow import MlflowClient
    from mlflow.entities import LoggedModelOutput

    mlflow.set_tracking_uri(uri)  # the registry looks up models there, whatever the client was given
    client = MlflowClient(uri, registry_uri=uri)
    experiment = client.create_experiment(name, artifact_location=artifacts.as_uri())
    client.create_registered_model(name)
    runs, folder = [], artifacts
    for run_name, accuracy in (("new", 0.8), ("other", 0.9)):
        run_id = client.create_run(experiment, run_name=run_name, tags={names.USER_TAG: "ada"}).info.run_id
        client.log_param(run_id, "units", "32")
        for step, value in enumerate((0.5, 0.6, 0.7, accuracy)):
            client.log_metric(run_id, "val_accuracy", value, step=step)
        model = client.create_logged_model(experiment, name="model", source_run_id=run_id)
        folder = _files(client, model.model_id, model.artifact_location, artifacts / f"{name}-{run_name}")
        client.log_outputs(run_id, [LoggedModelOutput(model.model_id, 0)])
        client.finalize_logged_model(model.model_id, "READY")
        (artifacts / "manifests").mkdir(parents=True, exist_ok=True)
        file = artifacts / "manifests" / f"{model.model_id}.json"
        file.write_text(make_manifest(folder).to_json())
        client.log_artifact(run_id, str(file), names.MANIFEST_FOLDER)
        client.set_terminated(run_id)
        client.create_model_version(name, f"models:/{model.model_id}", run_id, model_id=model.model_id)
        runs.append((run_id, folder))
    client.set_registered_model_alias(name, "challenger", "1")
    client.set_registered_model_alias(name, "champion", "2")
    story = Story(served or uri, runs[0][0], runs[1][0], runs[0][1], name)
    reviews = story.reviews()
    reviews.request(story.run_id, Actor("ada"), "bob", "carol")
    reviews.approve(story.run_id, Actor("bob"))
    reviews.approve(story.run_id, Actor("carol"))
    return story


def _files(client: object, model_id: str, location: str, copy: Path) -> Path:
    """Two files of a model, put where it lies; the folder on this machine where they can be read."""
    from mlreview.store.artifacts import local_root

    root = local_root(location) or copy
    (root / "data").mkdir(parents=True)
    (root / "MLmodel").write_text("flavors: {}\n")
    (root / "data" / "model.keras").write_bytes(b"weights of " + model_id.encode())
    return root
