"""``mlreview note``: the note of a run, its history, and a search over all of them."""

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from mlreview.errors import BadInputError, MlreviewError
from mlreview.store.base import RunStore, RunWriter

Opening = Callable[[str | None], RunStore]
_ANSWER_IS_NO = 1


def note_group(open_store: Opening, uri_option: Callable[[Any], Any]) -> click.Group:
    """The commands, over whatever opens a store."""

    @click.group()
    def note() -> None:
        """Read, write and search the notes of runs."""

    @note.command()
    @click.argument("run_id", metavar="RUN")
    @click.option("--json", "as_json", is_flag=True, help="For machines, with the hash that set --base takes.")
    @uri_option
    def show(run_id: str, as_json: bool, tracking_uri: str | None) -> None:
        """Print the note of a run, byte for byte; the beginning of its id is enough. Exit code 1: it has none."""
        store = open_store(tracking_uri)
        try:
            _show(store, _full_id(store, run_id), as_json)
        finally:
            store.close()

    @note.command("set")
    @click.argument("run_id", metavar="RUN")
    @click.option("--file", "source", required=True, metavar="F", help="The new note, in UTF-8; - for standard input.")
    @click.option("--base", metavar="HASH", help="Write only if the note still has this hash (none: no note).")
    @click.option("--force-empty", is_flag=True, help="Let an empty note replace a full one.")
    @click.option("--allow-secrets", is_flag=True, help="Write although something looks like a key or a password.")
    @click.option("--save-id", metavar="ULID", help="Of a save that got no answer, to send it again with one effect.")
    @click.option("--json", "as_json", is_flag=True, help="For machines.")
    @uri_option
    def set_(
        run_id: str, source: str, as_json: bool, tracking_uri: str | None, allow_secrets: bool, **options: Any
    ) -> None:
        """Write the note of a run. Exit code 1: it is not what --base says, and nothing was changed."""
        text = _text_of(source)
        _check(text, allow_secrets)  # before a store is opened: what can't be written is refused at once
        store = open_store(tracking_uri)
        try:
            _set(store, _open_writer(tracking_uri), _full_id(store, run_id), text, as_json, **options)
        finally:
            store.close()

    @note.command()
    @click.argument("run_id", metavar="RUN")
    @click.option("--diff", "with_diff", is_flag=True, help="With what each revision changed.")
    @click.option("--json", "as_json", is_flag=True, help="For machines, with all texts.")
    @uri_option
    def history(run_id: str, with_diff: bool, as_json: bool, tracking_uri: str | None) -> None:
        """List every text that the note had, newest first."""
        store = open_store(tracking_uri)
        try:
            _history(store, _full_id(store, run_id), with_diff, as_json)
        finally:
            store.close()

    @note.command()
    @click.argument("text", metavar="TEXT")
    @click.option("--experiment", metavar="NAME", help="Only notes of this experiment; its name or id.")
    @click.option("--metric", metavar="KEY", help="The metric to print beside each run; else the ranking metric.")
    @click.option("--limit", type=click.IntRange(min=1), default=20, show_default=True, help="Hits to print.")
    @click.option("--json", "as_json", is_flag=True, help="For machines.")
    @uri_option
    def search(
        text: str, experiment: str | None, metric: str | None, limit: int, as_json: bool, tracking_uri: str | None
    ) -> None:
        """Search all notes: has anybody tried this before? Exit code 1: no note has it."""
        store = open_store(tracking_uri)
        try:
            found = _search(store, text, experiment, metric, limit, as_json)
        finally:
            store.close()
        sys.exit(0 if found else _ANSWER_IS_NO)

    return note


def _full_id(store: RunStore, typed: str) -> str:
    from mlreview.run_ids import full_run_id

    return full_run_id(store, typed)


def _open_writer(tracking_uri: str | None) -> RunWriter:
    from mlreview.settings import load_settings
    from mlreview.store import open_writer

    settings = load_settings(tracking_uri=tracking_uri)
    return open_writer(settings.tracking_uri, registry_uri=settings.registry_uri, timeout=settings.timeout)


def _show(store: RunStore, run_id: str, as_json: bool) -> None:
    from mlreview.notes.service import NoteService
    from mlreview.notes.template import HEADINGS, completeness
    from mlreview.settings import load_settings

    found = NoteService(store).load(run_id)
    if as_json:
        done = completeness(found.text, load_settings().note_headings or HEADINGS)
        report = {
            "run_id": run_id,
            "text": found.text,
            "sha": found.sha,
            "revision": found.revision.revision_id if found.revision else None,
            "author": found.revision.author if found.revision else None,
            "time": _iso(found.revision.time) if found.revision else None,
            "written_outside": found.written_outside,
            "waiting": [one.revision_id for one in found.waiting],
            "cut_from": found.cut_from.revision_id if found.cut_from else None,
            "problem": found.problem or None,
            "filled": list(done.filled),
            "missing": list(done.missing),
        }
        _print_json(report)
    elif found.text is not None:
        _print_text(found.text)
        for one in found.waiting:
            click.echo(f"mlreview: a text by {_name(one.author)} is not in the note: {one.revision_id}", err=True)
    else:
        click.echo(f"mlreview: run {run_id} has no note.", err=True)
    sys.exit(_ANSWER_IS_NO if found.text is None else 0)


def _check(text: str, allow_secrets: bool) -> None:
    """Refuse what no store takes, and what looks like a secret."""
    from mlreview.notes.texts import check_text, secrets_in

    check_text(text)
    secrets = secrets_in(text)
    if secrets and not allow_secrets:
        listed = "; ".join(f"{one.kind} in line {one.line:,}" for one in secrets[:5])
        raise BadInputError(
            f"The note seems to hold a secret: {listed}.",
            hint="Nothing was written. Take it out, or say --allow-secrets.",
        )


def _set(
    store: RunStore,
    writer: RunWriter,
    run_id: str,
    text: str,
    as_json: bool,
    *,
    base: str | None,
    force_empty: bool,
    save_id: str | None,
) -> None:
    from mlreview.notes.results import EmptyOverFullError
    from mlreview.notes.revisions import new_save_id
    from mlreview.notes.service import NoteService
    from mlreview.settings import acting_user

    notes = NoteService(store, writer)
    current = notes.load(run_id)
    wanted = None if base is None else "" if base.lower() == "none" else base.lower()
    if wanted is not None and len(wanted) not in (0, 64):
        raise BadInputError(
            f"{base!r} is no hash of a note.", hint="Nothing was written. note show --json prints it; none: no note."
        )
    if wanted is not None and wanted != current.sha and not _sent_before(notes, run_id, save_id):
        _refuse(run_id, base, current.sha, as_json)
    try:
        saved = notes.save(
            run_id,
            text,
            base=current.text,
            save_id=save_id or new_save_id(),
            author=acting_user() or "",
            confirm_empty=force_empty,
            only_if_unchanged=wanted is not None,
        )
    except EmptyOverFullError as error:
        hint = "Nothing was written. Say --force-empty to empty it."
        raise BadInputError(error.message, hint=hint) from error
    if saved.status == "conflict" and not saved.kept:
        _refuse(run_id, base, saved.sha, as_json)
    if as_json:
        revision = saved.revision.revision_id if saved.revision else None
        _print_json(
            {"run_id": run_id, "status": saved.status, "sha": saved.sha, "revision": revision, "save_id": saved.save_id}
        )
    elif saved.status == "conflict":
        click.echo(
            "mlreview: somebody saved at the same moment and the texts touch; the note was not changed.", err=True
        )
        click.echo(f"mlreview: your text is kept in the note's history as {saved.save_id}.", err=True)
    else:
        words = {"saved": "saved", "merged": "saved, and merged with another change", "unchanged": "unchanged"}
        click.echo(f"{words[saved.status]}: {len(saved.text or ''):,} characters, hash {saved.sha}")
    sys.exit(_ANSWER_IS_NO if saved.status == "conflict" else 0)


def _sent_before(notes: Any, run_id: str, save_id: str | None) -> bool:
    if save_id is None:
        return False
    return any(entry.revision.revision_id == save_id.upper() for entry in notes.history(run_id))


def _refuse(run_id: str, base: str | None, sha: str, as_json: bool) -> None:
    if as_json:
        _print_json({"run_id": run_id, "status": "conflict", "sha": sha, "revision": None})
    else:
        now = f"its hash is {sha} now" if sha else "it has no note now"
        click.echo(f"mlreview: the note of {run_id} is not {base} any more: {now}. Nothing was changed.", err=True)
    sys.exit(_ANSWER_IS_NO)


def _history(store: RunStore, run_id: str, with_diff: bool, as_json: bool) -> None:
    from mlreview.notes.service import NoteService
    from mlreview.notes.texts import changed_lines, unified_diff

    entries = NoteService(store).history(run_id)
    if as_json:
        reports = [
            {
                "revision": entry.revision.revision_id,
                "status": entry.status,
                "kind": entry.revision.kind,
                "author": entry.revision.author,
                "verified": entry.revision.verified,
                "time": _iso(entry.revision.time),
                "parents": list(entry.revision.parents),
                "restores": entry.revision.restores,
                "sha": entry.revision.sha,
                "text": entry.revision.text,
                "stored": entry.stored,
            }
            for entry in entries
        ]
        _print_json({"run_id": run_id, "revisions": reports})
        return
    for entry in entries:
        added, removed = changed_lines(entry.before, entry.revision.text)
        who = {"outside": "changed outside Model Review", "merge": "merged"}.get(entry.revision.kind)
        when = (_iso(entry.revision.time) or "time unknown").replace("T", " ")[:19]
        told = {"current": " (the note)", "waiting": " (not in the note)", "aside": " (set aside)"}.get(
            entry.status, ""
        )
        click.echo(
            f"{entry.revision.revision_id}  {when}  {who or _name(entry.revision.author)}  +{added} -{removed}{told}"
        )
        if with_diff:
            _print_text(unified_diff(entry.before, entry.revision.text))
            click.echo()


def _search(store: RunStore, text: str, experiment: str | None, metric: str | None, limit: int, as_json: bool) -> bool:
    from mlreview.analysis.leaderboard import choose_ranking
    from mlreview.entities import RunQuery
    from mlreview.notes.search import notes_query, search_notes
    from mlreview.notes.service import NoteService

    known = store.experiments()
    chosen = [one for one in known if experiment in (None, one.name, one.experiment_id)]
    if experiment is not None and not chosen:
        raise BadInputError(f"There is no experiment {experiment!r} in this store.", hint="Check its name.")
    ids = tuple(one.experiment_id for one in chosen)
    found = search_notes(store.runs(notes_query(ids)), text, limit)
    runs = (
        store.runs(RunQuery(run_ids=tuple(hit.run_id for hit in found.hits), lifecycle="all")) if found.hits else None
    )
    choice = choose_ranking(runs, metric) if runs is not None else None
    notes, reports = NoteService(store), []
    rows = {run_id: row for row, run_id in enumerate(runs.run_ids)} if runs is not None else {}
    for hit in found.hits:
        column = runs.metrics.get(choice.metric) if runs is not None and choice is not None else None
        row = rows.get(hit.run_id)
        value = float(column.values[row]) if column is not None and row is not None and column.present[row] else None
        reports.append(
            {
                "run_id": hit.run_id,
                "run_name": hit.run_name,
                "experiment": next((one.name for one in chosen if one.experiment_id == hit.experiment_id), None),
                "author": _author(notes, hit.run_id) or hit.user,
                "metric": choice.metric if choice is not None and value is not None else None,
                "value": value if value is None or (value == value and abs(value) != float("inf")) else str(value),
                "heading": hit.heading or None,
                "sentence": hit.sentence,
                "count": hit.count,
            }
        )
    if as_json:
        _print_json({"query": text, "total": found.total, "notes": found.notes, "hits": reports})
        return bool(found.hits)
    click.echo(
        f"{found.total:,} of {found.notes:,} notes have it."
        if found.total
        else f"None of {found.notes:,} notes has it."
    )
    for report in reports:
        value = f"{report['metric']} {report['value']:.4g}" if isinstance(report["value"], float) else ""
        head = [report["run_name"] or report["run_id"], value, report["author"], report["heading"]]
        click.echo()
        click.echo(_printable("  ·  ".join(str(part) for part in head if part)))
        click.echo(f"  {_printable(report['sentence'])}")
        click.echo(f"  {report['run_id']}")
    return bool(found.hits)


def _author(notes: Any, run_id: str) -> str | None:
    """Who wrote what the note holds; only asked of the hits that are printed."""
    try:
        found = notes.written_by(run_id)
    except MlreviewError:
        return None
    return found.author if found is not None else None


def _text_of(source: str) -> str:
    try:
        data = sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes()
        return data.decode()
    except OSError as error:
        raise BadInputError(f"{source} can't be read: {error.strerror}.", hint="Nothing was written.") from error
    except UnicodeDecodeError as error:
        raise BadInputError(
            f"{source} is not UTF-8 text (at byte {error.start:,}).", hint="Nothing was written. Save it as UTF-8."
        ) from None


def _print_text(text: str) -> None:
    """Byte for byte into a file or a pipe; without control characters, which could drive it, on a terminal."""
    if sys.stdout.isatty():
        click.echo("".join(one for one in text if one.isprintable() or one in "\n\t"))
    else:
        click.echo(text.encode("utf-8", "surrogateescape"), nl=False)


def _print_json(report: Any) -> None:
    click.echo(json.dumps(report, ensure_ascii=False, indent=2, allow_nan=False))


def _iso(milliseconds: int | None) -> str | None:
    if milliseconds is None:
        return None
    stamp = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return stamp.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _name(author: str) -> str:
    return _printable(author) or "somebody"


def _printable(text: str) -> str:
    return "".join(one for one in text if one.isprintable())
