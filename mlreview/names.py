"""Every key, limit and name that more than one module must agree on, once."""

import posixpath
import re
from typing import Final

# --- tags that MLflow writes and this project reads -------------------------------------------------------------
NOTE_TAG: Final = "mlflow.note.content"
PARENT_RUN_TAG: Final = "mlflow.parentRunId"
RUN_NAME_TAG: Final = "mlflow.runName"
USER_TAG: Final = "mlflow.user"
SOURCE_NAME_TAG: Final = "mlflow.source.name"
SOURCE_TYPE_TAG: Final = "mlflow.source.type"
GIT_COMMIT_TAG: Final = "mlflow.source.git.commit"
DATASET_CONTEXT_TAG: Final = "mlflow.data.context"

# --- what this project writes -----------------------------------------------------------------------------------
OWN_PREFIX: Final = "mlreview."
"""Params, tags and artifacts that start with this are bookkeeping: never part of a diff or of what differs."""

EVENT_TAG_PREFIX: Final = "mlreview.event."
EXPERIMENT_METRIC_TAG: Final = "mlreview.metric"
EXPERIMENT_DIRECTION_TAG_PREFIX: Final = "mlreview.direction."
EXPERIMENT_BASELINE_TAG: Final = "mlreview.baseline"
REVIEW_STATE_TAG: Final = "mlreview.state"
"""On a run: where its review stands, in one word such as ``approved``. Like the three below it is a projection of the
review's events for fast reading, never the record itself."""

DECIDED_AT_TAG: Final = "mlreview.state.decided_at"
"""When the review came to that state: ISO 8601, UTC, so that texts sort as times do."""

REVIEW_QUEUE_TAG: Final = "mlreview.state.queue"
"""JSON of what a queue shows of a review: reviewers, who asked, since when, due, open questions, follow-ups."""

SEQ_PARAM_PREFIX: Final = "mlreview.seq."
"""A param ``mlreview.seq.<n>`` of a run claims the number of its n-th decision; see ``mlreview.review.events``."""

REVIEW_FOLDER: Final = "mlreview/review"
"""What was decided on, ``<digest>.json``, among a run's artifacts."""

DEPLOYED_TO_TAG: Final = "mlreview.deployed.to"
"""The environment that the run was last recorded as deployed to, such as ``production``."""

DEPLOYED_AT_TAG: Final = "mlreview.deployed.at"
"""When that was recorded: ISO 8601, UTC."""

ARCHITECTURE_TAG: Final = "mlreview.architecture"
"""On a run: what its network looks like, in any words or as a digest; autologging leaves that out."""

SEED_TAG: Final = "mlreview.seed"
CLASSES_TAG: Final = "mlreview.data.{split}.classes"
"""On a run: how many examples of each class its validation or test data hold, as JSON: ``{"hockey": 399, ...}``."""

BASELINE_TAGS: Final = ("baseline", EXPERIMENT_BASELINE_TAG)
"""On a run, with a value that means yes: compare with this one, where nothing is pinned, deployed or approved."""

APPROVED: Final = "approved"

# Provenance, captured while training (mlreview.training.provenance).
GIT_COMMIT: Final = "mlreview.git.commit"
GIT_BRANCH: Final = "mlreview.git.branch"
GIT_REMOTE: Final = "mlreview.git.remote"
GIT_AUTHOR: Final = "mlreview.git.author"
GIT_DIRTY: Final = "mlreview.git.dirty"
"""``true``, ``false`` or ``unknown``: tracked files differ from the commit."""

UNKNOWN: Final = "unknown"
"""What git did not say in time: as good as not recorded."""

ENTRY: Final = "mlreview.entry"
"""The script, from the root of its repository, or the notebook."""

ENTRY_UNTRACKED: Final = "mlreview.entry.untracked"
"""``true`` when that script is in no commit: who checks the commit out does not have it."""

SCRIPT: Final = "mlreview.script"
COMMAND: Final = "mlreview.command"
COMMAND_FOLDER: Final = "mlreview.command.folder"
"""Where the command ran, from the root of its repository: ``.`` for the root itself."""

ENV_PYTHON: Final = "mlreview.env.python"
ENV_PLATFORM: Final = "mlreview.env.platform"
ENV_HOST: Final = "mlreview.env.host"
ENV_IMAGE: Final = "mlreview.env.image"
ENV_CI: Final = "mlreview.env.ci"
ENV_CI_ACTOR: Final = "mlreview.env.ci_actor"
PROVENANCE_SWITCH: Final = "MLREVIEW_PROVENANCE"
"""The environment variable that turns the recording of provenance off."""

# What a training keeps beside its run, so that somebody else can do it again.
PATCH_FILE: Final = "mlreview/uncommitted.patch"
"""What tracked files had beyond the commit, for ``git apply``."""

PATCH_SHA: Final = "mlreview.git.patch_sha"
"""SHA-256 of that patch, in hex."""

UNTRACKED_FOLDER: Final = "mlreview/untracked"
"""Sources that git did not know, each under its path from the root of the repository."""

PACKAGES_FILE: Final = "mlreview/requirements.txt"
"""The installed packages, as pip lists them."""

RUN_FILE: Final = "mlreview/run.json"
"""What was recorded, in one file: ``mlreview.records.RunRecord`` as JSON."""

CODE_FOLDER: Final = "mlreview/code"
"""The script or notebook that ran, under its path from the root of the repository, or its name where there is none."""

PLOTS_FOLDER: Final = "mlreview/plots"
"""The common plots as JSON, ``<split>/<plot>.json``, for whoever draws them."""

MANIFEST_FOLDER: Final = "mlreview/models"
"""A manifest of each logged model's files, ``<model id>.json``."""

TRACKED_TAG: Final = "mlreview.tracked"
"""On a run: the version of mlreview whose ``track()`` recorded it."""

DESCRIPTION_TAG: Final = "mlreview.description"
SEEDED_TAG: Final = "mlreview.seeded"
"""What the seed was given to: ``python, numpy, keras``."""

PACKAGES_SHA: Final = "mlreview.packages_sha"
"""SHA-256 of the list of packages."""

HARDWARE_TAG: Final = "mlreview.hardware"
"""Processors, memory and accelerators, in words."""

MODEL_DIGEST_TAG: Final = "mlreview.model.digest"
"""Digest of the manifest of the model that was logged last."""

FIELDS_TAG: Final = "mlreview.fields"
"""Which required fields the end of the training found missing, as JSON: ``{"recorded": [...], "missing": [...]}``."""

WARNINGS_TAG: Final = "mlreview.warnings"
"""What is doubtful about the data, a line each: validation and test the same, training and validation overlapping."""

SNAPSHOT_INPUT_TAG: Final = "mlreview.snapshot"
"""On a run's use of a data set: which state of the source. Like the next one at most 500 characters."""

TRANSFORMATIONS_INPUT_TAG: Final = "mlreview.transformations"
MAX_INPUT_TAG_CHARS: Final = 500

ARCHITECTURE_PARAM: Final = "model_architecture"
"""Layers with widths and activations: ``Dense 32 relu → Dense 1 sigmoid``."""

LAYERS_PARAM: Final = "model_layers"
WIDTHS_PARAM: Final = "model_widths"
PARAMETERS_PARAM: Final = "model_parameters"

REQUIRED_FIELDS: Final = (
    "params",
    "train_metrics",
    "test_metrics",
    "environment",
    "code_version",
    "script",
    "data_digest",
    "data_location",
    "seed",
    "model",
    "plots",
    "note",
)
"""What a reviewed run has to have recorded, unless the team's settings say otherwise; see ``mlreview.fields``."""

# On a run that was made from another one; the first two hold that run's id, the third is one of each attempt.
REPRODUCES_TAG: Final = "mlreview.reproduces"
RETRAINS_TAG: Final = "mlreview.retrains"
REPRODUCTION_TAG: Final = "mlreview.reproduction"
REPRODUCTION_VERDICT_TAG: Final = "mlreview.reproduction.verdict"
"""``reproduced``, ``within tolerance`` or ``not reproduced``."""

REPRODUCTION_DIFFERS_TAG: Final = "mlreview.reproduction.differs"
"""The first thing that differed, in words."""

DEMO_TAG: Final = "mlreview.demo"
"""On an experiment: made by ``mlreview demo``; its value names the data."""

# --- limits of MLflow's stores (a longer value is cut without an error, so it is refused before) ------------------
MAX_KEY_CHARS: Final = 250
MAX_TAG_CHARS: Final = 8_000
MAX_PARAM_CHARS: Final = 6_000
MAX_EXPERIMENT_TAG_CHARS: Final = 20_000

LEGAL_KEY: Final = re.compile(r"[/\w.\- :]*")
"""Characters that keys of params, metrics and tags may hold, whole: no ``@``, no emoji, no line end."""


def is_legal_key(key: str) -> bool:
    """Whether every store takes this key, by MLflow's own rule, and it is not empty.

    MLflow also wants a key to be a tidy relative path (no ``//``, no ``./``, no slash at either end), since some
    stores made files of them. Length is another matter: ``MAX_KEY_CHARS``.
    """
    tidy = posixpath.normpath(key) == key and key != "." and not key.startswith(("..", "/"))
    return bool(key) and LEGAL_KEY.fullmatch(key) is not None and tidy


# --- limits of this project ---------------------------------------------------------------------------------------
NOTE_HEADINGS: Final = (
    "Use case and requirements",
    "Summary: what ships and why",
    "Tried and compared",
    "Data: anything non-standard",
    "Decisions and trade-offs",
    "Shadow and live observations",
    "If you pick this up later",
)
"""Headings of the template for notes, unless a team has its own."""

NOTE_HEAD_CHARS: Final = 200
"""How much of a note a table reads; the whole note is read where it is shown."""

MAX_NAME_CHARS: Final = 500
"""How much of a run's name is shown where it is shown in full. PostgreSQL holds 250 characters, SQLite any number."""

MAX_SHOWN_ROWS: Final = 500
"""Rows of a table that are sent to the browser."""

MAX_ARTIFACT_BYTES: Final = 16 * 1024 * 1024
"""Largest artifact that is read into memory, unless a caller says otherwise."""

STORE_TIMEOUT_S: Final = 10.0
"""Longest wait for a tracking store that does not answer, in seconds."""

DEFAULT_TRACKING_URI: Final = "sqlite:///mlflow.db"
ENV_PREFIX: Final = "MLREVIEW_"

FINISHED: Final = "FINISHED"
RUN_STATUSES: Final = ("RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED")
