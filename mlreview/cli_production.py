"""``mlreview production``: what is deployed, with or without a valid review; the page Production in the terminal."""

import json
import sys
from collections.abc import Callable
from typing import Any

import click

from mlreview.store.base import RunStore

Opening = Callable[[str | None], RunStore]
_ANSWER_IS_NO = 1


def production_command(open_store: Opening, uri_option: Callable[[Any], Any]) -> click.Command:
    """The command, over whatever opens a store."""

    @click.command()
    @click.option("--check", is_flag=True, help="Exit with 1 where something is deployed without a valid review.")
    @click.option("--json", "as_json", is_flag=True, help="For machines.")
    @uri_option
    def production(check: bool, as_json: bool, tracking_uri: str | None) -> None:
        """List what is deployed; what lacks a valid review stands on top."""
        from mlreview.review.people import people_from
        from mlreview.review.production_read import read_deployments, read_places
        from mlreview.review.production_report import production_lines, production_report
        from mlreview.review.service import Reviews
        from mlreview.settings import load_settings

        settings = load_settings(tracking_uri=tracking_uri)
        store = open_store(tracking_uri)
        try:
            versions = store.model_versions()
            places, complete = read_places(store, versions)
            reviews = Reviews(store, None, people_from(settings.people, settings.lead))
            found = read_deployments(store, reviews, places)
        finally:
            store.close()
        if as_json:
            click.echo(json.dumps(production_report(found, complete), ensure_ascii=False, indent=2, allow_nan=False))
        else:
            for line in production_lines(found, complete):
                click.echo(line)
        if check and any(one.place.serves and one.standing.valid is not True for one in found):
            sys.exit(_ANSWER_IS_NO)

    return production
