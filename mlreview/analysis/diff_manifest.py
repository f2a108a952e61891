"""The files of models, as rows: one digest of all, and which file differs, from the manifests that trainings recorded.

A manifest lists each file of a logged model with its size and SHA-256 (``mlreview.training.manifest``). What a model
weighs and holds is what training made of the rest: such rows tell two models apart, and explain nothing.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from mlreview import names
from mlreview.analysis.diff_rows import Line
from mlreview.entities import LoggedModel, RunTable
from mlreview.errors import BadInputError
from mlreview.training.manifest import Manifest, parse_manifest

if TYPE_CHECKING:
    from mlreview.analysis.diff import ArtifactFacts

DIGEST = "digest"
FILE_PREFIX = "file "
NOT_RECORDED = "not recorded"
_MAX_FILES = 300
_SHOWN_DIGITS = 12


def lines(runs: RunTable, models: Sequence[LoggedModel], files: Mapping[str, "ArtifactFacts"]) -> list[Line]:
    """The digest of each run's last model, then a row a file, those that differ first; at most 300 files.

    A run that kept a model and no manifest says so in the row of the digest. Nothing where no run kept a model.
    """
    read = [_manifest(files[run_id].texts) if run_id in files else None for run_id in runs.run_ids]
    tagged = runs.tags.get(names.MODEL_DIGEST_TAG, [None] * len(runs))
    digests = tuple(
        one.digest if isinstance(one, Manifest) else one or said for one, said in zip(read, tagged, strict=True)
    )
    if not models and not any(digests):
        return []
    listed = [{e.path: e for e in one.files} if isinstance(one, Manifest) else None for one in read]
    known = tuple(own is not None for own in listed)
    found: list[tuple[bool, Line]] = []
    for path in sorted({path for own in listed if own for path in own}):
        entries = [None if own is None else own.get(path) for own in listed]
        hashes = tuple(None if one is None else one.sha256 for one in entries)
        shown = tuple(None if one is None else f"{one.size:,} bytes · {one.sha256[:_SHOWN_DIGITS]}…" for one in entries)
        same = len({sha for sha, counts in zip(hashes, known, strict=True) if counts}) < 2
        found.append((same, Line(f"{FILE_PREFIX}{path}", shown, hashes, identifies=True, known=known)))
    found.sort(key=lambda one: one[0])
    return [Line(DIGEST, digests, identifies=True, absent=NOT_RECORDED), *(line for _, line in found[:_MAX_FILES])]


def _manifest(texts: Mapping[str, str]) -> Manifest | str | None:
    """The manifest among a run's texts; why it does not count; ``None`` where there is none."""
    paths = [path for path in texts if path.startswith(f"{names.MANIFEST_FOLDER}/")]
    if not paths:
        return None
    try:
        return parse_manifest(texts[paths[-1]])
    except BadInputError as error:
        return f"does not count: {error.message}"
