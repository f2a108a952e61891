"""What every reader must be able to tell: one store's content, written once through MLflow's own client."""

import uuid
from dataclasses import dataclass
from typing import Final

from mlflow import MlflowClient
from mlflow.entities import (
    Dataset,
    DatasetInput,
    InputTag,
    LoggedModelOutput,
    LoggedModelStatus,
    Metric,
    Param,
    RunTag,
)

START: Final = 1_790_000_000_000
"""Milliseconds UTC; runs start whole seconds after it."""

UNICODE: Final = {
    "emoji": "👩‍👩‍👧‍👦 🏒",
    "rtl": "מודל נבדק",
    "accents": "Ünïcödé — naïve façade",
    "cjk": "模型評審",
    "quotes": 'it\'s "quoted"; DROP TABLE runs; -- 100% $1 {x} \\n',
    "lines": "first\n\tsecond\r\nthird",
    "spaces": "  both ends  ",
}
LONG_TAG: Final = "x" * 7_999 + "ü"
EVENT_TAG: Final = "mlreview.event.01HZZZZZZZZZZZZZZZZZZZZZZZ"

NOTES: Final = {
    "best": "## Use case\n" + "é🏒" * 200,  # the cut at 200 falls between characters, never inside of one
    "running": "n" * 200,
    "failed": "",
}

ODD_CURVE: Final = [  # (step, timestamp, value), in the order in which it was logged
    (3, START + 30, 0.3),
    (1, START + 10, 0.9),
    (2, START + 20, float("nan")),
    (-5, START + 5, float("inf")),
    (1, START + 10, 0.7),
    (1, START + 9, 0.8),
    (2, START + 20, 0.5),
    (3, START + 30, float("-inf")),
    (3, START + 30, 0.3),  # an exact duplicate, of which a store keeps one
]
ODD_CURVE_IN_ORDER: Final = [
    (-5, START + 5, float("inf")),
    (1, START + 9, 0.8),
    (1, START + 10, 0.7),
    (1, START + 10, 0.9),
    (2, START + 20, 0.5),
    (2, START + 20, float("nan")),
    (3, START + 30, float("-inf")),
    (3, START + 30, 0.3),
]


@dataclass(frozen=True)
class Scenario:
    """Ids of what was written.

    Attributes:
        uri: The store, as MLflow's client takes it directly.
        registry_uri: Another store, with one registered version.
        runs: Run ids by the names that tests use.
        models: Ids of logged models likewise.
    """

    uri: str
    registry_uri: str
    experiment: str
    empty_experiment: str
    deleted_experiment: str
    runs: dict[str, str]
    models: dict[str, str]
    registered: str

    @property
    def active(self) -> list[str]:
        """Active runs of the experiment, as a table orders them."""
        first, second = sorted((self.runs["twin"], self.runs["other twin"]))
        return [
            self.runs["child"],
            first,
            second,
            *(self.runs[name] for name in ("killed", "failed", "running", "best")),
        ]


def write(uri: str, registry_uri: str, artifacts: str) -> Scenario:
    """Write it.

    Args:
        uri: Tracking store, which is its own registry.
        registry_uri: Another store.
        artifacts: Where runs would put artifacts; nothing is put there.
    """
    client = MlflowClient(uri, registry_uri=uri)
    mark = uuid.uuid4().hex[:8]
    experiment = client.create_experiment(
        f"contract ü {mark}", artifact_location=artifacts, tags={"mlreview.metric": "val_AUROC", "rtl": UNICODE["rtl"]}
    )
    empty = client.create_experiment(f"empty {mark}", artifact_location=artifacts)
    deleted_experiment = client.create_experiment(f"deleted {mark}", artifact_location=artifacts)
    runs: dict[str, str] = {}

    def run(name: str, seconds: int, tags: dict[str, str] | None = None, within: str = experiment) -> str:
        made = client.create_run(
            within, start_time=START + 1000 * seconds, run_name=name, tags={"mlflow.user": "ada", **(tags or {})}
        )
        runs[name] = made.info.run_id
        return made.info.run_id

    best = run("best", 1, {"mlflow.note.content": NOTES["best"]})
    client.log_batch(
        best,
        params=[
            Param("lr", "0.1"),
            Param("shared", "a param"),
            Param("empty", ""),
            Param("mlreview.seq.1", "hash"),
            *(Param(key, value) for key, value in UNICODE.items()),
        ],
        tags=[
            RunTag("shared", "a tag"),
            RunTag("empty", ""),
            RunTag("long", LONG_TAG),
            RunTag(EVENT_TAG, '{"kind": "requested"}'),
            *(RunTag(key, value) for key, value in UNICODE.items()),
        ],
        metrics=[
            Metric("shared", 1.5, START, 0),
            Metric("val_AUROC", 0.8, START, 0),
            Metric("val_AUROC", 0.95, START + 1, 1),
            Metric("val_AUROC", 0.9, START + 2, 2),
            *(Metric("odd", value, stamp, step) for step, stamp, value in ODD_CURVE),
            Metric("only nan", float("nan"), START, 4),
            Metric("up", float("inf"), START, 1),
            Metric("down", float("-inf"), START, 1),
            Metric("largest", 1.7e308, START, 1),
            Metric("train/loss per step: ms", 0.25, START, 7),
        ],
    )
    client.set_terminated(best, "FINISHED", START + 61_000)

    running = run("running", 2, {"mlflow.note.content": NOTES["running"]})
    client.log_batch(running, metrics=[Metric("val_AUROC", float("nan"), START, 0)], params=[Param("lr", "0.05")])

    failed = run("failed", 3, {"mlflow.note.content": NOTES["failed"]})
    client.log_batch(failed, metrics=[Metric("val_AUROC", float("-inf"), START, 0)], params=[Param("lr", "0.05")])
    client.set_terminated(failed, "FAILED", START + 4_000)
    killed = run("killed", 4)
    client.set_terminated(killed, "KILLED", START + 5_000)

    for name in ("twin", "other twin"):
        client.set_terminated(run(name, 5), "FINISHED", START + 6_000)
    child = run("child", 6, {"mlflow.parentRunId": best})
    client.log_batch(child, metrics=[Metric("val_AUROC", 0.5, START, step) for step in range(30)])
    client.set_terminated(child, "FINISHED", START + 7_000)

    gone = run("deleted", 7)
    client.log_batch(gone, metrics=[Metric("val_AUROC", 0.99, START, 0)], params=[Param("lr", "1")])
    client.delete_run(gone)
    run("of deleted experiment", 8, within=deleted_experiment)
    client.delete_experiment(deleted_experiment)

    posts = Dataset("posts", "d1", "http", '{"url": "https://host/posts"}', '{"columns": []}', '{"rows": 796}')
    plain = Dataset("plain ü", "d2", "local", "{}")
    train, test = (
        [InputTag("mlflow.data.context", "train")],
        [InputTag("mlflow.data.context", "test"), InputTag("x", "y")],
    )
    client.log_inputs(best, [DatasetInput(posts, train), DatasetInput(plain, [])])
    client.log_inputs(child, [DatasetInput(posts, test)])

    models = {}
    for name, run_id, step, status in (
        ("first", best, 3, LoggedModelStatus.READY),
        ("second", best, 0, LoggedModelStatus.FAILED),
        ("pending", child, 0, None),
        ("removed", best, 0, LoggedModelStatus.READY),
    ):
        model = client.create_logged_model(experiment, name=f"{name} model", source_run_id=run_id)
        models[name] = model.model_id
        client.log_outputs(run_id, [LoggedModelOutput(model.model_id, step)])
        if status:
            client.finalize_logged_model(model.model_id, status)
    client.delete_logged_model(models["removed"])

    registered = f"sports ü {mark}"
    client.create_registered_model(registered)
    for run_id in (best, child, best):
        client.create_model_version(registered, f"{artifacts}/{run_id}/model", run_id, description=f"of {run_id}")
    client.create_model_version(registered, f"{artifacts}/elsewhere")
    client.delete_model_version(registered, "3")
    client.set_model_version_tag(registered, "1", "cjk", UNICODE["cjk"])
    for alias, version in (("champion", "1"), ("shadow", "1"), ("challenger", "2")):
        client.set_registered_model_alias(registered, alias, version)

    other = MlflowClient(uri, registry_uri=registry_uri)
    other.create_registered_model("elsewhere")
    other.create_model_version("elsewhere", f"{artifacts}/{best}/model", best)
    other.set_registered_model_alias("elsewhere", "prod", "1")
    return Scenario(uri, registry_uri, experiment, empty, deleted_experiment, runs, models, registered)
