"""The models of runs, as rows: architecture first, then what MLflow kept with the model."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import yaml

from mlreview import names
from mlreview.analysis import diff_manifest
from mlreview.analysis.architecture import Architecture, parse_summary
from mlreview.analysis.diff_rows import DiffRow, Line, text_rows
from mlreview.entities import LoggedModel, RunTable

if TYPE_CHECKING:
    from mlreview.analysis.diff import ArtifactFacts

SUMMARY = "model_summary.txt"
ARCHITECTURE = "architecture"
_OF_NETWORK = frozenset({"parameters", "trainable parameters", "layers", "widths"})
_LAYER_PREFIX = "layer "
_OUTCOMES = frozenset({diff_manifest.DIGEST, "model size", "logged models"})
_MAX_LAYERS = 300
_MAX_MLMODEL_CHARS = 200_000


def architecture(files: Mapping[str, str]) -> Architecture | None:
    """The architecture in the summary among a run's files."""
    paths = sorted((path for path in files if path.split("/")[-1] == SUMMARY), key=lambda path: (path.count("/"), path))
    return parse_summary(files[paths[0]]) if paths else None


def own_params(runs: RunTable) -> frozenset[str]:
    """Params that say what the model is made of, as ``mlreview.track()`` records them: they stand in this section.

    A param that a run has without ``model_architecture`` is somebody's own, whatever it is called.
    """
    told = runs.params.get(names.ARCHITECTURE_PARAM)
    if told is None:
        return frozenset()
    beside = [key for key in (names.LAYERS_PARAM, names.WIDTHS_PARAM, names.PARAMETERS_PARAM) if key in runs.params]
    alone = {
        key for key in beside if any(a is not None and b is None for a, b in zip(runs.params[key], told, strict=True))
    }
    return frozenset({names.ARCHITECTURE_PARAM, *beside} - alone)


def rows(runs: RunTable, models: Sequence[LoggedModel], files: Mapping[str, "ArtifactFacts"]) -> tuple[DiffRow, ...]:
    """The lines, judged. What follows from the architecture names it, and stands behind what does not."""
    found = text_rows(lines(runs, models, files))
    network = next((row for row in found if row.key == ARCHITECTURE and row.differs), None)
    if network is None:
        return found
    marked = [
        replace(row, repeats=ARCHITECTURE) if row.differs and _of_network(row.key) and _follows(row, network) else row
        for row in found
    ]
    return tuple(sorted(marked, key=lambda row: (not row.differs, row.partial, bool(row.repeats))))


def is_cause(row: DiffRow) -> bool:
    """Whether a difference can explain another result: what training made of the model is itself one."""
    return row.key not in _OUTCOMES and not row.key.startswith(diff_manifest.FILE_PREFIX)


def _of_network(key: str) -> bool:
    return key in _OF_NETWORK or key.startswith(_LAYER_PREFIX)


def _follows(row: DiffRow, network: DiffRow) -> bool:
    """Whether each run's value can be told from its architecture."""
    seen: dict[int, int] = {}
    return all(seen.setdefault(theirs, own) == own for own, theirs in zip(row.groups, network.groups, strict=True))


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

    told = own_params(runs)

    def of_param(key: str) -> tuple[str | None, ...]:
        return tuple(runs.params[key]) if key in told else (None,) * len(runs)

    nothing = (None,) * len(runs)
    counts_told = tuple(_grouped(value) for value in of_param(names.PARAMETERS_PARAM))
    found = [
        _either(ARCHITECTURE, of_param(names.ARCHITECTURE_PARAM), of_network(lambda one: one.label)),
        _either("parameters", counts_told, of_network(lambda one: _count(one.total))),
        Line("trainable parameters", of_network(lambda one: _count(one.trainable)), identifies=True),
        _either("layers", of_param(names.LAYERS_PARAM), of_network(lambda one: len(one.layers))),
        _either("widths", of_param(names.WIDTHS_PARAM), nothing),
    ]
    with_network = tuple(one is not None for one in networks)
    deepest = max((len(one.layers) for one in networks if one), default=0)
    for at in range(min(deepest, _MAX_LAYERS)):
        values = of_network(lambda one, at=at: _layer(one, at))
        found.append(Line(f"{_LAYER_PREFIX}{at + 1}", values, identifies=True, known=with_network))
    found += [
        Line("input signature", of_model(lambda one: _signature(one, "inputs")), identifies=True),
        Line("output signature", of_model(lambda one: _signature(one, "outputs")), identifies=True),
        Line("flavours", of_model(_flavours), identifies=True),
        Line("model size", of_model(lambda one: _size(one.get("model_size_bytes"))), identifies=True),
        Line("MLflow", of_model(lambda one: one.get("mlflow_version")), identifies=True),
        Line("logged models", counts, identifies=True),
    ]
    return [*found, *diff_manifest.lines(runs, models, files)]


def _either(key: str, told: tuple[str | None, ...], read: tuple[str | None, ...]) -> Line:
    """A row of what the params say, else what the summary does.

    The two count and spell layers in their own ways: where a run has only the summary, summaries are compared.
    """
    values = tuple(said if said is not None else own for said, own in zip(told, read, strict=True))
    mixed = any(said is None and own is not None for said, own in zip(told, read, strict=True))
    spelt = tuple(own if own is not None else said for said, own in zip(told, read, strict=True)) if mixed else None
    return Line(key, values, spelt, identifies=True)


def _grouped(count: str | None) -> str | None:
    return f"{int(count):,}" if count and count.isascii() and count.isdigit() and len(count) < 30 else count


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
