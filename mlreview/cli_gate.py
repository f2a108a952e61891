"""``mlreview gate``: may this ship? Exit code 0: yes. 1: no. 2: nobody can tell."""

import json
import os
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import click

from mlreview.errors import MlreviewError
from mlreview.store.base import RunStore

if TYPE_CHECKING:
    from mlreview.review.gate import Demands, GateAnswer
    from mlreview.review.people import People
    from mlreview.settings import Settings

Opening = Callable[[str | None], RunStore]
ANSWER_IS_NO, NO_ANSWER = 1, 2

WITHIN_S = 20.0
"""Longest time for an answer. What is then still waited for ends with its own time limit, within 30 seconds in all."""

DEEP_WITHIN_S = 900.0
"""The same where all of the model's files are hashed."""


def gate_command(open_store: Opening, uri_option: Callable[[Any], Any]) -> click.Command:
    """The command, over whatever opens a store."""

    @click.command()
    @click.argument("subject", metavar="RUN | models:/NAME@ALIAS | models:/NAME/VERSION")
    @click.option("--enforce", is_flag=True, help="As if the policy said enforce = true.")
    @click.option("--deep", is_flag=True, help="Hash all of the model's files, however large.")
    @click.option(
        "--within",
        type=click.FloatRange(min=0.1, max=86_400),
        metavar="SECONDS",
        help=f"Longest time for an answer: {WITHIN_S:g}, with --deep {DEEP_WITHIN_S:g}. Then the exit code is 2.",
    )
    @click.option("--json", "as_json", is_flag=True, help="For machines.")
    @uri_option
    def gate(
        subject: str, enforce: bool, deep: bool, within: float | None, as_json: bool, tracking_uri: str | None
    ) -> None:
        """Say whether a decision still holds for what is about to ship.

        Exit code 0: it may ship. 1: it may not. 2: that could not be found out; it is never 0 then.
        """
        with deadline(within or (DEEP_WITHIN_S if deep else WITHIN_S), subject, as_json):
            try:
                with desk(open_store, tracking_uri, deep=deep) as found:
                    from mlreview.review.gate import ask

                    answer = ask(found.store, found.people, subject, found.demands)
                    enforced = enforce or found.demands.policy.enforce
                    link = link_to(answer, found)
            except MlreviewError as error:
                no_answer(subject, str(error), as_json)
            except Exception as error:  # a bug must not look like an answer
                no_answer(subject, f"mlreview failed ({type(error).__name__}: {error}). Please report it.", as_json)
        if as_json:
            click.echo(json.dumps(answer.as_json(enforced, link), ensure_ascii=False, indent=2, allow_nan=False))
        else:
            print_answer(answer, enforced, link)
        sys.exit(ANSWER_IS_NO if enforced and not answer.passed else 0)

    return gate


@dataclass(frozen=True)
class Desk:
    """What the gate works with."""

    store: RunStore
    people: "People"
    settings: "Settings"
    demands: "Demands"


@contextmanager
def desk(open_store: Opening, tracking_uri: str | None, *, deep: bool = False) -> Iterator[Desk]:
    """Settings, store and reviews; the store is closed at the end."""
    from mlreview import names
    from mlreview.policy import Policy
    from mlreview.review.gate import Demands
    from mlreview.review.people import people_from
    from mlreview.review.signatures import verifier
    from mlreview.settings import load_settings

    settings = load_settings(tracking_uri=tracking_uri)
    people = people_from(settings.people, settings.lead)
    verify = verifier(settings.trusted_keys, people) if settings.trusted_keys else None
    headings = settings.note_headings or names.NOTE_HEADINGS
    demands = Demands(settings.policy or Policy(), settings.required_fields, headings, deep, verify)
    store = open_store(tracking_uri)
    try:
        yield Desk(store, people, settings, demands)
    finally:
        store.close()


@contextmanager
def deadline(seconds: float, subject: str, as_json: bool) -> Iterator[None]:
    """Ends the process with 2 when the time is up, whatever is being waited for: a server that only keeps silent."""

    def too_late() -> None:
        text = f"There was no answer within {seconds:g} seconds. Check that the tracking server runs and is reachable."
        try:
            _say_no_answer(subject, text, as_json)
            sys.stdout.flush()
            sys.stderr.flush()
        finally:  # though nobody can be told: a pipe that was closed, letters that a terminal does not have
            os._exit(NO_ANSWER)

    watchdog = threading.Timer(seconds, too_late)
    watchdog.daemon = True
    watchdog.start()
    try:
        yield
    finally:
        watchdog.cancel()


def no_answer(subject: str, text: str, as_json: bool) -> None:
    """Say why nobody can tell, and end with 2."""
    _say_no_answer(subject, text, as_json)
    sys.exit(NO_ANSWER)


def link_to(answer: "GateAnswer", found: Desk) -> str:
    """The run's page: in the dashboard where its address is set, else in MLflow's own."""
    from mlreview.review.message import run_url

    run_id = answer.subject.run_id
    if not run_id:
        return ""
    if found.settings.app_url:
        return run_url(found.settings.app_url, run_id)
    ui_url = found.store.info().ui_url
    return f"{ui_url}/#/experiments/{answer.review.experiment_id}/runs/{run_id}" if ui_url and answer.review else ""


def print_answer(answer: "GateAnswer", enforced: bool, link: str) -> None:
    """The answer in one line, then each requirement with its reason."""
    click.echo(printable(answer.headline(enforced, link)))
    print_requirements(answer)


def print_requirements(answer: "GateAnswer") -> None:
    """Each requirement with its reason."""
    for one in answer.requirements:
        click.echo(printable(f"  {'yes' if one.passed else 'NO '}  {one.name}: {one.reason}"))


def printable(text: str) -> str:
    """Without what would move a terminal's cursor."""
    return "".join(one for one in text if one.isprintable())


def _say_no_answer(subject: str, text: str, as_json: bool) -> None:
    said = f"No answer on {printable(subject)[:200]}, so it may not ship: {text}"
    if as_json:
        report = {"passed": False, "enforced": True, "subject": subject, "run_id": "", "digest": ""}
        click.echo(json.dumps({**report, "headline": said, "error": text, "requirements": []}, ensure_ascii=False))
    else:
        click.echo(printable(said))
