"""Where a run comes from: code, command, machine; as tags, found once a process and within a fifth of a second."""

import os
import platform
import shlex
import socket
import sys
import threading
from pathlib import Path

from mlreview import names
from mlreview.secrets import hide_in_arguments, hide_secrets
from mlreview.training.git import git_state

WITHIN_S = 0.2
"""Longest wait for git; everything else is read from memory."""

MAX_CHARS = 1_000

_IMAGE_VARIABLES = ("MLREVIEW_IMAGE", "CI_JOB_IMAGE", "CONTAINER_IMAGE", "DOCKER_IMAGE", "IMAGE_NAME")
_PODMAN_FILE = Path("/run/.containerenv")
_DOCKER_FILE = Path("/.dockerenv")

_kept: tuple[int, dict[str, str]] | None = None
_finding = threading.Lock()


def provenance() -> dict[str, str]:
    """Tags that say where what this process trains comes from; the same object's copy from the second call on.

    Every value is a text of 1 to 1,000 characters without secrets, NUL and broken characters; every key is legal in
    every store. A forked process finds its own.
    """
    global _kept
    with _finding:
        if _kept is None or _kept[0] != os.getpid():
            _kept = os.getpid(), find_provenance()
        return dict(_kept[1])


def find_provenance(within_s: float = WITHIN_S) -> dict[str, str]:
    """Find them now. What can't be told is left out; what took too long is ``unknown``."""
    found: dict[str, str] = {}
    for part in (lambda: _code(within_s), _command, _machine, _job):
        try:
            found |= part()
        except Exception:  # bookkeeping never stops a training; the rest is still worth having
            continue
    tags = {key: _clean(value) for key, value in found.items()}
    return {
        key: value
        for key, value in tags.items()
        if value and names.is_legal_key(key) and len(key) <= names.MAX_KEY_CHARS
    }


def main_script() -> Path | None:
    """The script that this process runs; ``None`` in a notebook, a console, or with ``-c``."""
    main = sys.modules.get("__main__")
    path = getattr(main, "__file__", None) or (sys.argv[0] if sys.argv else "")
    if not path or path in ("-c", "-m") or _in_notebook():
        return None
    script = Path(path)
    return script.absolute() if script.is_file() else None


def notebook() -> str | None:
    """The notebook that this process runs, as far as its server says: a path, or ``notebook`` alone."""
    if not _in_notebook():
        return None
    named = os.environ.get("JPY_SESSION_NAME", "")
    if not named:
        shell = sys.modules["__main__"].__dict__
        named = str(shell.get("__vsc_ipynb_file__", ""))
    return named or "notebook"


def _in_notebook() -> bool:
    shell = sys.modules.get("IPython")
    running = shell.get_ipython() if shell is not None and hasattr(shell, "get_ipython") else None
    return running is not None and "IPKernelApp" in getattr(running, "config", {})


def _code(within_s: float) -> dict[str, str]:
    script = main_script()
    state = git_state(script.parent if script else Path.cwd(), within_s, script)
    if state is None:
        return {}
    found = {
        names.GIT_COMMIT: state.commit,
        names.GIT_BRANCH: state.branch,
        names.GIT_REMOTE: state.remote,
        names.GIT_AUTHOR: state.author,
        names.GIT_DIRTY: state.dirty,
    }
    if state.top != names.UNKNOWN:
        top = Path(state.top).resolve()
        if script and script.resolve().is_relative_to(top):
            found[names.ENTRY] = script.resolve().relative_to(top).as_posix()
            if state.knows_script == "false":
                found[names.ENTRY_UNTRACKED] = "true"
        if Path.cwd().resolve().is_relative_to(top):
            found[names.COMMAND_FOLDER] = Path.cwd().resolve().relative_to(top).as_posix()
    return found


def command_arguments() -> tuple[str, ...]:
    """The command of this process, the interpreter's name first, without secrets; empty in a notebook."""
    if _in_notebook():
        return ()
    arguments = list(getattr(sys, "orig_argv", None) or [sys.executable, *sys.argv])
    arguments[0] = Path(arguments[0]).name or "python"
    return tuple(hide_in_arguments(arguments))


def _command() -> dict[str, str]:
    arguments = command_arguments()
    found = {names.COMMAND: shlex.join(arguments)} if arguments else {}
    book, script = notebook(), main_script()
    if book:
        found[names.ENTRY] = book
    elif script:
        found[names.SCRIPT] = str(script)
    return found


def _machine() -> dict[str, str]:
    found = {
        names.ENV_PYTHON: platform.python_version(),
        names.ENV_PLATFORM: platform.platform(),
        names.ENV_HOST: socket.gethostname(),
    }
    image = next((os.environ[name] for name in _IMAGE_VARIABLES if os.environ.get(name)), None) or _container()
    return found | ({names.ENV_IMAGE: image} if image else {})


def _container() -> str | None:
    """What the container says of itself: podman names its image, Docker only that it is one."""
    if _PODMAN_FILE.is_file():
        for line in _PODMAN_FILE.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("image="):
                return line.removeprefix("image=").strip('"') or None
        return "a podman container, image unknown"
    return "a Docker container, image unknown" if _DOCKER_FILE.exists() else None


def _job() -> dict[str, str]:
    """The CI job and who caused it."""
    env = os.environ
    job = actor = ""
    if env.get("GITHUB_ACTIONS") == "true":
        job = f"{env.get('GITHUB_SERVER_URL', '')}/{env.get('GITHUB_REPOSITORY', '')}/actions/runs/"
        job += env.get("GITHUB_RUN_ID", "")
        actor = env.get("GITHUB_TRIGGERING_ACTOR") or env.get("GITHUB_ACTOR", "")
    elif env.get("GITLAB_CI") == "true":
        job, actor = env.get("CI_JOB_URL", ""), env.get("GITLAB_USER_LOGIN", "")
    elif env.get("BUILD_URL"):  # Jenkins
        job, actor = env["BUILD_URL"], env.get("BUILD_USER_ID", "")
    elif env.get("TF_BUILD"):  # Azure
        job = f"{env.get('SYSTEM_COLLECTIONURI', '')}{env.get('SYSTEM_TEAMPROJECT', '')}/_build/results?buildId="
        job += env.get("BUILD_BUILDID", "")
        actor = env.get("BUILD_REQUESTEDFOR", "")
    elif env.get("CIRCLECI"):
        job, actor = env.get("CIRCLE_BUILD_URL", ""), env.get("CIRCLE_USERNAME", "")
    elif env.get("BUILDKITE"):
        job, actor = env.get("BUILDKITE_BUILD_URL", ""), env.get("BUILDKITE_BUILD_CREATOR", "")
    elif env.get("CI"):
        job = "a CI job"
    return {key: value for key, value in ((names.ENV_CI, job), (names.ENV_CI_ACTOR, actor)) if value}


def _clean(value: str) -> str:
    """One value as every store keeps it: no secret, no control or broken character, not too long."""
    text = hide_secrets(value)
    text = text.encode("utf-8", "replace").decode("utf-8")
    text = "".join(character if character.isprintable() else " " for character in text).strip()
    return text if len(text) <= MAX_CHARS else f"{text[: MAX_CHARS - 1]}…"
