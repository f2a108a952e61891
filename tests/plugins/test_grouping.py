"""The grouping plugin, in real pytest runs of a small project."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent

MARKED = """
import os, pytest

@pytest.mark.parametrize("number", range(8))
@pytest.mark.{marker}
def test_in_one_process(number, tmp_path_factory):
    place = tmp_path_factory.getbasetemp().parent / "seen"
    place.mkdir(exist_ok=True)
    (place / os.environ["PYTEST_XDIST_WORKER"]).touch()
"""

SKIPPING = """
import pytest

def test_that_passes():
    pass

def test_that_needs_a_part():
    pytest.skip("the part is missing")
"""


def _pytest(folder: Path, source: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_small.py").write_text(source, encoding="utf-8")
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n    browser\n    server\n    postgres\n", encoding="utf-8")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "MLREVIEW_"))}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "tests.plugins.grouping", *arguments],
        cwd=folder,
        env={**clean, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("marker", ["browser", "server"])
def test_tests_that_need_one_costly_thing_run_in_one_process(marker: str, tmp_path: Path):
    # pytest 9.2 with xdist 3.8 spread them over all processes, without a word.
    base = tmp_path / "base"
    done = _pytest(
        tmp_path,
        MARKED.format(marker=marker),
        "-n",
        "2",
        "--dist",
        "loadgroup",
        f"--basetemp={base}",
        "--strict-markers",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert len(list((base / "seen").iterdir())) == 1


def test_browser_tests_make_two_groups_of_whole_files_where_more_than_two_processes_share_the_work(tmp_path: Path):
    base = tmp_path / "base"
    for name in ("test_other.py", "test_third.py"):
        (tmp_path / name).write_text(
            MARKED.format(marker="browser")
            .replace('"seen"', '"seen" / __name__')
            .replace("mkdir(", "mkdir(parents=True, "),
            encoding="utf-8",
        )
    done = _pytest(
        tmp_path,
        MARKED.format(marker="browser"),
        "-n",
        "3",
        "--dist",
        "loadgroup",
        f"--basetemp={base}",
        "--strict-markers",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    seen = base / "seen"
    small = {one.name for one in seen.iterdir() if one.is_file()}
    other, third = ({one.name for one in (seen / name).iterdir()} for name in ("test_other", "test_third"))
    assert [len(processes) for processes in (small, other, third)] == [1, 1, 1]
    assert len(small | other | third) == 2


@pytest.mark.parametrize("processes", [(), ("-n", "2", "--dist", "loadgroup")], ids=["one process", "two processes"])
def test_a_skipped_test_is_named_and_fails_the_run_where_all_parts_are_required(
    processes: tuple[str, ...], tmp_path: Path
):
    lenient = _pytest(tmp_path, SKIPPING, *processes)
    assert lenient.returncode == 0
    assert "SKIPPED REAL PARTS" in lenient.stdout
    assert "test_small.py::test_that_needs_a_part: the part is missing" in lenient.stdout

    strict = _pytest(tmp_path, SKIPPING, *processes, MLREVIEW_REQUIRE_ALL="1")
    assert strict.returncode == 1
    assert "1 passed, 1 skipped" in strict.stdout.splitlines()[-1]
