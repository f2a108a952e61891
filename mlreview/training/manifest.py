"""A manifest of a model's files: path, size and SHA-256 of each, and one digest of all. Nothing is loaded."""

import hashlib
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mlreview.errors import BadInputError

VERSION = 1
_BLOCK = 1 << 20


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file of a model: its path from the model's root with ``/``, its size in bytes, its SHA-256 in hex."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """All files of a model, by path."""

    files: tuple[FileEntry, ...]

    @property
    def size(self) -> int:
        """Of all files together, in bytes."""
        return sum(entry.size for entry in self.files)

    @property
    def digest(self) -> str:
        """SHA-256 over paths, sizes and hashes: changes when any byte or name of any file does."""
        lines = "".join(f"{entry.sha256} {entry.size} {entry.path}\n" for entry in self.files)
        return hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()

    def to_json(self) -> str:
        """As it is stored."""
        files = [{"path": entry.path, "size": entry.size, "sha256": entry.sha256} for entry in self.files]
        return json.dumps({"version": VERSION, "digest": self.digest, "files": files}, indent=1, ensure_ascii=True)


def make_manifest(root: Path, ignore: Iterable[str] = ()) -> Manifest:
    """Hash every file below a folder, block by block.

    Args:
        root: The model's folder.
        ignore: Paths from the root that are not the model's.

    Raises:
        BadInputError: There is no such folder, or a link in it leads out of it.
        OSError: A file can't be read.
    """
    if not root.is_dir():
        raise BadInputError(f"There is no folder {root.name!r} to hash.", hint="Log the model first.")
    inside, skipped = root.resolve(), frozenset(ignore)
    entries = []
    for folder, _, files in os.walk(root, followlinks=False):
        for name in files:
            file = Path(folder) / name
            path = file.relative_to(root).as_posix()
            if path in skipped:
                continue
            if not file.resolve().is_relative_to(inside):
                raise BadInputError(
                    f"{path!r} is a link that leads out of the model's folder.", hint="Nothing was kept."
                )
            entries.append(FileEntry(path, file.stat().st_size, sha256_of(file)))
    return Manifest(tuple(sorted(entries, key=lambda entry: entry.path)))


def sha256_of(file: Path) -> str:
    """SHA-256 of a file in hex, without holding it in memory."""
    digest = hashlib.sha256()
    with file.open("rb") as stream:
        while block := stream.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def parse_manifest(text: str) -> Manifest:
    """A manifest as ``to_json`` wrote it.

    Raises:
        BadInputError: It is none, of another version, or its digest is not that of its files.
    """
    try:
        found: Any = json.loads(text)
        if found["version"] != VERSION:
            raise BadInputError(
                f"The manifest is of version {found['version']!r}, which is not known here.", hint="Update mlreview."
            )
        manifest = Manifest(tuple(sorted((_entry(one) for one in found["files"]), key=lambda entry: entry.path)))
        said = found["digest"]
    except (ValueError, KeyError, TypeError) as error:
        raise BadInputError("That is no manifest of a model.", hint="It may have been damaged.") from error
    if len({entry.path for entry in manifest.files}) != len(manifest.files) or manifest.digest != said:
        raise BadInputError("The manifest contradicts itself: it was changed after it was written.", hint="Ask why.")
    return manifest


def _entry(one: Mapping[str, Any]) -> FileEntry:
    path, size, sha256 = one["path"], one["size"], one["sha256"]
    if not (isinstance(path, str) and type(size) is int and isinstance(sha256, str)):
        raise TypeError("a file's entry is malformed")
    return FileEntry(path, size, sha256)


def differences(recorded: Manifest, now: Manifest) -> tuple[str, ...]:
    """What is not as it was recorded, a phrase a file; empty when all is."""
    before = {entry.path: entry for entry in recorded.files}
    after = {entry.path: entry for entry in now.files}
    said = [f"{path} is missing" for path in before.keys() - after.keys()]
    said += [f"{path} was added" for path in after.keys() - before.keys()]
    said += [
        f"{path} has other content ({before[path].size:,} bytes then, {after[path].size:,} now)"
        for path in before.keys() & after.keys()
        if before[path] != after[path]
    ]
    return tuple(sorted(said))
