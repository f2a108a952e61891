"""What is needed to do a run again, what of it was recorded, and the steps: pure, for a page and for the terminal."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from mlreview import names
from mlreview.analysis.diff_code import COMMIT, DIRTY, REMOTE
from mlreview.analysis.diff_data import location
from mlreview.analysis.params import SEED_KEYS
from mlreview.errors import BadInputError, MlreviewError
from mlreview.reproduce.command import Command, given_command, recorded_command, recorded_root
from mlreview.reproduce.patches import check_patch
from mlreview.reproduce.paths import check_inside
from mlreview.reproduce.recorded import RecordedRun
from mlreview.reproduce.requirements import Requirements, read_requirements
from mlreview.reproduce.steps import Step, by_hand
from mlreview.reproduce.texts import counted, one_line

ASK = "ask the run's author"
_COMMIT_FORM = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_REMOTE_FORM = re.compile(r"(?:https?|ssh)://(?!-)[\w.@:\[\]-]+/[\w./~%+-]+|(?!-)[\w.-]+@(?!-)[\w.-]+:(?!-)[\w./~+-]+")


@dataclass(frozen=True, slots=True)
class Ingredient:
    """One thing that a run needs to be done again.

    Attributes:
        name: For people.
        value: What was recorded, in one short line; empty where nothing was.
        missing: Why it is not there and whom to ask, or what to do; empty where it was recorded.
        needed: Without it nothing can be carried out.
    """

    name: str
    value: str = ""
    missing: str = ""
    needed: bool = False

    @property
    def recorded(self) -> bool:
        """It is there, and can be used."""
        return not self.missing


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a run is done again.

    Attributes:
        run_id, label: Of the run; the label is for people.
        ingredients: All of them, in the order of use.
        steps: By hand, in order; empty where something that is needed is missing.
        commit: Full hash; empty where none was recorded.
        remote: An address that git can clone; empty where none was recorded.
        command: ``None`` where it can't be used.
        requirements: The recorded packages.
        python: The recorded version of Python; empty where none was.
        patched: Files that the recorded patch changes.
        untracked: Sources that git did not know.
        locations: Where the data were read from, by what they were for.
        root: The folder that the repository was in.
    """

    run_id: str
    label: str
    ingredients: tuple[Ingredient, ...]
    steps: tuple[Step, ...] = ()
    commit: str = ""
    remote: str = ""
    command: Command | None = None
    requirements: Requirements = field(default_factory=Requirements)
    python: str = ""
    patched: tuple[str, ...] = ()
    untracked: tuple[str, ...] = ()
    locations: Mapping[str, str] = field(default_factory=dict)
    root: str = ""

    @property
    def missing(self) -> tuple[Ingredient, ...]:
        """What was not recorded, or can't be used."""
        return tuple(one for one in self.ingredients if not one.recorded)

    @property
    def blocked(self) -> tuple[Ingredient, ...]:
        """What keeps the run from being done again at all."""
        return tuple(one for one in self.missing if one.needed)

    @property
    def readiness(self) -> str:
        """``7 of 9 ingredients recorded; missing: data location (ask the run's author)``."""
        total = len(self.ingredients)
        said = f"{total - len(self.missing)} of {total} ingredients recorded"
        left = ", ".join(f"{one.name} ({one.missing})" for one in self.missing)
        return f"{said}; missing: {left}" if left else said

    @property
    def text(self) -> str:
        """The steps as lines to copy; what was recorded is quoted for a shell, and stands in no comment unquoted."""
        lines = [f"# {one_line(f'Run {self.label}: {self.readiness}')}"]
        for step in self.steps:
            lines += ["", f"# {one_line(step.title)}", *step.lines]
        return "\n".join(lines) + "\n"


def plan(recorded: RecordedRun, command: str | None = None) -> Recipe:
    """What can be done about a run. Reads nothing, and raises nothing about what was recorded.

    Args:
        recorded: The run with its files.
        command: Given by the person at the keyboard, in place of the recorded one.

    Raises:
        BadInputError: The given command can't be used.
    """
    tags = recorded.facts
    commit, remote = _first(tags, COMMIT) or "", clone_address(_first(tags, REMOTE)) or ""
    code, patched = _code(recorded)
    asked, usable = _command(tags, command)
    root = recorded_root(tags)
    requirements = _requirements(recorded, root)
    python = tags.get(names.ENV_PYTHON, "")
    locations = _locations(recorded)
    ingredients = (
        _commit(commit),
        Ingredient("repository", remote)
        if remote
        else Ingredient("repository", missing=f"{ASK}, or work in a clone of it"),
        code,
        asked,
        Ingredient("Python", python) if python else Ingredient("Python", missing="this one will be taken"),
        _packages(recorded, requirements),
        _seed(recorded),
        _digest(recorded),
        Ingredient("data location", one_line("; ".join(dict.fromkeys(locations.values()))))
        if locations
        else Ingredient("data location", missing=ASK),
    )
    found = Recipe(
        recorded.run.run_id,
        one_line(recorded.label),
        ingredients,
        commit=commit if _COMMIT_FORM.fullmatch(commit) else "",
        remote=remote,
        command=usable,
        requirements=requirements,
        python=python if re.fullmatch(r"\d+\.\d+(\.\w+)?", python) else "",
        patched=patched,
        untracked=tuple(recorded.untracked),
        locations=locations,
        root=root,
    )
    return found if found.blocked else replace(found, steps=by_hand(found, recorded))


def clone_address(remote: str | None) -> str | None:
    """A remote as git may be given it: over the network, no option, no other transport, no login that was hidden."""
    address = re.sub(r"//[^/@]*\*\*\*[^/@]*@", "//", (remote or "").strip())
    return address if _REMOTE_FORM.fullmatch(address) and ".." not in address else None


def _commit(commit: str) -> Ingredient:
    if not commit:
        return Ingredient("commit", missing=ASK, needed=True)
    if not _COMMIT_FORM.fullmatch(commit):
        return Ingredient("commit", missing=f"{one_line(commit, 60)!r} is no whole hash; {ASK}", needed=True)
    return Ingredient("commit", commit[:12])


def _code(recorded: RecordedRun) -> tuple[Ingredient, tuple[str, ...]]:
    """The patch and the untracked sources: what ran and was in no commit."""
    name, tags, record = "uncommitted changes", recorded.facts, recorded.record
    dirty = (_first(tags, DIRTY) or "").lower()
    try:
        for path in recorded.untracked:
            check_inside(path, "An untracked source")
        for kept in record.code.untracked if record else ():
            data = recorded.untracked.get(check_inside(kept.path, "An untracked source"))
            if data is None or hashlib.sha256(data).hexdigest() != kept.sha256:
                what = "is not among the run's files any more" if data is None else "is damaged"
                missing = f"the untracked source {one_line(kept.path, 80)} {what}; {ASK}"
                return Ingredient(name, missing=missing, needed=True), ()
        patched: tuple[str, ...] = ()
        if recorded.patch:
            patched = check_patch(recorded.patch, tags.get(names.PATCH_SHA))
            if record and record.code.patch:
                check_patch(recorded.patch, record.code.patch.sha256)
        elif tags.get(names.PATCH_SHA):
            where = one_line(recorded.problem, 120) or "it is not among the run's files any more"
            return Ingredient(name, missing=f"the patch was recorded, but {where}; {ASK}", needed=True), ()
    except BadInputError as error:
        return Ingredient(name, missing=error.message, needed=True), ()
    parts = [f"a patch of {counted(len(patched), 'file')}"] if patched else []
    parts += [counted(len(recorded.untracked), "untracked source")] if recorded.untracked else []
    if dirty in ("true", "1") and not patched:
        return Ingredient(name, missing=f"there were some, and they were not kept; {ASK}"), ()
    if record and record.code.left_out:
        return Ingredient(name, missing=f"not all was kept: {one_line('; '.join(record.code.left_out), 160)}"), patched
    if not dirty and not parts:
        return Ingredient(name, missing=f"nobody knows whether there were any; {ASK}"), ()
    return Ingredient(name, " and ".join(parts) or "none"), patched


def _command(tags: Mapping[str, str], given: str | None) -> tuple[Ingredient, Command | None]:
    if given is not None:
        command = given_command(given, tags)
        return Ingredient("command", one_line(command.text())), command
    try:
        command = recorded_command(tags)
    except MlreviewError as error:
        said = [f"{one[:1].lower()}{one[1:].rstrip('.')}" for one in (error.message, error.hint) if one]
        missing = ", ".join(said)
        return Ingredient("command", missing=one_line(missing), needed=True), None
    where = "" if command.folder == "." else f" (in {command.folder})"
    return Ingredient("command", one_line(command.text() + where)), command


def _requirements(recorded: RecordedRun, root: str) -> Requirements:
    whole = read_requirements(recorded.packages, root=root)
    return whole if len(whole) else read_requirements(recorded.model_requirements, exact=False, root=root)


def _packages(recorded: RecordedRun, found: Requirements) -> Ingredient:
    if not len(found):
        return Ingredient("packages", missing="those of this interpreter will be taken")
    said = counted(len(found.packages) + len(found.own) + len(found.addresses), "package")
    if not found.exact:
        said += ", from the logged model's requirements.txt"
    odd = [f"{len(found.addresses)} from an address"] if found.addresses else []
    odd += [f"{counted(len(found.refused), 'line')} refused"] if found.refused else []
    return Ingredient("packages", f"{said} ({', '.join(odd)})" if odd else said)


def _seed(recorded: RecordedRun) -> Ingredient:
    seed = recorded.facts.get(names.SEED_TAG)
    seed = seed or next((recorded.run.params[key] for key in sorted(SEED_KEYS) if key in recorded.run.params), None)
    return Ingredient("seed", one_line(seed, 40)) if seed else Ingredient("seed", missing=f"{ASK}, or look in the code")


def _digest(recorded: RecordedRun) -> Ingredient:
    digests = dict.fromkeys(f"{one.context or one.name} {one.digest}" for one in recorded.run.datasets if one.digest)
    if not digests:
        return Ingredient("data digest", missing="nothing will show that the data are the same")
    return Ingredient("data digest", one_line(", ".join(digests), 120))


def _locations(recorded: RecordedRun) -> dict[str, str]:
    told = recorded.record.data if recorded.record else ()
    found = {one.context or one.name: one.source for one in told if one.source}
    for one in recorded.run.datasets:
        where = location(one)
        if where:
            found.setdefault(one.context or one.name, where)
    return found


def _first(tags: Mapping[str, str], keys: tuple[str, ...]) -> str | None:
    return next((tags[key] for key in keys if tags.get(key) not in (None, "", names.UNKNOWN)), None)
