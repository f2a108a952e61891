"""Keras' training inside of ``track()``: the architecture is recorded, the optimizer loses its counter.

MLflow's autologging records neither: two networks of other width would differ in nothing but ``sgd_1`` and ``sgd_4``.
What is wrapped is the list of callbacks that every ``fit`` makes, and not ``fit``: that one belongs to autologging,
which takes every other wrapper away when it is turned on again.
"""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from mlreview.training.network import plain_optimizer_name


def wrap_training(keras: Any, record: Callable[[Any], object]) -> Callable[[], None]:
    """Wrap the beginning and the end of each training with Keras.

    Args:
        keras: The module.
        record: Told of a model when its training begins, and again at the end, since one that is not built yet can't
            be described. Must not raise.

    Returns:
        Undoes it.
    """
    kind = keras.callbacks.CallbackList
    begin, end = kind.on_train_begin, kind.on_train_end

    @functools.wraps(begin)
    def on_train_begin(callbacks: Any, *args: Any, **kwargs: Any) -> Any:
        model = getattr(callbacks, "model", None)
        record(model)
        with _plain_name(getattr(model, "optimizer", None)):  # autologging reads it just now, and never again
            return begin(callbacks, *args, **kwargs)

    @functools.wraps(end)
    def on_train_end(callbacks: Any, *args: Any, **kwargs: Any) -> Any:
        record(getattr(callbacks, "model", None))
        return end(callbacks, *args, **kwargs)

    kind.on_train_begin, kind.on_train_end = on_train_begin, on_train_end

    def undo() -> None:
        if kind.on_train_begin is on_train_begin and kind.on_train_end is on_train_end:
            kind.on_train_begin, kind.on_train_end = begin, end

    return undo


@contextmanager
def _plain_name(optimizer: Any) -> Iterator[None]:
    name = getattr(optimizer, "name", None)
    if not isinstance(name, str) or (plain := plain_optimizer_name(name, type(optimizer).__name__)) == name:
        yield
        return
    try:
        optimizer.name = plain
    except AttributeError:  # older ones have a name that can't be set
        yield
        return
    try:
        yield
    finally:
        optimizer.name = name
