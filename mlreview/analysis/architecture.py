"""What a network is made of, read from the summary that Keras prints and MLflow keeps as ``model_summary.txt``.

Autolog records no architecture among the params, so for two networks of different width the summary is often the only
record of it. Names of layers are left aside: Keras counts them per process (``dense``, ``dense_1`` ...), so the same
network has other names the second time.
"""

import re
from dataclasses import dataclass
from itertools import groupby

MAX_SUMMARY_CHARS = 400_000
_BORDER = re.compile(r"[│┃|]")
_SEPARATOR = re.compile(r"^\s*[├┡└┏┠╞+]|^[\s_=─━]+$")
_KIND = re.compile(r"\(\s*([^()]+?)\s*\)\s*$")
_PLAIN_ROW = re.compile(r"^\s*(\S.*?\([^()]+\))\s+([\[({].*[\])}]|multiple|\?)\s+([\d,]+)(?:\s|$)")
_COUNT = re.compile(r"^\s*([\d,]+)")
_TOTALS = {
    "total": re.compile(r"^\s*Total params:\s*([\d,]+)", re.MULTILINE),
    "trainable": re.compile(r"^\s*Trainable params:\s*([\d,]+)", re.MULTILINE),
    "frozen": re.compile(r"^\s*Non-trainable params:\s*([\d,]+)", re.MULTILINE),
}


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer.

    Attributes:
        kind: Its class: ``Dense``.
        shape: Its output as printed, on one line: ``(None, 32)``.
        parameters: How many; ``None`` where the summary doesn't say, as for a layer that isn't built.
    """

    kind: str
    shape: str
    parameters: int | None

    @property
    def label(self) -> str:
        """The layer in a word or two: ``Dense 32``, ``Dropout``."""
        width = re.search(r"(\d+)\s*\)+\]?$", self.shape)
        return f"{self.kind} {width[1]}" if self.parameters and width else self.kind


@dataclass(frozen=True, slots=True)
class Architecture:
    """A network.

    Attributes:
        layers: From input to output, as listed.
        total, trainable, frozen: Parameters; ``None`` where the summary doesn't say. Those of the optimizer, which
            Keras lists too, are not among them.
    """

    layers: tuple[Layer, ...]
    total: int | None
    trainable: int | None
    frozen: int | None

    @property
    def label(self) -> str:
        """All layers on one line, repeated ones counted: ``Dense 64 ×3 → Dense 1``."""
        runs = [(label, len(list(same))) for label, same in groupby(layer.label for layer in self.layers)]
        return " → ".join(f"{label} ×{count}" if count > 1 else label for label, count in runs)


def parse_summary(text: str) -> Architecture | None:
    """Read a summary as Keras 2 or Keras 3 prints it, boxes or none, long names wrapped or not.

    Returns:
        ``None`` where no layer can be made out.
    """
    text = text[:MAX_SUMMARY_CHARS]
    layers = _boxed(text) or _unboxed(text)
    if not layers:
        return None
    trainable, frozen = _total("trainable", text), _total("frozen", text)
    # Keras 3 counts the optimizer's variables into its total once a model has been trained.
    total = _total("total", text) if trainable is None or frozen is None else trainable + frozen
    return Architecture(tuple(layers), total, trainable, frozen)


def _boxed(text: str) -> list[Layer]:
    """Rows of a table with borders; a wrapped cell goes on in the next line until a separator."""
    found: list[Layer] = []
    cells: list[str] = []
    for line in [*text.splitlines(), "└"]:
        if _SEPARATOR.match(line):
            layer = _layer(cells)
            if layer is not None:
                found.append(layer)
            cells = []
        elif _BORDER.search(line):
            parts = [part.strip() for part in _BORDER.split(line)[1:-1]]
            cells = parts if not cells else [f"{a} {b}".strip() for a, b in zip(cells, parts, strict=False)]
    return found


def _layer(cells: list[str]) -> Layer | None:
    if len(cells) < 3 or "Param" in cells[2]:
        return None
    kind = _KIND.search(cells[0])
    if kind is None:
        return None
    count = _COUNT.match(cells[2].replace(", ", ","))
    return Layer(re.sub(r"\s+", "", kind[1]), _one_line(cells[1]), _number(count[1]) if count else None)


def _unboxed(text: str) -> list[Layer]:
    found: list[Layer] = []
    for line in text.splitlines():
        row = _PLAIN_ROW.match(line)
        if row and "Param #" not in line:
            kind = _KIND.search(row[1])
            found.append(Layer(kind[1] if kind else row[1], _one_line(row[2]), _number(row[3])))
    return found


def _one_line(shape: str) -> str:
    return re.sub(r"\s*,\s*", ", ", re.sub(r"\(\s+", "(", " ".join(shape.split())))


def _total(which: str, text: str) -> int | None:
    found = _TOTALS[which].search(text)
    return _number(found[1]) if found else None


def _number(digits: str) -> int | None:
    plain = digits.replace(",", "")
    return int(plain) if plain and len(plain) < 30 else None
