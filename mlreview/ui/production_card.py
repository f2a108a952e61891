"""One deployment: what stands there, how good it was expected to be, who reviewed it, where to go on."""

import math
from collections.abc import Sequence
from typing import Literal
from urllib.parse import quote

import streamlit as st

from mlreview import names
from mlreview.analysis.code_links import commit_address
from mlreview.analysis.diff_code import COMMIT, DIRTY, REMOTE
from mlreview.analysis.diff_data import location
from mlreview.analysis.metric_names import read_metric_name
from mlreview.analysis.team import team_choice
from mlreview.entities import ModelVersion, Run
from mlreview.review.bodies import PromoteBody
from mlreview.review.events import Actor
from mlreview.review.production import Deployed, rival_of
from mlreview.review.results import Review
from mlreview.ui import pages, production_more, reads, urlstate
from mlreview.ui.leaderboard_columns import run_link
from mlreview.ui.production_words import note_lines, place_title
from mlreview.ui.text import ago, clip, moment, number, plain

MOST_METRICS = 6
MOST_FOLLOW_UPS = 4
MOST_DATASETS = 4

_LOOKS: dict[bool | None, tuple[Literal["green", "red", "gray"], str]] = {
    True: ("green", ":material/verified:"),
    False: ("red", ":material/gpp_bad:"),
    None: ("gray", ":material/help:"),
}


def render(one: Deployed, everything: Sequence[Deployed], versions: Sequence[ModelVersion]) -> None:
    """Draw the card.

    Args:
        one: The deployment.
        everything: All of them, to compare with.
        versions: Everything in the registry.
    """
    with st.container(border=True):
        _head(one)
        if one.run is not None and one.review is not None:
            left, middle, right = st.columns([4, 3, 4], gap="large")
            with left:
                _origin(one.run)
            with middle:
                _metrics(one.run)
            with right:
                _review(one.review)
            lines = note_lines(one.run.tags.get(names.NOTE_TAG))
            if lines:
                st.markdown(f":gray[:material/notes:] {plain(' '.join(lines), 420)}")
            else:
                st.caption("Nobody has written a note on this run.")
        _ways(one, everything, versions)
        production_more.render(one, versions)


def _head(one: Deployed) -> None:
    color, icon = _LOOKS[one.standing.valid]
    if not one.place.serves and one.standing.valid is False:
        color, icon = "gray", ":material/pending:"
    with st.container(horizontal=True, vertical_alignment="center"):
        experiment = next(
            (each.name for each in reads.experiments() if each.experiment_id == one.place.experiment_id), ""
        )
        st.markdown(f"#### {place_title(one.place, experiment)}", width="content")
        st.badge(one.standing.short, color=color, icon=icon)
    said = [f"{_sentence(plain(one.standing.reason, 300))}."]
    event = one.promotion
    if event is not None and isinstance(event.body, PromoteBody):
        why = f": {plain(event.body.text, 160)}" if event.body.text.strip() else ""
        said.append(f":gray[Deployed {ago(event.at)} by {_who(event.actor)}{why}]")
        if one.override:
            said.append(f":orange[:material/warning: Although the gate said no: {plain(one.override, 160)}]")
    elif one.place.since is not None:
        said.append(f":gray[Recorded {ago(one.place.since)}, not by mlreview promote]")
    elif one.place.kind == "alias":
        said.append(":gray[The alias was set outside mlreview]")
    st.markdown("  \n".join(said))


def _sentence(text: str) -> str:
    word = text.split(" ", 1)[0]
    return text if "_" in word or not word.islower() else f"{text[:1].upper()}{text[1:]}"


def _origin(run: Run) -> None:
    """The run: when, by whom, on which data and commit."""
    tags = run.tags
    name = plain(run.name, 80) or run.run_id[:8]
    lines = [f"**{name}**" + (" :red[deleted]" if run.lifecycle == "deleted" else "")]
    who = plain(tags.get(names.GIT_AUTHOR) or run.user or tags.get(names.USER_TAG), 60)
    when = plain(moment(run.start_time, st.context.timezone)) if run.start_time else "at an unknown time"
    lines.append(f"Trained {when}{f' by {who}' if who else ''}")
    data = list(dict.fromkeys(_dataset(one.context, one.name, one.digest) for one in run.datasets))
    more = f" and {len(data) - MOST_DATASETS} more" if len(data) > MOST_DATASETS else ""
    lines.append(f"On {', '.join(data[:MOST_DATASETS])}{more}" if data else ":gray[No data recorded]")
    where = list(dict.fromkeys(found for one in run.datasets if (found := location(one))))
    if where:
        lines.append(
            f":gray[from {', '.join(plain(one, 60) for one in where[:2])}{' and elsewhere' if where[2:] else ''}]"
        )
    lines.append(_commit(run))
    st.markdown("  \n".join(lines))


def _dataset(context: str | None, name: str, digest: str) -> str:
    split = f" ({plain(context, 20)})" if context else ""
    return f"{plain(name, 50) or 'data'}{split} :gray[{plain(digest, 12)}]"


def _commit(run: Run) -> str:
    def first(keys: Sequence[str]) -> str | None:
        return next((run.tags[key] for key in keys if run.tags.get(key) not in (None, "", names.UNKNOWN)), None)

    commit = first(COMMIT)
    if commit is None:
        return ":gray[No commit recorded]"
    address = commit_address(first(REMOTE), commit)
    short = plain(commit[:12])
    shown = f"[{short}]({address})" if address else f"`{short}`" if short.isalnum() else short
    dirty = (first(DIRTY) or "").lower() in ("true", "1")
    return f"Commit {shown}" + (" with uncommitted changes" if dirty else "")


def _metrics(run: Run) -> None:
    """What it was expected to do: the team's metric first."""
    here = [one for one in reads.experiments() if one.experiment_id == run.experiment_id]
    choice = team_choice(here) if here else None
    order = {"validation": 0, "test": 0, "unknown": 1, "train": 2}
    kinds = {"ranking": 0, "score": 1, "loss": 2, "other": 3}
    keys = [key for key in run.metrics if not key.startswith((names.OWN_PREFIX, "system/"))]
    held = {read_metric_name(key).base for key in keys if read_metric_name(key).split in ("validation", "test")}
    # What was measured while training says nothing more where the same was measured on data held out.
    keys = [
        key
        for key in keys
        if read_metric_name(key).split in ("validation", "test") or read_metric_name(key).base not in held
    ]

    def place(key: str) -> tuple[bool, int, int, str]:
        read = read_metric_name(key)
        return key != (choice.metric if choice else ""), order.get(read.split, 1), kinds[read.kind], key

    keys.sort(key=place)
    # Keras and its autologging log one value under two names: val_loss, validation_loss.
    once: dict[tuple[str, str, float], str] = {}
    for key in keys:
        read = read_metric_name(key)
        once.setdefault((read.split, read.base, run.metrics[key].value), key)
    keys = list(once.values())
    if not keys:
        st.markdown("**Expected**  \n:gray[No metric recorded]")
        return
    lines = [f"{plain(key, 40)} **{plain(_value(run.metrics[key].value))}**" for key in keys[:MOST_METRICS]]
    left = len(keys) - MOST_METRICS
    lines += [f":gray[and {left:,} more on the run's page]"] if left > 0 else []
    st.markdown("  \n".join(["**Expected**", *lines]))


def _value(value: float) -> str:
    # MLflow stores an infinity as the largest float.
    return number(math.copysign(math.inf, value) if abs(value) > 1e308 else value, 4)


def _review(review: Review) -> None:
    """Reviewers, and what is left to be done."""
    lines = ["**Review**"]
    for vote in review.votes:
        role = f", {vote.role} reviewer" if vote.role != "other" else ""
        said = f"approved {ago(vote.at)}"
        lacks = "outdated since" if vote.outdated else plain(vote.why_not, 80) if not vote.counts else ""
        lines.append(f"{_who(vote.actor)}{role}: {said}" + (f", :orange[{lacks}]" if lacks else ""))
    lines += [f"{_name(one)}: :gray[has not approved]" for one in review.waiting_for if not _voted(review, one)]
    lines += [f"{_who(one.actor)}: :orange[asked for changes] {plain(one.text, 80)}" for one in review.open_holds[:3]]
    if len(lines) == 1:
        lines.append(":gray[No reviewers]")
    questions = len(review.open_questions)
    if questions:
        lines.append(f"{questions} open question{'' if questions == 1 else 's'}")
    follow_ups = review.open_follow_ups
    if follow_ups:
        lines.append(f"**{len(follow_ups)} open follow-up{'' if len(follow_ups) == 1 else 's'}**")
        for one in follow_ups[:MOST_FOLLOW_UPS]:
            owner = f" :gray[{_name(one.owner)}]" if one.owner else " :gray[nobody named]"
            lines.append(f":material/event_repeat: {plain(one.text, 110)}{owner}")
        if len(follow_ups) > MOST_FOLLOW_UPS:
            lines.append(f":gray[and {len(follow_ups) - MOST_FOLLOW_UPS} more]")
    st.markdown("  \n".join(lines))


def _voted(review: Review, name: str) -> bool:
    return any(vote.actor.name == name for vote in review.votes)


def _name(name: str) -> str:
    return plain(name, 60)


def _who(actor: Actor) -> str:
    return _name(actor.name) + ("" if actor.verified else " :gray[(unverified)]")


def _ways(one: Deployed, everything: Sequence[Deployed], versions: Sequence[ModelVersion]) -> None:
    """Links on: the run and its review, the comparison with what was there before, MLflow."""
    run = one.run
    ui_url = reads.store().info().ui_url
    with st.container(horizontal=True, vertical_alignment="center"):
        if run is not None:
            pages.link("run", "Run and review", run_id=run.run_id, width="content")
            other = rival_of(one.place, [each.place for each in everything], versions)
            if other is not None:
                label, run_id = other
                view = urlstate.SharedView(
                    experiments=urlstate.get(urlstate.SharedView).experiments, runs=(run_id, run.run_id)
                )
                params = urlstate.to_params(view) | urlstate.to_params(urlstate.CompareView(baseline=run_id))
                st.page_link(
                    pages.BY_NAME["compare"].path,
                    label=f"Compare with {plain(label, 60)}",
                    icon=pages.BY_NAME["compare"].icon,
                    query_params=params,
                    width="content",
                )
        if ui_url:
            version = one.place.version
            if version is not None:
                address = f"{ui_url}/#/models/{quote(version.name, safe='')}/versions/{quote(version.version, safe='')}"
                st.markdown(f"[Version in MLflow]({address})", width="content")
            if run is not None:
                st.markdown(f"[Run in MLflow]({run_link(ui_url, run.experiment_id, run.run_id)})", width="content")
    if run is None and one.place.run_id:
        st.caption(f"Run id: {clip(one.place.run_id, 64)}")
