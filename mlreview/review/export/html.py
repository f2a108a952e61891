"""The record of a review as one HTML file: it loads nothing, runs nothing, and can be read in ten years."""

import base64
import hashlib
import json
from collections.abc import Iterable, Sequence
from html import escape

from mlreview import names
from mlreview.analysis.diff_data import location
from mlreview.analysis.metric_names import read_metric_name
from mlreview.review.bodies import Anchor, OverrideBody, PromoteBody
from mlreview.review.events import Actor
from mlreview.review.export.dossier import Dossier
from mlreview.review.export.svg import Series, chart
from mlreview.review.export.texts import markdown_html, moment, number, shown
from mlreview.review.report import review_report
from mlreview.review.results import Thread

STYLE = """
:root { color-scheme: light dark; --text: #1b1f27; --soft: #5b6675; --line: #d5dae2; --held: #2c5cc5; --train: #8a6a00;
  --good: #13805b; --bad: #b3261e; --page: #fff; --panel: #f6f7f9; }
@media (prefers-color-scheme: dark) { :root { --text: #e8ebf0; --soft: #a3afbf; --line: #3a4250; --held: #7ba4ff;
  --train: #d9b945; --good: #4fc79a; --bad: #ff8b80; --page: #12151b; --panel: #1b2029; } }
body { font: 16px/1.55 system-ui, sans-serif; color: var(--text); background: var(--page); max-width: 62rem;
  margin: 2.5rem auto; padding: 0 1.5rem; overflow-wrap: anywhere; }
h1 { font-size: 1.7rem; margin: 0 0 .3rem; }
h2 { font-size: 1.2rem; margin: 2.2rem 0 .6rem; border-bottom: 1px solid var(--line); padding-bottom: .2rem; }
h3, h4, h5, h6 { font-size: 1rem; margin: 1.2rem 0 .3rem; }
a { color: var(--held); }
.soft { color: var(--soft); }
.good { color: var(--good); }
.bad { color: var(--bad); }
.state { font-weight: 600; }
table { border-collapse: collapse; margin: .4rem 0 1rem; }
th, td { text-align: left; padding: .25rem 1.2rem .25rem 0; border-bottom: 1px solid var(--line); vertical-align: top; }
th { color: var(--soft); font-weight: 500; }
td p { margin: 0; }
td.number { text-align: right; font-variant-numeric: tabular-nums; }
.panel, blockquote { background: var(--panel); border-radius: 6px; padding: .7rem 1rem; margin: .6rem 0; }
.panel p, blockquote p { margin: .2rem 0; }
blockquote { border-left: 3px solid var(--line); border-radius: 0; }
pre, code { font: .88rem/1.45 ui-monospace, monospace; }
pre { background: var(--panel); padding: .7rem 1rem; border-radius: 6px; white-space: pre-wrap; }
.charts { display: flex; flex-wrap: wrap; gap: 1rem; }
svg { max-width: 100%; height: auto; }
svg text { font-size: 12px; fill: var(--soft); }
svg text.title { font-weight: 600; fill: var(--text); }
svg text.end { text-anchor: end; }
svg .grid { stroke: var(--line); }
svg .curve { fill: none; stroke-width: 1.8; }
svg polyline.train { stroke: var(--train); stroke-dasharray: 5 3; }
svg polyline.held { stroke: var(--held); }
svg circle.train, svg text.train { fill: var(--train); }
svg circle.held, svg text.held { fill: var(--held); }
@media print { body { margin: 0; max-width: none; } }
"""
_POLICY = (
    "default-src 'none'; style-src 'sha256-{style}'; img-src 'none'; script-src 'none'; connect-src 'none'; "
    "frame-src 'none'; object-src 'none'; base-uri 'none'; form-action 'none'"
)
_EVENT_WORDS = {
    "requested": "asked for a review",
    "approved": "approved",
    "changes_requested": "requested changes",
    "lifted": "lifted a request for changes",
    "withdrawn": "took something back",
    "promoted": "deployed it",
    "override": "shipped it although the gate said no",
    "comment": "required a change",
    "answered": "required a change",
    "resolved": "said that a required change is done",
}
_THREAD_WORDS = {
    "comment": "Comment",
    "question": "Question",
    "suggestion": "Suggestion",
    "follow_up": "Follow-up",
    "required_change": "Required change",
}
MOST_PARAMS = 400
MOST_METRICS = 200


def html_record(dossier: Dossier) -> str:
    """The file, whole."""
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode("ascii")
    title = _text(f"{dossier.name}: {dossier.review.words}", 240)
    body = "\n".join(
        (
            _head(dossier),
            _section("Decisions", _decisions(dossier)),
            _section("What it was expected to do", _metrics(dossier)),
            _section("Learning curves", _charts(dossier)),
            _section("The note", markdown_html(dossier.note) if dossier.note.strip() else _none("Nobody wrote one.")),
            _section("Conversation", _threads(dossier.review.threads)),
            _section("To be done later", _follow_ups(dossier)),
            _section("Where it was deployed", _deployments(dossier)),
            _section("How it was trained", _origin(dossier)),
            _section("Every event, for machines", _events(dossier)),
        )
    )
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY.format(style=digest)}">\n'
        '<meta name="referrer" content="no-referrer">\n<meta http-equiv="x-dns-prefetch-control" content="off">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _text(value: str | None, limit: int = 400) -> str:
    return escape(shown(value, limit))


def _none(words: str) -> str:
    return f'<p class="soft">{escape(words)}</p>'


def _section(title: str, body: str) -> str:
    return f"<h2>{escape(title)}</h2>\n{body}"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], numbers: bool = False) -> str:
    """Cells are HTML already; with ``numbers`` all but the first stand to the right."""
    top = "".join(f"<th>{escape(one)}</th>" for one in heads)
    kind = ' class="number"' if numbers else ""
    drawn = "".join(
        "<tr>" + "".join(f"<td{kind if at else ''}>{cell}</td>" for at, cell in enumerate(row)) + "</tr>"
        for row in rows
    )
    return f"<table><thead><tr>{top}</tr></thead><tbody>{drawn}</tbody></table>"


def _who(actor: Actor) -> str:
    return _text(actor.name, 100) + ("" if actor.verified else ' <span class="soft">(unverified)</span>')


def _head(dossier: Dossier) -> str:
    review, run = dossier.review, dossier.run
    tone = "good" if review.state == "approved" else "bad"
    asked = review.request.body if review.request else None
    parts = [f"<h1>{_text(dossier.name, 200)}</h1>", f'<p class="state {tone}">{escape(review.words)}</p>']
    if asked is not None and asked.baseline is not None and asked.baseline.run_id:
        base = asked.baseline
        parts.append(f"<p>Would replace {_text(base.name or base.run_id, 200)}: {_text(base.reason, 300)}.</p>")
    if asked is not None and asked.question.strip():
        parts.append(f"<blockquote>{markdown_html(asked.question)}</blockquote>")
    changed = [one for one in review.votes if one.outdated and one.comparison is not None]
    for vote in changed[:1]:
        said = vote.comparison.describe() if vote.comparison else ""
        parts.append(f'<p class="bad">{_text(said, 400)} after {_text(vote.actor.name, 100)} approved.</p>')
    if review.gaps or review.broken:
        found = [one.describe() for one in review.gaps] + [f"{one.key}: {one.reason}" for one in review.broken]
        parts.append(f'<p class="bad">The record is not whole: {_text("; ".join(found[:5]), 600)}.</p>')
    names_ = ", ".join(f"{one.name} v{one.version}" for one in dossier.versions)
    facts = [
        ("Experiment", dossier.experiment),
        ("Run", run.run_id),
        ("Registered as", names_),
        ("Content", review.digest),
        ("Record made", moment(dossier.at)),
    ]
    rows = [(escape(key), _text(value, 300)) for key, value in facts if value]
    return "\n".join([*parts, _table(("", ""), rows)])


def _decisions(dossier: Dossier) -> str:
    review = dossier.review
    void = {one.event.event_id: one.reason for one in review.ignored}
    votes = {one.event_id: one for one in (*review.votes, *review.past_votes)}
    rows = []
    for event in sorted((one for one in review.events if one.seq is not None), key=lambda one: one.seq or 0):
        body, vote = event.body, votes.get(event.event_id)
        said = _EVENT_WORDS.get(event.kind, event.kind)
        why = getattr(body, "text", "") or getattr(body, "reason", "")
        note = f"does not count: {void[event.event_id]}" if event.event_id in void else ""
        if vote is not None:
            note = "outdated since" if vote.outdated else vote.why_not or f"{vote.role} reviewer"
        rows.append(
            (
                str(event.seq),
                moment(event.at),
                f"{_who(event.actor)} {escape(said)}" + (f' <span class="soft">{_text(note)}</span>' if note else ""),
                markdown_html(why) if why.strip() else "",
            )
        )
    return _table(("No.", "When", "Who and what", "Why"), rows) if rows else _none("None.")


def _metrics(dossier: Dossier) -> str:
    metrics = dossier.run.metrics
    kept = [one for one in metrics if not one.startswith((names.OWN_PREFIX, "system/"))]
    order = {"test": 0, "validation": 1, "unknown": 2, "train": 3}
    kept.sort(key=lambda key: (key != dossier.metric, order[read_metric_name(key).split], key))
    if not kept:
        return _none("No metric was recorded.")
    base = dossier.baseline
    rows = []
    for key in kept[:MOST_METRICS]:
        row = [_text(key, 200), escape(number(metrics[key].value))]
        if base is not None:
            row.append(escape(number(base.metrics[key].value)) if key in base.metrics else "—")
        rows.append(row)
    heads = ["Metric, latest value", "This run"] + ([f"Replaced: {shown(base.name, 60)}"] if base is not None else [])
    more = _none(f"{len(kept) - MOST_METRICS:,} more metrics.") if len(kept) > MOST_METRICS else ""
    return _table(heads, rows, numbers=True) + more


def _charts(dossier: Dossier) -> str:
    curves = {one.metric: one for one in dossier.curves}
    drawn = []
    for pair in dossier.pairs:
        sides = (("train", pair.train), ("held", pair.validation or pair.test))
        lines = [
            Series(key, curves[key].steps, curves[key].values, kind) for kind, key in sides if key and key in curves
        ]
        if lines:
            drawn.append(chart(pair.base, lines))
    return f'<div class="charts">{"".join(drawn)}</div>' if drawn else _none("No metric has a curve.")


def _about(anchor: Anchor) -> str:
    words = {"param": "param", "metric": "metric", "plot": "plot", "heading": "the note's part"}
    return f" about {words[anchor.kind]} {_text(anchor.key, 120)}" if anchor.kind in words else ""


def _threads(threads: Sequence[Thread]) -> str:
    drawn = []
    for one in threads:
        state = ' <span class="bad">open</span>' if one.open else ""
        parts = [
            f"<p><strong>{_THREAD_WORDS[one.comment.kind]}</strong>{_about(one.comment.anchor)}, {_who(one.actor)}, "
            f'<span class="soft">{moment(one.at)}</span>{state}</p>{markdown_html(one.comment.text)}'
        ]
        parts += [
            f'<blockquote><p>{_who(reply.actor)}, <span class="soft">{moment(reply.at)}</span></p>'
            f"{markdown_html(reply.text)}</blockquote>"
            for reply in one.replies
        ]
        if one.closing is not None:
            ended = one.closing.outcome.replace("_", " ")
            parts.append(
                f'<blockquote><p>{_who(one.closing.actor)}, <span class="soft">{moment(one.closing.at)}: '
                f"{escape(ended)}</span></p>{markdown_html(one.closing.text)}</blockquote>"
            )
        drawn.append(f'<div class="panel">{"".join(parts)}</div>')
    return "".join(drawn) or _none("Nobody commented.")


def _follow_ups(dossier: Dossier) -> str:
    rows = [
        (_text(one.owner, 100) or "nobody named", _text(one.text, 600), "open" if one.done is None else "done")
        for one in dossier.review.follow_ups
    ]
    return _table(("Owner", "What", ""), rows) if rows else _none("Nothing.")


def _deployments(dossier: Dossier) -> str:
    void = {one.event.event_id for one in dossier.review.ignored}
    rows = []
    for event in dossier.review.events:
        body = event.body
        if isinstance(body, PromoteBody) and event.event_id not in void:
            what = f"{body.to}{f', version {body.version}' if body.version else ''}"
            rows.append((moment(event.at), _text(what, 300), _who(event.actor), _text(body.text, 400)))
        elif isinstance(body, OverrideBody) and event.event_id not in void:
            rows.append((moment(event.at), "although the gate said no", _who(event.actor), _text(body.reason, 400)))
    return _table(("When", "Where", "Who", "Why"), rows) if rows else _none("No deployment is on record.")


def _origin(dossier: Dossier) -> str:
    run, tags = dossier.run, dossier.run.tags

    def first(*keys: str) -> str:
        return next((tags[key] for key in keys if tags.get(key) not in (None, "", names.UNKNOWN)), "")

    dirty = {"true": ", with uncommitted changes", "false": ""}.get(first(names.GIT_DIRTY), "")
    commit = first(names.GIT_COMMIT, names.GIT_COMMIT_TAG)
    facts = [
        ("Trained", moment(run.start_time)),
        ("By", first(names.GIT_AUTHOR) or run.user or ""),
        ("Commit", f"{commit}{dirty}" if commit else "not recorded"),
        ("Repository", first(names.GIT_REMOTE)),
        ("Command", first(names.COMMAND)),
        ("Python", first(names.ENV_PYTHON)),
        ("Machine", first(names.HARDWARE_TAG, names.ENV_PLATFORM)),
        ("Container image", first(names.ENV_IMAGE)),
        ("Seed", first(names.SEED_TAG)),
    ]
    drawn = [_table(("", ""), [(escape(key), _text(value, 500)) for key, value in facts if value])]
    data = [
        (_text(one.context, 40), _text(one.name, 100), _text(one.digest, 80), _text(location(one), 300))
        for one in run.datasets
    ]
    drawn.append(
        "<h3>Data</h3>" + (_table(("Use", "Name", "Digest", "From"), data) if data else _none("Not recorded."))
    )
    own = sorted(key for key in run.params if not key.startswith(names.OWN_PREFIX))
    params = [(_text(key, 200), _text(run.params[key], 300)) for key in own[:MOST_PARAMS]]
    drawn.append("<h3>Params</h3>" + (_table(("Param", "Value"), params) if params else _none("None.")))
    if len(own) > MOST_PARAMS:
        drawn.append(_none(f"{len(own) - MOST_PARAMS:,} more params."))
    return "".join(drawn)


def _events(dossier: Dossier) -> str:
    """As they are stored, so that hashes and signatures can be checked without the server."""
    report = json.dumps(review_report(dossier.review), ensure_ascii=True, indent=1, sort_keys=True, allow_nan=False)
    return f"<details><summary>The review as JSON</summary><pre>{escape(report)}</pre></details>"
