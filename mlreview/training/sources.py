"""The code that ran, as far as no commit has it: the uncommitted patch, untracked sources, the script itself."""

import os
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path

MAX_PATCH_BYTES = 5_000_000
MAX_FILE_BYTES = 500_000
MAX_UNTRACKED_BYTES = 2_000_000
MAX_UNTRACKED_FILES = 200
WITHIN_S = 10.0

SOURCES = frozenset(
    {".py", ".pyi", ".pyx", ".ipynb", ".r", ".jl", ".sh", ".sql", ".toml", ".cfg", ".ini", ".yaml", ".yml", ".json"}
)
"""Endings of files that say what ran; data and models are recorded otherwise."""

_NEVER = (".env", "credentials", "secrets", "id_rsa", ".netrc", ".pypirc")


@dataclass(frozen=True, slots=True)
class Sources:
    """What ran beside the commit.

    Attributes:
        patch: ``git diff`` from the commit to the work tree, for ``git apply``; empty where nothing was changed.
        untracked: Contents of files that git does not know, by path from the root of the repository.
        left_out: What was not kept, each with the reason, for people.
    """

    patch: bytes = b""
    untracked: dict[str, bytes] = field(default_factory=dict)
    left_out: tuple[str, ...] = ()


def uncommitted(folder: Path, within_s: float = WITHIN_S) -> Sources:
    """What the work tree around a folder has beyond its commit.

    Submodules are told by their commit alone. Files whose names say that they hold secrets are left out.

    Args:
        folder: Anywhere in the work tree.
        within_s: Longest wait for git, in seconds.

    Raises:
        OSError: There is no git.
        subprocess.SubprocessError: It failed, or was not done in time.
    """
    until = time.monotonic() + within_s
    top = Path(os.fsdecode(_git(folder, until, "rev-parse", "--show-toplevel").rstrip(b"\n")))
    patch = _git(top, until, "diff", "--binary", "--no-color", "--no-ext-diff", "--no-textconv", "--full-index", "HEAD")
    left_out = []
    if len(patch) > MAX_PATCH_BYTES:
        left_out.append(f"the patch: {len(patch):,} bytes, more than {MAX_PATCH_BYTES:,}")
        patch = b""
    listed = _git(top, until, "ls-files", "--others", "--exclude-standard", "-z")
    untracked, more = _read(top, [os.fsdecode(name) for name in listed.split(b"\0") if name])
    return Sources(patch, untracked, (*left_out, *more))


def _read(top: Path, paths: list[str]) -> tuple[dict[str, bytes], list[str]]:
    kept: dict[str, bytes] = {}
    left_out: list[str] = []
    total = 0
    for path in sorted(paths):
        file = top / path
        if file.suffix.lower() not in SOURCES or file.is_symlink() or not file.is_file():
            continue
        if any(part in file.name.lower() for part in _NEVER):
            left_out.append(f"{path}: its name says that it holds secrets")
            continue
        size = file.stat().st_size
        if size > MAX_FILE_BYTES:
            left_out.append(f"{path}: {size:,} bytes, more than {MAX_FILE_BYTES:,}")
        elif total + size > MAX_UNTRACKED_BYTES or len(kept) == MAX_UNTRACKED_FILES:
            left_out.append(f"{path}: untracked files together are more than is kept")
        else:
            kept[path] = file.read_bytes()
            total += size
    return kept, left_out


def _git(folder: Path, until: float, *arguments: str) -> bytes:
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    done = subprocess.run(
        ["git", "-C", str(folder), "-c", "core.fsmonitor=false", "-c", "core.quotePath=false", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=max(0.1, until - time.monotonic()),
        check=True,
    )
    return done.stdout
