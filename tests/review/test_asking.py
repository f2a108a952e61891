"""What a request takes with it: what is deployed now, and what earlier reviews left to be done."""

from pathlib import Path

from mlflow import MlflowClient

from mlreview import names
from mlreview.review.asking import background_of, carried_into
from mlreview.review.bodies import Comment
from mlreview.review.events import Actor
from mlreview.review.service import Reviews
from mlreview.store import open_store, open_writer


def test_what_is_deployed_goes_before_what_is_pinned_and_follow_ups_are_carried_over(
    sqlite_store: str, tmp_path: Path
) -> None:
    client = MlflowClient(sqlite_store, registry_uri=sqlite_store)
    experiment = client.create_experiment("sports", (tmp_path / "artifacts").as_uri())
    first, pinned, new = (client.create_run(experiment, run_name=name).info.run_id for name in ("8d", "16d", "32d"))
    for run_id in (first, new):
        client.set_terminated(run_id)
    client.set_experiment_tag(experiment, names.EXPERIMENT_BASELINE_TAG, pinned)
    store = open_store(sqlite_store)
    reviews = Reviews(store, open_writer(sqlite_store))
    assert background_of(store, store.run(new)).baseline.name == "16d"

    reviews.request(first, Actor("ada"), "bob")
    reviews.approve(first, Actor("bob"), follow_ups=[Comment("watch the drift", "follow_up", owner="ada")])
    client.create_registered_model("sports")
    client.create_model_version("sports", client.get_run(first).info.artifact_uri or "", first)
    client.set_registered_model_alias("sports", "champion", "1")
    found = background_of(store, store.run(new))
    assert (found.baseline.run_id, found.baseline.reason) == (first, "deployed as champion, v1 of sports")
    assert [one.text for one in found.follow_ups] == ["watch the drift"]
    references = [one.reference for one in found.follow_ups]
    asked = reviews.request(new, Actor("ada"), "bob", baseline=found.baseline, carried=references)
    client.delete_registered_model_alias("sports", "champion")
    assert reviews.read(new).request.body.baseline.run_id == first  # as it was when the review was requested
    assert asked.request is not None
    (carried,) = carried_into(store, asked.request)
    reviews.resolve(carried.run_id, Actor("ada"), carried.follow_up_id, "no drift in two weeks")
    assert carried_into(store, asked.request) == ()
    assert background_of(store, store.run(first)).baseline.source != "deployed"
