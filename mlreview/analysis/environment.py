"""The packages that a run recorded: requirements files, and how two versions relate."""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Literal

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name, canonicalize_version
from packaging.version import InvalidVersion, Version

MAX_LINES = 5_000
_PYTHON = re.compile(r"^\s*(?:-\s*)?python\s*[:=]=?\s*['\"]?(\d[\w.]*)", re.MULTILINE)


def packages(text: str) -> dict[str, str]:
    """Packages of a requirements file by normalised name; the version, or what else the line says of it.

    Args:
        text: As pip writes and reads it; also the list under ``pip:`` in a conda file.

    Returns:
        ``numpy`` → ``2.4.6`` for a pin, ``>=2`` for a range, the address for a package from elsewhere, an empty text
        where the line is the name alone. Options, comments and lines that can't be read are left out.
    """
    found: dict[str, str] = {}
    for raw in text.splitlines()[:MAX_LINES]:
        line = raw.strip().removeprefix("- ").split(" #")[0].split(" --")[0].strip()
        if not line or line.startswith(("#", "-")):
            continue
        try:
            required = Requirement(line)
        except InvalidRequirement:
            continue
        found[canonicalize_name(required.name)] = _asked_for(required)
    return found


def _asked_for(required: Requirement) -> str:
    specifiers = list(required.specifier)
    if len(specifiers) == 1 and specifiers[0].operator in ("==", "===") and "*" not in specifiers[0].version:
        return specifiers[0].version
    return f"@ {required.url}" if required.url else str(required.specifier)


def python_version(text: str) -> str | None:
    """Python's version in a ``python_env.yaml`` or ``conda.yaml``."""
    found = _PYTHON.search(text)
    return found[1] if found else None


@lru_cache(maxsize=4096)
def canonical_version(text: str) -> str:
    """One spelling for equal versions: ``1.0`` and ``1.0.0`` are one."""
    return canonicalize_version(text)


def version_step(old: str | None, new: str | None) -> Literal["added", "removed", "newer", "older", "changed", "same"]:
    """What happened to a package from one run to the other; ``None`` where a run doesn't have it."""
    if old == new:
        return "same"
    if old is None:
        return "added"
    if new is None:
        return "removed"
    try:
        before, after = Version(old), Version(new)
    except InvalidVersion:
        return "changed"
    return "same" if before == after else "newer" if after > before else "older"


def recorded_packages(files: Mapping[str, str]) -> dict[str, str]:
    """Packages from the files that a run or its model kept, the most exact first.

    Args:
        files: Text by path.
    """
    for suffix in ("mlreview/requirements.txt", "requirements.txt", "conda.yaml"):
        for path in sorted(files):
            if path == suffix or path.endswith(f"/{suffix}"):
                found = packages(files[path])
                if found:
                    return found
    return {}


def recorded_python(files: Mapping[str, str]) -> str | None:
    """Python's version from the same files."""
    for suffix in ("python_env.yaml", "conda.yaml", "MLmodel"):
        for path in sorted(files):
            if path == suffix or path.endswith(f"/{suffix}"):
                found = python_version(files[path]) or _loader_python(files[path])
                if found:
                    return found
    return None


def _loader_python(text: str) -> str | None:
    found = re.search(r"^\s*python_version:\s*['\"]?(\d[\w.]*)", text, re.MULTILINE)
    return found[1] if found else None
