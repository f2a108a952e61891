"""MLflow's REST API: the few questions that a reader asks, and the answers as the server writes them."""

import re
from collections.abc import Callable, Sequence
from typing import Any, Protocol
from urllib.parse import quote

from mlreview.entities import LoggedModel
from mlreview.store.transport import Transport

Json = dict[str, Any]
Page = tuple[list[Json], str | None]
"""What one request brought, and the token of the next page, if there is one."""

ROOT = "/api/2.0/mlflow/"
HISTORY_PAGE = 10_000
VERSIONS_PAGE = 10_000
MODELS_PAGE = 1_000
LOGGED_MODELS_PAGE = 500
EXPERIMENTS_PAGE = 1_000


class Api(Protocol):
    """What a server, or MLflow's client in its place, can be asked. Answers have the shape of REST's JSON.

    Raises ``StoreError`` in words, and ``NotFoundError`` where the thing asked for isn't there.
    """

    def search_runs(self, experiment_ids: Sequence[str], where: str, *, limit: int, token: str | None = None) -> Page:
        """Runs, active and deleted, oldest first, then by run id."""
        ...

    def newest_runs(self, experiment_ids: Sequence[str], where: str, *, active: bool, limit: int) -> list[Json]:
        """The newest runs, or the newest active ones, newest first."""
        ...

    def get_run(self, run_id: str) -> Json:
        """One run with its inputs and outputs, active or deleted."""
        ...

    def experiments(self) -> list[Json]:
        """All experiments, active and deleted."""
        ...

    def history(self, run_id: str, metric: str) -> list[Json]:
        """Every point of one metric of one run; a point can come twice when more are added meanwhile."""
        ...

    def logged_models(self, experiment_ids: Sequence[str], where: str) -> list[Json]:
        """Logged models of these experiments."""
        ...

    def model_versions(self, where: str) -> list[Json]:
        """Registered versions, without their aliases."""
        ...

    def registered_models(self) -> list[Json]:
        """Registered models, with their aliases."""
        ...

    def artifacts(self, run_id: str, path: str) -> list[Json]:
        """Files and folders in one folder of a run's artifacts; nothing where there is no such folder."""
        ...

    def read_artifact(self, run_id: str, path: str, limit: int) -> bytes:
        """One file; ``StoreError`` where it is larger than ``limit`` bytes."""
        ...

    def model_artifacts(self, model: LoggedModel, path: str) -> list[Json]:
        """Files and folders in one folder of a logged model; nothing where there is no such folder."""
        ...

    def read_model_artifact(self, model: LoggedModel, path: str, limit: int) -> bytes:
        """One file of a logged model; ``StoreError`` where it is larger than ``limit`` bytes."""
        ...

    def close(self) -> None:
        """Give back connections."""
        ...


class RestApi:
    """``Api`` over HTTP."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    def search_runs(self, experiment_ids: Sequence[str], where: str, *, limit: int, token: str | None = None) -> Page:
        """See ``Api``."""
        body = _search(experiment_ids, where, "ASC", limit)
        answer = self._transport.call("POST", f"{ROOT}runs/search", {**body, "page_token": token} if token else body)
        return answer.get("runs", []), answer.get("next_page_token") or None

    def newest_runs(self, experiment_ids: Sequence[str], where: str, *, active: bool, limit: int) -> list[Json]:
        """See ``Api``."""
        body = _search(experiment_ids, where, "DESC", limit)
        if active:
            body["run_view_type"] = "ACTIVE_ONLY"
        return self._transport.call("POST", f"{ROOT}runs/search", body).get("runs", [])

    def get_run(self, run_id: str) -> Json:
        """See ``Api``."""
        return self._transport.call("GET", f"{ROOT}runs/get", {"run_id": run_id})["run"]

    def experiments(self) -> list[Json]:
        """See ``Api``."""
        # Deleted ones are read too and oldest come first, so that nothing moves between pages.
        body = {"view_type": "ALL", "max_results": EXPERIMENTS_PAGE, "order_by": ["creation_time ASC"]}
        return self._all("POST", "experiments/search", "experiments", body)

    def history(self, run_id: str, metric: str) -> list[Json]:
        """See ``Api``."""
        query = {"run_id": run_id, "metric_key": metric, "max_results": HISTORY_PAGE}
        return self._all("GET", "metrics/get-history", "metrics", query)

    def logged_models(self, experiment_ids: Sequence[str], where: str) -> list[Json]:
        """See ``Api``."""
        body = {
            "experiment_ids": list(experiment_ids),
            "filter": where,
            "max_results": LOGGED_MODELS_PAGE,
            "order_by": [{"field_name": "creation_timestamp", "ascending": True}],
        }
        return self._all("POST", "logged-models/search", "models", body)

    def model_versions(self, where: str) -> list[Json]:
        """See ``Api``."""
        query = {"filter": where, "max_results": VERSIONS_PAGE, "order_by": ["name ASC", "version_number ASC"]}
        return self._all("GET", "model-versions/search", "model_versions", query)

    def registered_models(self) -> list[Json]:
        """See ``Api``."""
        query = {"max_results": MODELS_PAGE, "order_by": ["name ASC"]}
        return self._all("GET", "registered-models/search", "registered_models", query)

    def artifacts(self, run_id: str, path: str) -> list[Json]:
        """See ``Api``."""
        query = {"run_id": run_id, "path": path} if path else {"run_id": run_id}
        return self._all("GET", "artifacts/list", "files", query)

    def read_artifact(self, run_id: str, path: str, limit: int) -> bytes:
        """See ``Api``. The way that MLflow's own pages take: the server fetches it, from wherever it is."""
        return self._transport.download("/get-artifact", {"run_uuid": run_id, "path": path}, limit)

    def model_artifacts(self, model: LoggedModel, path: str) -> list[Json]:
        """See ``Api``."""
        query = {"artifact_directory_path": path} if path else {}
        where = f"{ROOT}logged-models/{quote(model.model_id, safe='')}/artifacts/directories"
        return self._transport.call("GET", where, query).get("files", [])

    def read_model_artifact(self, model: LoggedModel, path: str, limit: int) -> bytes:
        """See ``Api``."""
        where = f"/ajax-api/2.0/mlflow/logged-models/{quote(model.model_id, safe='')}/artifacts/files"
        return self._transport.download(where, {"artifact_file_path": path}, limit)

    def close(self) -> None:
        """See ``Api``."""
        self._transport.close()

    def _all(self, verb: str, path: str, what: str, payload: Json) -> list[Json]:
        def page(token: str | None) -> Page:
            asked = {**payload, "page_token": token} if token else payload
            answer = self._transport.call(verb, ROOT + path, asked)
            return answer.get(what, []), answer.get("next_page_token") or None

        return every_page(page)


def _search(experiment_ids: Sequence[str], where: str, order: str, limit: int) -> Json:
    return {
        "experiment_ids": list(experiment_ids),
        "filter": where,
        "run_view_type": "ALL",
        "max_results": limit,
        "order_by": [f"attributes.start_time {order}"],
    }


def every_page(page: Callable[[str | None], Page]) -> list[Json]:
    """All pages behind one another, for what nobody deletes while it is read."""
    found, token = page(None)
    while token:
        more, token = page(token)
        found = found + more
    return found


def in_list(field: str, values: Sequence[str]) -> str:
    """A filter for any of these ids, which must hold no quotes: see ``is_run_id``."""
    quoted = ",".join(f"'{value}'" for value in values)
    return f"{field} IN ({quoted})"


def is_run_id(text: str) -> bool:
    """Whether MLflow could have made this id; anything else names no run and has no place in a filter."""
    return re.fullmatch(r"[a-zA-Z0-9][\w\-]{0,255}", text) is not None
