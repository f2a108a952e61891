"""What is deployed as plain values and as lines, for ``mlreview production``."""

from collections.abc import Sequence
from typing import Any

from mlreview import names
from mlreview.review.bodies import PromoteBody
from mlreview.review.production import Deployed
from mlreview.review.projection import iso


def production_report(found: Sequence[Deployed], complete: bool) -> dict[str, Any]:
    """Everything about what is deployed; times are ISO 8601 in UTC, metrics that are no numbers are texts."""
    return {"complete": complete, "deployed": [_one(one) for one in found]}


def _one(one: Deployed) -> dict[str, Any]:
    place, run, review, event = one.place, one.run, one.review, one.promotion
    body = event.body if event is not None else None
    return {
        "kind": place.kind,
        "model": place.model or None,
        "name": place.name or None,
        "version": place.version.version if place.version else None,
        "serves": place.serves,
        "run_id": place.run_id,
        "run_name": run.name if run else None,
        "trained": iso(run.start_time) if run and run.start_time else None,
        "commit": (run.tags.get(names.GIT_COMMIT) or run.tags.get(names.GIT_COMMIT_TAG)) if run else None,
        "data": [{"name": each.name, "digest": each.digest, "context": each.context} for each in run.datasets]
        if run
        else [],
        "metrics": {key: _number(each.value) for key, each in run.metrics.items()} if run else {},
        "valid": one.standing.valid,
        "reason": one.standing.reason,
        "state": review.state if review else None,
        "approved_by": [each.actor.name for each in review.votes if each.counts and not each.outdated]
        if review
        else [],
        "follow_ups": [{"owner": each.owner or None, "text": each.text} for each in review.open_follow_ups]
        if review
        else [],
        "deployed": None
        if event is None or not isinstance(body, PromoteBody)
        else {"at": iso(event.at), "by": event.actor.name, "text": body.text, "override": one.override or None},
    }


def _number(value: float) -> float | str:
    return value if abs(value) < 1e308 else "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"


def production_lines(found: Sequence[Deployed], complete: bool) -> list[str]:
    """The same for people; what users wrote stands on one line, without control characters."""
    lines = []
    marks = {True: "valid      ", False: "NOT VALID  ", None: "not checked"}
    for one in found:
        place = one.place
        where = " · ".join(part for part in (place.model, place.name) if part)
        version = f" v{place.version.version}" if place.version else ""
        mark = marks[one.standing.valid] if place.serves else "           "
        name = (one.run.name if one.run else None) or place.run_id or "no run known"
        lines.append(_line(f"{mark}  {where}{version}: {name}"))
        lines.append(_line(f"             {one.standing.reason}", keep=13))
        event = one.promotion
        if event is not None and isinstance(event.body, PromoteBody):
            why = f": {event.body.text}" if event.body.text.strip() else ""
            lines.append(_line(f"             deployed {iso(event.at)} by {event.actor.name}{why}", keep=13))
        if one.override:
            lines.append(_line(f"             although the gate said no: {one.override}", keep=13))
    if not lines:
        lines.append("Nothing is deployed, as far as this store knows.")
    if not complete:
        lines.append("Deployments to environments were looked for among the newest runs only.")
    return lines


def _line(text: str, keep: int = 0) -> str:
    """One line for a terminal."""
    shown = "".join(one if one.isprintable() else " " for one in text[keep:])
    return " " * keep + " ".join(shown.split())[:300] if keep else shown[:300].rstrip()
