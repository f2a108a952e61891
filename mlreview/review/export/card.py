"""A model card: Markdown with YAML front matter in the layout of Hugging Face's model cards."""

import math
from typing import Any

import yaml

from mlreview import names
from mlreview.analysis.diff_data import location
from mlreview.analysis.metric_names import read_metric_name
from mlreview.review.export.dossier import Dossier
from mlreview.review.export.texts import markdown_text, moment, number, shown

MOST_METRICS = 40
_CELL = str.maketrans({"|": "\\|", "<": "&lt;", "[": "\\[", "]": "\\]", "`": "\\`", "*": "\\*", "!": "\\!"})


def model_card(dossier: Dossier) -> str:
    """The card, whole."""
    front = yaml.safe_dump(_front(dossier), sort_keys=False, allow_unicode=True, width=1_000)
    return f"---\n{front}---\n\n{_body(dossier)}"


def _metrics(dossier: Dossier) -> list[str]:
    """Held-out metrics, the team's own first; training metrics where there are no others."""
    order = {"test": 0, "validation": 1, "unknown": 2, "train": 3}
    keys = [one for one in dossier.run.metrics if not one.startswith((names.OWN_PREFIX, "system/"))]
    keys.sort(key=lambda key: (key != dossier.metric, order[read_metric_name(key).split], key))
    held = [one for one in keys if read_metric_name(one).split in ("test", "validation")]
    return (held or keys)[:MOST_METRICS]


def _front(dossier: Dossier) -> dict[str, Any]:
    run = dossier.run
    results: dict[tuple[str, str], dict[str, Any]] = {}
    for key in _metrics(dossier):
        value = run.metrics[key].value
        if not math.isfinite(value) or abs(value) > 1e308:  # no number that YAML and the Hub agree on
            continue
        split = read_metric_name(key).split
        data = next((one for one in run.datasets if (one.context or "").startswith(split[:4])), None)
        known = data or next(iter(run.datasets), None)
        result = results.setdefault(
            (split, known.digest if known else ""),
            {
                "task": {"type": "other"},
                "dataset": {
                    "name": shown(known.name, 100) if known else "not recorded",
                    "type": "private",
                    **({"revision": shown(known.digest, 80)} if known and known.digest else {}),
                    **({"split": split} if split != "unknown" else {}),
                },
                "metrics": [],
            },
        )
        result["metrics"].append({"type": shown(key, 200), "name": shown(key, 200), "value": float(value)})
    model = dossier.versions[0].name if dossier.versions else dossier.name
    return {
        "model_name": shown(model, 200),
        "tags": ["mlreview", f"review-{dossier.review.state.replace('_', '-')}"],
        "model-index": [{"name": shown(model, 200), "results": list(results.values())}],
    }


def _body(dossier: Dossier) -> str:
    run, review, tags = dossier.run, dossier.review, dossier.run.tags
    commit = tags.get(names.GIT_COMMIT) or tags.get(names.GIT_COMMIT_TAG) or ""
    versions = ", ".join(f"{one.name} v{one.version}" for one in dossier.versions)
    details = [
        ("Run", f"{dossier.name} ({run.run_id})"),
        ("Experiment", dossier.experiment),
        ("Registered as", versions),
        ("Trained", moment(run.start_time)),
        ("By", tags.get(names.GIT_AUTHOR) or run.user or ""),
        ("Commit", commit),
        ("Repository", tags.get(names.GIT_REMOTE, "")),
    ]
    parts = [f"# {_cell(dossier.name, 200)}", "## Model details"]
    parts.append("\n".join(f"- **{key}**: {_cell(value)}" for key, value in details if value))
    parts.append("## Review")
    by = [one for one in review.votes if one.counts and not one.outdated]
    said = f"{review.words}."
    if by:
        unverified = "" if all(one.actor.verified for one in by) else " (unverified names)"
        approvers = ", ".join(_cell(one.actor.name, 100) for one in by)
        ahead = "" if review.state == "approved" else f"{said} "
        said = f"{ahead}Approved by {approvers}{unverified}, {moment(by[-1].at)}."
    parts.append(said + f" Content: `{review.digest[:16]}`." * bool(review.digest))
    later = [f"- {_cell(one.text)} ({_cell(one.owner, 100) or 'nobody named'})" for one in review.open_follow_ups]
    if later:
        parts += ["Open follow-ups:", "\n".join(later)]
    parts.append("## Evaluation")
    rows = [f"| {_cell(key, 200)} | {number(run.metrics[key].value)} |" for key in _metrics(dossier)]
    parts.append("\n".join(["| Metric | Value |", "| --- | ---: |", *rows]) if rows else "No metric was recorded.")
    parts.append("## Training data")
    data = [
        f"- {_cell(one.context, 40) or 'data'}: {_cell(one.name, 100)}, digest {_cell(one.digest, 80)}"
        + (f", from {_cell(where, 300)}" if (where := location(one)) else "")
        for one in run.datasets
    ]
    parts.append("\n".join(data) or "Not recorded.")
    parts.append("## Training procedure")
    own = sorted(key for key in run.params if not key.startswith(names.OWN_PREFIX))
    params = [f"| {_cell(key, 200)} | {_cell(run.params[key], 200)} |" for key in own[:200]]
    parts.append("\n".join(["| Param | Value |", "| --- | --- |", *params]) if params else "No params were recorded.")
    parts += ["## How to reproduce", f"```\nmlreview reproduce {shown(run.run_id, 64)} --run\n```"]
    note = markdown_text(dossier.note).rstrip()  # blanks before a first line make it code
    parts += ["## Notes of the team", note or "Nobody wrote any."]
    return "\n\n".join(parts) + "\n"


def _cell(text: str | None, limit: int = 400) -> str:
    """Literal in Markdown, on one line."""
    return shown(text, limit).replace("\\", "\\\\").translate(_CELL)
