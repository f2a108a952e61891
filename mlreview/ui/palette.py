"""One colour a run, the same on every page: in the basket, on Compare, on the learning curves.

The colour follows from the chosen runs alone, in their order, so that a link shows what its sender saw. Each run asks
for the colour that its id points at and takes the next free one: a run that is added changes no other, and taking one
out changes at most those that had asked for the same colour. Where more than ten runs are chosen the colours repeat,
and a run is told from its double by its symbol.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from mlreview.ui import basket

# The same as chartCategoricalColors in .streamlit/config.toml; a test compares them.
LIGHT = (
    "#2c5cc5", "#d1660a", "#13805b", "#b3307c", "#6f5bd0", "#8a6a00", "#0f7f94", "#c2372d", "#5b6675", "#7a4b2b",
)  # fmt: skip
DARK = (
    "#7ba4ff", "#f2a154", "#4fc79a", "#ee86c0", "#b3a3ff", "#d9b945", "#54c2d8", "#ff8b80", "#a3afbf", "#cf9f7c",
)  # fmt: skip
SYMBOLS = (
    "circle", "square", "diamond", "triangle-up", "triangle-down", "cross", "x", "star", "pentagon", "hexagon",
)  # fmt: skip
"""As Plotly calls them, one for each time that all colours have been used."""
_GLYPHS = "●■◆▲▼✚✖★⬟⬢"


@dataclass(frozen=True, slots=True)
class RunStyle:
    """How one run looks.

    Attributes:
        slot: Which of the ten colours, from 0.
        turn: How often all ten had been given away before, from 0.
    """

    slot: int
    turn: int = 0

    @property
    def symbol(self) -> str:
        """The run's marker, by Plotly's name."""
        return SYMBOLS[self.turn % len(SYMBOLS)]

    @property
    def glyph(self) -> str:
        """The same marker as a character."""
        return _GLYPHS[self.turn % len(_GLYPHS)]


def run_styles(run_ids: Sequence[str]) -> dict[str, RunStyle]:
    """A style for each run; those that come first keep theirs whatever follows.

    Args:
        run_ids: All runs that are chosen, not only those in sight: a page that shows some of them picks from these.
    """
    styles: dict[str, RunStyle] = {}
    free: list[int] = []
    turn = -1
    for run_id in dict.fromkeys(run_ids):
        if not free:
            free, turn = list(range(len(LIGHT))), turn + 1
        wanted = hashlib.blake2b(run_id.encode("utf-8", "surrogatepass"), digest_size=2).digest()
        start = int.from_bytes(wanted) % len(LIGHT)
        slot = min(free, key=lambda candidate: (candidate - start) % len(LIGHT))
        free.remove(slot)
        styles[run_id] = RunStyle(slot, turn)
    return styles


def basket_styles() -> dict[str, RunStyle]:
    """The styles of the runs in the basket."""
    return run_styles(basket.ids())


def colour(style: RunStyle) -> str:
    """The run's colour in the viewer's theme, as ``#rrggbb``."""
    return (DARK if st.context.theme.type == "dark" else LIGHT)[style.slot]


def swatch(style: RunStyle) -> str:
    """The run's marker in its colour, as Markdown, for before its name; fit for labels."""
    return f':color[{style.glyph}]{{foreground="{colour(style)}"}}'


def colours_repeat(run_ids: Sequence[str]) -> bool:
    """Whether two of these runs share a colour, so that a page should say that symbols tell them apart."""
    return len(set(run_ids)) > len(LIGHT)
