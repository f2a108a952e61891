"""Autologging of the frameworks that a training uses, turned on for the time of a run, and as it was afterwards."""

import importlib
from collections.abc import Callable
from typing import Any

from mlreview.errors import BadInputError

FLAVORS = {
    "tensorflow": "mlflow.tensorflow",
    "sklearn": "mlflow.sklearn",
    "xgboost": "mlflow.xgboost",
    "lightgbm": "mlflow.lightgbm",
    "statsmodels": "mlflow.statsmodels",
    "lightning": "mlflow.pytorch",
    "pytorch_lightning": "mlflow.pytorch",
}
"""The module that a training imports, and where MLflow keeps its autologging."""

WATCHED = (*FLAVORS, "keras", "torch", "numpy")
"""Modules that a training may import inside of ``track()``, and that have then to be seeded or wrapped."""


def check_frameworks(wanted: Any) -> tuple[str, ...]:
    """The frameworks to turn on: all of ``FLAVORS``, none, or those that are named.

    Raises:
        BadInputError: One is not known.
    """
    if isinstance(wanted, bool):
        return tuple(FLAVORS) if wanted else ()
    named = (wanted,) if isinstance(wanted, str) else tuple(wanted)
    named = tuple("tensorflow" if name == "keras" else name for name in named)
    unknown = [name for name in named if name not in FLAVORS]
    if unknown:
        raise BadInputError(
            f"There is no autologging of {unknown[0]!r}; the run was not started.",
            hint=f"There is {', '.join(FLAVORS)}; True turns on those in use, False none.",
        )
    return named


def turn_on(name: str, *, log_models: bool, log_datasets: bool) -> Callable[[], None] | None:
    """Turn on one framework's autologging.

    Returns:
        Turns it off again; ``None`` where the team has turned it on or off itself: then it stays as it is.
    """
    from mlflow.utils import autologging_utils

    module = importlib.import_module(FLAVORS[name])
    flavor = module.autolog.integration_name
    before = autologging_utils.AUTOLOGGING_INTEGRATIONS.get(flavor)
    if before and not before.get("disable", False):
        return None
    options: dict[str, Any] = {"log_models": log_models, "log_datasets": log_datasets, "silent": True}
    if name == "tensorflow":
        options["checkpoint"] = False  # of every epoch; it costs more than the training
    if name == "sklearn":
        options["log_post_training_metrics"] = False  # run.evaluate() has names that don't depend on variables
    known = _parameters(module.autolog)
    module.autolog(**{key: value for key, value in options.items() if key in known})
    return lambda: module.autolog(disable=True, silent=True)


def _parameters(function: Callable[..., Any]) -> frozenset[str]:
    import inspect

    return frozenset(inspect.signature(function).parameters)


def when_imported(call: Callable[[str, Any], None]) -> None:
    """Have ``call`` told the name and module of each watched framework: now, or when it is imported.

    The hooks stay, MLflow has no way to remove one: a later call replaces them.
    """
    from mlflow.utils.import_hooks import register_post_import_hook

    for name in WATCHED:
        register_post_import_hook(_named(name, call), name, overwrite=True)


def _named(name: str, call: Callable[[str, Any], None]) -> Callable[[Any], None]:
    def mlreview_track(module: Any) -> None:
        call(name, module)

    return mlreview_track
