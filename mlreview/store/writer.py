"""Writes, always through MLflow's own client: checked before, read back after.

MLflow cuts a long tag without an error, refuses some keys only at some stores, and answers a lost connection by
repeating itself. So nothing is sent that any store would cut or refuse, and nothing counts as written until it has
been read back. Setting a tag can be repeated without harm: the same key and value are the same tag.
"""

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, NoReturn

from mlreview import names
from mlreview.errors import BadInputError, NotFoundError, StoreError, WriteError
from mlreview.store.artifact_writer import put_artifact
from mlreview.store.client import in_words, make_client, within
from mlreview.store.registry_writer import RegistryWriter
from mlreview.store.transport import never_sent
from mlreview.store.uris import Address

if TYPE_CHECKING:
    from mlflow import MlflowClient

SYSTEM_PREFIX = "mlflow."
NOTHING_WRITTEN = "Nothing was written."


class MlflowWriter(RegistryWriter):
    """A ``RunWriter`` over MLflow's client, which is made at the first write.

    Args:
        address: Of the tracking store.
        registry_uri: Of the model registry, where it is another store.
        timeout: Longest wait for one answer of a server, in seconds. A database that is written directly is waited
            for as long as MLflow waits for its locks: 20 seconds for SQLite.
    """

    def __init__(
        self, address: Address, *, registry_uri: str | None = None, timeout: float = names.STORE_TIMEOUT_S
    ) -> None:
        self._address = address
        self._registry_uri = registry_uri
        self._timeout = timeout
        self._made: MlflowClient | None = None
        self._making = threading.Lock()

    def set_tag(self, run_id: str, key: str, value: str) -> None:
        """Set one tag of one run, and read it back.

        Tags that MLflow writes itself (``mlflow.…``) are refused, all but the note: they are its record of who ran
        what from where, and one of them, ``mlflow.runName``, renames the run.

        Raises:
            BadInputError: A store would cut, refuse or change the key or the value; nothing was written.
            NotFoundError: There is no such run.
            StoreError: The store can't be opened.
            WriteError: The tag isn't in the store as it was sent.
        """
        _check_run(run_id)
        _check_key(key)
        _check_value(key, value, names.MAX_TAG_CHARS)
        client = self._client()
        self._write(
            f"tag {key!r} of run {run_id}",
            value,
            lambda: client.set_tag(run_id, key, value),
            lambda: client.get_run(run_id).data.tags.get(key),
        )

    def set_experiment_tag(self, experiment_id: str, key: str, value: str) -> None:
        """Set one tag of one experiment, and read it back. Refusals and errors as for runs."""
        if not experiment_id:
            raise BadInputError("No experiment is named.", hint=NOTHING_WRITTEN)
        _check_key(key)
        _check_value(key, value, names.MAX_EXPERIMENT_TAG_CHARS)
        client = self._client()
        self._write(
            f"tag {key!r} of experiment {experiment_id}",
            value,
            lambda: client.set_experiment_tag(experiment_id, key, value),
            lambda: client.get_experiment(experiment_id).tags.get(key),
        )

    def delete_tag(self, run_id: str, key: str) -> None:
        """Remove one tag of one run, and look that it is gone; a tag that isn't there is fine."""
        _check_run(run_id)
        _check_key(key)
        client = self._client()
        self._write(
            f"tag {key!r} of run {run_id}",
            None,
            lambda: client.delete_tag(run_id, key),
            lambda: client.get_run(run_id).data.tags.get(key),
        )

    def log_param(self, run_id: str, key: str, value: str) -> str:
        """See ``RunWriter``: of several writers the first wins, in every store of MLflow's.

        Raises:
            BadInputError: A store would cut, refuse or change the key or the value; nothing was written.
            NotFoundError: There is no such run.
            WriteError: There is no such param in the store afterwards.
        """
        _check_run(run_id)
        _check_any_key(key)
        _check_value(key, value, names.MAX_PARAM_CHARS)
        client = self._client()
        what = f"param {key!r} of run {run_id}"
        failure: Exception | None = None
        for _ in range(2):
            try:
                client.log_param(run_id, key, value)
            except Exception as error:
                failure = error
                if never_sent(error) or _refused(error):
                    self._not_written(what, error, "Nothing was changed.")
            stored = self._read_back(what, lambda: client.get_run(run_id).data.params.get(key), failure)
            if stored is not None:
                return stored
            if failure is None or _final(failure):
                break
        self._not_written(what, failure or RuntimeError("it is not there"), "Nothing was changed.")

    def read_tag(self, run_id: str, key: str) -> str | None:
        """See ``RunWriter``."""
        client = self._client()
        return self._look(lambda: client.get_run(run_id).data.tags.get(key))

    def put_artifact(self, run_id: str, path: str, data: bytes) -> None:
        """See ``RunWriter``."""
        _check_run(run_id)
        put_artifact(self._client(), self._address, run_id, path, data, self._timeout)

    def _look(self, read: Callable[[], str | None]) -> str | None:
        """Read what changes nothing, in time."""
        late = StoreError(
            f"{self._address.label} did not answer within {self._timeout:g} seconds.",
            hint="Nothing was changed. Check that it runs, and try again.",
        )
        try:
            return within(self._timeout, read, late)
        except StoreError:
            raise
        except Exception as error:
            raise in_words(error, self._address) from error

    def _client(self) -> "MlflowClient":
        with self._making:
            if self._made is None:
                self._made = make_client(self._address, self._registry_uri, self._timeout)
            return self._made

    def _write(self, what: str, value: str | None, write: Callable[[], object], read: Callable[[], str | None]) -> None:
        """Write, then read back; ``None`` is what is read where there is no tag.

        Of several first writers of one new tag all but one can be refused, and an answer can be lost on its way: what
        counts is what is stored, so a failed write is looked at, and repeated once.
        """
        failure: Exception | None = None
        for again in (False, True):
            failure = None
            try:
                write()
            except Exception as error:
                failure = error
                if never_sent(error) or _refused(error):
                    self._not_written(what, error, "Nothing was changed.")
            stored = self._read_back(what, read, failure)
            if stored == value:
                return
            if failure is None or again or _final(failure):
                break
        self._give_up(what, value, stored, failure)

    def _read_back(self, what: str, read: Callable[[], str | None], failure: Exception | None) -> str | None:
        try:
            return read()
        except Exception as error:
            # Where the write failed as well, its own reason says more than that of the look afterwards.
            found = in_words(failure or error, self._address)
            if isinstance(found, NotFoundError):
                raise NotFoundError(f"The {what} can't be written: {found.message}", hint=NOTHING_WRITTEN) from error
            raise WriteError(
                f"Whether the {what} was written is unknown: {found.message}",
                hint="Nothing else was changed. Look again before repeating it; repeating it does no harm.",
            ) from error

    def _give_up(self, what: str, value: str | None, stored: str | None, failure: Exception | None) -> None:
        now = "there is no such tag now" if stored is None else f"the store holds {len(stored):,} characters"
        if failure is not None:
            self._not_written(what, failure, f"Nothing was changed; {now}.")
        if value is None:
            raise WriteError(
                f"The {what} is still there after it was removed: somebody may have set it again.",
                hint=f"Nothing else was changed; {now}.",
            )
        cut = stored is not None and len(stored) < len(value) and value.startswith(stored)
        why = "it was cut" if cut else "somebody else may have written it at the same moment"
        raise WriteError(
            f"The {what} is not what was sent ({len(value):,} characters): {now}; {why}.",
            hint="Nothing else was changed, and your text is not in the store: keep it, look at what is there now, "
            "and save again.",
        )

    def _not_written(self, what: str, failure: Exception, left: str) -> NoReturn:
        found = in_words(failure, self._address)
        raise WriteError(f"The {what} was not written. {found.message}", hint=f"{left} {found.hint}") from failure


def _check_run(run_id: str) -> None:
    if not run_id:
        raise BadInputError("No run is named.", hint=NOTHING_WRITTEN)


def _check_key(key: str) -> None:
    """Refuse a tag's key that some store would refuse, or that is MLflow's own."""
    _check_any_key(key)
    if key.startswith(SYSTEM_PREFIX) and key != names.NOTE_TAG:
        raise BadInputError(
            f"{key!r} is one of MLflow's own tags, its record of the run; it is not rewritten here.",
            hint=f"{NOTHING_WRITTEN} Choose a key of your own.",
        )


def _check_any_key(key: str) -> None:
    """Refuse a key that some store would refuse."""
    if not key:
        raise BadInputError("A key is needed.", hint=NOTHING_WRITTEN)
    if len(key) > names.MAX_KEY_CHARS:
        raise BadInputError(
            f"The key {key[:40]!r}… has {len(key)} characters; MLflow takes {names.MAX_KEY_CHARS}.",
            hint=NOTHING_WRITTEN,
        )
    if not names.is_legal_key(key):
        raise BadInputError(
            f"{key!r} can't be a key in MLflow: letters, digits, _ - . : / and spaces are allowed, "
            "without a slash at either end or two in a row.",
            hint=NOTHING_WRITTEN,
        )


def _check_value(key: str, value: str, most: int) -> None:
    """Refuse a value that some store would cut, refuse or change. Characters are counted, as MLflow does."""
    if len(value) > most:
        raise BadInputError(
            f"The text for {key!r} has {len(value):,} characters; MLflow keeps {most:,} and would cut the rest off.",
            hint=f"{NOTHING_WRITTEN} Shorten it, or put the rest into a file beside the run and link to it.",
        )
    if "\0" in value:
        raise BadInputError(
            f"The text for {key!r} holds a NUL character (at {value.index(chr(0)):,}), which PostgreSQL refuses.",
            hint=f"{NOTHING_WRITTEN} Remove it.",
        )
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise BadInputError(
            f"The text for {key!r} holds half of a character (at {error.start:,}): a broken emoji, as a rule.",
            hint=f"{NOTHING_WRITTEN} Remove it, or type it anew.",
        ) from None


def _final(failure: Exception) -> bool:
    """Repeating won't help: the run or experiment isn't there, or is deleted."""
    code = getattr(failure, "error_code", "")
    if code == "RESOURCE_DOES_NOT_EXIST":
        return True
    return code == "INVALID_PARAMETER_VALUE" and "'active' state" in str(failure)


def _refused(failure: Exception) -> bool:
    """The login does not suffice, which reading back would not show."""
    return getattr(failure, "error_code", "") in ("UNAUTHENTICATED", "PERMISSION_DENIED", "CUSTOMER_UNAUTHORIZED")
