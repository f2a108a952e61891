"""Bookkeeping beside a training: when it fails, that is said once, and the training goes on."""

import functools
import json
import logging
import os
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypeVar

from mlreview.redaction import scrub

LOGGER = logging.getLogger("mlreview.training")
REST_S = 15.0
"""How long a store that failed is left alone, since each try may cost a timeout; twice as long after each failure."""

MAX_REST_S = 600.0

_FILES = ("log_artifact", "log_artifacts", "log_text", "log_dict", "log_figure", "log_image", "log_table")
FLUENT = (
    *("log_metric", "log_metrics", "log_param", "log_params", "set_tag", "set_tags", "log_input", "log_inputs"),
    *_FILES,
)
"""MLflow's functions that a training calls by itself, and that must not stop it inside of ``track()``."""

_MISUSE = frozenset({"INVALID_PARAMETER_VALUE", "RESOURCE_ALREADY_EXISTS"})
_CALLED_WRONGLY = (TypeError, ValueError, LookupError, AttributeError, AssertionError)
_PATIENCE = {"MLFLOW_HTTP_REQUEST_TIMEOUT": "10", "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2"}
"""Unless the team has its own: MLflow's defaults hold a training for four minutes at each call."""

T = TypeVar("T")


def is_misuse(error: Exception) -> bool:
    """Whether an error of MLflow says that it was called wrongly, rather than that it could not do what was asked.

    What is not known to be misuse is not: storage has errors of its own (S3's, Google's, Azure's), and a training
    must not stop because a bucket's login ran out.
    """
    code = getattr(error, "error_code", None)
    if code is not None:
        return code in _MISUSE
    if isinstance(error, FileNotFoundError):
        return error.filename is not None  # without one, there is no folder for temporary files
    if isinstance(error, (OSError, json.JSONDecodeError)):  # the latter: what answered is no tracking server
        return False
    return isinstance(error, _CALLED_WRONGLY) and type(error).__module__ == "builtins"


class Guard:
    """Carries out the bookkeeping of one run.

    Args:
        uri: The store, whose secrets are kept out of what is said.
        has_run: Whether there is a run to write to.
    """

    def __init__(self, uri: str) -> None:
        self.has_run = False
        self._uri = uri
        self._said: set[str] = set()
        self._rests: dict[str, tuple[float, float]] = {}

    def attempt(self, what: str, call: Callable[[], T]) -> T | None:
        """Do something that needs no store; ``None``, and one warning, when it fails.

        Args:
            what: What is then missing, for people: ``the uncommitted patch``.
            call: Does it.
        """
        try:
            return call()
        except Exception as error:
            self.complain(what, error)
            return None

    def write(self, what: str, call: Callable[[], T], part: str = "store") -> T | None:
        """Write to the store, unless there is no run or it failed a moment ago.

        Args:
            what: What is then missing, for people.
            call: Writes it.
            part: ``store``, or ``files`` for artifacts, which may lie elsewhere.
        """
        if not self.is_open(part):
            return None
        try:
            done = call()
        except Exception as error:
            self.rest(error, part)
            self.complain(what, error)
            return None
        self._rests.pop(part, None)
        return done

    def is_open(self, part: str) -> bool:
        """There is a run, and this part of the store is not left alone just now."""
        until, _ = self._rests.get(part, (0.0, 0.0))
        return self.has_run and time.monotonic() >= until

    def rest(self, error: Exception, part: str) -> None:
        """Leave a part of the store alone for a while, where it is the store that fails."""
        if not is_misuse(error):
            _, before = self._rests.get(part, (0.0, REST_S / 2))
            rest = min(2 * before, MAX_REST_S)
            self._rests[part] = time.monotonic() + rest, rest

    def wake(self) -> None:
        """One more try of everything: the training is over."""
        self._rests.clear()

    def complain(self, what: str, error: Exception) -> None:
        """Warn, once for each kind of trouble."""
        text = scrub(str(error), [self._uri]).strip().splitlines()
        first = text[0][:300] if text else ""
        kind = type(error).__name__
        if kind not in self._said:
            self._said.add(kind)
            LOGGER.warning("Not recorded: %s (%s: %s). The training goes on.", what, kind, first)
        else:
            LOGGER.debug("Not recorded: %s (%s: %s).", what, kind, first)


@contextmanager
def patience() -> Iterator[None]:
    """For the time of a run, a server that does not answer costs seconds rather than minutes."""
    added = {name: value for name, value in _PATIENCE.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name, value in added.items():
            if os.environ.get(name) == value:
                del os.environ[name]


def guard_fluent(module: Any, current: Callable[[], Guard | None]) -> Callable[[], None]:
    """Wrap MLflow's functions so that a store that fails does not stop the training that calls them.

    Also where a module has imported them by name before; under another name (``import log_metric as log``) they are
    not found.

    Args:
        module: ``mlflow``.
        current: The guard of the run that is tracked in this thread, if there is one.

    Returns:
        Undoes it.
    """
    originals = {name: getattr(module, name) for name in FLUENT if hasattr(module, name)}
    wrapped = {name: _guarded(name, original, current) for name, original in originals.items()}
    holders = [module, *_imported_from(module, originals)]
    for holder in holders:
        _swap(holder, originals, wrapped)

    def undo() -> None:
        for holder in holders:
            _swap(holder, wrapped, originals)

    return undo


def _imported_from(module: Any, functions: Mapping[str, Any]) -> list[Any]:
    """Modules of the training that have such a function by its own name: ``from mlflow import log_metric``."""
    own = f"{module.__name__}."
    return [
        one
        for name, one in list(sys.modules.items())
        if one is not module and not name.startswith(own) and _has_one(one, functions)
    ]


def _has_one(module: Any, functions: Mapping[str, Any]) -> bool:
    held = getattr(module, "__dict__", {})
    return any(held.get(name) is function for name, function in functions.items())


def _swap(module: Any, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
    for name, function in old.items():
        if vars(module).get(name) is function:
            setattr(module, name, new[name])


def _guarded(name: str, original: Callable[..., Any], current: Callable[[], Guard | None]) -> Callable[..., Any]:
    part = "files" if name in _FILES else "store"

    @functools.wraps(original)
    def call(*args: Any, **kwargs: Any) -> Any:
        guard = current()
        if guard is None:
            return original(*args, **kwargs)
        if not guard.is_open(part):
            return None
        try:
            return original(*args, **kwargs)
        except Exception as error:
            if is_misuse(error):
                raise
            guard.rest(error, part)
            guard.complain(f"a call of mlflow.{name}", error)
            return None

    return call
