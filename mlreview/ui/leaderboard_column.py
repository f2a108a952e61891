"""What a column of the leaderboard is."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import streamlit as st

from mlreview.ui.leaderboard_rows import Part

_SAFE = " /_.-"


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        name: In the frame.
        label: For people, where columns are chosen.
        values: One plain value for each row; ``None`` to leave the column out of this table. In a list ``None`` is what
            was never logged and NaN is NaN; in an array NaN stands for nothing.
        config: How it is drawn, given the values.
        texts: What is written in place of each number, where one format for the whole column doesn't do; the values
            stay what is sorted by. ``None`` for the format of ``config``.
    """

    name: str
    label: str
    values: Callable[[Part], Any]
    config: Callable[[Part, Any], Any]
    texts: Callable[[Part, Any], Sequence[str] | None] = lambda part, values: None

    @property
    def address(self) -> str:
        """The name in an address: in lower case, but for keys, which are percent-encoded as far as must be."""
        kind, colon, key = self.name.partition(":")
        return f"{kind.lower()}{colon}{quote(key, safe=_SAFE)}"


def text_config(
    heading: str, width: int, help: str | None = None, pinned: bool | None = None
) -> Callable[[Part, Any], Any]:
    """How a column of texts is drawn."""
    return lambda part, values: st.column_config.TextColumn(heading, width=width, help=help, pinned=pinned)
