"""What a run recorded is somebody else's text: what would lead out of the worktree is refused, and said."""

import hashlib
from pathlib import Path

import pytest

from mlreview import names
from mlreview.errors import BadInputError
from mlreview.reproduce.command import given_command, recorded_command
from mlreview.reproduce.patches import check_patch
from mlreview.reproduce.paths import check_inside, put_file
from mlreview.reproduce.recipe import clone_address
from mlreview.reproduce.requirements import read_requirements
from tests.reproduce.runs import PATCH, TAGS


@pytest.mark.parametrize(
    "path",
    [
        "../evil.py",
        "src/../../evil.py",
        "/etc/passwd",
        "C:/evil.py",
        "src\\..\\..\\evil.py",
        ".git/hooks/post-checkout",
        "src/.GIT/config",
        ".git./config",
        ".g\u200cit/config",
        "git~1/config",
        ".git::$INDEX_ALLOCATION/config",
        "a//b.py",
        "./a.py",
        "a\x00b.py",
        "a\nb.py",
        "",
        "x" * 5000,
    ],
)
def test_a_path_that_leads_out_or_into_git_is_refused(path: str):
    with pytest.raises(BadInputError, match="An untracked source has a path that"):
        check_inside(path, "An untracked source")


@pytest.mark.parametrize("path", ["train.py", "src/größe/new helper.py", ".github/ci.yml", ".gitignore", "...", "a..b"])
def test_an_odd_but_honest_path_is_kept(path: str):
    assert check_inside(path, "A file") == path


def test_a_file_is_written_through_no_link_and_over_nothing(tmp_path: Path):
    root, outside = tmp_path / "tree", tmp_path / "outside"
    root.mkdir()
    outside.mkdir()
    (root / "link").symlink_to(outside)
    (root / "broken").symlink_to(tmp_path / "nowhere")
    (root / "there.py").write_text("commit's own")
    for path in ("link/evil.py", "link/deeper/evil.py", "broken", "broken/evil.py", "there.py"):
        with pytest.raises(BadInputError):
            put_file(root, path, b"evil", "An untracked source")
    assert not list(outside.iterdir())
    assert not (tmp_path / "nowhere").exists()
    assert (root / "there.py").read_text() == "commit's own"
    put_file(root, "new/one.py", b"fine", "An untracked source")
    assert (root / "new" / "one.py").read_bytes() == b"fine"


def file_patch(path: str, *extra: str, body: str = "@@ -0,0 +1 @@\n+x\n") -> bytes:
    lines = [f"diff --git a/{path} b/{path}", *extra, "--- /dev/null", f"+++ b/{path}"]
    return ("\n".join(lines) + "\n" + body).encode()


@pytest.mark.parametrize(
    ("patch", "said"),
    [
        (file_patch("../../etc/cron.d/evil"), "leads out"),
        (file_patch(".git/hooks/pre-commit"), "git's own"),
        (b"--- /dev/null\n+++ /etc/passwd\n@@ -0,0 +1 @@\n+x\n", "leads out"),
        (b"--- x\n+++ y\n@@ -1 +1 @@\n-a\n+b\n", "leads out"),
        (b"diff --git a/a b/b\nrename from a\nrename to ../b\n", "leads out"),
        (b'diff --git "a/..\\057evil" "b/..\\057evil"\nnew file mode 100644\n', "leads out"),
        (b'--- /dev/null\n+++ "b/\\056\\056/evil"\n@@ -0,0 +1 @@\n+x\n', "leads out"),
        (file_patch("link", "new file mode 120000"), "symbolic link"),
        (b"diff --git a/l b/l\nindex 12ab..34cd 120000\n--- a/l\n+++ b/l\n@@ -1 +1 @@\n-a\n+/etc\n", "symbolic link"),
        (b"diff --git a/s b/s\nindex 12ab..34cd 160000\n--- a/s\n+++ b/s\n", "submodule"),
        (file_patch("good.py") + file_patch("../bad.py"), "leads out"),
        (b"not a patch at all", "names no file"),
        (b"\x1f\x8b\x00", "names no file"),
    ],
)
def test_a_patch_that_touches_more_than_sources_is_refused(patch: bytes, said: str):
    with pytest.raises(BadInputError, match=said):
        check_patch(patch, None)


def test_a_hunk_may_say_anything():
    body = "@@ -1,2 +1,2 @@\n--- /etc/passwd\n-new file mode 120000\n+++ ../x\n+rename to /etc\n"
    patch = b"diff --git a/q.sql b/q.sql\nindex 1ab..2cd 100644\n--- a/q.sql\n+++ b/q.sql\n" + body.encode()
    assert check_patch(patch, None) == ("q.sql",)


def test_renames_binaries_and_blanks_in_names_are_read():
    patch = (
        b"diff --git a/old name.py b/new.py\nsimilarity index 90%\nrename from old name.py\nrename to new.py\n"
        b"diff --git a/a b.bin b/a b.bin\nindex 1a..2b 100644\nGIT binary patch\nliteral 3\nKcmZQzWMT#Y01f~L\n\n"
        b'diff --git "a/gr\\303\\266\\303\\237e.py" "b/gr\\303\\266\\303\\237e.py"\nnew file mode 100644\nindex 0..1\n'
    )
    assert check_patch(patch, None) == ("old name.py", "new.py", "a b.bin", "größe.py")


def test_a_damaged_patch_is_named():
    digest = hashlib.sha256(PATCH).hexdigest()
    assert check_patch(PATCH, digest) == ("train.py",)
    with pytest.raises(BadInputError, match="damaged: its SHA-256 is"):
        check_patch(PATCH.replace(b"+b", b"+c"), digest)
    with pytest.raises(BadInputError, match="damaged"):
        check_patch(b"", digest)


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("rm -rf /", "only Python"),
        ("bash train.sh", "only Python"),
        ("/tmp/python-evil train.py", "only Python"),
        ("python -c 'import os'", "does not start a file"),
        ("python -uc 'import os'", "does not start a file"),
        ("python -i train.py", "does not start a file"),
        ("python -", "does not start a file"),
        ("python", "no script"),
        ("python -u", "no script"),
        ("python -m", "no script"),
        ("python -m http.server", "not known to be the repository's"),
        ("python -m pip install evil", "not known to be the repository's"),
        ("python -m 'a;b'", "no module"),
        ("python ../../evil.py", "leads out"),
        ("python /tmp/evil.py", "not in a repository"),
        ("python .git/hooks/evil.py", "git's own"),
        ("python 'unfinished", "can't be read"),
        ("python train.py\nrm -rf /", "control characters"),
        ("python train.py --token '***'", "held a secret"),
        ("python train.py --long x…", "was cut"),
    ],
)
def test_a_command_that_is_no_script_of_the_repository_is_refused(command: str, said: str):
    with pytest.raises(BadInputError, match=said):
        recorded_command({**TAGS, names.COMMAND: command})


@pytest.mark.parametrize("folder", ["..", "/etc", "a/../..", ".git"])
def test_a_command_runs_in_no_folder_outside(folder: str):
    with pytest.raises(BadInputError, match="folder has a path"):
        recorded_command({**TAGS, names.COMMAND_FOLDER: folder})


def test_what_a_shell_would_take_for_more_stays_an_argument():
    command = recorded_command({**TAGS, names.COMMAND: "python train.py '; rm -rf /' '$(evil)' '`x`' '|' '>' out"})
    assert command.argv("py") == ["py", "train.py", "; rm -rf /", "$(evil)", "`x`", "|", ">", "out"]


def test_a_person_may_start_a_module_that_a_record_may_not():
    assert given_command("python -m torch.distributed.run train.py", TAGS).target == ("-m", "torch.distributed.run")
    with pytest.raises(BadInputError, match="leads out"):
        given_command("python ../x.py", TAGS)


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://evil.example/simple",
        "-r other.txt",
        "-e .",
        "--find-links=/tmp",
        "./local",
        "https://evil.example/x.whl",
        "numpy==2.0 --config-settings=x",
        "numpy==2.0; import os",
        "na me==1",
        "$(evil)",
    ],
)
def test_a_line_that_is_no_plain_package_never_reaches_pip(line: str):
    found = read_requirements(f"good==1.0\n{line}\n")
    assert [package.line for package in found.packages] == ["good==1.0"]
    assert found.refused == (line,)


def test_packages_from_addresses_are_kept_apart():
    text = "evil @ https://evil.example/x.whl\nmine @ file:///home/ada/models\nother @ file:///home/ada/other\n"
    found = read_requirements(text, root="/home/ada/models")
    assert found.own == ("mine",)
    assert found.addresses == ("evil @ https://evil.example/x.whl", "other @ file:///home/ada/other")
    assert not found.packages


@pytest.mark.parametrize(
    ("remote", "address"),
    [
        ("https://git.example/team/models.git", "https://git.example/team/models.git"),
        ("https://***@git.example/team/models.git", "https://git.example/team/models.git"),
        ("git@git.example:team/models.git", "git@git.example:team/models.git"),
        ("ssh://git@git.example:22/team/models", "ssh://git@git.example:22/team/models"),
        ("ext::sh -c evil", None),
        ("--upload-pack=evil", None),
        ("ssh://-oProxyCommand=evil/x", None),
        ("-oProxyCommand=evil:x", None),
        ("git@host:-evil", None),
        ("file:///etc", None),
        ("/home/ada/models", None),
        ("https://git.example/$(evil)", None),
        ("https://git.example/../x", None),
        (None, None),
    ],
)
def test_only_addresses_over_the_network_are_cloned(remote: str | None, address: str | None):
    assert clone_address(remote) == address
