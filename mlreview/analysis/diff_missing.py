"""What runs did not record, and the line of code that records it next time."""

from collections.abc import Mapping
from dataclasses import dataclass

from mlreview import names
from mlreview.analysis import diff_code
from mlreview.analysis.diff import ArtifactFacts, Recorded
from mlreview.analysis.diff_data import location
from mlreview.analysis.diff_model import architecture
from mlreview.analysis.environment import recorded_packages
from mlreview.analysis.params import SEED_KEYS

_LINES: Mapping[str, str] = {
    "seed": 'mlflow.log_param("seed", seed)',
    "data": 'mlflow.log_input(mlflow.data.from_pandas(frame, source="s3://…", name="posts"), context="training")',
    "data location": 'mlflow.data.from_pandas(frame, source="s3://bucket/posts.parquet", name="posts")',
    "architecture": "mlflow.tensorflow.autolog()  # keeps model_summary.txt",
    "code version": 'mlflow.set_tag("mlflow.source.git.commit", commit)  # by itself where mlreview is installed',
    "uncommitted changes": 'mlflow.log_text(patch, "mlreview/uncommitted.patch")  # git diff HEAD',
    "environment": 'mlflow.log_artifact("requirements.txt")  # pip freeze > requirements.txt',
}


@dataclass(frozen=True, slots=True)
class MissingRecord:
    """One kind of record that some of the runs lack.

    Attributes:
        what: For people: ``seed``, ``code version`` ...
        rows: Positions of the runs that lack it.
        line: A line of the training code that records it.
    """

    what: str
    rows: tuple[int, ...]
    line: str


def missing_records(recorded: Recorded) -> tuple[MissingRecord, ...]:
    """What some of the runs did not record, the likeliest to hide a cause first."""
    runs = recorded.runs
    count = len(runs)
    files = [recorded.files.get(run_id, ArtifactFacts()) for run_id in runs.run_ids]
    with_data = {one.run_id for one in recorded.datasets}
    located = {one.run_id for one in recorded.datasets if location(one) is not None}
    seeded = [
        any(key in runs.params and runs.params[key][row] is not None for key in SEED_KEYS)
        or (names.SEED_TAG in runs.tags and runs.tags[names.SEED_TAG][row] is not None)
        for row in range(count)
    ]
    commits, dirty = diff_code.tag(runs, diff_code.COMMIT), diff_code.tag(runs, diff_code.DIRTY)
    environment = [bool(recorded_packages(one.texts)) for one in files]
    # A model that is trained in one go, as a forest is, says in its params what it is made of.
    stepwise = [
        any(bool(column.present[row]) and int(column.steps[row]) > 0 for column in runs.metrics.values())
        for row in range(count)
    ]
    unread = [run_id in recorded.files and bool(recorded.files[run_id].problem) for run_id in runs.run_ids]
    told = [runs.params.get(names.ARCHITECTURE_PARAM), runs.tags.get(names.ARCHITECTURE_TAG)]
    networks = [
        architecture(files[row].texts) is not None or any(one is not None and one[row] is not None for one in told)
        for row in range(count)
    ]
    lacking = {
        "architecture": [stepwise[row] and not unread[row] and not networks[row] for row in range(count)],
        "data": [run_id not in with_data for run_id in runs.run_ids],
        "data location": [run_id in with_data and run_id not in located for run_id in runs.run_ids],
        "seed": [not known for known in seeded],
        "code version": [commit is None for commit in commits],
        "uncommitted changes": [
            commit is not None and said is None for commit, said in zip(commits, dirty, strict=True)
        ],
        "environment": [not known and not unread[row] for row, known in enumerate(environment)],
    }
    return tuple(
        MissingRecord(what, tuple(row for row, lacks in enumerate(lacks_it) if lacks), _LINES[what])
        for what, lacks_it in lacking.items()
        if any(lacks_it)
    )
