"""``mlreview review``: ask for a review, discuss, decide, look at it; and the queue of all of them."""

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from mlreview.cli_keys import signer_for
from mlreview.errors import BadInputError, WriteError
from mlreview.store.base import RunStore, RunWriter

if TYPE_CHECKING:
    from mlreview.review.events import Actor
    from mlreview.review.results import Review
    from mlreview.review.service import Reviews

Opening = Callable[[str | None], RunStore]
WriterOpening = Callable[[str | None], RunWriter]
_ANSWER_IS_NO = 1
_KINDS = ("comment", "question", "suggestion", "follow_up", "required_change")


@dataclass(frozen=True)
class _Desk:
    """What a command works with."""

    store: RunStore
    reviews: "Reviews"
    actor: "Actor"
    event_id: str


def review_group(open_store: Opening, open_writer: WriterOpening, uri_option: Callable[[Any], Any]) -> click.Group:
    """The commands, over whatever opens a store and its writer."""

    @click.group()
    def review() -> None:
        """Review the model of a run: ask, discuss, decide. Who acts: MLREVIEW_USER, else the operating system's user.

        Exit code 1: the rules of the review say no.
        """

    def command(name: str) -> Callable[[Any], Any]:
        """A command that writes one event about one run, and prints where the review then stands."""

        def wrap(work: Any) -> Any:
            @click.pass_context
            def run_it(context: click.Context, run_id: str, tracking_uri: str | None, **options: Any) -> None:
                as_json, event_id = options.pop("as_json"), options.pop("event_id")
                with _desk(open_store, open_writer, tracking_uri, event_id) as desk:
                    _print(work(desk, run_id, **options), as_json)

            run_it.__doc__ = work.__doc__
            run_it.__click_params__ = list(getattr(work, "__click_params__", []))  # type: ignore[attr-defined]
            run_it = click.option("--json", "as_json", is_flag=True, help="For machines.")(run_it)
            again = "Of a command that got no answer, to send it again with one effect."
            run_it = click.option("--event-id", metavar="ULID", help=again)(run_it)
            run_it = uri_option(run_it)
            run_it = click.argument("run_id", metavar="RUN")(run_it)
            return review.command(name)(run_it)

        return wrap

    @command("draft")
    @click.argument("text", required=False, default="")
    def draft(desk: _Desk, run_id: str, text: str) -> "Review":
        """Share a run early, before anybody is asked to decide."""
        return desk.reviews.draft(run_id, desk.actor, text, event_id=desk.event_id)

    @command("request")
    @click.option("--primary", required=True, metavar="NAME", help="The reviewer who looks at all of it.")
    @click.option("--secondary", default="", metavar="NAME", help="The second reviewer.")
    @click.option("--attendee", "attendees", multiple=True, metavar="NAME", help="Invited too; may be repeated.")
    @click.option("--due", default="", metavar="DATE", help="Such as 2026-12-01.")
    @click.option("--question", default="", metavar="TEXT", help="What the reviewers should look at most.")
    @click.option("--meeting", metavar="TIME", help="Such as 2026-12-01T14:00+01:00; 30 minutes.")
    @click.option("--ics", metavar="FILE", help="Write the meeting as a calendar file.")
    def request(desk: _Desk, run_id: str, ics: str | None, due: str, meeting: str | None, **who: Any) -> "Review":
        """Ask for a review, or change what was asked: people, date, meeting."""
        from mlreview.review.asking import background_of

        found = background_of(desk.store, desk.store.run(run_id))
        asked = desk.reviews.request(
            run_id,
            desk.actor,
            **who,
            due=_date(due),
            meeting=_moment(meeting) if meeting else None,
            baseline=found.baseline,
            carried=[one.reference for one in found.follow_ups[:50]],
            event_id=desk.event_id,
        )
        if ics:
            _write_calendar(desk, asked, ics)
        return asked

    @command("comment")
    @click.argument("text")
    @click.option("--kind", type=click.Choice(_KINDS), default="comment", show_default=True)
    @click.option("--on", "on", metavar="KIND:KEY", help="param:KEY, metric:KEY, plot:PATH or heading:TEXT.")
    @click.option("--owner", default="", metavar="NAME", help="Of a follow-up.")
    @click.option("--reply-to", default="", metavar="COMMENT", help="Id of the comment that this one replies to.")
    def comment(desk: _Desk, run_id: str, text: str, on: str | None, **more: Any) -> "Review":
        """Comment on a run, or on one param, metric, plot or heading of its note."""
        from mlreview.review.bodies import Anchor, made

        kind, _, key = (on or "run:").partition(":")
        anchor = made(Anchor, kind=kind, key=key)
        return desk.reviews.comment(run_id, desk.actor, text, anchor=anchor, **more, event_id=desk.event_id)

    @command("answer")
    @click.argument("question")
    @click.argument("text", required=False, default="")
    @click.option(
        "--as",
        "outcome",
        type=click.Choice(["answered", "follow_up", "required_change"]),
        default="answered",
        show_default=True,
    )
    @click.option("--owner", default="", metavar="NAME", help="Of the follow-up.")
    def answer(desk: _Desk, run_id: str, question: str, text: str, **more: Any) -> "Review":
        """End a question: answered, as a follow-up, or as a required change."""
        return desk.reviews.answer(run_id, desk.actor, question, text, **more, event_id=desk.event_id)

    @command("approve")
    @click.argument("text", required=False, default="")
    @click.option("--follow-up", "follow_ups", multiple=True, metavar="OWNER:TEXT", help="To be done later.")
    @click.option("--lift", "lifts", multiple=True, metavar="HOLD", help="A hold of your own that this lifts.")
    @click.option("--seen", metavar="DIGEST", help="Refuse if the run holds anything else; review show prints it.")
    def approve(desk: _Desk, run_id: str, text: str, follow_ups: Sequence[str], **more: Any) -> "Review":
        """Approve what a run holds now."""
        later = [_follow_up(one) for one in follow_ups]
        return desk.reviews.approve(run_id, desk.actor, text, follow_ups=later, **more, event_id=desk.event_id)

    @command("changes")
    @click.argument("text", required=False, default="")
    @click.option("--change", "single", multiple=True, metavar="TEXT", help="One required change; may be repeated.")
    def changes(desk: _Desk, run_id: str, text: str, single: Sequence[str]) -> "Review":
        """Request changes. It holds until you, or the team's lead, lift it."""
        from mlreview.review.bodies import Comment, made

        comments = [made(Comment, text=one, kind="required_change") for one in single]
        return desk.reviews.request_changes(run_id, desk.actor, text, comments=comments, event_id=desk.event_id)

    @command("resolve")
    @click.argument("target", metavar="COMMENT")
    @click.argument("text", required=False, default="")
    def resolve(desk: _Desk, run_id: str, target: str, text: str) -> "Review":
        """Say that a suggestion, a follow-up or a required change is done."""
        return desk.reviews.resolve(run_id, desk.actor, target, text, event_id=desk.event_id)

    @command("lift")
    @click.argument("holds", nargs=-1, metavar="[HOLD...]")
    @click.option("--reason", default="", metavar="TEXT", help="Needed from the lead.")
    def lift(desk: _Desk, run_id: str, holds: Sequence[str], reason: str) -> "Review":
        """Lift requests for changes; without ids all of your own."""
        if not holds:
            known = desk.reviews.read(run_id, content=False).open_holds
            holds = [one.hold_id for one in known if desk.reviews.people.same(one.actor.name, desk.actor.name)]
        return desk.reviews.lift(run_id, desk.actor, holds, reason, event_id=desk.event_id)

    @command("withdraw")
    @click.argument("text", required=False, default="")
    @click.option("--approval", is_flag=True, help="Take your own approval back, not the review.")
    def withdraw(desk: _Desk, run_id: str, text: str, approval: bool) -> "Review":
        """Take a review back."""
        return desk.reviews.withdraw(run_id, desk.actor, text, approval=approval, event_id=desk.event_id)

    @review.command()
    @click.argument("run_id", metavar="RUN")
    @click.option("--repair", is_flag=True, help="Rewrite the tags for tables where they differ.")
    @click.option("--ics", metavar="FILE", help="Write the meeting as a calendar file.")
    @click.option("--json", "as_json", is_flag=True, help="For machines.")
    @uri_option
    def show(run_id: str, repair: bool, ics: str | None, as_json: bool, tracking_uri: str | None) -> None:
        """Rebuild a review from its events and check it. Exit code 1: the tags for tables say something else."""
        with _desk(open_store, open_writer, tracking_uri, None) as desk:
            found, wrong = desk.reviews.rebuild(run_id, repair=repair)
            if ics:
                _write_calendar(desk, found, ics)
        _print(found, as_json, {key: list(pair) for key, pair in wrong.items()}, repair)
        sys.exit(_ANSWER_IS_NO if wrong and not repair else 0)

    @review.command()
    @click.argument("run_id", metavar="RUN")
    @click.option("--to", "path", required=True, metavar="FILE", help="FILE.html: the record. FILE.md: a model card.")
    @uri_option
    def export(run_id: str, path: str, tracking_uri: str | None) -> None:
        """Write the record of a review into one file that needs no server: HTML, or a model card."""
        from mlreview.review.export.write import write_record

        with _desk(open_store, open_writer, tracking_uri, None) as desk:
            click.echo(write_record(desk.store, desk.reviews, run_id, Path(path)))

    @review.command()
    @click.option("--experiment", metavar="NAME", help="Only reviews of this experiment; its name or id.")
    @click.option("--json", "as_json", is_flag=True, help="For machines.")
    @uri_option
    def queue(experiment: str | None, as_json: bool, tracking_uri: str | None) -> None:
        """List what waits for you, what you asked, what is decided, and who still has to do what."""
        from mlreview.review.queue import make_queue, queue_query

        with _desk(open_store, open_writer, tracking_uri, None) as desk:
            known = [one for one in desk.store.experiments() if experiment in (None, one.name, one.experiment_id)]
            if experiment is not None and not known:
                raise BadInputError(f"There is no experiment {experiment!r} in this store.", hint="Check its name.")
            table = desk.store.runs(queue_query(one.experiment_id for one in known))
            found = make_queue(table, desk.actor.name, desk.reviews.people)
        _print_queue(found, as_json)

    return review


@contextmanager
def _desk(
    open_store: Opening, open_writer: WriterOpening, tracking_uri: str | None, event_id: str | None
) -> Iterator[_Desk]:
    from mlreview.review.events import Actor, new_event_id
    from mlreview.review.export.dossier import both, record_keeper
    from mlreview.review.message import About, run_url
    from mlreview.review.people import people_from
    from mlreview.review.rules import RefusedError
    from mlreview.review.service import Reviews
    from mlreview.review.webhook import notifier
    from mlreview.settings import acting_user, load_settings

    settings = load_settings(tracking_uri=tracking_uri)
    store = open_store(tracking_uri)
    writer = open_writer(tracking_uri)

    def about(run_id: str) -> About:
        return About(store.run(run_id).name or run_id, run_url(settings.app_url, run_id))

    people = people_from(settings.people, settings.lead)
    sign = signer_for(acting_user() or "", people)
    told = both(notifier(settings.webhook_url, about), record_keeper(store, writer, people))
    reviews = Reviews(store, writer, people, notify=told, sign=sign)
    found = event_id or new_event_id()
    try:
        yield _Desk(store, reviews, Actor((acting_user() or "unknown")[:250], via="cli"), found)
    except RefusedError as error:
        click.echo(f"mlreview: {error}", err=True)
        sys.exit(_ANSWER_IS_NO)
    except WriteError as error:
        raise WriteError(
            error.message, hint=f"{error.hint} To send it again with one effect, add --event-id {found}"
        ) from error
    finally:
        store.close()


def _write_calendar(desk: _Desk, review: "Review", path: str) -> None:
    from mlreview.review.message import About, calendar_file, run_url
    from mlreview.settings import load_settings

    about = About(desk.store.run(review.run_id).name or review.run_id, run_url(load_settings().app_url, review.run_id))
    text = calendar_file(review, about, desk.reviews.people)
    if text is None:
        raise BadInputError("No meeting is planned, so there is no calendar file.", hint="Request one with --meeting.")
    try:
        Path(path).write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise BadInputError(f"{path} can't be written: {error.strerror}.", hint="Name another file.") from error


def _follow_up(text: str) -> Any:
    from mlreview.review.bodies import Comment, made

    owner, colon, rest = text.partition(":")
    if not colon or not owner.strip() or not rest.strip():
        raise BadInputError(f"{text[:60]!r} is no follow-up.", hint='Write it as "owner: what is to be done".')
    return made(Comment, text=rest.strip(), kind="follow_up", owner=owner.strip())


def _date(text: str) -> str:
    if not text:
        return ""
    try:
        return datetime.strptime(text, "%Y-%m-%d").date().isoformat()
    except ValueError:
        raise BadInputError(f"{text[:40]!r} is no date.", hint="Write it such as 2026-12-01.") from None


def _moment(text: str) -> int:
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise BadInputError(f"{text[:40]!r} is no time.", hint="Write it such as 2026-12-01T14:00+01:00.") from None
    return round(found.timestamp() * 1000)  # without a zone: this machine's


def _print(review: "Review", as_json: bool, wrong: Any = None, repaired: bool = False) -> None:
    from mlreview.review.report import requirements_of, review_report

    if as_json:
        report = review_report(review)
        if wrong is not None:
            report["tags_differ"] = wrong
        click.echo(json.dumps(report, ensure_ascii=False, indent=2, allow_nan=False))
        return
    click.echo(f"{review.words}: run {review.run_id}{f', round {review.round}' if review.round else ''}")
    request = review.request
    if request is not None:
        due = f", due {request.body.due}" if request.body.due else ""
        click.echo(_printable(f"  asked by {request.actor.name}, {_when(request.at)}{due}"))
        old = request.body.baseline
        if old is not None and old.run_id:
            click.echo(_printable(f"  would replace {old.name or old.run_id}: {old.reason}"))
    for name, passed, reason in requirements_of(review):
        click.echo(_printable(f"  {'met    ' if passed else 'not met'}  {name}{f': {reason}' if reason else ''}"))
    if review.authors_unknown and review.request is not None:
        click.echo("  who trained it is not known: an account that many share, or none")
    for vote in review.votes:
        said = f"  approved by {vote.actor.name}, {_when(vote.at)}{f': {vote.text}' if vote.text else ''}"
        later = f" (since then: {vote.comparison.describe()})" if vote.outdated and vote.comparison else ""
        click.echo(_printable(f"{said}{f' (does not count: {vote.why_not})' if vote.why_not else ''}{later}"))
    for hold in review.open_holds:
        click.echo(_printable(f"  held by {hold.actor.name}: {hold.text}  [{hold.hold_id}]"))
    for thread in review.threads:
        if thread.comment.kind == "follow_up":
            continue  # these have a list of their own
        kind, key = thread.comment.kind.replace("_", " "), thread.comment.anchor.key
        said = f"{'open ' if thread.open else ''}{kind} by {thread.actor.name}{f' on {key}' if key else ''}"
        click.echo(_printable(f"  {said}: {thread.comment.text}"))
        click.echo(f"    {thread.comment_id}")
    for one in review.open_follow_ups:
        click.echo(_printable(f"  to do, {one.owner or 'nobody'}: {one.text}  [{one.follow_up_id}]"))
    for broken in review.broken:
        click.echo(_printable(f"  broken event {broken.key}: {broken.reason}"))
    for ignored in review.ignored:
        click.echo(_printable(f"  does not count: {ignored.event.kind} {ignored.event.event_id}: {ignored.reason}"))
    for key, (stored, should) in (wrong or {}).items():
        click.echo(_printable(f"mlreview: {key} is {stored!r} and should be {should!r}"), err=True)
    if wrong:
        click.echo("mlreview: rewritten." if repaired else "mlreview: --repair rewrites them.", err=True)


def _print_queue(queue: Any, as_json: bool) -> None:
    from dataclasses import asdict

    from mlreview.review.queue import GROUP_WORDS

    if as_json:
        report = {
            "groups": {group: [asdict(one) for one in listed] for group, listed in queue.groups},
            "follow_ups": {owner: [asdict(one) for one in listed] for owner, listed in queue.follow_ups},
            "unreadable": list(queue.unreadable),
        }
        click.echo(json.dumps(report, ensure_ascii=False, indent=2, allow_nan=False))
        return
    if not queue.groups:
        click.echo("No reviews.")
    for group, listed in queue.groups:
        click.echo(f"{GROUP_WORDS[group]}:")
        for one in listed:
            parts = [one.run_name, _age(one.since), f"due {one.due}" if one.due else ""]
            parts.append(f"{one.questions} open question{'s' * (one.questions > 1)}" if one.questions else "")
            parts.append(f"waits for {', '.join(one.waiting_for)}" if one.waiting_for else "")
            click.echo(_printable(f"  {'  ·  '.join(part for part in parts if part)}"))
            click.echo(f"    {one.run_id}")
    for owner, listed in queue.follow_ups:
        click.echo(_printable(f"To do, {owner or 'nobody'}:"))
        for one in listed:
            click.echo(_printable(f"  {one.text}  ({one.run_name}, {_age(one.at)})"))
    for run_id in queue.unreadable:
        click.echo(f"mlreview: the tags of {run_id} can't be read; review show --repair rewrites them.", err=True)


def _age(milliseconds: int | None) -> str:
    if milliseconds is None:
        return ""
    days = (datetime.now(UTC) - datetime.fromtimestamp(milliseconds / 1000, UTC)).days
    return "today" if days <= 0 else f"{days} day{'s' if days > 1 else ''} ago"


def _when(milliseconds: int) -> str:
    return f"{datetime.fromtimestamp(milliseconds / 1000, UTC):%Y-%m-%d %H:%M} UTC"


def _printable(text: str) -> str:
    return "".join(one for one in text if one.isprintable())
