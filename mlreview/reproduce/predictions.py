"""Both models' predictions on the old one's example of its input, made in the run's own interpreter.

A model's files are code, so nothing of them is loaded here: another process does, after the person has agreed.
"""

import json
import math
import re
from collections.abc import Mapping
from pathlib import Path

from mlreview.entities import LoggedModel
from mlreview.reproduce.compare import Difference, Part, nearness
from mlreview.reproduce.processes import StepFailedError, run

_MARK = "mlreview-predictions:"
_ID = re.compile(r"[\w-]+")
_PROGRAM = f"""
import json, sys
from mlflow import pyfunc
old, new = (pyfunc.load_model("models:/" + one) for one in sys.argv[1:3])
example = old.input_example
if example is None:
    sys.exit("the model has no example of its input")
def flat(found):
    if hasattr(found, "to_numpy"):
        found = found.to_numpy()
    if hasattr(found, "numpy"):
        found = found.numpy()
    if hasattr(found, "tolist"):
        found = found.tolist()
    if isinstance(found, dict):
        return [one for key in sorted(found) for one in flat(found[key])]
    if isinstance(found, (list, tuple)):
        return [one for item in found for one in flat(item)]
    return [found if isinstance(found, (int, float)) else str(found)]
print({_MARK!r} + json.dumps([flat(old.predict(example)), flat(new.predict(example))]))
"""


def compare_predictions(
    interpreter: str,
    old: LoggedModel,
    new: LoggedModel,
    environment: Mapping[str, str],
    folder: Path,
    tolerance: float,
) -> Part:
    """Predict with both models, and hold the predictions against each other; what can't be done is the part's note."""
    if not (_ID.fullmatch(old.model_id) and _ID.fullmatch(new.model_id)):
        return Part("predictions", note="the models have no ids that can be asked for")
    quiet = {**environment, "TF_CPP_MIN_LOG_LEVEL": "3", "MLFLOW_LOGGING_LEVEL": "ERROR"}
    argv = [interpreter, "-c", _PROGRAM, old.model_id, new.model_id]
    try:
        done = run(argv, folder=folder, environment=quiet, say=lambda _: None)
        answer = next((line for line in reversed(done.tail) if line.startswith(_MARK)), None)
        if done.code or answer is None:
            return Part("predictions", note=f"not compared: {done.last[:200]}")
        then, now = json.loads(answer.removeprefix(_MARK))
    except (StepFailedError, ValueError) as error:
        return Part("predictions", note=f"not compared: {str(error)[:200]}")
    return predictions_part(then, now, tolerance)


def predictions_part(then: list[float | str], now: list[float | str], tolerance: float) -> Part:
    """Two lists of predictions, one by one."""
    if len(then) != len(now):
        words = f"{len(then):,} then, {len(now):,} now"
        return Part("predictions", differing=(Difference("predictions", "predictions on the example", words),))
    same = near = 0
    differing = []
    for at, (before, after) in enumerate(zip(then, now, strict=True)):
        if isinstance(before, str) or isinstance(after, str):
            how = "same" if before == after else "differs"
        else:
            how = nearness(float(before), float(after), tolerance)
        same += how == "same"
        near += how == "near"
        if how == "differs":
            words = f"{_said(before)} then, {_said(after)} now"
            differing.append(Difference("predictions", f"prediction {at + 1:,} on the example", words))
    return Part("predictions", same, near, tuple(differing))


def _said(value: float | str) -> str:
    return repr(value[:60]) if isinstance(value, str) else f"{value:.6g}" if math.isfinite(value) else str(value)
