"""Files put beside a run once and for all, through MLflow's own client, and read back from where readers see them.

A server tells MLflow's client where to put a file. When that is a folder of the *server's* machine, the client makes
the same folder on this one, and says nothing: only reading back, by way of the server, shows that nobody else can see
the file. So nothing counts as put until it has been read back.
"""

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from mlreview import names
from mlreview.errors import BadInputError, MlreviewError, NotFoundError, StoreError, WriteError
from mlreview.redaction import redact
from mlreview.store.artifacts import artifacts_of, check_path, local_root
from mlreview.store.client import in_words, within
from mlreview.store.transport import never_sent
from mlreview.store.uris import Address

if TYPE_CHECKING:
    from mlflow import MlflowClient

_NOTHING = "Nothing was written."
_TRIES = 2


class _Reader(Protocol):
    def read(self, path: str, limit: int) -> bytes: ...


def put_artifact(client: "MlflowClient", address: Address, run_id: str, path: str, data: bytes, timeout: float) -> None:
    """See ``RunWriter.put_artifact``.

    Args:
        client: MLflow's, for this address.
        address: Of the tracking store.
        run_id: An active run.
        path: Relative to the run.
        data: The whole file.
        timeout: Longest wait for one answer, in seconds.
    """
    if not check_path(path):
        raise BadInputError("The file needs a path.", hint=_NOTHING)
    if len(data) > names.MAX_ARTIFACT_BYTES:
        raise BadInputError(
            f"{path!r} has {len(data):,} bytes; {names.MAX_ARTIFACT_BYTES:,} are put beside a run at most.",
            hint=_NOTHING,
        )
    what = f"artifact {path!r} of run {run_id}"
    artifact_uri = _active_run(client, address, run_id, what, timeout)
    try:
        reader = _reader(address, artifact_uri, run_id, timeout)
        stored = _stored(reader, path)
    except StoreError as error:
        raise WriteError(f"The {what} was not written. {error.message}", hint=f"{_NOTHING} {error.hint}") from error
    failure: Exception | None = None
    for _ in range(_TRIES):
        if stored is not None:
            break
        failure = None
        try:
            _send(client, run_id, path, data, timeout)
        except Exception as error:
            failure = error
            if never_sent(error):
                break
        try:
            stored = _stored(reader, path)
        except StoreError as error:
            raise WriteError(
                f"Whether the {what} was written is unknown: {error.message}",
                hint="Nothing else was changed. Repeating it does no harm.",
            ) from error
        if failure is None:
            break
    if stored == data:
        return
    if stored is not None:
        raise WriteError(
            f"The {what} is there already, with other bytes ({len(stored):,}): it was not replaced.",
            hint=f"{_NOTHING} Choose another path.",
        )
    raise _not_there(what, artifact_uri, address, failure)


def _active_run(client: "MlflowClient", address: Address, run_id: str, what: str, timeout: float) -> str:
    late = StoreError(f"{address.label} did not answer within {timeout:g} seconds.", hint="Try again.")
    try:
        run = within(timeout, lambda: client.get_run(run_id), late)
    except Exception as error:
        found = error if isinstance(error, MlreviewError) else in_words(error, address)
        if isinstance(found, NotFoundError):
            raise NotFoundError(f"The {what} can't be written: {found.message}", hint=_NOTHING) from error
        raise WriteError(f"The {what} was not written. {found.message}", hint=f"{_NOTHING} {found.hint}") from error
    if run.info.lifecycle_stage != "active":
        raise WriteError(
            f"The {what} was not written: the run is deleted.", hint=f"{_NOTHING} Restore the run in MLflow first."
        )
    return run.info.artifact_uri or ""


def _reader(address: Address, artifact_uri: str, run_id: str, timeout: float) -> _Reader:
    if address.kind != "http":
        return artifacts_of(artifact_uri, run_id, timeout, address)
    from mlreview.store.api import ApiStore

    return _ByServer(ApiStore(address, timeout=timeout), run_id)


class _ByServer:
    def __init__(self, store: Any, run_id: str) -> None:
        self._store = store
        self._run_id = run_id

    def read(self, path: str, limit: int) -> bytes:
        return self._store.read_artifact(self._run_id, path, limit)


def _stored(reader: _Reader, path: str) -> bytes | None:
    try:
        return reader.read(path, names.MAX_ARTIFACT_BYTES)
    except NotFoundError:
        return None


def _send(client: "MlflowClient", run_id: str, path: str, data: bytes, timeout: float) -> None:
    folder, _, name = path.rpartition("/")
    with tempfile.TemporaryDirectory(prefix="mlreview-") as temporary:
        file = Path(temporary, name)
        file.write_bytes(data)
        late = StoreError(f"The artifact store did not take the file within {timeout:g} seconds.")
        # Left behind, it can still arrive: then it is the file that was asked for, and no other.
        within(timeout, lambda: client.log_artifact(run_id, str(file), folder or None), late)


def _not_there(what: str, artifact_uri: str, address: Address, failure: Exception | None) -> WriteError:
    place = redact(artifact_uri)
    if failure is not None:
        if isinstance(failure, MlreviewError):
            words = failure.message
        elif isinstance(failure, PermissionError | OSError) and not hasattr(failure, "response"):
            words = f"{failure.strerror or failure}"
        else:
            words = in_words(failure, address).message
        return WriteError(
            f"The {what} was not written to {place}: {words}",
            hint=f"{_NOTHING} Give this user the right to write there, or a login for it, and try again.",
        )
    if address.kind == "http" and local_root(artifact_uri) is not None:
        return WriteError(
            f"The {what} was not written: its place, {place}, is a folder of the server's machine, "
            "which this one does not share.",
            hint="Start the server with --serve-artifacts (its default) and an experiment whose artifacts it hands "
            "on (mlflow-artifacts:/), or share that folder with this machine.",
        )
    return WriteError(f"The {what} is not in {place} after it was sent.", hint="Try again; repeating it does no harm.")
