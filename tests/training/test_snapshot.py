"""What a run keeps of the code that ran."""

from pathlib import Path

import pytest

from mlreview import names
from mlreview.training import snapshot
from mlreview.training.guard import Guard
from mlreview.training.snapshot import find_code
from tests.training.test_provenance import git


def test_a_commit_that_git_said_too_late_for_the_tags_is_in_the_record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Without it a patch is kept that nobody knows the commit of."""
    git(tmp_path, "init", "-q", "-b", "main")
    (tmp_path / "train.py").write_text("a = 1\n")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "first")
    git(tmp_path, "remote", "add", "origin", "https://bot:s3cr3t-pass@git.example/team/models.git")
    (tmp_path / "train.py").write_text("a = 2\n")
    monkeypatch.setattr(snapshot, "GIT_WITHIN_S", 60.0)
    monkeypatch.setattr(snapshot, "main_script", lambda: tmp_path / "train.py")
    asked = (names.GIT_COMMIT, names.GIT_BRANCH, names.GIT_REMOTE, names.GIT_DIRTY)
    late: dict[str, str] = dict.fromkeys(asked, names.UNKNOWN)
    found = find_code(late, Guard("sqlite:///x.db")).record
    assert found.commit == git(tmp_path, "rev-parse", "HEAD")
    assert (found.branch, found.dirty) == ("main", True)
    assert found.remote is not None
    assert "s3cr3t" not in found.remote
    assert found.patch is not None
