"""The same training on other data: where the new ones take the place of the old."""

import posixpath
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mlreview.errors import BadInputError
from mlreview.reproduce.command import Command
from mlreview.reproduce.data import local_path
from mlreview.reproduce.paths import NOTHING_DONE, check_inside
from mlreview.reproduce.recipe import Recipe
from mlreview.reproduce.texts import one_line

_OPTIONS = ("--data", "--data-path", "--data_path", "--dataset", "--input", "--train", "--train-data", "--train_data")


@dataclass(frozen=True, slots=True)
class Redirected:
    """A training that reads other data.

    Attributes:
        command: With the new data in its arguments, where the old ones stood there.
        placed: New data to put where the old lay in the repository, by path from its root.
        contexts: What the new data are for: the old ones of these need not be here.
        said: What was done, a line each, for people.
    """

    command: Command
    placed: Mapping[str, Path]
    contexts: frozenset[str]
    said: tuple[str, ...]


def redirect(recipe: Recipe, given: Sequence[str], folder: Path) -> Redirected:
    """Give a training new data: in its arguments, or in the old data's place in the repository.

    Args:
        recipe: With a command.
        given: ``PATH`` for the training data, or ``CONTEXT=PATH`` (``test=new.csv``); a path or an address.
        folder: That paths are relative to.

    Raises:
        BadInputError: A file isn't there, or nothing says where the training reads its data.
    """
    command = recipe.command
    assert command is not None
    placed: dict[str, Path] = {}
    said = []
    contexts = set()
    for one in given:
        context, new = _meant(recipe, one)
        contexts.add(context)
        value = new if "://" in new else str((folder / new).resolve())
        if "://" not in new and not Path(value).exists():
            raise BadInputError(f"There are no data at {new!r}.", hint=NOTHING_DONE)
        old = recipe.locations.get(context, "")
        changed = command
        for spelling in _spellings(old, recipe, command):
            changed = changed.with_value(spelling, value)
        if changed == command and not old:
            changed = _by_option(command, value)
        if changed != command:
            said.append(f"{context} data: {value} in the command")
            command = changed
            continue
        path = _in_repository(old, recipe)
        if path is None or "://" in value:
            raise BadInputError(
                f"Nothing in the recorded command names the {context} data"
                f"{f' ({one_line(old, 120)})' if old else ''}, so they can't be replaced.",
                hint="Give the whole command with --command.",
            )
        placed[path] = Path(value)
        said.append(f"{context} data: {value} in the place of {path}")
    return Redirected(command, placed, frozenset(contexts), tuple(said))


def _meant(recipe: Recipe, given: str) -> tuple[str, str]:
    context, equals, path = given.partition("=")
    if equals and context in recipe.locations:
        return context, path
    usual = [one for one in ("train", "training") if one in recipe.locations]
    return (usual or list(recipe.locations) or ["train"])[0], given


def _spellings(old: str, recipe: Recipe, command: Command) -> tuple[str, ...]:
    """How an argument may name data: as recorded, from the folder of the command, whole."""
    if not old:
        return ()
    path = local_path(old)
    if path is None:
        return (old,)
    tidy = posixpath.normpath(path.removeprefix(f"{recipe.root}/") if recipe.root else path)
    found = [old, path, tidy]
    if not tidy.startswith("/"):
        found += [posixpath.relpath(tidy, command.folder), f"./{tidy}", f"./{posixpath.relpath(tidy, command.folder)}"]
    return tuple(dict.fromkeys(found))


def _by_option(command: Command, value: str) -> Command:
    """Where no location was recorded, an option that says that it is one of the data."""
    arguments = list(command.arguments)
    for at, argument in enumerate(arguments):
        option, equals, _ = argument.partition("=")
        if option in _OPTIONS and equals:
            arguments[at] = f"{option}={value}"
        elif option in _OPTIONS and at + 1 < len(arguments):
            arguments[at + 1] = value
        else:
            continue
        return replace(command, arguments=tuple(arguments))
    return command


def _in_repository(old: str, recipe: Recipe) -> str | None:
    path = local_path(old) if old else None
    if path is None:
        return None
    tidy = posixpath.normpath(path.removeprefix(f"{recipe.root}/") if recipe.root else path)
    try:
        return check_inside(tidy, "The data")
    except BadInputError:
        return None
