"""The demo: a real experiment, trained here, with something to see on every page.

Importing this package is cheap; MLflow, scikit-learn and TensorFlow are imported by the call that needs them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

DataKind = Literal["newsgroups", "breast-cancer"]


@dataclass(frozen=True)
class DemoResult:
    """What a call of ``run_demo`` left in the store.

    Attributes:
        experiment_id: Id of the demo's experiment.
        experiment_name: Its name.
        data: What the runs were trained on.
        run_ids: Ids of the runs that this call trained, in order; empty when there was nothing to do.
        skipped: All was there already, and nothing was written.
        registered: Address of the registered model, ``models:/NAME@champion``; ``None`` where there is none.
        seconds: Wall-clock time of the call.
    """

    experiment_id: str
    experiment_name: str
    data: DataKind
    run_ids: tuple[str, ...]
    skipped: bool
    registered: str | None
    seconds: float


def run_demo(
    *,
    tracking_uri: str,
    artifact_root: str | None = None,
    data: Literal["auto", "newsgroups", "breast-cancer"] = "auto",
    quick: bool = False,
    experiment: str | None = None,
    force: bool = False,
    say: Callable[[str], None] = print,
    progress: Callable[[int, int, str], None] | None = None,
) -> DemoResult:
    """Train the demo's runs into a tracking store, unless they are there already.

    A call that was interrupted is continued by the next one: finished runs stay, missing ones are trained. Nothing in
    the store that the demo did not make is touched.

    Args:
        tracking_uri: MLflow tracking URI, such as ``sqlite:///mlflow.db``.
        artifact_root: Folder or URI for the artifacts. By default ``mlartifacts`` beside a SQLite file; a tracking
            server decides by itself.
        data: ``auto`` takes the newsgroup posts, and scikit-learn's breast-cancer data when they can't be had.
        quick: Four runs only.
        experiment: Name of the experiment; by default one per data.
        force: Train again although all is there. The earlier runs are kept.
        say: Called with each line meant for the user.
        progress: Called with (runs done, runs in all, name of the run that begins).

    Raises:
        MlreviewError: The posts were asked for and can't be had, the experiment's name is taken, or the store could
            not be used. Finished runs are kept.
    """
    from mlreview.demo.experiment import conduct

    return conduct(
        tracking_uri=tracking_uri,
        artifact_root=artifact_root,
        data=data,
        quick=quick,
        experiment=experiment,
        force=force,
        say=say,
        progress=progress or (lambda done, total, name: None),
    )


__all__ = ["DataKind", "DemoResult", "run_demo"]
