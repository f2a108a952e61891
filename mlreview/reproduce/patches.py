"""What a recorded patch would touch, read before git is given it. Git checks again; this says it in words, first."""

import hashlib
import re

from mlreview.errors import BadInputError
from mlreview.reproduce.paths import NOTHING_DONE, check_inside

_HUNK = re.compile(rb"^@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")
_MODE = re.compile(rb"^(?:new file mode|new mode|index [0-9a-f]+\.\.[0-9a-f]+) (\d{6})$")
_ODD_MODES = {b"120000": "a symbolic link", b"160000": "a submodule"}
_WHAT = "The recorded patch"


def check_patch(patch: bytes, sha256: str | None) -> tuple[str, ...]:
    """The files that a patch changes, from the root of the repository, each once.

    Args:
        patch: As recorded.
        sha256: Its recorded digest in hex; ``None`` where none was recorded.

    Raises:
        BadInputError: It is damaged, is none, or would touch what a patch of sources does not: files outside of the
            repository, git's own, links, submodules.
    """
    found = hashlib.sha256(patch).hexdigest()
    if sha256 is not None and found != sha256.strip().lower():
        raise BadInputError(
            f"The recorded patch is damaged: its SHA-256 is {found[:12]}…, and {sha256.strip()[:12]}… was recorded.",
            hint=f"{NOTHING_DONE} It was changed after the training; ask the run's author for the changes.",
        )
    files: dict[str, None] = {}
    old = new = 0
    for line in patch.split(b"\n"):
        if old > 0 or new > 0:  # inside a hunk a line can say anything
            old -= line[:1] in (b" ", b"-", b"")
            new -= line[:1] in (b" ", b"+", b"")
            continue
        hunk = _HUNK.match(line)
        if hunk:
            old, new = (int(count) if count is not None else 1 for count in hunk.groups())
        mode = _MODE.match(line)
        if mode and mode[1] in _ODD_MODES:
            raise BadInputError(
                f"The recorded patch changes {_ODD_MODES[mode[1]]}, which is not carried out here.",
                hint=f"{NOTHING_DONE} Look at the patch, and apply it by hand if it is right.",
            )
        for path in _named(line):
            files[check_inside(path, _WHAT)] = None
    if not files:
        raise BadInputError(f"{_WHAT} names no file: it is damaged, or none at all.", hint=NOTHING_DONE)
    return tuple(files)


def _named(line: bytes) -> list[str]:
    """Paths that a header line names; ``/dev/null`` stands for no file."""
    if line.startswith(b"diff --git "):
        return _of_both(line.removeprefix(b"diff --git "))
    for start in (b"--- ", b"+++ "):
        if line.startswith(start):
            name = _text(line.removeprefix(start).split(b"\t")[0])
            return [] if name == "/dev/null" else [_without_side(name)]
    for start in (b"rename from ", b"rename to ", b"copy from ", b"copy to "):
        if line.startswith(start):
            return [_text(line.removeprefix(start))]
    return []


def _of_both(names: bytes) -> list[str]:
    """``a/x b/x``: where both are alike the half says it; renames say their names in lines of their own."""
    if names.startswith(b'"'):
        found = re.fullmatch(rb'("(?:[^"\\]|\\.)*") ("(?:[^"\\]|\\.)*"|\S.*)', names)
        return [_without_side(_text(name)) for name in found.groups()] if found else [names.decode("utf-8", "replace")]
    half = (len(names) - 1) // 2
    left, right = names[:half], names[half + 1 :]
    return [_without_side(_text(left))] if left[2:] == right[2:] else []


def _without_side(name: str) -> str:
    """Without git's ``a/`` or ``b/``; a name that has neither is kept, and refused where it leads out."""
    return name[2:] if name.startswith(("a/", "b/")) else f"/{name}"


def _text(name: bytes) -> str:
    """A name as git writes it, in quotes and with octal bytes where it is an odd one."""
    if name.startswith(b'"') and name.endswith(b'"') and len(name) > 1:
        name = re.sub(rb"\\([0-7]{3})", lambda octal: bytes([int(octal[1], 8) & 255]), name[1:-1])
    return name.rstrip(b"\r").decode("utf-8", "replace")
