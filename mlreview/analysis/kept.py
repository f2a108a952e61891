"""Whether the model behind a value was kept: a best value over steps may belong to a model that nobody has.

Only models that a run logged with MLflow are looked at; files among its artifacts, such as checkpoints, are not. A
logged model carries the step that it was logged with, and MLflow writes 0 where nobody gave one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from mlreview.entities import LoggedModel, RunTable

RESTORED_METRIC = "restored_epoch"
"""Logged by Keras autologging when early stopping restored the weights of an earlier epoch. It then logs that epoch's
metrics once more, one step after the last one."""

KEPT_PARAMS = ("restore_best_weights", "opt_name")
"""Params that ``kept_models`` looks at, both written by Keras autologging."""

State = Literal["kept", "not kept", "no model", "unknown"]


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of the model at one step: in one word, and in words that stand by themselves."""

    state: State
    words: str


def kept_models(
    runs: RunTable, params: RunTable, metric: str, steps: NDArray[np.int64], models: Sequence[LoggedModel]
) -> tuple[Kept, ...]:
    """Say for each run whether the model of one step was kept.

    Args:
        runs: With the latest values of ``metric`` and of ``RESTORED_METRIC``, as far as they have them.
        params: The same runs in the same order, with the params in ``KEPT_PARAMS``.
        metric: What ranks.
        steps: int64, shape (runs,): the step that the value belongs to.
        models: Logged by these runs.
    """
    logged: dict[str, list[int]] = {}
    for model in models:
        logged.setdefault(model.run_id, []).append(model.step)
    column, restored = runs.metrics.get(metric), runs.metrics.get(RESTORED_METRIC)
    answers = []
    for row, run_id in enumerate(runs.run_ids):
        if column is None or not column.present[row]:
            answers.append(Kept("unknown", "The run has no value"))
            continue
        epoch = None
        if restored is not None and restored.present[row] and np.isfinite(restored.values[row]):
            epoch = int(restored.values[row])
        answers.append(
            _answer(
                step=int(steps[row]),
                last=int(column.steps[row]),
                logged=sorted(logged.get(run_id, ())),
                restored=epoch,
                restores=(_param(params, "restore_best_weights", row) or "").casefold() == "true",
                by_keras=_param(params, "opt_name", row) is not None,
                running=runs.statuses[row] in ("RUNNING", "SCHEDULED"),
            )
        )
    return tuple(answers)


def describe_kept(kept: Sequence[Kept]) -> str:
    """How many of the values belong to a model that was kept, in one sentence without its full stop."""
    if not kept:
        return ""
    words = {"kept": "kept", "not kept": "not kept", "no model": "never logged", "unknown": "unknown"}
    counts = {state: sum(one.state == state for one in kept) for state in words}
    said = ", ".join(f"{count:,} {words[state]}" for state, count in counts.items() if count)
    return f"The models behind these {len(kept):,} values: {said}"


def _answer(
    *, step: int, last: int, logged: list[int], restored: int | None, restores: bool, by_keras: bool, running: bool
) -> Kept:
    if not logged:
        if running:
            return Kept("unknown", "The run is still going on and has logged no model yet")
        return Kept("no model", "The run logged no model; files among its artifacts aren't looked at")
    known = [at for at in logged if at > 0]
    if step in known:
        return Kept("kept", f"The model of step {step:,} was logged")
    if len(known) == len(logged):
        return Kept("not kept", f"The model of step {step:,} was not kept, only {_steps(known)}")
    # At least one model says step 0, which is also what MLflow writes where nobody gave a step.
    if last == 0:
        return Kept("kept", "The only step, and its model was logged")
    if restored is not None:
        if step == restored or step == last > restored:
            return Kept("kept", f"Early stopping restored the model of step {restored:,}, and it was logged")
        return Kept("not kept", f"Early stopping restored the model of step {restored:,}, not that of {step:,}")
    if restores:
        return Kept(
            "unknown", "The best epoch's weights were restored at the end, and which epoch that was isn't recorded"
        )
    if step == last:
        return Kept("kept", "The last step, and the model at the end was logged")
    if by_keras:
        return Kept(
            "not kept",
            f"The logged model is that of the end, step {last:,}; a checkpoint may be among the artifacts",
        )
    return Kept("unknown", f"The logged model doesn't say whether it is of step {step:,}")


def _steps(steps: Sequence[int]) -> str:
    distinct = sorted(set(steps))
    if len(distinct) == 1:
        return f"that of step {distinct[0]:,}"
    some = ", ".join(f"{step:,}" for step in distinct[-5:])
    return f"those of steps {'…, ' if len(distinct) > 5 else ''}{some}"


def _param(params: RunTable, key: str, row: int) -> str | None:
    column = params.params.get(key)
    return None if column is None else column[row]
