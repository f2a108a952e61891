"""Writes the record of a review into a file."""

import time
from pathlib import Path

from mlreview.errors import BadInputError
from mlreview.review.export.card import model_card
from mlreview.review.export.dossier import read_dossier
from mlreview.review.export.html import html_record
from mlreview.review.service import Reviews
from mlreview.store.base import RunStore

_MAKERS = {".html": html_record, ".htm": html_record, ".md": model_card, ".markdown": model_card}


def write_record(store: RunStore, reviews: Reviews, run_id: str, path: Path) -> str:
    """Write the record as of now.

    Args:
        store: To read from.
        reviews: Of it.
        run_id: The run.
        path: ``.html`` for the record, ``.md`` for the model card; a file that is there is replaced.

    Returns:
        What was written, in a sentence.

    Raises:
        BadInputError: The file has another ending or can't be written, or there is no review.
        MlreviewError: The run or the store can't be read.
    """
    make = _MAKERS.get(path.suffix.lower())
    if make is None:
        raise BadInputError(
            f"{path.name!r} says not what to write.", hint="End it in .html, or in .md for a model card."
        )
    review = reviews.read(run_id)
    if not review.events and not review.broken and not review.gaps:
        raise BadInputError("This run has no review, so there is no record.", hint="Nothing was written.")
    text = make(read_dossier(store, review, reviews.people, round(time.time() * 1000)))
    try:
        path.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise BadInputError(f"{path} can't be written: {error.strerror}.", hint="Name another file.") from error
    what = "The model card" if make is model_card else "The record of the review"
    return f"{what} ({review.words.lower()}) is in {path}, {len(text.encode()):,} bytes."
