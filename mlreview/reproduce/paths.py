"""Paths that somebody else recorded: only those that stay inside the folder they are put into are ever used."""

import re
import unicodedata
from pathlib import Path

from mlreview.errors import BadInputError

NOTHING_DONE = "Nothing was carried out."
_MAX_CHARS = 1_000
_DRIVE = re.compile(r"^[A-Za-z]:")


def check_inside(path: str, what: str) -> str:
    """The path, if it is a plain one from the root of a repository, and none of git's own files.

    Args:
        path: As recorded, with forward slashes.
        what: What it is the path of, for the message.

    Raises:
        BadInputError: It is absolute, leads up, is spelt in an odd way, or lies in ``.git``.
    """
    why = _unsafe(path)
    if why:
        shown = "".join(character if character.isprintable() else "?" for character in path[:120])
        raise BadInputError(f"{what} has a path that {why}: {shown!r}.", hint=f"{NOTHING_DONE} Ask who recorded it.")
    return path


def _unsafe(path: str) -> str:
    if not path or len(path) > _MAX_CHARS:
        return "is empty or far too long"
    if not path.isprintable():
        return "holds control characters"
    if path.startswith("/") or _DRIVE.match(path):
        return "leads out of the repository"
    if "\\" in path:
        return "holds a backslash"
    for part in path.split("/"):
        if part == "..":
            return "leads out of the repository"
        if part in ("", "."):
            return "is not tidy"
        if _names_git(part):
            return "leads into git's own files"
    return ""


def _names_git(part: str) -> bool:
    """As file systems see it: some ignore capitals, some trailing dots and blanks, some invisible characters."""
    seen = "".join(character for character in part if unicodedata.category(character) != "Cf")
    return re.fullmatch(r"\.git|git~\d+", seen.rstrip(". ").partition(":")[0].casefold()) is not None


def put_file(root: Path, path: str, data: bytes, what: str) -> None:
    """Write a new file below a folder; never through a link, and never over what is there.

    Raises:
        BadInputError: The path is unsafe, a link on its way leads out, or there is such a file already.
        OSError: It can't be written.
    """
    check_inside(path, what)
    inside = root.resolve()
    target = inside / path
    # Looked at before a folder is made: a link of the repository's own may lead anywhere.
    nearest = next(folder for folder in target.parents if folder.exists() or folder.is_symlink())
    if not nearest.resolve().is_relative_to(inside):
        raise BadInputError(f"{what} would be written through a link that leads out: {path!r}.", hint=NOTHING_DONE)
    if target.is_symlink() or target.exists():
        raise BadInputError(f"{what} would replace a file of the commit: {path!r}.", hint="It was left as it is.")
    target.parent.mkdir(parents=True, exist_ok=True)
    with target.open("xb") as file:
        file.write(data)
