"""The data of a run, looked for before anything is made: in the code, beside it, elsewhere, or other than recorded."""

import posixpath
import shutil
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal
from urllib.parse import unquote, urlsplit

from mlreview.errors import BadInputError
from mlreview.reproduce.paths import NOTHING_DONE, check_inside
from mlreview.reproduce.recipe import Recipe
from mlreview.reproduce.recorded import RecordedRun
from mlreview.reproduce.texts import one_line
from mlreview.reproduce.worktree import has_path
from mlreview.training.manifest import sha256_of

LINK_ABOVE_BYTES = 1 << 30
"""Data that the commit does not hold are copied into the worktree, so that the training can't change them; what is
larger than this is linked."""

State = Literal["committed", "beside", "here", "unknown", "missing", "changed"]


@dataclass(frozen=True, slots=True)
class Place:
    """Where one data set is.

    Attributes:
        context: What it was used for.
        where: As recorded.
        state: In the commit; in the repository but not in the commit; elsewhere on this machine; an address or query,
            which is not looked at; not there; there, with another SHA-256.
        path: From the root of the repository, where it lies in it; else empty.
        found: The file or folder, for what is on this machine.
        sha256: Recorded of the file; ``None`` where it was not.
    """

    context: str
    where: str
    state: State
    path: str = ""
    found: Path | None = None
    sha256: str | None = None

    def __str__(self) -> str:
        said = {
            "committed": "in the commit",
            "beside": "in the repository, not in the commit: will be copied",
            "here": "on this machine",
            "unknown": "an address: not looked at before the training",
            "missing": "not on this machine",
            "changed": "not the file that was recorded: its SHA-256 is another",
        }
        return f"{self.context} data: {one_line(self.where, 200)}: {said[self.state]}"


def look_at_data(recipe: Recipe, recorded: RecordedRun, repository: Path | None) -> tuple[Place, ...]:
    """Where the recorded data are now. Changes nothing."""
    digests = {one.context: one.file_sha256 for one in (recorded.record.data if recorded.record else ())}
    return tuple(
        _place(recipe, context, where, digests.get(context), repository) for context, where in recipe.locations.items()
    )


def _place(recipe: Recipe, context: str, where: str, sha256: str | None, repository: Path | None) -> Place:
    plain = Place(context, where, "unknown", sha256=sha256)
    path = local_path(where)
    if path is None:
        return plain
    if recipe.root and path.startswith(f"{recipe.root}/"):
        path = posixpath.normpath(path.removeprefix(f"{recipe.root}/"))
    if path.startswith("/"):
        return _checked(replace(plain, found=Path(path)), "here")
    folder = recipe.command.folder if recipe.command else "."
    for relative in dict.fromkeys((posixpath.normpath(path), posixpath.normpath(posixpath.join(folder, path)))):
        try:
            check_inside(relative, "The data")
        except BadInputError:
            continue
        if repository is None:
            continue
        if has_path(repository, recipe.commit, relative):
            return replace(plain, state="committed", path=relative)
        if (repository / relative).exists() and (repository / relative).resolve().is_relative_to(repository.resolve()):
            return _checked(replace(plain, path=relative, found=repository / relative), "beside")
    return replace(plain, state="unknown" if repository is None else "missing")


def _checked(place: Place, state: State) -> Place:
    if place.found is None or not place.found.exists():
        return replace(place, state="missing", found=None)
    if place.sha256 and place.found.is_file() and sha256_of(place.found) != place.sha256:
        return replace(place, state="changed")
    return replace(place, state=state)


def local_path(where: str) -> str | None:
    """The path that a location names; ``None`` for the address of something else, and for a query."""
    if where.startswith("file:"):
        return unquote(urlsplit(where).path)
    if "://" in where or "\n" in where or not where.isprintable() or where.lower().startswith(("select ", "with ")):
        return None
    return where


def put_data(place: Place, root: Path) -> None:
    """Put data that the commit does not hold where the training looks for them.

    Raises:
        BadInputError: A link on the way leads out of the worktree.
        OSError: They can't be copied.
    """
    assert place.found is not None
    copy_in(root, check_inside(place.path, "The data"), place.found)


def copy_in(root: Path, path: str, source: Path) -> None:
    """Copy a file or folder to a path below the worktree, over what is there; link it where it is very large."""
    target = root / path
    nearest = next(folder for folder in target.parents if folder.exists() or folder.is_symlink())
    if not nearest.resolve().is_relative_to(root.resolve()) or target.is_symlink():
        raise BadInputError(f"The data would be written through a link: {path!r}.", hint=NOTHING_DONE)
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.is_dir():
        shutil.rmtree(target)
    else:
        target.unlink(missing_ok=True)
    files = [source] if source.is_file() else [one for one in source.rglob("*") if one.is_file()]
    if sum(one.stat().st_size for one in files) > LINK_ABOVE_BYTES:
        target.symlink_to(source.resolve(), target_is_directory=source.is_dir())
    elif source.is_dir():
        shutil.copytree(source, target, symlinks=True)
    else:
        shutil.copy2(source, target)
