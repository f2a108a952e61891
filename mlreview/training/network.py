"""What a network is made of, read from the model itself: layers, widths, parameters. No framework is imported."""

import hashlib
import re
from dataclasses import dataclass
from itertools import groupby
from typing import Any

MAX_CHARS = 500
_WIDTHS = ("units", "filters", "num_heads", "output_dim", "out_features", "out_channels", "hidden_size", "rate", "p")
"""Attributes that say how wide a layer is; the last two how much of it is dropped."""

_DROPPED = ("rate", "p")


@dataclass(frozen=True, slots=True)
class Network:
    """A model's architecture.

    Attributes:
        label: Layers with widths and activations: ``Dense 32 relu → Dense 1 sigmoid``; at most 500 characters, with a
            digest of all where that cuts it.
        layers: How many, inputs aside; ``None`` for a model that has none.
        widths: Of the layers that have one, in order.
        parameters: Weights, those that are not trained among them; ``None`` where that can't be told.
    """

    label: str
    layers: int | None = None
    widths: tuple[int, ...] = ()
    parameters: int | None = None


def describe(model: Any) -> Network | None:
    """A Keras model, a PyTorch module or a scikit-learn estimator; ``None`` for anything else."""
    if callable(getattr(model, "count_params", None)) and hasattr(model, "layers"):
        built = getattr(model, "built", True)
        return _of_layers(_keras_layers(model), int(model.count_params()) if built else None)
    if callable(getattr(model, "named_modules", None)) and callable(getattr(model, "parameters", None)):
        leaves = [module for _, module in model.named_modules() if not any(True for _ in module.children())]
        return _of_layers(leaves, sum(int(one.numel()) for one in model.parameters()))
    if callable(getattr(model, "get_params", None)) and callable(getattr(model, "fit", None)):
        return _of_estimator(model)
    return None


def _keras_layers(model: Any) -> list[Any]:
    """Those of models within models too, and no inputs."""
    found: list[Any] = []
    for layer in model.layers:
        if hasattr(layer, "layers") and callable(getattr(layer, "count_params", None)):
            found += _keras_layers(layer)
        elif type(layer).__name__ != "InputLayer":
            found.append(layer)
    return found


def _of_layers(layers: list[Any], parameters: int | None) -> Network:
    labels = [_label(layer) for layer in layers]
    repeated = [(label, len(list(same))) for label, same in groupby(labels)]
    text = " → ".join(f"{label} ×{count}" if count > 1 else label for label, count in repeated)
    widths = tuple(width for layer in layers if (width := _width(layer)) is not None)
    return Network(_cut(text), len(layers), widths, parameters)


def _label(layer: Any) -> str:
    # What wraps a layer, as Bidirectional does, says little without it.
    inner = getattr(layer, "layer", None) or getattr(layer, "forward_layer", None)
    kind = type(layer).__name__ + (f"({_label(inner)})" if inner is not None else "")
    width, dropped = _width(layer), _dropped(layer)
    activation = getattr(getattr(layer, "activation", None), "__name__", "")
    parts = [kind, "" if width is None else str(width), "" if dropped is None else f"{dropped:g}"]
    return " ".join(part for part in (*parts, "" if activation == "linear" else activation) if part)


def _width(layer: Any) -> int | None:
    for name in _WIDTHS:
        value = getattr(layer, name, None)
        if name not in _DROPPED and isinstance(value, int) and not isinstance(value, bool):
            return value
    return None


def _dropped(layer: Any) -> float | None:
    if "dropout" not in type(layer).__name__.lower():
        return None
    return next((value for name in _DROPPED if isinstance(value := getattr(layer, name, None), int | float)), None)


def _of_estimator(model: Any) -> Network:
    steps = getattr(model, "steps", None)
    if isinstance(steps, list):
        return Network(_cut(" → ".join(type(step).__name__ for _, step in steps)), len(steps))
    hidden = getattr(model, "hidden_layer_sizes", None)
    if isinstance(hidden, int):
        hidden = (hidden,)
    if isinstance(hidden, tuple | list):
        widths = tuple(int(one) for one in hidden)
        weights = [*getattr(model, "coefs_", ()), *getattr(model, "intercepts_", ())]
        count = sum(int(one.size) for one in weights) or None
        return Network(f"{type(model).__name__} {'-'.join(map(str, widths))}", len(widths) + 1, widths, count)
    return Network(type(model).__name__)


def _cut(text: str) -> str:
    if len(text) <= MAX_CHARS:
        return text
    return f"{text[: MAX_CHARS - 12]}… {hashlib.sha256(text.encode()).hexdigest()[:10]}"


def plain_optimizer_name(name: str, kind: str) -> str:
    """An optimizer's name without the counter that Keras gives the second one of a process: ``sgd_1`` is ``sgd``.

    Args:
        name: Its name.
        kind: Its class; only a name that was made of it is changed.
    """
    given = re.sub(r"(?<!^)(?=[A-Z][a-z])|(?<=[a-z0-9])(?=[A-Z])", "_", kind).lower()
    bare = re.sub(r"_\d+$", "", name)
    return bare if bare.replace("_", "") == given.replace("_", "") else name
