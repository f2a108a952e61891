"""The part of MLflow's database schema that is read here, and the revisions in which it has this form.

MLflow isn't imported where tables are read, so what is known about them is written down once, and tests hold it
against the installed MLflow.
"""

from collections.abc import Sequence
from typing import Final

from mlreview.errors import SchemaError

REVISION_TABLE: Final = "alembic_version"

TABLES: Final[dict[str, frozenset[str]]] = {
    REVISION_TABLE: frozenset({"version_num"}),
    "experiments": frozenset(
        {
            "experiment_id",
            "name",
            "artifact_location",
            "lifecycle_stage",
            "creation_time",
            "last_update_time",
            "workspace",
        }
    ),
    "experiment_tags": frozenset({"experiment_id", "key", "value"}),
    "runs": frozenset(
        {
            "run_uuid",
            "experiment_id",
            "name",
            "user_id",
            "status",
            "lifecycle_stage",
            "start_time",
            "end_time",
            "artifact_uri",
        }
    ),
    "params": frozenset({"run_uuid", "key", "value"}),
    "tags": frozenset({"run_uuid", "key", "value"}),
    "latest_metrics": frozenset({"run_uuid", "key", "value", "timestamp", "step", "is_nan"}),
    "metrics": frozenset({"run_uuid", "key", "value", "timestamp", "step", "is_nan"}),
    "inputs": frozenset({"input_uuid", "source_type", "source_id", "destination_type", "destination_id", "step"}),
    "input_tags": frozenset({"input_uuid", "name", "value"}),
    "datasets": frozenset(
        {
            "dataset_uuid",
            "name",
            "digest",
            "dataset_source_type",
            "dataset_source",
            "dataset_schema",
            "dataset_profile",
        }
    ),
    "logged_models": frozenset(
        {
            "model_id",
            "experiment_id",
            "name",
            "artifact_location",
            "creation_timestamp_ms",
            "status",
            "lifecycle_stage",
            "source_run_id",
        }
    ),
    "model_versions": frozenset(
        {
            "workspace",
            "name",
            "version",
            "creation_time",
            "description",
            "current_stage",
            "source",
            "run_id",
            "status",
        }
    ),
    "model_version_tags": frozenset({"workspace", "name", "version", "key", "value"}),
    "registered_model_aliases": frozenset({"workspace", "name", "version", "alias"}),
}
"""Every table and column that a statement reads."""

HISTORY_INDEX: Final = "index_metrics_run_uuid_key_step"
"""On metrics (run_uuid, key, step). SQLite must be told to use it: unasked, it walks through one metric of *all* runs
of the store, which took 1,000 times as long."""

DEFAULT_WORKSPACE: Final = "default"
"""What MLflow's client sees unless a workspace is named, and all that it sees where workspaces are off."""

DELETED_VERSION: Final = "Deleted_Internal"
"""The stage of a registered version that was deleted, and whose row MLflow keeps."""

LOGGED_MODEL_STATUSES: Final = ("UNSPECIFIED", "PENDING", "READY", "FAILED")
"""By the number that is stored."""

KNOWN_REVISIONS: Final = (
    "a5b4c3d2e1f0",  # adds the index on histories; the workspace columns came three revisions before
    "ae8bbe7743c9",
    "7d34483879f0",
    "da6fb0208061",
    "89d3d66ed43f",
    "b7e4c1a90f23",
    "a8b9c0d1e2f3",
    "c1d2e3f4a5b6",
    "c3d9e7f1a2b4",
    "6f8d9c3b2a1e",
    "1971f2d9a75b",
    "17e22815139b",  # longer experiment tags: the last change to a table that is read here
    "b7e2c1a4d9f3",
    "75868b020152",
    "dc11669786a5",
)
"""Oldest first. In all of these the tables above have the columns above, with the same meaning; a new revision is added
here after its migration has been read and the contract test has passed on it."""

OLDER_REVISIONS: Final = (
    "451aebb31d03 90e64c465722 181f10493468 df50e92ffc5e 7ac759974ad8 89d4b8295536 2b4d017a5e9b "
    "cfd24bdc0731 0a8213491aaa 728d730b5ebd 27a6a02d2cf1 84291f40a231 a8c4a736bde6 39d1c3be5f05 "
    "c48cb773bb87 bd07f7e963c5 0c779009ac13 cc1f77228345 97727af70f4d 3500859a5d39 7f2a7d5fae7d "
    "2d6e25af4d3e acf3f17fdcc7 867495a8f9d4 5b0e9adcef9c 4465047574b1 f5a4f2784254 0584bdc529eb "
    "400f98739977 6953534de441 bda7b8c39065 cbc13b556ace 770bee3ae1dd a1b2c3d4e5f6 de4033877273 "
    "1a0cddfcaa16 534353b11cbc 71994744cf8e 3da73c924c2f bf29a5ff90ea 1bd49d398cd23 b7c8d9e0f1a2 "
    "5d2d30f0abce c9d4e5f6a7b8 2c33131f4dae d3e4f5a6b7c8 d0e1f2a3b4c5 c8d9e0f1a2b3 1b5f0d9ad7c1 "
    "e1f2a3b4c5d6 76601a5f987d c3d6457b6d8a"
)
"""Revisions before the first known one, oldest first: these can be upgraded."""


def check_revision(found: Sequence[str], label: str) -> None:
    """Refuse a database whose schema isn't known.

    Args:
        found: What the database says its revision is.
        label: Where the database is, for people.

    Raises:
        SchemaError: With what can be done about it.
    """
    if len(found) == 1 and found[0] in KNOWN_REVISIONS:
        return
    if not found:
        raise lacking(label, f"{REVISION_TABLE} is empty")
    named = ", ".join(found)
    if len(found) == 1 and found[0] in OLDER_REVISIONS.split():
        raise SchemaError(
            f"{label} has MLflow's schema revision {named}, which is older than what mlreview reads.",
            hint="After a backup, upgrade it with `mlflow db upgrade` and its address, or read it through the HTTP "
            "address of the MLflow server that uses it. Nothing was changed.",
        )
    raise SchemaError(
        f"{label} has schema revision {named}, which this version of mlreview does not know: it is newer, or not "
        "MLflow's.",
        hint="Install a newer mlreview, or read the store through the HTTP address of its MLflow server. "
        "Nothing was changed.",
    )


def lacking(label: str, reason: str) -> SchemaError:
    """The error for a database that answers, and has not got what was to be read.

    Args:
        label: Where the database is, for people.
        reason: What the database said.
    """
    if REVISION_TABLE in reason:
        return SchemaError(
            f"{label} is a database, but not an MLflow tracking store: it has no schema of MLflow's.",
            hint="Check the address. Nothing was changed.",
        )
    return SchemaError(
        f"{label} lacks a part of MLflow's schema: {reason}",
        hint="Check whether an upgrade of it was broken off. Nothing was changed.",
    )
