"""A value in full, line by line against the baseline's; files of the runs side by side."""

import difflib

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from mlreview.analysis.diff import SectionName
from mlreview.analysis.diff_report import Compared
from mlreview.errors import MlreviewError
from mlreview.ui import reads
from mlreview.ui.errors import show_error
from mlreview.ui.text import clip, plain

_IMAGES = {".png": b"\x89PNG\r\n\x1a\n", ".jpg": b"\xff\xd8\xff", ".jpeg": b"\xff\xd8\xff"}
_TEXTS = (".txt", ".json", ".yaml", ".yml", ".csv", ".md", ".py", ".toml", ".cfg", ".ini", ".log", ".patch", ".diff",
          ".html", ".svg", ".xml", ".tsv", "MLmodel")  # fmt: skip
"""Shown as what they are, lines of text: HTML and SVG could run scripts or call home, so they are never rendered."""
_MAX_IMAGE_BYTES = 5_000_000
_MAX_TEXT_BYTES = 500_000
_MAX_LINES = 4_000
_MAX_ACROSS = 4
_CHOICE_PX = 460


def show_value(seen: Compared, section: str, key: str, at: int) -> None:
    """Open one value over the page."""
    if section not in {one.name for one in seen.comparison.sections} or not 0 <= at < len(seen.labels):
        return  # the click belongs to a table that has been replaced meanwhile
    name: SectionName = section  # type: ignore[assignment]
    row = next((row for row in seen.comparison[name].rows if clip(row.key, 300) == clip(key, 300)), None)
    if row is None or row.values[at] is None:
        return
    value, base = str(row.values[at]), row.values[seen.baseline]

    @st.dialog(f"{plain(key, 60)} of {plain(seen.labels[at], 60)}", width="large")
    def dialog() -> None:
        if at != seen.baseline and base is not None and str(base) != value:
            _render_lines(str(base), value, seen.labels[seen.baseline], seen.labels[at])
            st.markdown("**The whole value**")
        st.code(_clean(value), language=None, wrap_lines=True)

    dialog()


def _render_lines(base: str, value: str, base_label: str, label: str) -> None:
    old, new = _clean(base).splitlines()[:_MAX_LINES], _clean(value).splitlines()[:_MAX_LINES]
    lines = list(difflib.unified_diff(old, new, clip(base_label, 80), clip(label, 80), lineterm="", n=3))
    if not lines:
        st.caption("Both have the same lines.")
        return
    added = sum(line.startswith("+") for line in lines[2:])
    removed = sum(line.startswith("-") for line in lines[2:])
    st.caption(f"{removed:,} line{'' if removed == 1 else 's'} of the baseline gone, {added:,} new")
    st.code("\n".join(lines), language="diff", wrap_lines=True)


def _clean(text: str) -> str:
    """Without what a browser can't show: control characters and halves of characters."""
    kept = "".join(c if c in "\n\t" or c.isprintable() or c == " " else "\ufffd" for c in text.replace("\r\n", "\n"))
    return kept.encode("utf-8", "replace").decode("utf-8")


def render_files(seen: Compared) -> None:
    """Images side by side, and texts against the baseline's; a file is read when it is chosen."""
    paths = [row.key for row in seen.comparison["artifacts"].rows if _kind(row.key)]
    if not paths:
        return
    differing = {row.key for row in seen.comparison["artifacts"].differing}
    paths.sort(key=lambda path: (_kind(path) != "image", path not in differing, path))
    st.subheader("Files side by side", anchor=False)
    choices = st.container(horizontal=True)
    path = choices.selectbox(
        "File",
        paths,
        index=None,
        key="compare_file",
        format_func=lambda one: f"{clip(one, 120)}{'' if one in differing else ' · the same size in all'}",
        placeholder=f"Choose one of {len(paths):,} images and texts" if len(paths) > 1 else "Choose the file",
        width=_CHOICE_PX,
    )
    if path is not None and path in paths:
        _render_image(seen, path) if _kind(path) == "image" else _render_text(seen, path, choices)


def _kind(path: str) -> str:
    if path.lower().endswith(tuple(_IMAGES)):
        return "image"
    return "text" if path.endswith(_TEXTS) else ""


def _having(seen: Compared, path: str) -> list[int]:
    row = next(row for row in seen.comparison["artifacts"].rows if row.key == path)
    having = [at for at, value in enumerate(row.values) if value is not None]
    return sorted(having, key=lambda at: at != seen.baseline)


def _read(seen: Compared, at: int, path: str, limit: int) -> bytes | None:
    try:
        return reads.artifact(str(seen.recorded.runs.run_ids[at]), path, limit)
    except MlreviewError as error:
        show_error(error)
        return None


def _render_image(seen: Compared, path: str) -> None:
    having = _having(seen, path)
    for begin in range(0, len(having), _MAX_ACROSS):
        columns = st.columns(min(_MAX_ACROSS, len(having)))
        for column, at in zip(columns, having[begin : begin + _MAX_ACROSS], strict=False):
            with column:
                st.markdown(f"**{plain(seen.labels[at], 60)}**{' · baseline' if at == seen.baseline else ''}")
                data = _read(seen, at, path, _MAX_IMAGE_BYTES)
                if data is None:
                    continue
                # What it is called says little: what a browser is sent must begin as a PNG or a JPEG does.
                if data.startswith(tuple(_IMAGES.values())):
                    st.image(data, width="stretch")
                else:
                    st.caption("This file is no PNG or JPEG image, whatever its name says.")


def _render_text(seen: Compared, path: str, choices: DeltaGenerator) -> None:
    having = _having(seen, path)
    base = having[0]
    first = _read(seen, base, path, _MAX_TEXT_BYTES)
    if first is None:
        return
    if len(having) == 1:
        st.markdown(f"**{plain(seen.labels[base], 60)}** alone has it")
        st.code(_clean(first.decode("utf-8", "replace")), language=None, wrap_lines=True)
        return
    others = having[1:]
    at = choices.selectbox(
        "Against the baseline" if base == seen.baseline else f"Against {clip(seen.labels[base], 60)}",
        others,
        key="compare_file_other",
        format_func=lambda one: clip(seen.labels[one], 100),
        width=_CHOICE_PX,
    )
    data = _read(seen, at, path, _MAX_TEXT_BYTES) if at in others else None
    if data is not None:
        texts = [one.decode("utf-8", "replace") for one in (first, data)]
        _render_lines(texts[0], texts[1], seen.labels[base], seen.labels[at])
