"""Carries a recipe out: looks at what is here, makes worktree and environment, trains, and finds the run that came."""

import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mlreview import names
from mlreview.analysis.params import canonical_param
from mlreview.entities import Run, RunQuery
from mlreview.reproduce.command import Command
from mlreview.reproduce.data import Place, copy_in, look_at_data, put_data
from mlreview.reproduce.environment import Interpreter, interpreter, lacks, make_environment, training_environment
from mlreview.reproduce.processes import Done, StepFailedError, run
from mlreview.reproduce.recipe import Recipe
from mlreview.reproduce.recorded import RecordedRun
from mlreview.reproduce.requirements import Mismatch
from mlreview.reproduce.texts import counted
from mlreview.reproduce.worktree import check_out, clone, find_repository, put_changes, remove
from mlreview.store.base import RunStore
from mlreview.training.manifest import sha256_of

_NEWEST = 200


@dataclass(frozen=True, slots=True)
class Here:
    """What this machine has of what a recipe needs. Looking changed nothing.

    Attributes:
        repository: That has the commit; ``None`` where none was found, and a clone would be made.
        interpreter: The one that was looked at.
        lacking: What it has otherwise than recorded: with any, a new environment is made.
        data: Where the data are.
    """

    repository: Path | None
    interpreter: Interpreter
    lacking: tuple[Mismatch, ...]
    data: tuple[Place, ...]

    def problems(self, recipe: Recipe, *, install: bool, replaced: frozenset[str] = frozenset()) -> tuple[str, ...]:
        """What keeps the recipe from being carried out here, in words.

        Args:
            recipe: What is to be done.
            install: A new environment may be made.
            replaced: Contexts whose recorded data are not needed.
        """
        found = []
        if self.repository is None and not recipe.remote:
            found.append(
                f"commit: no repository here has {recipe.commit[:12]}, and none was recorded: name it with --repo"
            )
        lost = [one for one in self.data if one.state in ("missing", "changed") and one.context not in replaced]
        found += [str(one) for one in lost]
        if self.lacking and not install:
            listed = "; ".join(str(one) for one in self.lacking[:5])
            more = f"; {len(self.lacking) - 5} more" if len(self.lacking) > 5 else ""
            found.append(f"packages: {listed}{more}")
        return tuple(found)

    def steps(
        self, recipe: Recipe, command: Command, *, trusted: bool, replaced: frozenset[str] = frozenset()
    ) -> tuple[str, ...]:
        """What would be carried out, a line each; arguments as for ``problems`` and ``carry_out``."""
        where = str(self.repository) if self.repository else f"a new clone of {recipe.remote}"
        said = [f"check out {recipe.commit[:12]} of {where} as a worktree of its own"]
        if recipe.patched:
            said.append(f"apply the recorded patch to {', '.join(recipe.patched[:8])}")
        if recipe.untracked:
            said.append(f"put back the untracked sources {', '.join(recipe.untracked[:8])}")
        said += [str(one) for one in self.data if one.context not in replaced]
        if self.lacking:
            count = counted(len(recipe.requirements.packages), "package")
            said.append(f"make an environment with {count}, for this one differs: {self.lacking[0]}")
            if recipe.requirements.addresses:
                what = "and" if trusted else "without"
                said.append(f"  {what} those from addresses: {', '.join(recipe.requirements.addresses[:5])}")
            if recipe.requirements.refused:
                said.append(f"  never given to the installer: {', '.join(recipe.requirements.refused[:5])}")
        else:
            what = (
                "with the recorded packages"
                if len(recipe.requirements)
                else "whatever it has: no packages were recorded"
            )
            said.append(f"take {self.interpreter.path}: Python {self.interpreter.version}, {what}")
        where = "" if command.folder == "." else f", in {command.folder}"
        return (*said, f"start, without a shell{where}: {command.text()}")


@dataclass(frozen=True, slots=True)
class Attempt:
    """A training that was started from a recipe and has ended.

    Attributes:
        nonce: Tag of every run that it started.
        folder: Where worktree, environment and log are.
        worktree, repository: The code, and the repository that it belongs to.
        python: The interpreter that it ran under.
        environment: That it was started with.
        done: How it ended.
        seconds: How long it took.
    """

    nonce: str
    folder: Path
    worktree: Path
    repository: Path
    python: str
    environment: Mapping[str, str] = field(repr=False)
    done: Done
    seconds: float

    def remove(self) -> None:
        """Remove what was made for it."""
        remove(self.repository, self.worktree)
        shutil.rmtree(self.folder, ignore_errors=True)


def look(recipe: Recipe, recorded: RecordedRun, folder: Path, python: str) -> Here:
    """See what is here before anything is made.

    Args:
        recipe: What is to be done.
        recorded: Of the run.
        folder: In the repository, if it is here.
        python: The interpreter to look at.

    Raises:
        StepFailedError: The interpreter is none.
    """
    repository = find_repository(folder, recipe.commit) if recipe.commit else None
    found = interpreter(python)
    return Here(
        repository,
        found,
        lacks(found, recipe.requirements, recipe.python),
        look_at_data(recipe, recorded, repository),
    )


def carry_out(
    recipe: Recipe,
    recorded: RecordedRun,
    here: Here,
    command: Command,
    *,
    link: str,
    tracking_uri: str,
    registry_uri: str | None = None,
    placed: Mapping[str, Path] | None = None,
    replaced: frozenset[str] = frozenset(),
    trusted: bool = False,
    into: Path | None = None,
    say: Callable[[str], None] = lambda _: None,
) -> Attempt:
    """Do it. Everything is made in one new folder; the repository gets a worktree there, and nothing else.

    Args:
        recipe: What is to be done.
        recorded: Of the run.
        here: What ``look`` found; nothing of it is a problem.
        command: What to start.
        link: The tag that links the new run to the old: that it reproduces, or retrains it.
        tracking_uri: The store that the run is in, by its whole address.
        registry_uri: The model registry, where it is another.
        placed: New data, by path from the root.
        replaced: Contexts whose recorded data are not used, since new ones are.
        trusted: A person has looked at the packages: also those from addresses are installed.
        into: The folder to make; a temporary one where it is ``None``.
        say: Told what happens, and what the training writes.

    Raises:
        MlreviewError: A step failed; the message says which, and what was left.
    """
    nonce = secrets.token_hex(8)
    folder = _new_folder(into, recipe.run_id)
    repository, worktree = here.repository, folder / "code"
    made = False
    try:
        if repository is None:
            say(f"Cloning {recipe.remote}")
            repository = clone(recipe.remote, recipe.commit, folder / "repository")
        check_out(repository, recipe.commit, worktree)
        made = True
        put_changes(worktree, recorded.patch, recorded.facts.get(names.PATCH_SHA), recorded.untracked)
        _put_data([one for one in here.data if one.context not in replaced], placed or {}, worktree)
        where = _folder_of(command, worktree)
        python = here.interpreter.path
        if here.lacking:
            say(f"Installing {counted(len(recipe.requirements.packages), 'package')}")
            python = make_environment(folder / "env", recipe.requirements, recipe.python, say, trusted=trusted)
    except BaseException:  # nothing was trained: nothing is left behind
        if made and repository is not None:
            remove(repository, worktree)
        shutil.rmtree(folder, ignore_errors=True)
        raise
    tags = {link: recipe.run_id, names.REPRODUCTION_TAG: nonce}
    environment = training_environment(tracking_uri, registry_uri, recorded.run.experiment_id, tags)
    if recipe.requirements.own:  # they were the repository, as it was then
        paths = [str(worktree / "src"), str(worktree)] if (worktree / "src").is_dir() else [str(worktree)]
        environment["PYTHONPATH"] = os.pathsep.join(paths)
    say(f"Training: {command.text()}")
    began = time.monotonic()
    try:
        done = run(command.argv(python), folder=where, environment=environment, say=say, log=folder / "output.log")
    except KeyboardInterrupt:
        say(f"Interrupted, and the training ended. Code, environment and output are in {folder}.")
        raise
    return Attempt(nonce, folder, worktree, repository, python, environment, done, time.monotonic() - began)


def _new_folder(into: Path | None, run_id: str) -> Path:
    short = "".join(character for character in run_id[:8] if character.isalnum())
    if into is None:
        return Path(tempfile.mkdtemp(prefix=f"mlreview-{short}-")).resolve()
    try:
        into.mkdir(parents=True)
    except FileExistsError as error:
        raise StepFailedError(f"{into} is there already.", hint="Name a new folder with --into.") from error
    return into.resolve()


def _put_data(places: Sequence[Place], placed: Mapping[str, Path], worktree: Path) -> None:
    for place in places:
        if place.state == "beside":
            put_data(place, worktree)
        elif place.state == "committed" and _is_another(worktree / place.path, place.sha256):
            raise StepFailedError(
                f"The {place.context} data in the commit are not those that were recorded: the SHA-256 of "
                f"{place.path} is another.",
                hint="Nothing was trained. They were changed and not committed; ask the run's author for them.",
            )
    for path, source in placed.items():
        copy_in(worktree, path, source)


def _is_another(file: Path, sha256: str | None) -> bool:
    return sha256 is not None and file.is_file() and sha256_of(file) != sha256


def _folder_of(command: Command, worktree: Path) -> Path:
    """Where the command runs; links of the repository lead neither it nor its script out."""
    inside = worktree.resolve()
    where = (worktree / command.folder).resolve()
    script = (worktree / command.script).resolve() if command.script else where
    if not where.is_relative_to(inside) or not script.is_relative_to(inside):
        raise StepFailedError("The command leads out of the worktree through a link.", hint="Nothing was trained.")
    if not where.is_dir() or not script.exists():
        missing = command.script if where.is_dir() else command.folder
        raise StepFailedError(
            f"There is no {missing!r} in the code as it was recorded.",
            hint="Nothing was trained. It may have been an untracked file that was not kept: ask the run's author.",
        )
    return where


def runs_of(store: RunStore, nonce: str, experiment_id: str) -> tuple[Run, ...]:
    """The runs that an attempt started, whole: first looked for in the old run's experiment, then in all."""
    for experiments in (lambda: [experiment_id], lambda: [one.experiment_id for one in store.experiments("all")]):
        query = RunQuery(tuple(experiments()), metrics=(), tags=(names.REPRODUCTION_TAG,), limit=_NEWEST)
        table = store.runs(query)
        column = table.tags[names.REPRODUCTION_TAG]
        found = tuple(store.run(str(table.run_ids[row])) for row in range(len(table)) if column[row] == nonce)
        if found:
            return found
    return ()


def counterpart(old: Run, started: Sequence[Run]) -> Run | None:
    """Which of the runs that an attempt started is the old one's: a sweep starts many, and parents beside children."""
    nested = names.PARENT_RUN_TAG in old.tags

    def likeness(one: Run) -> tuple[bool, int, bool, int, int]:
        alike = sum(
            canonical_param(key, value) == canonical_param(key, one.params[key])
            for key, value in old.params.items()
            if key in one.params
        )
        return (
            (names.PARENT_RUN_TAG in one.tags) == nested,
            alike - sum(key not in old.params for key in one.params),
            one.name == old.name,
            len(old.metrics.keys() & one.metrics.keys()),
            -(one.start_time or 0),
        )

    return max(started, key=likeness, default=None)
