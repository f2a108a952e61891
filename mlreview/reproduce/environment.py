"""An interpreter that has the recorded packages: one that is here, else a new environment made for the run."""

import importlib.util
import json
import os
import re
import shutil
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from packaging.utils import canonicalize_name

from mlreview.reproduce.processes import StepFailedError, ask, run
from mlreview.reproduce.requirements import Mismatch, Requirements, mismatches

_LIST = (
    "import json, platform\nfrom importlib.metadata import distributions\n"
    "found = {}\n"
    "for one in distributions():\n"
    "    if one.metadata is not None and one.metadata['Name']:\n"
    "        found.setdefault(one.metadata['Name'], one.version)\n"
    "print(json.dumps([platform.python_version(), found]))\n"
)
_FOREIGN = ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "PYTHONSAFEPATH", "__PYVENV_LAUNCHER__")


@dataclass(frozen=True, slots=True)
class Interpreter:
    """A Python: where it is, its version, and the versions of what it has, by normalised name."""

    path: str
    version: str
    packages: Mapping[str, str]


def interpreter(path: str) -> Interpreter:
    """Ask a Python what it has.

    Raises:
        StepFailedError: It can't be started, or does not answer.
    """
    try:
        answer = ask([path, "-I", "-c", _LIST], folder=Path.cwd(), environment=clean_environment())
        version, found = json.loads(answer)
    except (StepFailedError, ValueError) as error:
        raise StepFailedError(f"{path} is no Python that can be used: {error}", hint="Nothing was trained.") from error
    packages: dict[str, str] = {}
    for name, installed in found.items():
        packages.setdefault(canonicalize_name(name), installed)
    return Interpreter(path, version, packages)


def lacks(found: Interpreter, wanted: Requirements, python: str) -> tuple[Mismatch, ...]:
    """What an interpreter has otherwise than recorded; Python itself counts by its first two numbers.

    Args:
        found: The interpreter.
        wanted: The recorded packages.
        python: The recorded version; empty where none was.
    """
    other = python and found.version.split(".")[:2] != python.split(".")[:2]
    own = (Mismatch("Python", python, found.version),) if other else ()
    return own + mismatches(wanted, found.packages)


def make_environment(
    folder: Path, wanted: Requirements, python: str, say: Callable[[str], None], *, trusted: bool = False
) -> str:
    """Make an environment with the recorded packages, by uv where it is here, else by venv and pip.

    Only plain names with versions are given to the installer, from its own configured index, and only as wheels: to
    build a package runs its code. ``trusted`` adds packages from addresses, and lets them be built.

    Args:
        folder: Where; its parent exists, it does not.
        wanted: The recorded packages.
        python: The version that they ran under; empty for this one's.
        say: Told what the installer writes.
        trusted: A person has looked at the list.

    Returns:
        The path of its interpreter.

    Raises:
        StepFailedError: There is no such Python, or a package can't be installed; the message names it.
    """
    environment = clean_environment()
    listed = folder.parent / "requirements.txt"
    lines = [package.line for package in wanted.packages] + (list(wanted.addresses) if trusted else [])
    listed.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    minor = ".".join(python.split(".")[:2])
    made = str(folder / ("Scripts" if os.name == "nt" else "bin") / "python")
    options = [*(["--no-deps"] if wanted.exact else []), *([] if trusted else ["--only-binary", ":all:"])]
    uv = shutil.which("uv")
    if uv:
        make = [uv, "venv", "--quiet", *(["--python", minor] if minor else []), str(folder)]
        install = [uv, "pip", "install", "--python", made, *options, "-r", str(listed)]
    else:
        with_pip = importlib.util.find_spec("pip") is not None
        make = [_python(minor), "-m", "venv", *(["--without-pip"] if with_pip else []), str(folder)]
        install = [sys.executable, "-m", "pip", "--python", made] if with_pip else [made, "-m", "pip"]
        install += ["--disable-pip-version-check", "--no-input", "install", "--quiet", *options, "-r", str(listed)]
    for argv, what in ((make, "made"), (install, "filled")):
        if argv is install and not lines:
            continue
        done = run(argv, folder=folder.parent, environment=environment, say=say)
        if done.code:
            cause = next((line.strip() for line in reversed(done.tail) if line.upper().startswith("ERROR")), done.last)
            raise StepFailedError(
                f"An environment with the recorded packages can't be {what}: {cause}",
                hint="Nothing was trained. Make one yourself and name its interpreter with --python, or look whether "
                "your package index still has these versions.",
            )
    return made


def _python(minor: str) -> str:
    if not minor or sys.version_info[:2] == tuple(int(part) for part in minor.split(".")):
        return sys.executable
    found = shutil.which(f"python{minor}")
    if found is None:
        raise StepFailedError(
            f"Python {minor}, which the run was trained with, is not on this machine.",
            hint="Nothing was trained. Install it, or uv, which brings it along; or name another with --python.",
        )
    return found


def clean_environment() -> dict[str, str]:
    """This process's environment, without what would lead another interpreter to this one's packages."""
    return {key: value for key, value in os.environ.items() if key not in _FOREIGN}


def whole_address(uri: str, folder: Path) -> str:
    """A tracking URI that means the same from any folder: a SQLite file by its whole path."""
    found = re.fullmatch(r"(sqlite(?:\+\w+)?:///)(?!/)([^?]+)(\?.*)?", uri)
    return f"{found[1]}{(folder / found[2]).resolve()}{found[3] or ''}" if found else uri


def training_environment(
    tracking_uri: str, registry_uri: str | None, experiment_id: str, tags: Mapping[str, str]
) -> dict[str, str]:
    """What the training is started with: the same store and experiment, and tags that link its runs to the old one.

    MLflow itself puts ``MLFLOW_RUN_CONTEXT`` on every run that is started, nested runs among them; the environment
    need not have this package.
    """
    environment = clean_environment()
    for key in ("MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_NAME", "MLFLOW_REGISTRY_URI", "VIRTUAL_ENV"):
        environment.pop(key, None)
    try:
        own = json.loads(environment.get("MLFLOW_RUN_CONTEXT") or "{}")
    except ValueError:
        own = {}
    environment["MLFLOW_RUN_CONTEXT"] = json.dumps({**(own if isinstance(own, dict) else {}), **tags})
    environment["MLFLOW_TRACKING_URI"] = tracking_uri
    environment["MLFLOW_EXPERIMENT_ID"] = experiment_id
    environment["PYTHONUNBUFFERED"] = "1"
    if registry_uri:
        environment["MLFLOW_REGISTRY_URI"] = registry_uri
    return environment
