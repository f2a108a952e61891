"""Uncommitted code: the patch brings the same files back in another checkout."""

import subprocess
from pathlib import Path

import pytest

from mlreview.training import sources
from mlreview.training.sources import uncommitted
from tests.training.test_provenance import git


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    folder = tmp_path / "repo"
    (folder / "src").mkdir(parents=True)
    git(folder, "init", "-q", "-b", "main")
    (folder / "src" / "train.py").write_text("rate = 0.1\n")
    (folder / "image.bin").write_bytes(bytes(range(256)))
    (folder / "old.py").write_text("gone = True\n")
    (folder / ".gitignore").write_text("ignored.py\n")
    git(folder, "add", ".")
    git(folder, "commit", "-q", "-m", "first")
    return folder


def test_nothing_changed_is_no_patch(checkout: Path):
    found = uncommitted(checkout / "src")
    assert (found.patch, found.untracked, found.left_out) == (b"", {}, ())


def test_the_patch_and_untracked_sources_make_another_checkout_the_same(checkout: Path, tmp_path: Path):
    (checkout / "src" / "train.py").write_text("rate = 0.2  # größer\n")
    (checkout / "image.bin").write_bytes(bytes(reversed(range(256))))
    (checkout / "old.py").unlink()
    (checkout / "staged.py").write_text("staged = 1\n")
    git(checkout, "add", "staged.py")
    (checkout / "src" / "new helper.py").write_text("new = 1\n")
    (checkout / "ignored.py").write_text("ignored = 1\n")
    (checkout / "weights.h5").write_bytes(b"data")
    found = uncommitted(checkout)
    assert set(found.untracked) == {"src/new helper.py"}

    other = tmp_path / "other"
    git(tmp_path, "clone", "-q", str(checkout), str(other))
    subprocess.run(["git", "apply", "--binary", "-"], cwd=other, input=found.patch, check=True)
    for path, content in found.untracked.items():
        (other / path).write_bytes(content)
    for path in ("src/train.py", "image.bin", "staged.py", "src/new helper.py"):
        assert (other / path).read_bytes() == (checkout / path).read_bytes()
    assert not (other / "old.py").exists()


def test_what_is_too_large_or_secret_is_left_out_and_named(checkout: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sources, "MAX_FILE_BYTES", 10)
    monkeypatch.setattr(sources, "MAX_PATCH_BYTES", 10)
    (checkout / "src" / "train.py").write_text("rate = 0.2\n")
    (checkout / "large.py").write_text("x" * 11)
    (checkout / "secrets.toml").write_text("a=1")
    (checkout / "small.py").write_text("x")
    (checkout / "outside.py").symlink_to("/etc/hostname")
    found = uncommitted(checkout)
    assert found.patch == b""
    assert set(found.untracked) == {"small.py"}
    assert [line.partition(":")[0] for line in found.left_out] == ["the patch", "large.py", "secrets.toml"]


def test_all_untracked_files_together_have_a_limit(checkout: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sources, "MAX_UNTRACKED_FILES", 2)
    for name in ("a.py", "b.py", "c.py"):
        (checkout / name).write_text(name)
    found = uncommitted(checkout)
    assert set(found.untracked) == {"a.py", "b.py"}
    assert found.left_out == ("c.py: untracked files together are more than is kept",)


def test_outside_of_a_repository_it_fails_for_the_caller_to_say(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    with pytest.raises(subprocess.SubprocessError):
        uncommitted(tmp_path)
