"""Finding the programs that tests drive."""

import subprocess
from pathlib import Path

import pytest

from tests.plugins import real_parts


def test_the_postgres_that_is_found_can_say_its_version():
    folder = real_parts.find_postgres()
    if folder is None:
        pytest.skip("PostgreSQL is not installed")
    said = subprocess.run([folder / "postgres", "--version"], capture_output=True, text=True, check=True).stdout
    assert "PostgreSQL" in said


def test_a_folder_that_is_named_counts_only_if_it_is_complete(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("MLREVIEW_POSTGRES_BIN", str(tmp_path))
    assert real_parts.find_postgres() is None
    for program in real_parts.POSTGRES_PROGRAMS:
        (tmp_path / program).touch()
    assert real_parts.find_postgres() == tmp_path


def test_a_browser_that_is_named_counts_only_if_it_can_be_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    browser = tmp_path / "browser"
    monkeypatch.setenv("MLREVIEW_CHROMIUM", str(browser))
    assert real_parts.find_chromium() is None
    browser.touch(mode=0o755)
    assert real_parts.find_chromium() == browser


def test_a_missing_part_is_named_loudly_and_fails_only_where_all_are_required(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    nowhere = real_parts.RealPart("Abacus", lambda: None, debian_packages=(), wheel=None, way_out="Carve one.")
    monkeypatch.setattr(real_parts, "PARTS", (nowhere,))
    monkeypatch.setattr(real_parts, "_install_debian", lambda packages: None)
    monkeypatch.delenv("MLREVIEW_REQUIRE_ALL", raising=False)
    assert real_parts.main() == 0
    assert "Abacus is missing: the tests that need it are SKIPPED. Carve one." in capsys.readouterr().err
    monkeypatch.setenv("MLREVIEW_REQUIRE_ALL", "1")
    assert real_parts.main() == 1
