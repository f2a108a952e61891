"""Recorded runs, made of values alone."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import numpy as np

from mlreview import names
from mlreview.entities import Curve, Dataset, Metric, Run
from mlreview.reproduce.recorded import RecordedRun

COMMIT = "0123456789abcdef0123456789abcdef01234567"
PATCH = (
    b"diff --git a/train.py b/train.py\nindex 111..222 100644\n--- a/train.py\n+++ b/train.py\n@@ -1 +1 @@\n-a\n+b\n"
)
TAGS = {
    names.GIT_COMMIT: COMMIT,
    names.GIT_REMOTE: "https://git.example/team/models.git",
    names.GIT_DIRTY: "true",
    names.PATCH_SHA: hashlib.sha256(PATCH).hexdigest(),
    names.COMMAND: "python train.py --rate 0.1 --data data/train.csv",
    names.COMMAND_FOLDER: ".",
    names.ENTRY: "train.py",
    names.SCRIPT: "/home/ada/models/train.py",
    names.ENV_PYTHON: "3.11.9",
    names.SEED_TAG: "7",
}


def dataset(digest: str = "d1", context: str = "train", where: str = "data/train.csv") -> Dataset:
    source_type = "local" if where else "code"
    return Dataset("old", "data", digest, source_type, json.dumps({"uri": where}), context=context)


def run(
    run_id: str = "old",
    metrics: Mapping[str, float] | None = None,
    params: Mapping[str, str] | None = None,
    tags: Mapping[str, str] | None = None,
    datasets: tuple[Dataset, ...] = (),
    **others: Any,
) -> Run:
    return Run(
        run_id=run_id,
        experiment_id="1",
        name=others.get("name", "net"),
        user="ada",
        status=others.get("status", "FINISHED"),
        lifecycle="active",
        start_time=others.get("start_time", 0),
        end_time=1,
        artifact_uri=None,
        params=params or {},
        metrics={key: Metric(key, value, 0, 0) for key, value in (metrics or {}).items()},
        tags=tags or {},
        datasets=datasets,
    )


def recorded(tags: Mapping[str, str | None] | None = None, **parts: Any) -> RecordedRun:
    """Everything was recorded, but for what ``tags`` change (``None`` takes one away)."""
    found = {key: value for key, value in {**TAGS, **(tags or {})}.items() if value is not None}
    parts = {"patch": PATCH, "packages": "numpy==2.0\n", **parts}
    datasets = parts.pop("datasets", (dataset(),))
    return RecordedRun(run(tags=found, datasets=datasets, params={"rate": "0.1"}), **parts)


def curve(run_id: str, metric: str, values: list[float], first: int = 0) -> Curve:
    steps = np.arange(first, first + len(values))
    return Curve(run_id, metric, steps, steps * 1000, np.array(values, dtype=float), len(values))
