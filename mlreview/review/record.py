"""What a run recorded, as the check of required fields wants it: its record with its files, nothing of them loaded."""

from collections.abc import Iterator

from mlreview import names
from mlreview.analysis.plots import TITLES
from mlreview.entities import Run
from mlreview.errors import MlreviewError
from mlreview.fields import RecordedFacts
from mlreview.store.base import RunStore

MAX_FILES = 1_000
_DEPTH = 4
_SKIPPED = ("mlreview/notes", "mlreview/review", "mlreview/untracked")


def read_facts(store: RunStore, run: Run) -> tuple[RecordedFacts, str]:
    """The facts of one run, and why its files could not be listed; empty when all is well."""
    problem = ""
    files: list[str] = []
    of_model: list[str] = []
    try:
        for path in _files(store, run.run_id, "", 0):
            files.append(path)
            if len(files) >= MAX_FILES:
                problem = f"only the first {MAX_FILES:,} files were listed"
                break
        for model in run.models[-1:]:
            of_model = [one.path for one in store.model_artifacts(model) if not one.is_dir]
    except MlreviewError as error:
        problem = error.message
    facts = RecordedFacts(
        params=run.params,
        metrics={key: metric.value for key, metric in run.metrics.items()},
        tags=run.tags,
        artifacts=tuple(files),
        datasets=run.datasets,
        models=len(run.models),
        model_files=tuple(of_model),
    )
    return facts, problem


def plots_of(files: tuple[str, ...]) -> tuple[str, ...]:
    """Pictures among a run's files that a page may show, those that training drew first."""
    found = [path for path in files if path.lower().endswith((".png", ".jpg", ".jpeg"))]
    return tuple(sorted(found, key=lambda path: (not path.startswith(f"{names.PLOTS_FOLDER}/"), path)))


def drawn_of(files: tuple[str, ...]) -> tuple[str, ...]:
    """What a page may show as a plot: points that training kept, in the order of their kinds, before all pictures.

    A picture of the same plot is left out: ``roc.png`` beside ``roc.json``.
    """
    folder, order = f"{names.PLOTS_FOLDER}/", list(TITLES)
    points = {path[: -len(".json")]: path for path in files if path.startswith(folder) and path.endswith(".json")}

    def place(stem: str) -> tuple[str, int, str]:
        split, _, kind = stem.rpartition("/")
        return split, order.index(kind) if kind in order else len(order), kind

    pictures = [path for path in plots_of(files) if path.rpartition(".")[0] not in points]
    return (*(points[stem] for stem in sorted(points, key=place)), *pictures)


def _files(store: RunStore, run_id: str, folder: str, depth: int) -> Iterator[str]:
    for one in store.artifacts(run_id, folder):
        if not one.is_dir:
            yield one.path
        elif depth < _DEPTH and not one.path.startswith(_SKIPPED):
            yield from _files(store, run_id, one.path, depth + 1)
