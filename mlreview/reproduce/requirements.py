"""Recorded packages: what may be installed without a question, what not, and what an interpreter lacks."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from packaging.markers import UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

MAX_LINES = 5_000
TOOLS = frozenset({"pip", "setuptools", "wheel", "uv", "mlreview"})
"""They install or record, and change no result: any version will do."""


@dataclass(frozen=True, slots=True)
class Package:
    """One package that was recorded: its normalised name, and the versions that will do (``==2.4.6``; empty: any)."""

    name: str
    versions: str

    @property
    def line(self) -> str:
        """As pip takes it: a plain name with versions, never an option or an address."""
        return f"{self.name}{self.versions}"


@dataclass(frozen=True, slots=True)
class Requirements:
    """Packages that were recorded, by what may be done about them.

    Attributes:
        packages: Plain names with versions.
        own: Names of packages that are the repository itself, installed from its folder.
        addresses: Lines that name another address: installed only where a person says so.
        refused: Lines that are never given to pip: options, other files, what can't be read.
        exact: The whole environment, so that nothing else needs to be looked for; else only what the model asked for.
    """

    packages: tuple[Package, ...] = ()
    own: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    refused: tuple[str, ...] = ()
    exact: bool = True

    def __len__(self) -> int:
        return len(self.packages) + len(self.own) + len(self.addresses) + len(self.refused)


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A package that an interpreter has otherwise; ``present`` is ``None`` where it has none."""

    name: str
    wanted: str
    present: str | None

    def __str__(self) -> str:
        wanted = self.wanted.removeprefix("==") or "any version"
        return f"{self.name}: {wanted} was recorded, {self.present or 'none'} is here"


def read_requirements(text: str, *, exact: bool = True, root: str = "") -> Requirements:
    """Sort the lines of a requirements file that somebody else wrote.

    Args:
        text: The file.
        exact: It lists a whole environment.
        root: The folder that the repository was in then; empty where that is not known.
    """
    packages: dict[str, Package] = {}
    own, addresses, refused = [], [], []
    for raw in text.splitlines()[:MAX_LINES]:
        line = re.sub(r"(^|\s)#.*$", "", raw).strip()
        if not line:
            continue
        try:
            required = Requirement(line)
            applies = required.marker is None or required.marker.evaluate()
        except (InvalidRequirement, UndefinedEnvironmentName):
            refused.append(line)
            continue
        name = canonicalize_name(required.name)
        if required.url is not None:
            if root and required.url.rstrip("/") == f"file://{quote(root)}":
                own.append(name)
            else:
                addresses.append(line)
        elif applies:
            packages[name] = Package(name, str(required.specifier))
    return Requirements(tuple(packages.values()), tuple(own), tuple(addresses), tuple(refused), exact)


def mismatches(wanted: Requirements, installed: Mapping[str, str]) -> tuple[Mismatch, ...]:
    """What an interpreter lacks, or has in another version.

    Args:
        wanted: As recorded.
        installed: Version by normalised name.
    """
    found = []
    for package in wanted.packages:
        present = installed.get(package.name)
        enough = present is not None if package.name == "mlreview" else package.name in TOOLS
        if not enough and not _satisfied(package, present):
            found.append(Mismatch(package.name, package.versions, present))
    for line in wanted.addresses:
        name = canonicalize_name(Requirement(line).name)
        if name not in installed:
            found.append(Mismatch(name, f"the one at {Requirement(line).url}", None))
    return tuple(found)


def _satisfied(package: Package, present: str | None) -> bool:
    if present is None:
        return False
    try:
        return Requirement(package.line).specifier.contains(Version(present), prereleases=True)
    except InvalidVersion:
        return package.versions in ("", f"=={present}", f"==={present}")
