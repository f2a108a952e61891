"""Keras' ``Model.fit`` inside of ``track()``: the architecture is recorded, the optimizer loses its counter.

MLflow's autologging records neither: two networks of other width would differ in nothing but ``sgd_1`` and ``sgd_4``.
"""

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from mlreview.training.network import plain_optimizer_name

_MARK = "_mlreview_wrapped"


def wrap_fit(keras: Any, record: Callable[[Any], bool]) -> Callable[[], None]:
    """Wrap ``keras.Model.fit``. To be called after autologging was turned on, so that this comes first.

    Args:
        keras: The module.
        record: Told of a model before it is trained, and again afterwards when it answers ``False``: a model that is
            not built yet can't be described. Must not raise.

    Returns:
        Undoes it.
    """
    kind = keras.Model
    own = "fit" in vars(kind)
    original = kind.fit
    if hasattr(original, _MARK):  # of a track() that autologging has covered since
        return lambda: None

    @functools.wraps(original)
    def fit(model: Any, *args: Any, **kwargs: Any) -> Any:
        with _plain_name(getattr(model, "optimizer", None)):
            recorded = record(model)
            try:
                return original(model, *args, **kwargs)
            finally:
                if not recorded:
                    record(model)

    setattr(fit, _MARK, True)
    kind.fit = fit

    def undo() -> None:
        if vars(kind).get("fit") is not fit:
            return  # something else was put over it; without a run it does nothing
        if own:
            kind.fit = original
        else:
            del kind.fit

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
