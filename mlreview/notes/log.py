"""The revisions of a run as they are read from beside it, and written there."""

import time
from collections import OrderedDict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from mlreview.errors import NotFoundError, WriteError
from mlreview.notes.graph import Graph
from mlreview.notes.revisions import (
    FOLDER,
    MAX_REVISION_BYTES,
    Revision,
    aside_file,
    aside_path,
    decode,
    encode,
    path,
    sort_files,
)
from mlreview.store.base import RunStore, RunWriter

AT_ONCE = 8
KEPT = 4_000
"""Revisions that are kept in memory: they never change."""

_ATTEMPTS = 9


class RevisionLog:
    """Reads and writes the revisions of runs of one store. Safe to use from several threads.

    Args:
        store: To read from.
        writer: To write with; without one, nothing can be written.
    """

    def __init__(self, store: RunStore, writer: RunWriter | None) -> None:
        self._store = store
        self._writer = writer
        self._known: OrderedDict[tuple[str, str], Revision] = OrderedDict()

    def read(self, run_id: str) -> Graph:
        """All revisions of a run that are whole.

        Raises:
            StoreError: The artifact store can't be reached.
        """
        listed = [one.path for one in self._store.artifacts(run_id, FOLDER) if not one.is_dir]
        files = sort_files(listed)
        missing = [name for names in files.revisions.values() for name in names if (run_id, name) not in self._known]
        found = self._fetch(run_id, missing)
        revisions: dict[str, Revision] = {}
        for revision_id, names in files.revisions.items():
            for name in names:
                whole = found.get(name) or self._known.get((run_id, name))
                if whole is not None and whole.revision_id == revision_id:
                    revisions[revision_id] = whole
                    break
        return Graph(revisions, files.aside)

    def add(self, run_id: str, revision: Revision) -> Revision:
        """Write a revision, unless it is there; returns what is there.

        Raises:
            WriteError: It could not be written, or its id stands for another text.
        """
        data = encode(revision)
        for attempt in range(1, _ATTEMPTS):
            name = path(revision.revision_id, attempt)
            try:
                self._writing().put_artifact(run_id, name, data)
                self._remember(run_id, name, revision)
                return revision
            except WriteError as failure:
                there = self._there(run_id, name, failure)
            if there is not None and there.text == revision.text:
                return there
            if there is not None:
                raise WriteError(
                    f"The save id {revision.revision_id} stands for another text already.",
                    hint="Nothing was written; your text is kept. Save it again.",
                )
        raise WriteError(
            f"No whole file of revision {revision.revision_id} could be written.",
            hint="The note was not changed; your text is kept. Look whether the artifact store is full.",
        )

    def set_aside(self, run_id: str, revision_id: str) -> None:
        """Say for good that a revision was not put into the note."""
        self._writing().put_artifact(run_id, aside_path(revision_id), aside_file(revision_id))

    def _writing(self) -> RunWriter:
        if self._writer is None:
            raise WriteError("This store was opened for reading only.", hint="Nothing was written.")
        return self._writer

    def _there(self, run_id: str, name: str, failure: WriteError) -> Revision | None:
        """What has this name: a revision, or ``None`` for a broken file. No file at all means that writing failed."""
        try:
            return decode(self._store.read_artifact(run_id, name, MAX_REVISION_BYTES))
        except NotFoundError:
            raise failure from None

    def _fetch(self, run_id: str, names: Sequence[str]) -> dict[str, Revision]:
        if not names:
            return {}
        if len(names) == 1:
            read = [self._whole(run_id, names[0])]
        else:
            with ThreadPoolExecutor(min(AT_ONCE, len(names)), thread_name_prefix="mlreview-notes") as pool:
                read = list(pool.map(lambda name: self._whole(run_id, name), names))
        found = {name: revision for name, revision in zip(names, read, strict=True) if revision is not None}
        for name, revision in found.items():
            self._remember(run_id, name, revision)
        return found

    def _whole(self, run_id: str, name: str) -> Revision | None:
        for patience in (0.05, 0.2, 0.0):
            try:
                revision = decode(self._store.read_artifact(run_id, name, MAX_REVISION_BYTES))
            except NotFoundError:
                return None
            if revision is not None or not patience:
                return revision
            time.sleep(patience)  # it may be being written at this moment
        return None

    def _remember(self, run_id: str, name: str, revision: Revision) -> None:
        self._known[run_id, name] = revision
        while len(self._known) > KEPT:
            self._known.popitem(last=False)
