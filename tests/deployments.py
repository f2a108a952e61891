"""A store in which models are deployed: reviewed, changed since, never reviewed, recorded without a registry, gone."""

from pathlib import Path

from mlflow import MlflowClient

from mlreview import names
from mlreview.review.bodies import Comment, OverrideBody, PromoteBody
from mlreview.review.events import Actor
from mlreview.review.service import Reviews
from mlreview.store import open_store, open_writer
from tests.sample_store import Sample, write_team_sample

ADA, BOB, CAROL = (Actor(name, via="cli") for name in ("Ada", "Bob", "Carol"))
GOOD, CHANGED, OLD, NEVER, RECORDED = (
    "sports-NN-32d-lr0.1",
    "sports-NN-32d-lr0.05",
    "sports-NN-8d-lr0.1",
    "rain",
    "sports-LR",
)


HOSTILE_MODEL = "![x](evil.example) <b>bold $x$ **and `more`** " + "w" * 60
"""As MLflow's registry takes it: without a slash or a colon."""


def approve(reviews: Reviews, run_id: str, follow_up: str = "") -> None:
    """Asked by Ada, approved by Bob and Carol."""
    reviews.request(run_id, ADA, "Bob", "Carol")
    reviews.approve(run_id, BOB)
    later = (Comment(follow_up, "follow_up", owner="Ada"),) if follow_up else ()
    reviews.approve(run_id, CAROL, follow_ups=later)


def write_deployments(uri: str, artifacts: Path) -> Sample:
    """The team's sample with deployments of every kind."""
    sample = write_team_sample(uri, artifacts)
    client = MlflowClient(uri, registry_uri=uri)
    store, writer = open_store(uri), open_writer(uri)
    reviews = Reviews(store, writer)
    runs = sample.runs

    def register(model: str, run_id: str | None) -> str:
        return str(client.create_model_version(model, "s3://nowhere/model", run_id=run_id).version)

    for model in ("sports", "weather", HOSTILE_MODEL, "idle"):
        client.create_registered_model(model)
    register("sports", runs[OLD])
    good = register("sports", runs[GOOD])
    challenger = register("sports", runs[CHANGED])
    approve(reviews, runs[GOOD], "Watch the recall on posts from 2027")
    client.set_tag(runs[GOOD], names.NOTE_TAG, "## Summary: what ships and why\n\nWider, and better on short posts.\n")
    reviews.record(
        runs[GOOD],
        ADA,
        PromoteBody("models:/sports@champion", version=good, replaced="1", text="better on short posts"),
    )
    client.set_registered_model_alias("sports", "champion", good)
    client.set_registered_model_alias("sports", "challenger", challenger)
    approve(reviews, runs[CHANGED])
    client.log_metric(runs[CHANGED], "val_AUROC", 0.999, step=99)

    rain = register("weather", runs[NEVER])
    client.set_registered_model_alias("weather", "production", rain)
    gone = register(HOSTILE_MODEL, "0" * 32)
    client.set_registered_model_alias(HOSTILE_MODEL, "champion", gone)
    register("idle", None)

    reviews.record(runs[RECORDED], BOB, OverrideBody("the shop is down", ("approvals",)))
    reviews.record(runs[RECORDED], BOB, PromoteBody("production-eu", text="rollback"))
    store.close()
    return sample
