"""What git says of the code that runs, asked within a time limit: all questions at once, late ones ended."""

import os
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from mlreview.names import UNKNOWN

_QUESTIONS: dict[str, tuple[str, ...]] = {
    "head": ("log", "-1", "--no-show-signature", "--format=%H%n%an <%ae>"),
    "branch": ("symbolic-ref", "--quiet", "--short", "HEAD"),
    "remote": ("config", "--get", "remote.origin.url"),
    "top": ("rev-parse", "--show-toplevel"),
    "dirty": ("status", "--porcelain", "--untracked-files=no", "--ignore-submodules"),
}


@dataclass(frozen=True, slots=True)
class GitState:
    """The commit that is checked out, and whether the files are those of the commit.

    Attributes:
        commit: Full hash.
        branch: Its name, or ``detached``.
        remote: Address of ``origin``, as configured: it can hold a login. Empty where there is none.
        author: Author of the commit, ``Name <address>``.
        dirty: ``true`` when tracked files differ from the commit, else ``false``.
        top: Root of the work tree.
        knows_script: ``false`` when git does not track the script, else ``true``.

    Each is ``unknown`` where git did not answer in time.
    """

    commit: str
    branch: str
    remote: str
    author: str
    dirty: str
    top: str
    knows_script: str


def git_state(folder: Path, seconds: float, script: Path | None = None) -> GitState | None:
    """Ask git about a folder.

    Args:
        folder: Inside the work tree.
        seconds: Longest wait for all answers together.
        script: The one that runs, in this folder.

    Returns:
        ``None`` outside of a repository, in one without a commit, and where there is no git.
    """
    answers = _ask(folder, seconds, script)
    if answers is None:
        return None
    code, head = answers["head"]
    if code not in (0, None):
        return None
    commit, _, author = head.partition("\n")
    return GitState(
        commit=commit.strip() or UNKNOWN,
        branch=_said(answers["branch"], otherwise="detached"),
        remote=_said(answers["remote"], otherwise=""),
        author=author.strip() or UNKNOWN,
        dirty=UNKNOWN if answers["dirty"][0] != 0 else "true" if answers["dirty"][1].strip() else "false",
        top=_said(answers["top"], otherwise=UNKNOWN),
        knows_script=_knows(answers.get("script")),
    )


def _knows(answer: tuple[int | None, str] | None) -> str:
    if answer is None:
        return "true"
    return {0: "true", 1: "false"}.get(-1 if answer[0] is None else answer[0], UNKNOWN)


def _said(answer: tuple[int | None, str], otherwise: str) -> str:
    code, text = answer
    return UNKNOWN if code is None else text.strip() if code == 0 else otherwise


def _ask(folder: Path, seconds: float, script: Path | None) -> dict[str, tuple[int | None, str]] | None:
    """Exit code and text of each question; the code is ``None`` where the time ran out. ``None`` without git."""
    until = time.monotonic() + seconds
    # No prompt, no lock (status would write the index anew), no helper program of the repository's own configuration.
    environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    command = ["git", "-C", str(folder), "-c", "core.fsmonitor=false", "-c", "core.pager=cat"]
    questions = dict(_QUESTIONS)
    if script is not None:
        questions["script"] = ("ls-files", "--error-unmatch", "--", f":(literal){script.name}")
    asked: dict[str, subprocess.Popen[str]] = {}
    try:
        for name, question in questions.items():
            asked[name] = subprocess.Popen(
                [*command, *question],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                errors="replace",
            )
        return {name: _answer(process, until) for name, process in asked.items()}
    except OSError:
        return None
    finally:
        for process in asked.values():
            if process.poll() is None:
                process.kill()
                process.wait()


def _answer(process: subprocess.Popen[str], until: float) -> tuple[int | None, str]:
    try:
        text, _ = process.communicate(timeout=max(0.0, until - time.monotonic()))
    except subprocess.TimeoutExpired:
        return None, ""
    return process.returncode, text
