"""The recorded command: read without a shell, and only where it starts a script or module of the repository."""

import posixpath
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, replace

from mlreview import names
from mlreview.errors import BadInputError
from mlreview.reproduce.paths import check_inside
from mlreview.secrets import HIDDEN

_PYTHON = re.compile(r"(?:python|pythonw|pypy)[\d.]*(?:\.exe)?", re.IGNORECASE)
_FLAGS = re.compile(r"-[uOBEsSIqbv]+")
_MODULE = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
_CUT = "…"
_GIVE_IT = "Give it whole with --command."


@dataclass(frozen=True, slots=True)
class Command:
    """What to start, from the root of the repository.

    Attributes:
        options: Of the interpreter.
        target: ``(script,)``, relative to ``folder``, or ``("-m", module)``.
        arguments: Of the script.
        folder: Where it runs, from the root of the repository; ``.`` for the root.
        script: The script's path from the root; empty for a module.
    """

    options: tuple[str, ...]
    target: tuple[str, ...]
    arguments: tuple[str, ...] = ()
    folder: str = "."
    script: str = ""

    def argv(self, interpreter: str) -> list[str]:
        """As it is started: no shell has a part in it."""
        return [interpreter, *self.options, *self.target, *self.arguments]

    def text(self, interpreter: str = "python") -> str:
        """For people, and for a shell's prompt."""
        return shlex.join(self.argv(interpreter))

    def with_value(self, old: str, new: str) -> "Command":
        """The same with one value in place of another: whole arguments, and what stands behind an option's ``=``."""
        return replace(self, arguments=tuple(_replaced(argument, old, new) for argument in self.arguments))


def recorded_command(tags: Mapping[str, str]) -> Command:
    """The command that a run recorded.

    Raises:
        BadInputError: It was not recorded whole, or starts something that is not the repository's.
    """
    text = _tag(tags, names.COMMAND)
    entry = _tag(tags, names.ENTRY)
    if text is None:
        if entry and entry.endswith(".ipynb"):
            return _notebook(tags, entry)
        raise BadInputError("No command was recorded.", hint=_GIVE_IT)
    if HIDDEN in text:
        raise BadInputError("The recorded command held a secret, which was left out of the record.", hint=_GIVE_IT)
    if text.endswith(_CUT):
        raise BadInputError("The recorded command was cut, because it was too long for a tag.", hint=_GIVE_IT)
    return _within_repository(_split(text), tags, entry)


def given_command(text: str, tags: Mapping[str, str]) -> Command:
    """A command that the person at the keyboard wrote, in place of the recorded one: any module will do.

    Raises:
        BadInputError: It is none of Python's.
    """
    options, target, arguments = _parts(_split(text))
    folder = _folder(tags) or "."
    script = ""
    if target[0] != "-m":
        script = check_inside(posixpath.normpath(posixpath.join(folder, target[0])), "The command's script")
    return Command(options, target, arguments, folder, script)


def _split(text: str) -> list[str]:
    if not text.isprintable():
        raise BadInputError("The command holds control characters.", hint=_GIVE_IT)
    try:
        return shlex.split(text)
    except ValueError as error:
        raise BadInputError(f"The command can't be read: {error}.", hint=_GIVE_IT) from error


def _parts(argv: list[str]) -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Options of the interpreter, what it starts, and the arguments of that."""
    if not argv or not _PYTHON.fullmatch(argv[0]):
        started = argv[0] if argv else "nothing"
        raise BadInputError(f"The command starts {started[:80]!r}, and only Python is started here.", hint=_GIVE_IT)
    at = 1
    while at < len(argv) and argv[at].startswith("-") and argv[at] != "-m":
        if argv[at] in ("-X", "-W") and at + 1 < len(argv):
            at += 2
        elif _FLAGS.fullmatch(argv[at]) or argv[at].startswith(("-X", "-W")):
            at += 1
        else:
            raise BadInputError(
                f"The command gives Python {argv[at][:80]!r}, which does not start a file of the repository.",
                hint="Ask the run's author which script it was.",
            )
    length = 2 if argv[at : at + 1] == ["-m"] else 1
    target = tuple(argv[at : at + length])
    if len(target) < length or not target[-1]:
        raise BadInputError("The command starts no script.", hint=_GIVE_IT)
    if length == 2 and not _MODULE.fullmatch(target[1]):
        raise BadInputError(f"The command starts {target[1][:80]!r}, which is no module.", hint=_GIVE_IT)
    return tuple(argv[1:at]), target, tuple(argv[at + length :])


def _within_repository(argv: list[str], tags: Mapping[str, str], entry: str | None) -> Command:
    options, target, arguments = _parts(argv)
    root = _root(_tag(tags, names.SCRIPT), entry)
    folder = _folder(tags)
    if target[0] == "-m":
        path = target[1].replace(".", "/")
        for ending in (f"{path}.py", f"{path}/__main__.py"):
            if entry is not None and (entry == ending or entry.endswith(f"/{ending}")):
                before = entry.removesuffix(ending).rstrip("/")
                if folder is None:  # below src a module is found from anywhere
                    folder = "." if before.rpartition("/")[2] in ("", "src") else before
                folder = folder if folder == "." else check_inside(folder, "The command's folder")
                return Command(options, target, _moved(arguments, root, folder), folder)
        raise BadInputError(
            f"The recorded command starts the module {target[1]!r}, which is not known to be the repository's.",
            hint=f"If it is right, give the command yourself: --command {shlex.quote(shlex.join(argv))}",
        )
    script = target[0]
    if script.startswith("/"):
        if not root or not script.startswith(f"{root}/"):
            raise BadInputError(
                f"The recorded command starts {script[:200]!r}, which was not in a repository.",
                hint="Ask the run's author for the script, and give the command with --command.",
            )
        path, folder = script.removeprefix(f"{root}/"), folder or "."
    elif folder is None:
        tidy = posixpath.normpath(script)
        if entry and (entry == tidy or entry.endswith(f"/{tidy}")):
            folder = entry.removesuffix(tidy).rstrip("/") or "."
        else:
            folder = "."
        path = entry if entry and folder == "." and not entry.endswith(".ipynb") else posixpath.join(folder, tidy)
    else:
        path = posixpath.join(folder, script)
    path = check_inside(posixpath.normpath(path), "The command's script")
    started = posixpath.relpath(path, folder)
    return Command(options, (started,), _moved(arguments, root, folder), folder, path)


def _notebook(tags: Mapping[str, str], entry: str) -> Command:
    """A notebook is run whole; its kernel's folder is the notebook's own, as a rule."""
    folder = _folder(tags) or "."
    path = posixpath.join(folder, posixpath.basename(entry)) if entry.startswith("/") else entry
    path = check_inside(posixpath.normpath(path), "The notebook")
    arguments = ("--to", "notebook", "--execute", "--output", "executed.ipynb", posixpath.relpath(path, folder))
    return Command((), ("-m", "nbconvert"), arguments, folder, path)


def _folder(tags: Mapping[str, str]) -> str | None:
    found = _tag(tags, names.COMMAND_FOLDER)
    return found if found in (None, ".") else check_inside(found, "The command's folder")


def _root(script: str | None, entry: str | None) -> str:
    """Where the repository was then: the script's whole path without its path in the repository."""
    if not script or not entry or not script.endswith(f"/{entry}"):
        return ""
    return script.removesuffix(f"/{entry}")


def recorded_root(tags: Mapping[str, str]) -> str:
    """The folder that the repository was in when the run was recorded; empty where that is not known."""
    return _root(_tag(tags, names.SCRIPT), _tag(tags, names.ENTRY))


def _moved(arguments: tuple[str, ...], root: str, folder: str) -> tuple[str, ...]:
    """Arguments that named a file of the repository by its whole path name it by its path from the folder."""
    if not root:
        return arguments
    moved = []
    for argument in arguments:
        option, equals, value = argument.partition("=") if argument.startswith("-") else ("", "", argument)
        if value.startswith(f"{root}/"):
            value = posixpath.relpath(posixpath.normpath(value.removeprefix(f"{root}/")), folder)
        moved.append(f"{option}{equals}{value}")
    return tuple(moved)


def _replaced(argument: str, old: str, new: str) -> str:
    option, equals, value = argument.partition("=")
    if argument == old:
        return new
    return f"{option}={new}" if equals and value == old else argument


def _tag(tags: Mapping[str, str], key: str) -> str | None:
    value = tags.get(key)
    return None if value in (None, "", names.UNKNOWN) else value
