"""A figure made large for a room: everything that is measured in pixels grows, what is measured in data stays."""

import plotly.graph_objects as go

_NAMES_PX = 40
"""Room that names beside lines need beyond what a laptop's figure has for them."""


def enlarged(figure: go.Figure, factor: float) -> go.Figure:
    """The same figure with larger letters, lines and marks, and that much higher.

    Args:
        figure: As ``charts`` makes it.
        factor: How much larger.
    """
    spec = figure.to_dict()
    layout = spec["layout"]
    layout["height"] = round(layout["height"] * factor)
    layout["margin"] = {side: round(px * factor) for side, px in layout["margin"].items()}
    layout["margin"]["r"] += _NAMES_PX
    _grow(layout, factor, "font")
    _grow(layout.get("hoverlabel", {}), factor, "font")
    for name, axis in layout.items():
        if name.startswith(("xaxis", "yaxis")):
            _grow(axis, factor, "tickfont")
            _grow(axis.get("title", {}), factor, "font")
            axis["ticklen"] = axis.get("ticklen", 0) * factor
            axis["nticks"] = min(axis.get("nticks", 5), 5)
    for note in layout.get("annotations", ()):
        _grow(note, factor, "font")
        for shift in ("xshift", "yshift"):
            note[shift] = note.get(shift, 0) * factor
        # A size within the text itself is that of a laptop.
        note["text"] = note["text"].replace("font-size:14px", f"font-size:{round(14 * factor)}px")
    for shape in layout.get("shapes", ()):
        shape["line"]["width"] = shape["line"].get("width", 1) * factor
    for trace in spec["data"]:
        for part, size in (("line", "width"), ("marker", "size")):
            found = trace.get(part, {})
            if isinstance(found.get(size), int | float):
                found[size] *= factor
        _grow(trace, factor, "textfont")
    return go.Figure(spec)


def _grow(spec: dict, factor: float, font: str) -> None:
    if spec.get(font, {}).get("size"):
        spec[font]["size"] = round(spec[font]["size"] * factor)
