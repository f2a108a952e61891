"""``mlreview.track()``: one line around a training, and its run can be reviewed and done again by somebody else."""

import contextlib
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from typing import Any

from mlreview import __version__, names
from mlreview.errors import BadInputError
from mlreview.settings import load_settings
from mlreview.training.data import Data, check_data
from mlreview.training.frameworks import check_frameworks, turn_on, when_imported
from mlreview.training.guard import Guard, guard_fluent, is_misuse, patience
from mlreview.training.keras_fit import wrap_training
from mlreview.training.manifest import make_manifest
from mlreview.training.run import TrackedRun
from mlreview.training.seeds import check_seed, seed_late
from mlreview.training.shared import Shared

_tracked: ContextVar[tuple[TrackedRun, ...]] = ContextVar("mlreview_tracked", default=())
_shared = Shared()
_MAX_DESCRIPTION = 250


@contextlib.contextmanager
def track(
    description: str,
    *,
    seed: int | None = None,
    data: Mapping[str, Any] | None = None,
    params: Mapping[str, Any] | None = None,
    tags: Mapping[str, str] | None = None,
    experiment: str | None = None,
    experiment_id: str | None = None,
    autolog: bool | str | tuple[str, ...] = True,
    log_models: bool = True,
    nested: bool = False,
) -> Iterator[TrackedRun]:
    """Record a training as an MLflow run, with all that a review and a second training need.

    What can't be recorded is said once in the log, and never stops the training; what is called wrongly raises before
    the run starts. Inside of another ``track()`` the run becomes its child.

    Args:
        description: What is useful to know of this run; becomes its name.
        seed: Given to Python, NumPy and the frameworks in use, also to those that are imported later.
        data: Data sets by use: ``{"train": (x, y), "test": mlreview.Data(x, y, source="…")}``.
        params: Logged as params.
        tags: Set on the run.
        experiment: Name of the experiment; made where there is none. By default MLflow's active one.
        experiment_id: Its id, instead.
        autolog: ``True`` for MLflow's autologging of the frameworks in use, ``False`` for none, or their names. One
            that was turned on before stays as it is.
        log_models: Whether autologging keeps the model.
        nested: Whether the run may be a child of one that ``mlflow.start_run`` began.

    Yields:
        The run: ``run.evaluate(y_true, y_score, split="test")`` measures the model on its test data.

    Raises:
        BadInputError: An argument can't be right; nothing was started.
    """
    sets = check_data(data)
    frameworks = check_frameworks(autolog)
    _check(description, params, tags, experiment, experiment_id)
    if seed is not None:
        check_seed(seed)
    required = load_settings().required_fields
    import mlflow

    # After MLflow, which loads it as its plugin: before it, MLflow would find a module that is half there.
    from mlreview.training.context import ProvenanceContext

    above = _open_runs()
    ours = {one.run_id for one in above}
    active = mlflow.active_run()
    if active is not None and active.info.run_id not in ours and not nested:
        raise BadInputError(
            f"The run {active.info.run_name!r} is still open; the new one was not started.",
            hint="End it with mlflow.end_run(), or give nested=True to make the new one its child.",
        )
    own = ProvenanceContext()
    guard = Guard(str(mlflow.get_tracking_uri()))
    provenance = own.tags() if own.in_context() else {}
    first = provenance | {str(key): str(value) for key, value in (tags or {}).items()}
    first |= {names.TRACKED_TAG: __version__, names.DESCRIPTION_TAG: description}
    with patience():
        started = _start(guard, description, first, experiment, experiment_id)
        run = TrackedRun(guard, description, provenance, required, started)
        token = _tracked.set((*above, run))
        held: list[str] = []
        status = "FINISHED"
        try:
            _install(run, guard, frameworks, held, seed=seed, log_models=log_models, log_datasets=not sets)
            run.begin(seed, sets, dict(params or {}))
            yield run
        except BaseException as error:
            clean = isinstance(error, SystemExit) and error.code in (0, None)
            status = "FINISHED" if clean else "KILLED" if isinstance(error, KeyboardInterrupt) else "FAILED"
            raise
        finally:
            for name in reversed(held):
                guard.attempt("that all is as it was before", lambda name=name: _shared.release(name))
            run.end(status)
            with contextlib.suppress(ValueError):  # a notebook may end in a context that it did not begin in
                _tracked.reset(token)


def _check(description: Any, params: Any, tags: Any, experiment: Any, experiment_id: Any) -> None:
    if not isinstance(description, str) or not description.strip() or len(description) > _MAX_DESCRIPTION:
        raise BadInputError(
            f"The description of a run is a text of 1 to {_MAX_DESCRIPTION} characters; the run was not started.",
            hint='Write mlreview.track("wider hidden layer").',
        )
    for name, given in (("params", params), ("tags", tags)):
        if given is not None and not isinstance(given, Mapping):
            raise BadInputError(f"{name}= is no dict; the run was not started.", hint=f'Write {name}={{"key": …}}.')
        for key in given or ():
            if not isinstance(key, str) or not names.is_legal_key(key) or len(key) > names.MAX_KEY_CHARS:
                raise BadInputError(
                    f"{name}= has the key {key!r}, which MLflow refuses; the run was not started.",
                    hint="Keys hold letters, digits, and any of _ - . / : and blanks.",
                )
    if experiment is not None and experiment_id is not None:
        raise BadInputError("experiment= and experiment_id= are both given.", hint="Give one; nothing was started.")


def _start(guard: Guard, name: str, tags: dict[str, str], experiment: str | None, experiment_id: str | None) -> Any:
    """Start the run; ``None`` where the store can't be used. An experiment that isn't there is misuse."""
    import mlflow

    try:
        if experiment is not None:
            experiment_id = _experiment(experiment)
        nested = mlflow.active_run() is not None
        started = mlflow.start_run(run_name=name, tags=tags, experiment_id=experiment_id, nested=nested)
    except Exception as error:
        code = getattr(error, "error_code", None)
        if is_misuse(error) or (code == "RESOURCE_DOES_NOT_EXIST" and experiment_id is not None):
            raise BadInputError(f"The run was not started: {error}.", hint="See the arguments of track().") from error
        guard.complain("the run itself, and nothing of it, since it could not be started", error)
        return None
    guard.has_run = True
    return started


def _experiment(name: str) -> str:
    from mlflow import MlflowClient

    client = MlflowClient()
    found = client.get_experiment_by_name(name)
    return found.experiment_id if found is not None else client.create_experiment(name)


def _install(
    run: TrackedRun,
    guard: Guard,
    frameworks: tuple[str, ...],
    held: list[str],
    *,
    seed: int | None,
    log_models: bool,
    log_datasets: bool,
) -> None:
    """Change what has to be changed in the process; ``held`` gets the names of the changes."""
    import mlflow

    def hold(name: str, make: Any) -> None:
        if name not in held:
            _shared.hold(name, make)
            held.append(name)

    def came(name: str, module: Any) -> None:
        """A framework is there: turn on its autologging, wrap it, seed it."""
        if run.ended:  # hooks outlive the run
            return
        if guard.has_run and name in frameworks:
            options = {"log_models": log_models, "log_datasets": log_datasets}
            guard.attempt(f"autologging of {name}", lambda: hold(f"autolog {name}", lambda: turn_on(name, **options)))
        if guard.has_run and name == "keras" and hasattr(module, "callbacks"):
            guard.attempt("the architecture", lambda: hold("keras", lambda: wrap_training(module, _describe_current)))

    def came_late(name: str, module: Any) -> None:
        came(name, module)
        if seed is not None and late and not run.ended:
            given = seed
            guard.attempt(f"the seed of {name}", lambda: run.seeded_late(seed_late(given, name, module)))

    late = False
    guard.attempt("calls of MLflow", lambda: hold("mlflow", lambda: guard_fluent(mlflow, current_guard)))
    guard.attempt("manifests of models", lambda: hold("models", _watch_models))
    guard.attempt("models", lambda: hold("log_model", _guard_models))
    guard.attempt("frameworks", lambda: when_imported(came_late))
    late = True


def current_run() -> TrackedRun | None:
    """The innermost run that is tracked in this thread."""
    above = _open_runs()
    return above[-1] if above else None


def _open_runs() -> tuple[TrackedRun, ...]:
    return tuple(one for one in _tracked.get() if not one.ended)


def current_guard() -> Guard | None:
    """Its guard."""
    run = current_run()
    return run.guard if run is not None else None


def _describe_current(model: Any) -> None:
    run = current_run()
    if run is not None:
        run.describe_model(model)


def _watch_models() -> Any:
    """Hash each model's files on their way to the store: there they are at hand, wherever the store is."""
    from pathlib import Path

    from mlflow import MlflowClient

    original = MlflowClient.log_model_artifacts

    def log_model_artifacts(client: Any, model_id: str, local_dir: str, *args: Any, **kwargs: Any) -> Any:
        run = current_run()
        whole = not args and not kwargs.get("artifact_path")
        if run is not None and whole:
            manifest = run.guard.attempt("the manifest of a model", lambda: make_manifest(Path(local_dir)))
            done = original(client, model_id, local_dir, *args, **kwargs)
            if manifest is not None:
                run.manifests[model_id] = manifest
            return done
        return original(client, model_id, local_dir, *args, **kwargs)

    MlflowClient.log_model_artifacts = log_model_artifacts  # pyright: ignore[reportAttributeAccessIssue]

    def undo() -> None:
        if MlflowClient.log_model_artifacts is log_model_artifacts:
            MlflowClient.log_model_artifacts = original

    return undo


def _guard_models() -> Any:
    """A model that can't be sent stops no training: all frameworks' ``log_model`` come by here."""
    from mlflow.models import Model

    original = vars(Model)["log"]

    def log(cls: Any, *args: Any, **kwargs: Any) -> Any:
        guard = current_guard()
        call = original.__get__(None, cls)
        if guard is None:
            return call(*args, **kwargs)
        if not guard.is_open("files"):
            return None
        try:
            return call(*args, **kwargs)
        except Exception as error:
            if is_misuse(error):
                raise
            guard.rest(error, "files")
            guard.complain("a model", error)
            return None

    wrapped = classmethod(log)
    Model.log = wrapped  # pyright: ignore[reportAttributeAccessIssue]

    def undo() -> None:
        if vars(Model)["log"] is wrapped:
            Model.log = original

    return undo


__all__ = ["Data", "track"]
