"""MLflow's own client: how it is made, kept from waiting for minutes, and its errors put into words.

It serves the writer, and as ``ClientApi`` it stands in for REST where a store is neither a server nor a database that
has a fast reader here (MySQL, SQL Server, Databricks, a plugin's store). MLflow is imported at the first call only.
"""

import configparser
import json
import os
import threading
from collections.abc import Callable, Sequence
from math import ceil
from typing import TYPE_CHECKING, Any, TypeVar

from mlreview.entities import LoggedModel
from mlreview.errors import NotFoundError, StoreError
from mlreview.redaction import scrub
from mlreview.store.rest import LOGGED_MODELS_PAGE, MODELS_PAGE, VERSIONS_PAGE, Json, Page, every_page
from mlreview.store.transport import LOGIN_HINT, bad_credentials_file, causes, unreachable
from mlreview.store.uris import Address

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from mlreview.store.artifacts import LocalArtifacts, RemoteArtifacts

Result = TypeVar("Result")

SQL_KINDS = ("sqlite", "postgresql", "database")


def limit_waiting(timeout: float) -> None:
    """Keep MLflow's HTTP client, in this whole process, from waiting longer than this for an answer.

    It knows no other way than two environment variables, which it reads at every request. What is set to less stays.
    It must not repeat requests by itself either: the writer does, after looking at what has been stored.

    Args:
        timeout: In seconds; MLflow takes whole ones.
    """
    for name, most in (("MLFLOW_HTTP_REQUEST_TIMEOUT", ceil(timeout)), ("MLFLOW_HTTP_REQUEST_MAX_RETRIES", 0)):
        given = os.environ.get(name, "")
        if not given.isdigit() or int(given) > most:
            os.environ[name] = str(most)


def within(seconds: float, work: Callable[[], Result], otherwise: StoreError) -> Result:
    """Do something that might wait for ever, in a thread that is left behind when it does.

    Only for what changes nothing: work that was left behind can still end.
    """
    outcome: list[tuple[bool, Any]] = []

    def run() -> None:
        try:
            try:
                outcome.append((True, work()))
            except SystemError:
                # CPython 3.11 sometimes miscounts the depth of its parser, which MLflow reads a list of ids with,
                # when threads take turns ("AST constructor recursion depth mismatch"). A second attempt is sound.
                outcome.append((True, work()))
        except BaseException as error:
            outcome.append((False, error))

    thread = threading.Thread(target=run, daemon=True, name="mlreview-mlflow-client")
    thread.start()
    thread.join(seconds)
    if not outcome:
        raise otherwise
    done, result = outcome[0]
    if done:
        return result
    raise result


def import_mlflow(kind: str) -> None:
    """Import what a client needs for an address of this kind. It costs seconds, and opens nothing."""
    import mlflow

    if kind in SQL_KINDS:
        import mlflow.store.tracking.sqlalchemy_store  # noqa: F401


def make_client(address: Address, registry_uri: str | None, timeout: float) -> "MlflowClient":
    """An ``MlflowClient`` for this address; a database is opened here, and is given up on in time.

    Raises:
        StoreError: It can't be opened.
    """
    import_mlflow(address.kind)  # before the clock starts: these seconds are not the store's
    import mlflow

    limit_waiting(timeout / 2)  # a write and the look at what it has left, together in time
    late = StoreError(
        f"{address.label} could not be opened within {timeout:g} seconds: it is not reachable, or refuses the login.",
        hint="Nothing was changed. Check that it runs, and the name and password in its address.",
    )

    def make() -> "MlflowClient":
        return mlflow.MlflowClient(address.uri, registry_uri=registry_uri or address.uri)

    try:
        if address.kind == "postgresql":
            within(timeout, lambda: _knock(address.uri), late)
        return within(timeout, make, late)
    except StoreError:
        raise
    except Exception as error:
        raise in_words(error, address) from error


def _knock(uri: str) -> None:
    """Connect once. MLflow tries ten times over 100 seconds, and lets nobody open any store meanwhile."""
    import sqlalchemy

    engine = sqlalchemy.create_engine(uri, poolclass=sqlalchemy.NullPool)
    with engine.connect():
        pass


def in_words(error: Exception, address: Address) -> StoreError | NotFoundError:
    """An error of MLflow's client as one of ours."""
    code = getattr(error, "error_code", "")
    if isinstance(error, configparser.Error) or (address.kind == "http" and isinstance(error, UnicodeDecodeError)):
        return bad_credentials_file()
    if address.kind == "http" and "RequestException" in causes(error):
        found = unreachable(address.label, float(os.environ.get("MLFLOW_HTTP_REQUEST_TIMEOUT", "120")), error)
        return StoreError(scrub(found.message, [address.uri]), hint=found.hint)
    words = " ".join(scrub(str(error), [address.uri]).split())
    words = words if len(words) <= 400 else words[:397] + "..."
    if code == "RESOURCE_DOES_NOT_EXIST":
        return NotFoundError(words)
    if "database schema" in words:
        return StoreError(
            f"The schema of {address.label} is not that of the installed MLflow: {words}",
            hint="Nothing was changed. Install the MLflow that the store was made with, or, after a backup, "
            "run `mlflow db upgrade` with the store's address.",
        )
    if code in ("UNAUTHENTICATED", "PERMISSION_DENIED", "CUSTOMER_UNAUTHORIZED") or " 401" in words or " 403" in words:
        return StoreError(f"{address.label} wants a login, or refuses this one: {words}", hint=LOGIN_HINT)
    if isinstance(error, ImportError):
        return StoreError(
            f"{address.label} needs a package that is not installed: {error.name or words}.",
            hint="Nothing was changed. Install it beside MLflow, or use an address with another driver.",
        )
    if type(error).__module__.startswith("sqlalchemy"):
        reason = " ".join(scrub(str(getattr(error, "orig", error)), [address.uri]).split())
        return StoreError(
            f"{address.label} could not be opened: {reason}",
            hint="Nothing was changed. Check that it runs, and the name and password in its address.",
        )
    if "'active' state" in words:
        return StoreError(f"{address.label} refused: {words}", hint="It is deleted: restore it in MLflow first.")
    if code in ("INVALID_PARAMETER_VALUE", "BAD_REQUEST", "INVALID_STATE"):
        return StoreError(f"{address.label} refused: {words}")
    return StoreError(
        f"{address.label} could not be used through MLflow's client: {words}",
        hint="Check that it runs and that this machine can reach it, then try again.",
    )


class ClientApi:
    """``Api`` through ``MlflowClient``.

    Args:
        address: Of the tracking store, or of a registry.
        timeout: Longest wait for one answer, in seconds.
    """

    def __init__(self, address: Address, timeout: float) -> None:
        self._address = address
        self._timeout = timeout
        self._client: MlflowClient | None = None
        self._making = threading.Lock()

    def search_runs(self, experiment_ids: Sequence[str], where: str, *, limit: int, token: str | None = None) -> Page:
        """See ``Api``."""
        return self._page(
            lambda client: client.search_runs(
                list(experiment_ids), where, 3, limit, ["attributes.start_time ASC"], token
            )
        )

    def newest_runs(self, experiment_ids: Sequence[str], where: str, *, active: bool, limit: int) -> list[Json]:
        """See ``Api``."""
        view, order = 1 if active else 3, ["attributes.start_time DESC"]
        return self._page(lambda client: client.search_runs(list(experiment_ids), where, view, limit, order))[0]

    def get_run(self, run_id: str) -> Json:
        """See ``Api``."""
        return _plain(self._ask(lambda client: client.get_run(run_id)))

    def experiments(self) -> list[Json]:
        """See ``Api``."""
        return every_page(
            lambda token: self._page(
                lambda client: client.search_experiments(
                    view_type=3, max_results=1_000, order_by=["creation_time ASC"], page_token=token
                )
            )
        )

    def history(self, run_id: str, metric: str) -> list[Json]:
        """See ``Api``."""
        return [_plain(point) for point in self._ask(lambda client: client.get_metric_history(run_id, metric))]

    def logged_models(self, experiment_ids: Sequence[str], where: str) -> list[Json]:
        """See ``Api``."""
        return every_page(
            lambda token: self._page(
                lambda client: client.search_logged_models(
                    list(experiment_ids), where, max_results=LOGGED_MODELS_PAGE, page_token=token
                )
            )
        )

    def model_versions(self, where: str) -> list[Json]:
        """See ``Api``."""
        order = ["name ASC", "version_number ASC"]
        return every_page(
            lambda token: self._page(
                lambda client: client.search_model_versions(where or None, VERSIONS_PAGE, order, token)
            )
        )

    def registered_models(self) -> list[Json]:
        """See ``Api``."""
        return every_page(
            lambda token: self._page(
                lambda client: client.search_registered_models(None, MODELS_PAGE, ["name ASC"], token)
            )
        )

    def artifacts(self, run_id: str, path: str) -> list[Json]:
        """See ``Api``."""
        found = self._artifacts(run_id).list(path)
        return [{"path": one.path, "is_dir": one.is_dir, "file_size": one.size} for one in found]

    def read_artifact(self, run_id: str, path: str, limit: int) -> bytes:
        """See ``Api``."""
        return self._artifacts(run_id).read(path, limit)

    def model_artifacts(self, model: LoggedModel, path: str) -> list[Json]:
        """See ``Api``."""
        from mlreview.store.artifacts import artifacts_of

        found = artifacts_of(model.artifact_location, model.run_id, self._timeout, self._address).list(path)
        return [{"path": one.path, "is_dir": one.is_dir, "file_size": one.size} for one in found]

    def read_model_artifact(self, model: LoggedModel, path: str, limit: int) -> bytes:
        """See ``Api``."""
        from mlreview.store.artifacts import artifacts_of

        return artifacts_of(model.artifact_location, model.run_id, self._timeout, self._address).read(path, limit)

    def _artifacts(self, run_id: str) -> "LocalArtifacts | RemoteArtifacts":
        from mlreview.store.artifacts import artifacts_of

        uri = self._ask(lambda client: client.get_run(run_id)).info.artifact_uri
        return artifacts_of(uri, run_id, self._timeout, self._address)

    def close(self) -> None:
        """See ``Api``; MLflow keeps its connections to itself."""

    def _page(self, question: "Callable[[MlflowClient], Any]") -> Page:
        page = self._ask(question)
        return [_plain(entity) for entity in page], page.token or None

    def _ask(self, question: "Callable[[MlflowClient], Result]") -> Result:
        with self._making:
            if self._client is None:
                self._client = make_client(self._address, None, self._timeout)
        client = self._client
        late = StoreError(
            f"{self._address.label} did not answer within {self._timeout:g} seconds.",
            hint="Nothing was changed. Check that it runs; try again, or raise the timeout setting.",
        )
        try:
            return within(self._timeout, lambda: question(client), late)
        except StoreError:
            raise
        except Exception as error:
            raise in_words(error, self._address) from error


def _plain(entity: Any) -> Json:
    """An entity as REST would write it."""
    from mlflow.utils.proto_json_utils import message_to_json

    return json.loads(message_to_json(entity.to_proto()))
