"""The fields that a team requires of a run: recorded or missing, with the line of code that records each.

One list for the end of a training, for the review and for the gate: it takes plain values, whoever read them.
"""

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from mlreview import names
from mlreview.entities import Dataset

_TEST = frozenset({"test", "testing", "holdout"})
_OTHERS = frozenset({"val", "valid", "validation", "eval", "dev"}) | _TEST
_WORD = re.compile(r"[a-z0-9]+")
_PLOT = re.compile(r"\.(?:png|svg|html|jpe?g|pdf)$", re.IGNORECASE)
_PACKAGES = re.compile(r"(?:^|/)(?:requirements\.txt|conda\.ya?ml|pixi\.lock|uv\.lock|poetry\.lock)$")
_SEEDS = frozenset({"seed", "random_seed", "random_state", "rng_seed"})
_NONE = frozenset({"", "none", "null", "nan", names.UNKNOWN})
_KINDS = ("param:", "metric:", "tag:", "artifact:")
"""How a team requires something of its own: ``param:learning_rate``, ``tag:ticket``."""

_SHOWN_CHARS = 160


@dataclass(frozen=True, slots=True)
class RecordedFacts:
    """What a run recorded, as plain values.

    Attributes:
        params, metrics, tags: By key. A metric that is not a number counts as recorded.
        artifacts: Paths of the run's files.
        datasets: The run's data sets.
        models: How many models were logged, or registered from the run's artifacts.
        model_files: Paths of the files of its models, as far as known.
    """

    params: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    artifacts: Collection[str] = ()
    datasets: Sequence[Dataset] = ()
    models: int = 0
    model_files: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """One required field of one run.

    Attributes:
        name: As in the settings: ``data_location``, ``param:learning_rate``.
        title: For people: ``data location``.
        recorded: It is there.
        shown: What was recorded, in a few words; why it does not count, where something near it is there; else empty.
        line: A line of code, or a step, that records it.
    """

    name: str
    title: str
    recorded: bool
    shown: str
    line: str


def check_field_name(name: str) -> str:
    """The name, if there is such a field.

    Raises:
        ValueError: There is none.
    """
    own = name.startswith(_KINDS) and name.partition(":")[2].strip()
    if name not in _FIELDS and not own:
        raise ValueError(f"{name!r} is no field; there are {', '.join(_FIELDS)}, and param:, metric:, tag:, artifact:")
    return name


def check_fields(recorded: RecordedFacts, required: Sequence[str] = names.REQUIRED_FIELDS) -> tuple[Field, ...]:
    """Look for each required field.

    Args:
        recorded: Of one run.
        required: Names, in the order to show them in.

    Raises:
        ValueError: A name is no field's.
    """
    found = []
    for name in required:
        check_field_name(name)
        if name in _FIELDS:
            title, line, look = _FIELDS[name]
            shown, is_there = look(recorded)
        else:
            title, line, shown, is_there = _own(recorded, name)
        found.append(Field(name, title, is_there, shown[:_SHOWN_CHARS], line))
    return tuple(found)


def missing_fields(fields: Sequence[Field]) -> tuple[Field, ...]:
    """Those that are not recorded."""
    return tuple(one for one in fields if not one.recorded)


def fields_tag(fields: Sequence[Field]) -> str:
    """The value of ``names.FIELDS_TAG``."""
    lists = {
        "recorded": [one.name for one in fields if one.recorded],
        "missing": [one.name for one in fields if not one.recorded],
    }
    return json.dumps(lists)


Found = tuple[str, bool]


def _params(run: RecordedFacts) -> Found:
    keys = [key for key in run.params if not key.startswith(names.OWN_PREFIX)]
    return _listed(keys, "param"), bool(keys)


def _train_metrics(run: RecordedFacts) -> Found:
    keys = [key for key in run.metrics if not _words(key) & _OTHERS]  # Keras calls its training metrics plainly "loss"
    return _listed(keys, "metric"), bool(keys)


def _test_metrics(run: RecordedFacts) -> Found:
    keys = [key for key in run.metrics if _words(key) & _TEST]
    return _listed(keys, "metric"), bool(keys)


def _environment(run: RecordedFacts) -> Found:
    files = [path for path in (*run.artifacts, *run.model_files) if _PACKAGES.search(path)]
    python = run.tags.get(names.ENV_PYTHON, "")
    if names.PACKAGES_FILE in run.artifacts:
        return f"Python {python} and all packages" if python else "all packages", True
    if files:
        return f"packages in {files[0]}", True
    return (f"Python {python}, no packages" if python else ""), False


def _code_version(run: RecordedFacts) -> Found:
    own = run.tags.get(names.GIT_COMMIT, "")
    commit = run.tags.get(names.GIT_COMMIT_TAG, "") if own.lower() in _NONE else own
    if commit.lower() in _NONE:
        return "", False
    if run.tags.get(names.GIT_DIRTY) != "true":
        return f"commit {commit[:10]}", True
    if names.PATCH_FILE in run.artifacts:
        return f"commit {commit[:10]} and a patch", True
    return f"commit {commit[:10]}, with changes that were not kept", False


def _script(run: RecordedFacts) -> Found:
    kept = sorted(path for path in run.artifacts if path.startswith(f"{names.CODE_FOLDER}/"))
    if kept:
        return kept[0].removeprefix(f"{names.CODE_FOLDER}/"), True
    entry = run.tags.get(names.ENTRY, "")
    if entry and run.tags.get(names.ENTRY_UNTRACKED) == "true":
        return f"{entry}, which is in no commit and was not kept", False
    committed = run.tags.get(names.GIT_COMMIT, "").lower() not in _NONE and not entry.endswith("notebook")
    return (f"{entry} of the commit" if committed and entry else entry), bool(entry and committed)


def _data_digest(run: RecordedFacts) -> Found:
    digests = [f"{one.name} {one.digest}" for one in run.datasets if one.digest]
    return ", ".join(digests), bool(digests) and len(digests) == len(run.datasets)


def _data_location(run: RecordedFacts) -> Found:
    places = [place for one in run.datasets if (place := location(one))]
    if run.datasets and len(places) < len(run.datasets):
        lacking = [one.name for one in run.datasets if not location(one)]
        return f"not of {', '.join(lacking)}", False
    return ", ".join(dict.fromkeys(places)), bool(places)


def location(dataset: Dataset) -> str:
    """Where a data set came from: an address or a query; empty where only the code is named."""
    if dataset.source_type.lower() in ("", "code"):
        return ""
    try:
        source = json.loads(dataset.source)
    except (ValueError, RecursionError):
        return dataset.source.strip()
    if isinstance(source, str):
        return source.strip()
    if not isinstance(source, dict):
        return ""
    wanted = ("uri", "url", "path", "query", "sql", "table_name", "delta_table_name", "snapshot")
    return next((str(source[key]) for key in wanted if source.get(key)), "")


def _seed(run: RecordedFacts) -> Found:
    tag = run.tags.get(names.SEED_TAG, "")
    seeds = [tag] + [run.params[key] for key in run.params if key.lower().rpartition(".")[2] in _SEEDS]
    given = [seed for seed in seeds if seed.strip().lower() not in _NONE]
    return (given[0] if given else ""), bool(given)


def _model(run: RecordedFacts) -> Found:
    inside = [path for path in run.artifacts if path.rpartition("/")[2] == "MLmodel"]
    count = run.models or len(inside)
    return (f"{count} logged" if count else ""), count > 0


def _plots(run: RecordedFacts) -> Found:
    ours = [path for path in run.artifacts if path.startswith(f"{names.PLOTS_FOLDER}/")]
    pictures = [path for path in run.artifacts if _PLOT.search(path)]
    stems = dict.fromkeys(
        path.rpartition("/")[2].rpartition(".")[0].replace("_", " ") for path in sorted(ours) + sorted(pictures)
    )
    return ", ".join(stems), bool(stems)


def _note(run: RecordedFacts) -> Found:
    note = run.tags.get(names.NOTE_TAG, "").strip()
    # A template that nobody has filled in says nothing.
    said = [line for line in note.splitlines() if line.strip() and not line.lstrip().startswith(("#", "<!--", ">"))]
    return (said[0].strip() if said else "headings alone" if note else ""), bool(said)


def _own(run: RecordedFacts, name: str) -> tuple[str, str, str, bool]:
    kind, _, key = name.partition(":")
    if kind == "param":
        value = run.params.get(key, "")
        return f"param {key}", f'mlflow.log_param("{key}", …)', value, key in run.params
    if kind == "metric":
        shown = f"{run.metrics[key]:g}" if key in run.metrics else ""
        return f"metric {key}", f'mlflow.log_metric("{key}", …)', shown, key in run.metrics
    if kind == "tag":
        value = run.tags.get(key, "")
        return f"tag {key}", f'mlflow.set_tag("{key}", …)', value, bool(value.strip())
    there = any(path == key or path.startswith(f"{key.rstrip('/')}/") for path in run.artifacts)
    return f"artifact {key}", f'mlflow.log_artifact("{key}")', key if there else "", there


def _words(key: str) -> frozenset[str]:
    return frozenset(_WORD.findall(re.sub(r"(?<=[a-z])(?=[A-Z])", " ", key).lower().replace("_", " ")))


def _listed(keys: Sequence[str], noun: str) -> str:
    if not keys:
        return ""
    shown = ", ".join(sorted(keys)[:4])
    return f"{len(keys)} {noun}{'s' if len(keys) != 1 else ''}: {shown}{', …' if len(keys) > 4 else ''}"


_FIELDS = {
    "params": ("parameters", 'mlflow.log_params({"learning_rate": 0.1})', _params),
    "train_metrics": ("training metrics", 'mlflow.log_metric("train_loss", loss, step=epoch)', _train_metrics),
    "test_metrics": ("test metrics", 'run.evaluate(y_test, scores, split="test")', _test_metrics),
    "environment": ("environment", 'with mlreview.track("…") as run:  # keeps the installed packages', _environment),
    "code_version": ("code version", "git commit; then train inside mlreview.track()", _code_version),
    "script": ("script or notebook", 'with mlreview.track("…") as run:  # keeps the script', _script),
    "data_digest": (
        "data digest",
        'mlreview.track("…", data={"train": (x, y), "test": (x_test, y_test)})',
        _data_digest,
    ),
    "data_location": (
        "data location",
        'data={"train": mlreview.Data(x, y, source="s3://bucket/train.csv")}',
        _data_location,
    ),
    "seed": ("seed", 'mlreview.track("…", seed=0)', _seed),
    "model": ("model", 'mlflow.sklearn.log_model(model, name="model")  # or of the framework in use', _model),
    "plots": ("common plots", 'run.evaluate(y_test, scores, split="test")', _plots),
    "note": ("note", "write it on the Notes page, or: mlreview note set RUN --file note.md", _note),
}
