"""The environment of runs, as rows: Python, packages, image, and what the training side recorded of the machine."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mlreview import names
from mlreview.analysis.diff_code import tag
from mlreview.analysis.diff_rows import Line
from mlreview.analysis.environment import canonical_version, recorded_packages, recorded_python
from mlreview.entities import RunTable

if TYPE_CHECKING:
    from mlreview.analysis.diff import ArtifactFacts

_PREFIX = "mlreview.env."
_PYTHON = (names.ENV_PYTHON,)
_IMAGE = (names.ENV_IMAGE, "mlflow.docker.image.id", "mlflow.docker.image.uri", "mlflow.docker.image.name")
_PROJECT = ("mlflow.project.env", "mlflow.project.backend")
_MACHINE = {"system": names.ENV_PLATFORM, "machine": names.ENV_HOST}
_JOB = {"CI job": names.ENV_CI, "CI job started by": names.ENV_CI_ACTOR}
TAGS = frozenset((*_PYTHON, *_IMAGE, *_PROJECT, *_MACHINE.values(), *_JOB.values()))


def lines(runs: RunTable, files: Mapping[str, "ArtifactFacts"]) -> list[Line]:
    """Rows about the environment. Two spellings of one version (``1.0`` and ``1.0.0``) are the same."""
    texts = [files[run_id].texts if run_id in files else {} for run_id in runs.run_ids]
    tagged = tag(runs, _PYTHON)
    python = tuple(said or recorded_python(own) for said, own in zip(tagged, texts, strict=True))
    found = [Line("Python", python, identifies=True), Line("image", tag(runs, _IMAGE), identifies=True)]
    found += [Line(key.removeprefix("mlflow."), tag(runs, (key,)), identifies=True) for key in _PROJECT]
    found += [Line(label, tag(runs, (key,)), identifies=True) for label, key in _MACHINE.items()]
    found += [Line(label, tag(runs, (key,))) for label, key in _JOB.items()]  # each run has a job of its own
    others = sorted(key for key in runs.tags if key.startswith(_PREFIX) and key not in TAGS)
    found += [Line(key.removeprefix(_PREFIX), tuple(runs.tags[key]), identifies=True) for key in others]
    listed = [recorded_packages(own) for own in texts]
    # A run that recorded no packages lacks none of them.
    known = tuple(bool(own) for own in listed)
    for name in sorted({name for own in listed for name in own}):
        values = tuple(own.get(name) for own in listed)
        spelt = tuple(None if value is None else canonical_version(value) for value in values)
        shown = tuple("any version" if value == "" else value for value in values)
        found.append(Line(f"package {name}", shown, spelt, identifies=True, known=known))
    return found
