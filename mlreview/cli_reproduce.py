"""``mlreview reproduce`` and ``mlreview retrain``: show what was recorded, ask, carry it out, say what came of it."""

import json
import shlex
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlreview.errors import BadInputError
from mlreview.store.base import RunStore, RunWriter

if TYPE_CHECKING:
    from mlreview.reproduce.again import Again, Choices, Place
    from mlreview.reproduce.attempt import Here
    from mlreview.reproduce.evidence import Reproduction
    from mlreview.reproduce.recipe import Recipe
    from mlreview.reproduce.recorded import RecordedRun
    from mlreview.reproduce.redirect import Redirected

Opening = Callable[[str | None], RunStore]
Writing = Callable[[str | None], RunWriter]
_ANSWER_IS_NO = 1
_SUBJECT = "RUN|models:/NAME/VERSION|models:/NAME@ALIAS"
_SHOWN_LINES = 60
_NEWEST = 1_000
_PACKAGES = 400
_CARRYING_OUT = (
    click.option("--yes", is_flag=True, help="Carry it out without asking; for CI, where somebody has looked."),
    click.option(
        "--repo", type=click.Path(exists=True, file_okay=False), default=".", help="The repository; else this folder's."
    ),
    click.option("--python", metavar="PATH", help="The interpreter to look at first; else the one that runs mlreview."),
    click.option("--no-install", is_flag=True, help="Never make an environment: what differs is named instead."),
    click.option(
        "--trust-packages", is_flag=True, help="Also install packages from addresses, and build packages; runs code."
    ),
    click.option("--command", metavar="TEXT", help="The command, where none was recorded, or only a part of it."),
    click.option("--into", metavar="FOLDER", help="Where to make worktree and environment; else a temporary folder."),
    click.option("--keep", is_flag=True, help="Keep them when all went well, too."),
)


def reproduce_commands(
    open_store: Opening, open_writer: Writing, uri_option: Callable[[Any], Any]
) -> tuple[click.Command, click.Command]:
    """The commands, over whatever opens a store."""

    @click.command()
    @click.argument("subject", metavar=_SUBJECT)
    @click.option("--run", "run_it", is_flag=True, help="Carry it out, after showing it and asking.")
    @_carrying_out
    @click.option("--no-predictions", is_flag=True, help="Don't load the two models to compare what they predict.")
    @click.option("--json", "as_json", is_flag=True, help="For machines; with --run it needs --yes.")
    @uri_option
    def reproduce(subject: str, run_it: bool, as_json: bool, tracking_uri: str | None, **options: Any) -> None:
        """Do a recorded run again, and compare. Without --run: what was recorded of it, and the steps by hand.

        Exit code 0: reproduced, or within the team's tolerance; without --run: it can be tried. 1: not reproduced;
        without --run: something that is needed is missing. 2: it could not be carried out.
        """
        store = open_store(tracking_uri)
        try:
            job = _Job(store, subject, tracking_uri, as_json, options)
            good = job.reproduce(lambda: open_writer(tracking_uri)) if run_it else job.show()
        finally:
            store.close()
        sys.exit(0 if good else _ANSWER_IS_NO)

    @click.command()
    @click.argument("subject", metavar=_SUBJECT)
    @click.option(
        "--data",
        multiple=True,
        required=True,
        metavar="NEW",
        help="New training data, a path or an address; CONTEXT=NEW for others, such as test=new.csv. May be repeated.",
    )
    @_carrying_out
    @click.option("--save-note", is_flag=True, help="Save the draft as the new run's note, instead of as a file.")
    @click.option("--json", "as_json", is_flag=True, help="For machines; it needs --yes.")
    @uri_option
    def retrain(subject: str, data: Sequence[str], as_json: bool, tracking_uri: str | None, **options: Any) -> None:
        """Train again with the same code, environment and params on new data; then diff, and draft of the note."""
        store = open_store(tracking_uri)
        try:
            _Job(store, subject, tracking_uri, as_json, options).retrain(data, lambda: open_writer(tracking_uri))
        finally:
            store.close()

    return reproduce, retrain


def _carrying_out(command: Any) -> Any:
    for option in reversed(_CARRYING_OUT):
        command = option(command)
    return command


class _Job:
    """One call of a command: what was read, what was chosen, where to write."""

    def __init__(
        self, store: RunStore, subject: str, tracking_uri: str | None, as_json: bool, options: dict[str, Any]
    ) -> None:
        from mlreview.reproduce.recipe import plan
        from mlreview.reproduce.recorded import read_run
        from mlreview.reproduce.subject import run_of
        from mlreview.settings import load_settings

        self.store, self.as_json, self.options = store, as_json, options
        self.settings = load_settings(tracking_uri=tracking_uri)
        self.recorded: RecordedRun = read_run(store, run_of(store, subject))
        self.recipe: Recipe = plan(self.recorded, options["command"])

    def show(self) -> bool:
        """Print what was recorded, and the steps; whether it can be tried."""
        from mlreview.reproduce.evidence import evidence_words

        made = self._reproductions()
        if self.as_json:
            found = [{"run_id": one.run_id, "kind": one.kind, "verdict": one.verdict or None} for one in made]
            _print_json(self._report() | {"reproductions": found})
            return not self.recipe.blocked
        self._show_ingredients(click.echo)
        if words := evidence_words(made):
            click.echo(f"\n{words}: {', '.join(one.run_id for one in made if one.verdict)}")
        if self.recipe.blocked:
            needed = ", ".join(one.name for one in self.recipe.blocked)
            click.echo(f"\nIt can't be done again without: {needed}.")
        else:
            click.echo("")
            click.echo(self.recipe.text, nl=False)
        return not self.recipe.blocked

    def reproduce(self, writer: Callable[[], RunWriter]) -> bool:
        """Carry it out; whether it came out as recorded."""
        from mlreview.reproduce.again import reproduce

        here = self._ready()
        again = reproduce(
            self._place(), writer, self.recorded, self.recipe, here, self._choices(), lambda line: _aside(line)
        )
        outcome = again.outcome
        assert outcome is not None
        good = outcome.verdict != "not reproduced"
        if self.as_json:
            _print_json(self._report() | _outcome_report(again))
        else:
            click.echo("")
            for part in outcome.parts:
                click.echo(_printable(str(part)))
                for one in part.differing[:10]:
                    click.echo(f"  {_printable(str(one))}")
            reason = f"here is the first thing that differs: {_printable(outcome.reason)}"
            click.echo(f"\n{outcome.verdict}{f': {reason}' if outcome.reason else ''}")
        self._tidy_up(again, good)
        return good

    def retrain(self, data: Sequence[str], writer: Callable[[], RunWriter]) -> None:
        """Carry it out with other data, print the differences, and leave a draft of the note."""
        from mlreview.analysis.diff_read import read_recorded, with_files
        from mlreview.analysis.diff_report import diff_report, see_for_team
        from mlreview.reproduce.again import retrain
        from mlreview.reproduce.redirect import redirect

        self._refuse_blocked()
        redirected = redirect(self.recipe, data, Path.cwd())
        here = self._ready(redirected)
        again = retrain(
            self._place(), self.recorded, self.recipe, here, redirected, self._choices(), lambda line: _aside(line)
        )
        assert again.new is not None
        pair = (self.recorded.run.run_id, again.new.run_id)
        read = with_files(self.store, read_recorded(self.store, pair))
        seen = see_for_team(read, pair[0], self.store.experiments("all"))
        draft = self._draft()
        if self.as_json:
            report = {"run_id": pair[0], "new_run_id": pair[1], "diff": diff_report(seen, False), "note_draft": draft}
            _print_json(report)
        else:
            from mlreview.cli_diff import print_comparison

            click.echo("")
            print_comparison(seen, False)
        self._leave_note(draft, pair[1], writer)
        self._tidy_up(again, True)

    def _draft(self) -> str:
        from mlreview import names
        from mlreview.notes.links import run_link
        from mlreview.notes.template import HEADINGS, continue_from

        old = self.recorded.run
        link = run_link(old.name, old.experiment_id, old.run_id)
        return continue_from(old.tags.get(names.NOTE_TAG, ""), link, self.settings.note_headings or HEADINGS)

    def _leave_note(self, draft: str, run_id: str, writer: Callable[[], RunWriter]) -> None:
        if self.options["save_note"]:
            from mlreview.notes.revisions import new_save_id
            from mlreview.notes.service import NoteService
            from mlreview.settings import acting_user

            saved = NoteService(self.store, writer()).save(
                run_id,
                draft,
                base=None,
                save_id=new_save_id(),
                author=acting_user() or "unknown",
                only_if_unchanged=True,
            )
            kept = "is the new run's note" if saved.conflict is None else "was not saved: the new run has a note"
            _aside(f"The draft of the note {kept}; say what still holds.")
        elif not self.as_json:
            file = Path(f"note-{run_id[:8]}.md")
            file.write_text(draft, encoding="utf-8")
            _aside(f"A draft of its note is in {file}. When it is right: mlreview note set {run_id} --file {file}")

    def _ready(self, redirected: "Redirected | None" = None) -> "Here":
        """What is missing first; then what would be done, and the question. Nothing is made before the answer."""
        from mlreview.reproduce.attempt import look

        say = _aside if self.as_json else click.echo
        self._show_ingredients(say)
        self._refuse_blocked()
        assert self.recipe.command is not None
        here = look(self.recipe, self.recorded, Path(self.options["repo"]), self.options["python"] or sys.executable)
        replaced = redirected.contexts if redirected else frozenset()
        problems = here.problems(self.recipe, install=not self.options["no_install"], replaced=replaced)
        if problems:
            raise BadInputError(
                "It can't be carried out here: " + _printable("; ".join(problems)) + ".",
                hint="Nothing was carried out, and nothing was installed.",
            )
        command = redirected.command if redirected else self.recipe.command
        say("\nTo be carried out:")
        for line in here.steps(self.recipe, command, trusted=self.options["trust_packages"], replaced=replaced):
            say(f"  {_printable(line)}")
        for line in redirected.said if redirected else ():
            say(f"  {_printable(line)}")
        link = "mlreview.retrains" if redirected else "mlreview.reproduces"
        say(f"  record new runs in {_printable(self.store.info().label)}, in the same experiment, with the tag {link}")
        if self.options.get("no_predictions") is False and self.recorded.has_example:
            say("  load both models, whose files are code, to compare what they predict")
        self._show_untrusted(here, say)
        self._ask()
        return here

    def _show_ingredients(self, say: Callable[[str], None]) -> None:
        say(_printable(f"{self.recipe.label}: {self.recipe.readiness}"))
        for one in self.recipe.ingredients:
            mark = "recorded" if one.recorded else "MISSING " if one.needed else "missing "
            say(_printable(f"  {mark}  {one.name}: {one.value or one.missing}"))
        if self.recorded.problem:
            say(_printable(f"  Not all files could be read: {self.recorded.problem}"))

    def _show_untrusted(self, here: "Here", say: Callable[[str], None]) -> None:
        """The patch, the sources and the packages themselves: somebody else wrote them."""
        written = {"mlreview/uncommitted.patch": self.recorded.patch} if self.recorded.patch else {}
        written |= {f"mlreview/untracked/{path}": data for path, data in self.recorded.untracked.items()}
        for path, data in written.items():
            lines = data.decode("utf-8", "replace").splitlines()
            say("")
            say(_printable(f"{path} ({len(lines):,} line{'' if len(lines) == 1 else 's'}):"))
            for line in lines[:_SHOWN_LINES]:
                say(f"  {_printable(line)}")
            if len(lines) > _SHOWN_LINES:
                say(f"  … {len(lines) - _SHOWN_LINES:,} more lines, among the run's files")
        if here.lacking:
            listed = ", ".join(package.line for package in self.recipe.requirements.packages[:_PACKAGES])
            say(f"\nPackages to install: {_printable(listed)}")
            for one in here.lacking[:10]:
                say(f"  {_printable(str(one))}")
            if len(here.lacking) > 10:
                say(f"  {len(here.lacking) - 10:,} more differ")

    def _refuse_blocked(self) -> None:
        if self.recipe.blocked:
            missing = "; ".join(f"{one.name}: {one.missing}" for one in self.recipe.blocked)
            raise BadInputError(
                f"It can't be done again, since something that it needs is missing. {_printable(missing)}.",
                hint="Nothing was carried out.",
            )

    def _ask(self) -> None:
        if self.options["yes"]:
            return
        refused = BadInputError(
            "Nothing was carried out: nobody confirmed it.", hint="Look at what is shown, then answer y or give --yes."
        )
        if self.as_json:
            raise refused
        try:
            click.confirm("\nThis runs code that somebody else recorded. Go on?", abort=True)
        except click.Abort as error:
            raise refused from error

    def _place(self) -> "Place":
        from mlreview.reproduce.again import Place
        from mlreview.reproduce.environment import whole_address

        registry = self.settings.registry_uri
        tracking = whole_address(self.settings.tracking_uri, Path.cwd())
        return Place(self.store, tracking, whole_address(registry, Path.cwd()) if registry else None)

    def _choices(self) -> "Choices":
        from mlreview.reproduce.again import Choices

        return Choices(
            trusted=self.options["trust_packages"],
            into=Path(self.options["into"]) if self.options["into"] else None,
            predictions=not self.options.get("no_predictions", False),
            tolerance=self.settings.reproduce_tolerance,
        )

    def _reproductions(self) -> "tuple[Reproduction, ...]":
        from mlreview.entities import RunQuery
        from mlreview.reproduce.evidence import EVIDENCE_TAGS, reproductions_of

        query = RunQuery((self.recorded.run.experiment_id,), metrics=(), tags=EVIDENCE_TAGS, limit=_NEWEST)
        return reproductions_of(self.recipe.run_id, self.store.runs(query))

    def _report(self) -> dict[str, Any]:
        recipe = self.recipe
        return {
            "run_id": recipe.run_id,
            "run_name": self.recorded.run.name,
            "readiness": recipe.readiness,
            "ready": not recipe.blocked,
            "ingredients": [
                {
                    "name": one.name,
                    "recorded": one.recorded,
                    "value": one.value or None,
                    "missing": one.missing or None,
                    "needed": one.needed,
                }
                for one in recipe.ingredients
            ],
            "steps": [{"title": step.title, "lines": list(step.lines)} for step in recipe.steps],
            "recipe": recipe.text if recipe.steps else None,
        }

    def _tidy_up(self, again: "Again", good: bool) -> None:
        if again.problem:
            _aside(again.problem)
        if again.new is not None:
            _aside(f"The new run is {again.new.run_id}.")
        if good and not self.options["keep"]:
            again.attempt.remove()
        else:
            attempt = again.attempt
            _aside(f"Code, environment and output are in {attempt.folder}. When you have looked at them:")
            line = ["git", "-C", str(attempt.repository), "worktree", "remove", "--force", str(attempt.worktree)]
            _aside(f"  {shlex.join(line)}")


def _outcome_report(again: "Again") -> dict[str, Any]:
    assert again.outcome is not None
    first = again.outcome.first
    return {
        "new_run_id": again.new.run_id if again.new else None,
        "verdict": again.outcome.verdict,
        "reason": again.outcome.reason or None,
        "first_difference": {"part": first.part, "key": first.key, "words": first.words} if first else None,
        "parts": [
            {
                "name": part.name,
                "compared": part.compared,
                "same": part.same,
                "within_tolerance": part.near,
                "differing": [{"key": one.key, "words": one.words} for one in part.differing],
                "note": part.note or None,
            }
            for part in again.outcome.parts
        ],
        "seconds": round(again.attempt.seconds, 3),
    }


def _printable(text: str) -> str:
    """Without control characters: what was recorded could drive the terminal."""
    return "".join(character for character in text if character.isprintable() or character == "\t")


def _aside(line: str) -> None:
    """What is no answer goes to standard error."""
    click.echo(_printable(line) if line.strip() else line, err=True)


def _print_json(report: Any) -> None:
    click.echo(json.dumps(report, ensure_ascii=False, indent=2, allow_nan=False))
