"""The models of runs, as rows: architecture first, then what MLflow kept with the model."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import yaml

from mlreview.analysis.architecture import Architecture, parse_summary
from mlreview.analysis.diff_rows import Line
from mlreview.entities import LoggedModel, RunTable

if TYPE_CHECKING:
    from mlreview.analysis.diff import ArtifactFacts

SUMMARY = "model_summary.txt"
_MAX_LAYERS = 300
_MAX_MLMODEL_CHARS = 200_000


def architecture(files: Mapping[str, str]) -> Architecture | None:
    """The architecture in the summary among a run's files."""
    paths = sorted((path for path in files if path.split("/")[-1] == SUMMARY), key=lambda path: (path.count("/"), path))
    return parse_summary(files[paths[0]]) if paths else None


def lines(runs: RunTable, models: Sequence[LoggedModel], files: Mapping[str, "ArtifactFacts"]) -> list[Line]:
    """Rows about the models; where a run logged several, the last one."""
    texts = [files[run_id].texts if run_id in files else {} for run_id in runs.run_ids]
    networks = [architecture(own) for own in texts]
    described = [_mlmodel(own) for own in texts]
    logged: dict[str, list[LoggedModel]] = {}
    for model in models:
        logged.setdefault(model.run_id, []).append(model)
    counts = tuple(str(len(logged.get(run_id, ()))) if logged else None for run_id in runs.run_ids)

    def of_network(read: Callable[[Architecture], Any]) -> tuple[str | None, ...]:
        return tuple(None if one is None else _text(read(one)) for one in networks)

    def of_model(read: Callable[[Mapping[str, Any]], Any]) -> tuple[str | None, ...]:
        return tuple(None if one is None else _text(read(one)) for one in described)

    found = [
        Line("architecture", of_network(lambda one: one.label), identifies=True),
        Line("parameters", of_network(lambda one: _count(one.total)), identifies=True),
        Line("trainable parameters", of_network(lambda one: _count(one.trainable)), identifies=True),
        Line("layers", of_network(lambda one: len(one.layers)), identifies=True),
    ]
    with_network = tuple(one is not None for one in networks)
    deepest = max((len(one.layers) for one in networks if one), default=0)
    for at in range(min(deepest, _MAX_LAYERS)):
        values = of_network(lambda one, at=at: _layer(one, at))
        found.append(Line(f"layer {at + 1}", values, identifies=True, known=with_network))
    found += [
        Line("input signature", of_model(lambda one: _signature(one, "inputs")), identifies=True),
        Line("output signature", of_model(lambda one: _signature(one, "outputs")), identifies=True),
        Line("flavours", of_model(_flavours), identifies=True),
        Line("model size", of_model(lambda one: _size(one.get("model_size_bytes"))), identifies=True),
        Line("MLflow", of_model(lambda one: one.get("mlflow_version")), identifies=True),
        Line("logged models", counts, identifies=True),
    ]
    return found


def _count(number: int | None) -> str | None:
    return None if number is None else f"{number:,}"


def _layer(network: Architecture, at: int) -> str | None:
    if at >= len(network.layers):
        return None
    layer = network.layers[at]
    count = "" if layer.parameters is None else f" · {layer.parameters:,} parameters"
    return f"{layer.label} · {layer.shape}{count}"


def _mlmodel(files: Mapping[str, str]) -> Mapping[str, Any] | None:
    paths = sorted(path for path in files if path.split("/")[-1] == "MLmodel")
    if not paths or len(files[paths[0]]) > _MAX_MLMODEL_CHARS:
        return None
    try:
        found = yaml.load(files[paths[0]], Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, RecursionError, ValueError):
        return None
    return found if isinstance(found, dict) else None


def _signature(model: Mapping[str, Any], which: str) -> str | None:
    signature = model.get("signature")
    spec = signature.get(which) if isinstance(signature, dict) else None
    if not isinstance(spec, str):
        return None
    try:
        listed = json.loads(spec)
    except ValueError:
        return spec
    if not isinstance(listed, list):
        return spec
    shown = []
    for one in listed:
        if not isinstance(one, dict):
            return spec
        tensor = one.get("tensor-spec")
        name = f"{one['name']}: " if isinstance(one.get("name"), str) else ""
        if isinstance(tensor, dict):
            shown.append(f"{name}{tensor.get('dtype', '?')} {json.dumps(tensor.get('shape'))}")
        else:
            shown.append(f"{name}{one.get('type', '?')}")
    return "\n".join(shown)


def _flavours(model: Mapping[str, Any]) -> str | None:
    flavours = model.get("flavors")
    return ", ".join(sorted(str(name) for name in flavours)) if isinstance(flavours, dict) else None


def _size(size: Any) -> str | None:
    return f"{size:,} bytes" if isinstance(size, int) and not isinstance(size, bool) else None


def _text(value: Any) -> str | None:
    """Only scalars: a nested value from a file that anybody may have written could be endless when spelt out."""
    return str(value) if isinstance(value, str | int | float) else None
