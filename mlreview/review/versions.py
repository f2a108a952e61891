"""Tells a run's registered versions where its review stands: MLflow's webhooks fire on their tags, never on a run's."""

import logging

from mlreview import names
from mlreview.errors import MlreviewError
from mlreview.review.results import Review
from mlreview.store.base import RunStore, RunWriter

_log = logging.getLogger(__name__)


def tag_versions(store: RunStore, writer: RunWriter, review: Review) -> None:
    """Set the state as a tag of every version of the run, where it is another one.

    It is a message, not a record: the gate never reads it. A registry that can't be written holds no decision up.
    """
    try:
        for version in store.model_versions((review.run_id,)):
            if version.tags.get(names.REVIEW_STATE_TAG) != review.state:
                writer.set_version_tag(version.name, version.version, names.REVIEW_STATE_TAG, review.state)
    except MlreviewError as error:
        _log.warning("The registered versions of run %s were not told of its review: %s", review.run_id, error.message)
