"""From a key as people type it to the one that was logged: ``lr`` is ``learning_rate``."""

import difflib
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

from mlreview import names
from mlreview.analysis.find_query import FindError, Space

SHORT: Final = {
    "acc": "accuracy",
    "act": "activation",
    "arch": "architecture",
    "bs": "batchsize",
    "do": "dropout",
    "lr": "learningrate",
    "mom": "momentum",
    "opt": "optimizer",
    "sched": "scheduler",
    "wd": "weightdecay",
    "wu": "warmup",
}
"""What people in this trade write short."""

_ALIKE: Final = 0.7
_COMPARED: Final = 1_000
"""Keys that are compared for a suggestion, at most."""

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_SEGMENT = re.compile(r"[/.:]")
_SPACE_WORDS: Final = {"param": "a parameter", "metric": "a metric", "tag": "a tag", "attribute": "an attribute"}


@dataclass(frozen=True, slots=True)
class Key:
    """A key that occurs."""

    space: Space
    name: str

    def __str__(self) -> str:
        return f"{self.space}s.{self.name}"


@lru_cache(maxsize=16_384)
def _squeeze(text: str) -> str:
    return "".join(character for character in text.casefold() if character.isalnum())


@lru_cache(maxsize=16_384)
def _last(text: str) -> str:
    return _SEGMENT.split(text)[-1]


@lru_cache(maxsize=16_384)
def _initials(text: str) -> str:
    return "".join(word[0] for word in _WORD.findall(_last(text))).casefold()


class Keys:
    """All keys of the runs.

    Args:
        params, metrics, tags: Keys that occur; bookkeeping and MLflow's own tags are found by their whole name only.
    """

    def __init__(self, params: Iterable[str], metrics: Iterable[str], tags: Iterable[str]) -> None:
        self.all = (
            *(Key("param", name) for name in params),
            *(Key("metric", name) for name in metrics),
            *(Key("tag", name) for name in tags),
        )

    @cached_property
    def _guessable(self) -> tuple[Key, ...]:
        return tuple(key for key in self.all if not key.name.startswith(("mlflow.", names.OWN_PREFIX)))

    def resolve(self, typed: str, space: Space | None, text: str, at: int, attributes: Sequence[str] = ()) -> Key:
        """The one key that is meant: by its whole name; else without capitals and signs; else by its last part; else
        by a short spelling that is usual; else by its initials; else by its beginning; else by a part of it. The first
        of these that fits any key decides.

        Args:
            typed: As typed.
            space: Where to look, or ``None`` for everywhere.
            text: The whole search, for the message.
            at: Where the key stands in it.
            attributes: Further words that could have been meant, for the suggestion.

        Raises:
            FindError: None fits, or several do equally.
        """
        squeezed = _squeeze(typed)
        guesses = (
            lambda name: name.casefold() == typed.casefold(),
            lambda name: _squeeze(name) == squeezed,
            lambda name: _squeeze(_last(name)) == squeezed,
            lambda name: _squeeze(_last(name)) == SHORT.get(squeezed),
            lambda name: len(squeezed) > 1 and _initials(name) == squeezed,
            lambda name: _squeeze(name).startswith(squeezed),
            lambda name: len(squeezed) > 2 and squeezed in _squeeze(name),
        )
        found = self._fitting(self.all, space, lambda name: name == typed)
        for guess in guesses if squeezed else ():
            found = found or self._fitting(self._guessable, space, guess)
        if len(found) == 1:
            return found[0]
        if found:
            raise self._ambiguous(typed, found, text, at)
        raise self._unknown(typed, space, text, at, attributes)

    def _fitting(self, keys: Iterable[Key], space: Space | None, fits: Callable[[str], bool]) -> list[Key]:
        return [key for key in keys if space in (None, key.space) and fits(key.name)]

    def _ambiguous(self, typed: str, found: Sequence[Key], text: str, at: int) -> FindError:
        if len({key.name for key in found}) == 1:
            where = " and ".join(_SPACE_WORDS[key.space] for key in found)
            message = f"{_quoted(found[0].name)} is {where}"
            hint = f"Write {' or '.join(str(key)[:80] for key in found)}."
        else:
            some = ", ".join(_quoted(key.name) for key in found[:5])
            message = f"{_quoted(typed)} could be {some}{f' and {len(found) - 5} more' if len(found) > 5 else ''}"
            hint = "Write more of it."
        return FindError(message, text, at, len(typed), hint=hint)

    def _unknown(self, typed: str, space: Space | None, text: str, at: int, attributes: Sequence[str]) -> FindError:
        what = f"is no {_SPACE_WORDS[space].split()[1]}" if space else "is no parameter, metric or tag"
        known = [key.name for key in self._guessable if space in (None, key.space)][:_COMPARED]
        near = max([*attributes, *known], key=lambda name: _likeness(typed, name), default="")
        meant = f"Did you mean {_quoted(near)}? " if near and _likeness(typed, near) >= _ALIKE else ""
        hint = f"{meant}To look for the text itself, put it in quotes."
        return FindError(f"{_quoted(typed)} {what} of these runs", text, at, len(typed), hint=hint)


def _likeness(typed: str, name: str) -> float:
    """From 0 to 1: how much like a name, its beginning or its last part something looks."""
    typed = typed.casefold()
    whole, last = name.casefold(), _last(name).casefold()
    candidates = (whole, whole[: len(typed) + 1], last, last[: len(typed) + 1])
    return max(difflib.SequenceMatcher(None, typed, other).ratio() for other in candidates)


def _quoted(name: str) -> str:
    return f"'{name if len(name) <= 60 else name[:59] + '…'}'"
