"""The demo's registered model: which run it comes from, and its alias."""

import contextlib
import io
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from mlreview import names
from mlreview.demo.plan import Plan

if TYPE_CHECKING:
    from mlflow import MlflowClient
    from mlflow.entities import Run
    from mlflow.entities.model_registry import RegisteredModel

ALIAS = "champion"


def champion(plan: Plan, runs: Mapping[str, "Run"]) -> str:
    """Name of the run with the best honest result.

    That is the highest val_AUROC, then the lowest val_loss, among the runs that validate on a part of the training
    data, whose test data had no say in the choice. A quick demo has none of those, and takes the talk's winner.
    """

    def quality(name: str) -> tuple[float, float]:
        metrics = runs[name].data.metrics
        # Keras adds the area up in single precision: beyond four digits its ties are broken by rounding.
        return round(metrics["val_AUROC"], 4), -metrics["val_loss"]

    return max(plan.named(group="seeds"), key=quality, default=plan.talk_winner)


def register(client: "MlflowClient", plan: Plan, runs: Mapping[str, "Run"], say: Callable[[str], None]) -> str | None:
    """Register the champion's model and point the alias at it, unless that is so already. Inside ``tracking_to``.

    Returns:
        The address of the registered model, or ``None`` when its name belongs to something that the demo didn't make.
    """
    model = _registered_model(client, plan.model)
    if model is None:
        client.create_registered_model(
            plan.model, tags={names.DEMO_TAG: plan.data}, description="Made by `mlreview demo`."
        )
    elif names.DEMO_TAG not in model.tags:
        say(f"A registered model {plan.model!r} is there already and is not the demo's: it stays as it is.")
        return None
    name = champion(plan, runs)
    run = runs[name]
    address = f"models:/{plan.model}@{ALIAS}"
    current = model.aliases.get(ALIAS) if model is not None else None
    if current is None or client.get_model_version(plan.model, str(current)).run_id != run.info.run_id:
        outputs = client.get_run(run.info.run_id).outputs
        if outputs is None or not outputs.model_outputs:  # somebody deleted it
            say(f"{name} has no model to register.")
            return None
        version = _add_version(f"models:/{outputs.model_outputs[0].model_id}", plan.model)
        client.update_model_version(
            plan.model,
            version,
            description=f"{name}, the best of {plan.experiment} by val_AUROC on data that the test had no part in."
            if plan.named(group="seeds")
            else f"{name}, of a quick demo: its validation data are the test data.",
        )
        client.set_registered_model_alias(plan.model, ALIAS, version)
    return address


def registered_address(client: "MlflowClient", plan: Plan) -> str | None:
    """Address of the demo's registered model, where there is one."""
    model = _registered_model(client, plan.model)
    is_ours = model is not None and names.DEMO_TAG in model.tags and ALIAS in model.aliases
    return f"models:/{plan.model}@{ALIAS}" if is_ours else None


def _add_version(logged_model: str, name: str) -> str:
    """Register a logged model as a new version, which MLflow then shows with the logged model too."""
    import mlflow

    with contextlib.redirect_stderr(io.StringIO()):  # it prints what it did
        return str(mlflow.register_model(logged_model, name).version)


def _registered_model(client: "MlflowClient", name: str) -> "RegisteredModel | None":
    from mlflow.exceptions import MlflowException

    try:
        return client.get_registered_model(name)
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            return None
        raise
