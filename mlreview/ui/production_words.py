"""Words of the page Production: what a place is called, what a note begins with, when something was moved."""

from mlreview.notes.sections import plain_words, sections, without_generated
from mlreview.review.production import Move, Place
from mlreview.ui.text import clip, moment, plain

MOST_LINES = 3
_SUMMARY = "summary"


def place_title(place: Place, experiment: str = "") -> str:
    """Where something is deployed, as Markdown; ``experiment`` is the name of the environment's."""
    if place.kind == "environment":
        return f"{plain(experiment, 80)} · {plain(place.name, 80)}" if experiment else plain(place.name, 80)
    number = f" · v{plain(place.version.version, 12)}" if place.version else ""
    return (
        f"{plain(place.model, 80)} · {plain(place.name, 60)}{number}" if place.name else plain(place.model, 80) + number
    )


def note_lines(note: str | None, most: int = MOST_LINES) -> list[str]:
    """The first lines that say something, as plain text: of the summary, where the note has one with words in it."""
    parts = sections(without_generated(note or ""))
    summaries = [one for one in parts if one.heading.casefold().startswith(_SUMMARY)]
    for part in (*summaries, *parts):
        found = [clip(plain_words(line), 240) for line in part.body.splitlines()]
        found = [line for line in found if any(letter.isalnum() for letter in line)]
        if found:
            return found[:most]
    return []


def moved(move: Move, timezone: str | None) -> str:
    """When and by whom something came to a place, as Markdown."""
    if move.at is not None:
        who = plain(move.actor.name, 60) if move.actor else "somebody"
        unverified = "" if move.actor is not None and move.actor.verified else " :gray[(unverified)]"
        return f"{plain(moment(move.at, timezone))} by {who}{unverified}"
    if move.after is not None and move.before is not None and move.after >= move.before:
        return f"outside mlreview, at {plain(moment(move.before, timezone))}"
    after = plain(moment(move.after, timezone)) if move.after is not None else ""
    before = plain(moment(move.before, timezone)) if move.before is not None else ""
    if after and before:
        return f"moved outside mlreview between {after} and {before}"
    if after or before:
        return f"moved outside mlreview {'after' if after else 'before'} {after or before}"
    return "moved outside mlreview; nobody knows when"
