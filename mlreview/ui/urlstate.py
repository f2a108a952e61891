"""What a page shows, to and from the address: whoever opens the link sees the same view.

Each page has a frozen view; one more, ``SharedView``, belongs to all pages. A field's parameter name stands in its
metadata and is unique across all views, because a page switch can leave one history entry with two pages' parameters.
The address is read at the start of every script run (``begin``) and written once at its end (``finish``); an address
that is not the one written last came from outside (a link, Back, Forward) and wins over every widget.

Streamlit's own ``bind="query-params"`` can't carry this: a page switch strips it and changes replace the history.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal, NoReturn, TypeVar, get_args

import streamlit as st

from mlreview.entities import Aggregate, Direction
from mlreview.names import MAX_KEY_CHARS

NotesPart = Literal["read", "edit", "history", "search"]

MAX_RUNS = 100
MAX_QUERY_CHARS = 1_000
MAX_GROUP_KEYS = 3
MAX_SEARCH_CHARS = 200
MAX_COLUMNS = 40
MAX_METRICS = 12
_WRITTEN = "_url.written"
_OURS = "_url.ours"
_RUNNING = "_url.running"
_SENT = "_url.sent"
_UNSURE = "_url.unsure"
_ID = re.compile(r"^[0-9A-Za-z_-]{1,64}$")


def _ids(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(part for part in text.split(",") if _ID.match(part)))[:MAX_RUNS]


def _direction(text: str) -> Direction | None:
    return text if text in get_args(Direction) else None  # type: ignore[return-value]


def _aggregate(text: str) -> Aggregate | None:
    return text if text in get_args(Aggregate) else None  # type: ignore[return-value]


def _key(text: str) -> str | None:
    return text if 0 < len(text) <= MAX_KEY_CHARS and text.isprintable() else None


def _one_id(text: str) -> str | None:
    return text if _ID.match(text) else None


def _notes_part(text: str) -> NotesPart | None:
    return text if text in get_args(NotesPart) else None  # type: ignore[return-value]


def _search(text: str) -> str | None:
    return text if len(text) <= MAX_SEARCH_CHARS and text.isprintable() else None


def _query(text: str) -> str | None:
    return text if len(text) <= MAX_QUERY_CHARS and text.isprintable() else None


def _columns(text: str) -> tuple[str, ...]:
    """Names of columns, keys percent-encoded: a key may hold a comma. What they mean is the page's business."""
    return tuple(dict.fromkeys(part for part in text.split(",") if part and len(part) < 800))[:MAX_COLUMNS]


def _groups(text: str) -> tuple[str, ...]:
    """Keys to group by, such as ``param:lr``, percent-encoded likewise."""
    kept = [part for part in _columns(text) if part.startswith(("param:", "tag:")) and not part.endswith(":")]
    return tuple(kept[:MAX_GROUP_KEYS])


def _digits(text: str) -> int | None:
    return int(text) if text in ("5", "8") else None


def _flag(text: str) -> bool | None:
    return {"1": True, "0": False}.get(text)


def _screen(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[1-9][0-9]{0,2}", text) else None


def _comment_id(text: str) -> str | None:
    return text if re.fullmatch(r"[0-9A-Za-z]{26}\.[0-9]{1,3}", text) else None


def _as(name: str, parse: Callable[[str], Any]) -> dict[str, Any]:
    return {"param": name, "parse": parse}


@dataclass(frozen=True, slots=True)
class SharedView:
    """What all pages share: the experiments in sight, and the basket of chosen runs."""

    experiments: tuple[str, ...] = field(default=(), metadata=_as("exp", _ids))
    runs: tuple[str, ...] = field(default=(), metadata=_as("runs", _ids))


@dataclass(frozen=True, slots=True)
class RunView:
    """The page of one run; ``None`` when none was opened.

    Attributes:
        present: Shown to a meeting, one thing a screen.
        screen: Which one, counted from 1.
        topic: Id of the question that the screen is about; numbers change when one is asked, ids don't.
    """

    run: str | None = field(default=None, metadata=_as("run", _one_id))
    present: bool = field(default=False, metadata=_as("present", _flag))
    screen: int = field(default=1, metadata=_as("screen", _screen))
    topic: str = field(default="", metadata=_as("topic", _comment_id))


@dataclass(frozen=True, slots=True)
class LeaderboardView:
    """The leaderboard; ``None`` means not chosen, so that the page guesses; no columns means the usual ones.

    ``columns`` are names as ``leaderboard_columns`` gives them, in their order; ``digits`` are decimals of the values.
    """

    metric: str | None = field(default=None, metadata=_as("metric", _key))
    direction: Direction | None = field(default=None, metadata=_as("dir", _direction))
    by: Aggregate = field(default="last", metadata=_as("by", _aggregate))
    find: str = field(default="", metadata=_as("find", _query))
    groups: tuple[str, ...] = field(default=(), metadata=_as("groupby", _groups))
    baseline: str | None = field(default=None, metadata=_as("baseline", _one_id))
    columns: tuple[str, ...] = field(default=(), metadata=_as("cols", _columns))
    digits: int = field(default=3, metadata=_as("digits", _digits))


@dataclass(frozen=True, slots=True)
class NotesView:
    """The notes: of which run, which part of the page, what is searched for. Never a note's text."""

    run: str | None = field(default=None, metadata=_as("note", _one_id))
    part: NotesPart = field(default="read", metadata=_as("notepart", _notes_part))
    search: str = field(default="", metadata=_as("notesearch", _search))


def _keys(text: str) -> tuple[str, ...] | None:
    return tuple(dict.fromkeys(key for part in text.split(",") if (key := _key(part))))[:MAX_METRICS] or None


def _one_of(*words: str) -> Callable[[str], str | None]:
    return lambda text: text if text in words else None


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < 1e18 else None  # NaN and infinities are no position


def _weight(text: str) -> float | None:
    value = _number(text)
    return value if value is not None and 0 <= value < 1 else None


@dataclass(frozen=True, slots=True)
class CurvesView:
    """The learning curves.

    Attributes:
        metrics: One key of each pair that is shown; empty means not chosen, so that the page guesses.
        axis: Step, time since the run's start, or the time of day.
        layout: A panel for each metric with all runs in it, or a panel for each run.
        start, end: The range of x in the axis's unit (steps, seconds, ms UTC); ``None`` for open.
        smoothing: Weight of the moving average, 0 for none.
        log: A logarithmic y axis.
        clip: Points far off don't stretch the y axis.
        train: Training curves are drawn; ``None`` means as long as they leave room.
        group: Params whose equal values make one mean with its band.
        focus: The run in focus.
    """

    metrics: tuple[str, ...] = field(default=(), metadata=_as("curves", _keys))
    axis: str = field(default="step", metadata=_as("x", _one_of("step", "elapsed", "clock")))
    layout: str = field(default="metrics", metadata=_as("panels", _one_of("metrics", "runs")))
    start: float | None = field(default=None, metadata=_as("from", _number))
    end: float | None = field(default=None, metadata=_as("to", _number))
    smoothing: float = field(default=0.0, metadata=_as("smooth", _weight))
    log: bool = field(default=False, metadata=_as("log", _flag))
    clip: bool = field(default=True, metadata=_as("clip", _flag))
    train: bool | None = field(default=None, metadata=_as("train", _flag))
    group: tuple[str, ...] = field(default=(), metadata=_as("group", _keys))
    focus: str | None = field(default=None, metadata=_as("focus", _one_id))


@dataclass(frozen=True, slots=True)
class CompareView:
    """Runs side by side.

    Attributes:
        baseline: The run that the others are held against; ``None`` for the leaderboard's.
        rows: Only those that differ, or all.
        search: What is looked for in keys and values.
        scope: Which runs show what the difference did: those of the experiments, or the chosen ones alone.
    """

    baseline: str | None = field(default=None, metadata=_as("against", _one_id))
    rows: str = field(default="differences", metadata=_as("rows", _one_of("differences", "all")))
    search: str = field(default="", metadata=_as("look", _search))
    scope: str = field(default="experiments", metadata=_as("effect", _one_of("experiments", "chosen")))


@dataclass(frozen=True, slots=True)
class ProductionView:
    """What is deployed: what is looked for in it."""

    search: str = field(default="", metadata=_as("deployed", _search))


View = TypeVar("View", SharedView, RunView, LeaderboardView, NotesView, CurvesView, CompareView, ProductionView)
VIEWS: tuple[type, ...] = (SharedView, RunView, LeaderboardView, NotesView, CurvesView, CompareView, ProductionView)


def to_params(
    view: SharedView | RunView | LeaderboardView | NotesView | CurvesView | CompareView | ProductionView,
) -> dict[str, str]:
    """The view as address parameters; what is at its default is left out."""
    params: dict[str, str] = {}
    for spec in fields(view):
        value = getattr(view, spec.name)
        if value != spec.default and value is not None:
            params[spec.metadata["param"]] = _written(value)
    return params


def _written(value: Any) -> str:
    if isinstance(value, tuple):
        return ",".join(value)
    if isinstance(value, bool):
        return "1" if value else "0"
    return f"{value:.15g}" if isinstance(value, float) else str(value)


def from_params(kind: type[View], params: Mapping[str, str]) -> View:
    """The view that an address asks for; what doesn't parse is left at its default, never an error."""
    values: dict[str, Any] = {}
    for spec in fields(kind):
        text = params.get(spec.metadata["param"])
        parsed = spec.metadata["parse"](text) if text is not None else None
        if parsed is not None:
            values[spec.name] = parsed
    return kind(**values)


def begin(page_kind: type | None) -> None:
    """Take the address into the session, when it isn't the one that this session wrote last.

    A click that follows fast on another one is sent with the address from before the first: the browser had not
    learnt the new one yet. So an address that comes with a change of the view from a widget, or with ``run_again``,
    is not one that came from outside.

    Only the shared view and that of the page in sight are in the address; other pages stay as they were left.
    """
    params = st.query_params.to_dict()
    ours = st.session_state.pop(_OURS, False)
    st.session_state[_UNSURE] = st.session_state.get(_SENT, frozenset())
    st.session_state[_SENT] = frozenset()
    st.session_state[_RUNNING] = True
    if st.session_state.get(_WRITTEN) == params or (ours and _WRITTEN in st.session_state):
        return
    for kind in (SharedView, page_kind):
        if kind is not None:
            st.session_state[_state_key(kind)] = from_params(kind, params)
    st.session_state[_WRITTEN] = params


def get(kind: type[View]) -> View:
    """The view as it stands in this session."""
    return st.session_state.get(_state_key(kind)) or kind()


def update(kind: type[View], **changes: Any) -> View:
    """Change the view in this session; ``finish`` puts it into the address."""
    view = replace(get(kind), **changes)
    st.session_state[_state_key(kind)] = view
    if not st.session_state.get(_RUNNING, True):  # in a callback: the script run before it is over
        st.session_state[_OURS] = True
    return view


def presenting(page_kind: type | None) -> bool:
    """A run is shown to a meeting, on the page in sight."""
    view = get(RunView)
    return page_kind is RunView and view.present and view.run is not None


def keep() -> None:
    """From a callback of what the browser does unasked: its address may be older than the view; the view counts."""
    st.session_state[_OURS] = True


def run_again() -> NoReturn:
    """From a fragment: run the whole page again. The address may be older than the view by now; the view counts."""
    st.session_state[_OURS] = True
    st.rerun(scope="app")


def finish(page_kind: type | None) -> None:
    """Write the shared view and the page's own into the address, as one history entry, when they changed."""
    st.session_state[_RUNNING] = False
    params = to_params(get(SharedView))
    if page_kind is not None:
        params |= to_params(get(page_kind))
    if params != st.session_state.get(_WRITTEN):
        st.query_params.from_dict(params)
        st.session_state[_WRITTEN] = params


def link_params(page_kind: type | None) -> dict[str, str]:
    """Parameters for a link to another page, with that page as this session left it."""
    params = to_params(get(SharedView))
    return params | to_params(get(page_kind)) if page_kind is not None else params


def control(key: str, value: Any) -> None:
    """Make a widget show what the view holds, whatever it showed before. Call it right before drawing the widget.

    The widget's ``on_change`` writes into the view, which happens before the script runs; so whatever differs here
    came from elsewhere: a link, Back, another experiment, a new guess.

    What one script run sends can be dropped for what the next one sends, before the browser has seen it. It would draw
    the widget at its default then, and send that with the next click, as if somebody had chosen it. So a value that
    was set is set once more by the next run.
    """
    differs = key not in st.session_state or st.session_state[key] != value
    if differs:
        st.session_state[_SENT] = st.session_state.get(_SENT, frozenset()) | {key}
    if differs or key in st.session_state.get(_UNSURE, ()):
        st.session_state[key] = value


def _state_key(kind: type) -> str:
    return f"_view.{kind.__name__}"
