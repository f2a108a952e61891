"""MLflow's run-context plugin: every ``mlflow.start_run()`` gets the tags of ``provenance`` with no code at all.

Registered as an entry point of the package. MLflow asks it at each fluent ``start_run``, autologging included; it does
not ask for ``MlflowClient.create_run`` and for runs that are resumed. A constructor that fails would break
``import mlflow``, and a value that is no text breaks ``start_run``: so neither can happen here.
"""

import os

from mlflow.tracking.context.abstract_context import RunContextProvider

from mlreview.names import PROVENANCE_SWITCH


class ProvenanceContext(RunContextProvider):
    """Adds provenance unless ``MLREVIEW_PROVENANCE`` is ``off``, ``0``, ``false`` or ``no``."""

    def in_context(self) -> bool:
        """Whether tags are added."""
        return os.environ.get(PROVENANCE_SWITCH, "").strip().lower() not in ("off", "0", "false", "no")

    def tags(self) -> dict[str, str]:
        """The tags; what MLflow would refuse has been left out."""
        from mlreview.training.provenance import provenance

        return provenance()
