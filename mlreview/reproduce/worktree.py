"""The code as it ran: a git worktree at the recorded commit, with the recorded patch and untracked sources."""

import os
from collections.abc import Mapping
from pathlib import Path

from mlreview.errors import BadInputError
from mlreview.reproduce.patches import check_patch
from mlreview.reproduce.paths import put_file
from mlreview.reproduce.processes import StepFailedError, ask

# No hook and no helper program is run, whoever configured it; nothing asks for a password.
_SAFELY = ("-c", f"core.hooksPath={os.devnull}", "-c", "core.fsmonitor=false", "-c", "advice.detachedHead=false")
_GITS_OWN = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_EXTERNAL_DIFF", "GIT_PREFIX")


def find_repository(folder: Path, commit: str) -> Path | None:
    """The root of the repository around a folder, if it has the commit."""
    try:
        top = Path(os.fsdecode(_git(folder, "rev-parse", "--show-toplevel").rstrip(b"\n")))
        _git(top, "cat-file", "-e", f"{commit}^{{commit}}")
    except StepFailedError:
        return None
    return top


def has_path(repository: Path, commit: str, path: str) -> bool:
    """Whether the commit holds a file or folder of that path."""
    try:
        _git(repository, "cat-file", "-e", f"{commit}:{path}")
    except StepFailedError:
        return False
    return True


def clone(remote: str, commit: str, target: Path) -> Path:
    """Clone a repository, without its files, for a commit that is not on this machine.

    Args:
        remote: As ``clone_address`` let it pass.
        commit: Full hash.
        target: A folder that does not exist yet.

    Raises:
        StepFailedError: It can't be cloned, or does not have the commit.
    """
    try:
        _git(target.parent, "clone", "--quiet", "--no-checkout", "--", remote, str(target))
    except StepFailedError as error:
        raise StepFailedError(
            f"The repository {remote} can't be cloned: {error.message}",
            hint="Clone it yourself, and name its folder with --repo.",
        ) from error
    if find_repository(target, commit) is None:
        raise StepFailedError(
            f"The commit {commit[:12]} is not in {remote}: it may never have been pushed, or was rewritten.",
            hint="Ask the run's author to push it.",
        )
    return target


def check_out(repository: Path, commit: str, root: Path) -> None:
    """Make a worktree at a commit; the repository's own files and branches stay as they are.

    Raises:
        StepFailedError: Git refuses.
    """
    try:
        _git(repository, "worktree", "add", "--quiet", "--detach", str(root), commit)
    except StepFailedError as error:
        raise StepFailedError(f"The commit {commit[:12]} can't be checked out: {error.message}") from error


def put_changes(root: Path, patch: bytes | None, sha256: str | None, untracked: Mapping[str, bytes]) -> None:
    """Bring back what was not committed.

    Raises:
        BadInputError: The patch is damaged or touches what it should not, or a source can't be put where it was.
        StepFailedError: The patch does not fit the commit.
    """
    if patch:
        files = check_patch(patch, sha256)
        inside = root.resolve()
        for path in files:
            if not (root / path).parent.resolve().is_relative_to(inside):
                raise BadInputError(f"The recorded patch would write through a link that leads out: {path!r}.")
        try:
            _git(root, "apply", "--whitespace=nowarn", "-", text=patch)
        except StepFailedError as error:
            raise StepFailedError(
                f"The recorded patch does not fit the commit: {error.message}",
                hint="It was left out of the worktree, and nothing was trained. Ask the run's author.",
            ) from error
    for path, data in untracked.items():
        put_file(root, path, data, "An untracked source")


def remove(repository: Path, root: Path) -> None:
    """Remove a worktree that was made here; what can't be removed stays."""
    try:
        _git(repository, "worktree", "remove", "--force", str(root))
    except StepFailedError:
        return


def _git(folder: Path, *arguments: str, text: bytes | None = None) -> bytes:
    environment = {key: value for key, value in os.environ.items() if key not in _GITS_OWN}
    # A remote of another kind (ext::, file:) could run a program, or read what it should not.
    environment |= {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C", "GIT_ALLOW_PROTOCOL": "https:http:ssh"}
    return ask(["git", "-C", str(folder), *_SAFELY, *arguments], folder=folder, environment=environment, text=text)
