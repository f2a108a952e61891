"""The code of runs, as rows: commit, branch, what was not committed, the file that ran."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from mlreview import names
from mlreview.analysis.code_links import web_address
from mlreview.analysis.diff_rows import Line
from mlreview.entities import RunTable
from mlreview.redaction import redact

if TYPE_CHECKING:
    from mlreview.analysis.diff import ArtifactFacts

COMMIT = (names.GIT_COMMIT, names.GIT_COMMIT_TAG)
BRANCH = (names.GIT_BRANCH, "mlflow.source.git.branch", "mlflow.gitBranchName")
REMOTE = (names.GIT_REMOTE, "mlflow.source.git.repoURL", "mlflow.gitRepoURL")
DIRTY = (names.GIT_DIRTY, "mlflow.source.git.dirty")
_OTHER = {
    "author of the commit": (names.GIT_AUTHOR,),
    "script": (names.ENTRY,),
    "script's path": (names.SCRIPT,),
    "source file": (names.SOURCE_NAME_TAG,),
    "source type": (names.SOURCE_TYPE_TAG,),
    "entry point": ("mlflow.project.entryPoint",),
    "command": (names.COMMAND,),
}
TAGS = frozenset(key for keys in (COMMIT, BRANCH, REMOTE, DIRTY, *_OTHER.values()) for key in keys)
PREFIXES = ("mlflow.source.", "mlflow.git")
"""Tags that this section shows, and not the section Tags."""


def tag(runs: RunTable, keys: tuple[str, ...]) -> tuple[str | None, ...]:
    """The first of several tags that each run has; what was not known when it was recorded is none."""
    columns = [runs.tags[key] for key in keys if key in runs.tags]
    nothing = (None, names.UNKNOWN)
    return tuple(
        next((column[row] for column in columns if column[row] not in nothing), None) for row in range(len(runs))
    )


def patch(files: Mapping[str, str]) -> str | None:
    """The recorded patch of what was not committed."""
    found = sorted(path for path in files if path.startswith("mlreview/") and path.endswith((".patch", ".diff")))
    return files[found[0]] if found else None


def lines(runs: RunTable, files: Mapping[str, "ArtifactFacts"]) -> list[Line]:
    """Rows about the code; a remote is shown as its web page, without credentials."""
    remotes = tag(runs, REMOTE)
    pages = tuple(None if remote is None else web_address(remote) or redact(remote) for remote in remotes)
    found = [
        Line("commit", tag(runs, COMMIT), identifies=True),
        Line("branch", tag(runs, BRANCH), identifies=True),
        Line("uncommitted changes", tuple(_yes(value) for value in tag(runs, DIRTY)), identifies=True),
        Line("repository", pages, identifies=True),
    ]
    found += [Line(label, tag(runs, keys), identifies=True) for label, keys in _OTHER.items()]
    rest = sorted(key for key in runs.tags if key.startswith(PREFIXES) and key not in TAGS)
    found += [Line(key, tuple(runs.tags[key]), identifies=True) for key in rest]
    patches = tuple(patch(files[run_id].texts) if run_id in files else None for run_id in runs.run_ids)
    return [*found, Line("patch", patches, identifies=True)]


def _yes(value: str | None) -> str | None:
    return None if value is None else {"true": "yes", "1": "yes", "false": "no", "0": "no"}.get(value.lower(), value)
