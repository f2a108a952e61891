"""The files that a run keeps of what made it: code, packages, one record of all. Gathered in a folder, sent at once."""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from mlreview import names
from mlreview.records import CodeRecord, KeptFile
from mlreview.secrets import find_secrets, hide_secrets
from mlreview.training.git import GitState, git_state
from mlreview.training.guard import Guard
from mlreview.training.packages import Packages, installed_packages
from mlreview.training.provenance import main_script, notebook
from mlreview.training.sources import MAX_FILE_BYTES, Sources, uncommitted

GIT_WITHIN_S = 2.0
_GUESSED = "password or token"
"""The one kind of finding that is often no secret (``password = getpass()``): it keeps no file back."""

_packages: Packages | None = None
_listing = threading.Lock()


@dataclass(frozen=True, slots=True)
class Code:
    """What was gathered of the code.

    Attributes:
        record: For ``run.json``.
        files: Contents by path among the artifacts.
        top: Root of the repository; ``None`` outside of one.
    """

    record: CodeRecord
    files: dict[str, bytes]
    top: Path | None


def find_code(tags: dict[str, str], guard: Guard) -> Code:
    """Gather what ran: the patch, untracked sources, the script or notebook.

    Args:
        tags: Provenance of the process, which says the commit.
        guard: Told of what can't be had.
    """
    script = main_script()
    folder = script.parent if script else Path.cwd()
    top, sources = None, Sources()
    if names.GIT_COMMIT in tags:
        state = guard.attempt("the root of the repository", lambda: _state(folder))
        top = Path(state.top) if state is not None and state.top != names.UNKNOWN else None
        tags = _with_late_answers(tags, state)
        if state is not None:  # the process may have left the repository since its provenance was found
            sources = guard.attempt("uncommitted changes", lambda: uncommitted(folder)) or sources
    files: dict[str, bytes] = {}
    left_out = list(sources.left_out)

    def keep(path: str, artifact: str, content: bytes) -> KeptFile | None:
        kinds = {one.kind for one in find_secrets(content.decode("utf-8", "replace"))} - {_GUESSED}
        if kinds:
            left_out.append(f"{path}: holds what looks like a secret ({', '.join(sorted(kinds))})")
            return None
        files[artifact] = content
        return KeptFile(path, artifact, len(content), hashlib.sha256(content).hexdigest())

    patch = keep("uncommitted.patch", names.PATCH_FILE, sources.patch) if sources.patch else None
    untracked = [keep(path, f"{names.UNTRACKED_FOLDER}/{path}", content) for path, content in sources.untracked.items()]
    kept = guard.attempt("the script", lambda: _script(script, top))
    entry = keep(kept[0], f"{names.CODE_FOLDER}/{kept[0]}", kept[1]) if kept else None
    record = CodeRecord(
        commit=_said(tags, names.GIT_COMMIT),
        branch=_said(tags, names.GIT_BRANCH),
        remote=_said(tags, names.GIT_REMOTE),
        dirty={"true": True, "false": False}.get(tags.get(names.GIT_DIRTY, "")),
        patch=patch,
        untracked=tuple(one for one in untracked if one is not None),
        script=entry,
        left_out=tuple(left_out),
    )
    return Code(record, files, top)


@lru_cache(maxsize=16)
def _state(folder: Path) -> GitState | None:
    """What git says of the work tree, asked once: a process does not move between repositories."""
    return git_state(folder, GIT_WITHIN_S)


def _with_late_answers(tags: dict[str, str], state: GitState | None) -> dict[str, str]:
    """The process's tags, in which git may have been too late, with what it said when it was given more time."""
    if state is None:
        return tags
    late = {
        names.GIT_COMMIT: state.commit,
        names.GIT_BRANCH: state.branch,
        names.GIT_REMOTE: hide_secrets(state.remote),
        names.GIT_DIRTY: state.dirty,
    }
    return tags | {key: value for key, value in late.items() if tags.get(key) == names.UNKNOWN}


def _said(tags: dict[str, str], key: str) -> str | None:
    value = tags.get(key, "")
    return value if value and value != names.UNKNOWN else None


def _script(script: Path | None, top: Path | None) -> tuple[str, bytes] | None:
    """Path and content of the script; in a notebook of its file, else of the cells that ran."""
    if script is None:
        book = notebook()
        if book is None:
            return None
        script = Path(book)
        if not script.is_file():
            return "notebook_cells.py", _cells()
    if script.stat().st_size > MAX_FILE_BYTES * 10:
        return None
    whole = script.resolve()
    inside = top is not None and whole.is_relative_to(top.resolve())
    path = whole.relative_to(top.resolve()).as_posix() if inside and top else whole.name
    return path, script.read_bytes()


def _cells() -> bytes:
    """Code of the cells in the order in which they ran."""
    ran = sys.modules["__main__"].__dict__.get("In", [])
    text = "\n\n".join(f"# cell {at}\n{cell}" for at, cell in enumerate(ran) if str(cell).strip())
    return hide_secrets(text).encode()


def packages_once() -> Packages:
    """Listed once a process: packages don't change under a training."""
    global _packages
    with _listing:
        if _packages is None:
            _packages = installed_packages()
        return _packages


def write_files(files: dict[str, bytes], folder: Path) -> None:
    """Lay artifacts out below a folder, as they are to be sent."""
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)


def hardware() -> str:
    """Processors, memory and accelerators, in words: ``8 × AMD EPYC 7B13, 64 GB, NVIDIA A100``."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    parts = [f"{count} × {_processor()}"]
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
        parts.append(f"{size / 1024**3:.0f} GB")
    except (ValueError, OSError, AttributeError):
        pass
    return ", ".join([*parts, *_accelerators()])


@lru_cache(maxsize=1)
def _processor() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine() or "processor"


@lru_cache(maxsize=1)
def _accelerators() -> tuple[str, ...]:
    """As the driver's own program names them; no framework is woken for it."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return ("no GPU",)
    done = subprocess.run([program, "-L"], capture_output=True, text=True, timeout=2, check=False)
    found = [line.partition(":")[2].partition("(")[0].strip() for line in done.stdout.splitlines() if ":" in line]
    return tuple(found) or ("no GPU",)
