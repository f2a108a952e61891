"""Keeps what was decided on beside the run, once and for all, and finds it again."""

from collections.abc import Iterable, Mapping

from mlreview.entities import Run
from mlreview.errors import BadInputError, MlreviewError, WriteError
from mlreview.review.content import Content, content_path, parse_content
from mlreview.review.events import CONTENT_TAG_PREFIX
from mlreview.store.base import RunStore, RunWriter

_TAG_PIECE = 7_500
_MOST_PIECES = 16
_MOST_KNOWN = 200


class Contents:
    """The contents of one store that were decided on. Their name is their digest, so they are kept in memory too."""

    def __init__(self, store: RunStore) -> None:
        self._store = store
        self._known: dict[tuple[str, str], Content] = {}

    def of(self, run: Run, digests: Iterable[str]) -> Mapping[str, Content]:
        """The contents that were decided on, as far as they are kept and whole."""
        found = {}
        for digest in digests:
            known = self._known.get((run.run_id, digest)) or self._look_up(run, digest)
            if known is not None:
                found[digest] = known
                self._remember(run.run_id, known)
        return found

    def _remember(self, run_id: str, content: Content) -> None:
        self._known[run_id, content.digest] = content
        while len(self._known) > _MOST_KNOWN:
            self._known.pop(next(iter(self._known)), None)

    def _look_up(self, run: Run, digest: str) -> Content | None:
        """A content that was decided on, from the tags or beside the run; ``None`` where it is not there or altered."""
        in_tags = _joined(run.tags, digest)
        for read in ((lambda: in_tags), lambda: self._store.read_artifact(run.run_id, content_path(digest))):
            try:
                return parse_content(read(), digest)
            except MlreviewError:
                continue
        return None

    def keep(self, writer: RunWriter, run_id: str, content: Content | None) -> tuple[str, ...]:
        """Keep the whole content, so that what changes later can be named with its values.

        Beside the run; where artifacts can't be written, in tags; where it is too large for these, digests of its
        sections go into the event, and are returned.
        """
        if content is None:
            return ()
        self._remember(run_id, content)
        data = content.to_bytes()
        try:
            writer.put_artifact(run_id, content.path, data)
            return ()
        except (WriteError, BadInputError):
            text = data.decode("ascii")
        pieces = [text[at : at + _TAG_PIECE] for at in range(0, len(text), _TAG_PIECE)]
        if len(pieces) > _MOST_PIECES:
            return content.parts
        for number, piece in enumerate(pieces):
            writer.set_tag(run_id, f"{CONTENT_TAG_PREFIX}{content.digest}.{number}", piece)
        return ()


def _joined(tags: Mapping[str, str], digest: str) -> bytes:
    """The content that is kept in tags; empty where there is none."""
    pieces = []
    while (piece := tags.get(f"{CONTENT_TAG_PREFIX}{digest}.{len(pieces)}")) is not None:
        pieces.append(piece)
    return "".join(pieces).encode("utf-8", "replace")
