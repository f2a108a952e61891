"""``mlreview promote``: check, deploy exactly what was checked, keep it on record."""

import json
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from mlreview.cli_gate import ANSWER_IS_NO, Opening, desk, link_to, print_answer, print_requirements, printable
from mlreview.cli_keys import signer_for
from mlreview.errors import BadInputError, WriteError
from mlreview.store.base import RunWriter

if TYPE_CHECKING:
    from mlreview.review.promotion import Promotion

Writing = Callable[[str | None], RunWriter]


def promote_command(open_store: Opening, open_writer: Writing, uri_option: Callable[[Any], Any]) -> click.Command:
    """The command, over whatever opens a store."""

    @click.command()
    @click.argument("subject", metavar="models:/NAME/VERSION | RUN")
    @click.option("--alias", default="", metavar="ALIAS", help="Make this alias of the model point at the version.")
    @click.option("--to", "environment", default="", metavar="ENVIRONMENT", help="Record a deployment, no registry.")
    @click.option("--reason", default="", metavar="TEXT", help="Why; kept on record.")
    @click.option("--override", default=None, metavar="REASON", help="Deploy even if the gate says no; kept on record.")
    @click.option("--enforce", is_flag=True, help="As if the policy said enforce = true.")
    @click.option("--deep", is_flag=True, help="Hash all of the model's files, however large.")
    @click.option("--event-id", metavar="ULID", help="Of a command that got no answer, to send it again.")
    @click.option("--json", "as_json", is_flag=True, help="For machines.")
    @uri_option
    def promote(
        subject: str,
        alias: str,
        environment: str,
        reason: str,
        override: str | None,
        enforce: bool,
        deep: bool,
        event_id: str | None,
        as_json: bool,
        tracking_uri: str | None,
    ) -> None:
        """Deploy what the gate lets pass: move an alias to exactly what was checked, and keep it on record.

        Exit code 1: the gate says no, or somebody else moved it meanwhile; nothing was moved.
        """
        from dataclasses import replace

        from mlreview.review.events import Actor, new_event_id
        from mlreview.review.export.dossier import record_keeper
        from mlreview.review.promotion import Target, Wish, promote
        from mlreview.review.service import Reviews
        from mlreview.settings import acting_user

        if bool(alias) == bool(environment):
            raise BadInputError("Name where it goes: --alias for a registered model, or --to for an environment.")
        if override is not None and not override.strip():
            raise BadInputError("An override needs a reason.", hint="Nothing was done. Say why.")
        found_id = event_id or new_event_id()
        wish = Wish(subject, Target(alias, environment), reason, override or "", found_id)
        actor = Actor((acting_user() or "unknown")[:250], via="cli")
        with desk(open_store, tracking_uri, deep=deep) as found:
            demands = found.demands
            if enforce:
                demands = replace(demands, policy=demands.policy.model_copy(update={"enforce": True}))
            writer = open_writer(tracking_uri)
            sign = signer_for(actor.name, found.people)
            told = record_keeper(found.store, writer, found.people)
            reviews = Reviews(found.store, writer, found.people, notify=told, sign=sign)
            try:
                done = promote(found.store, writer, reviews, found.people, actor, wish, demands)
            except WriteError as error:
                hint = f"{error.hint} To send it again with one effect, add --event-id {found_id}"
                raise WriteError(error.message, hint=hint) from error
            link = link_to(done.answer, found)
        enforced = demands.policy.enforce
        if as_json:
            report = done.answer.as_json(enforced, link)
            more = {
                key: getattr(done, key) for key in ("promoted", "to", "replaced", "event_id", "override", "problem")
            }
            click.echo(json.dumps({**more, "gate": report}, ensure_ascii=False, indent=2, allow_nan=False))
        else:
            _print(done, enforced, link)
        sys.exit(0 if done.promoted else ANSWER_IS_NO)

    return promote


def _print(done: "Promotion", enforced: bool, link: str) -> None:
    from mlreview.review.gate_words import listed

    answer = done.answer
    if done.promoted:
        instead = f", in place of {_before(done)}" if done.replaced else ""
        click.echo(printable(f"Promoted: {answer.label} is {done.to} now{instead}. On record as {done.event_id}."))
    elif done.problem:
        click.echo(printable(done.problem))
    unmet = listed(one.name for one in answer.failed)
    if done.override:
        click.echo(printable(f"OVERRIDDEN ({unmet} not met): {done.override}"))
    if not done.promoted:
        print_answer(answer, enforced, link)
        return
    if unmet and not done.override:
        click.echo(printable(f"The policy is advisory, and {unmet} not met."))
    print_requirements(answer)


def _before(done: "Promotion") -> str:
    return f"v{done.replaced}" if done.to.startswith("models:/") else f"run {done.replaced}"
