"""One REST call to an MLflow server: sent, waited for no longer than promised, and its failures put into words.

A plain server (no login, a name and password, or a token; TLS as MLflow's variables say) is asked directly, because
``import mlflow`` costs two seconds before the first row. Whatever else a team may have set up (signed requests,
authentication plugins, header plugins, workspaces) goes through MLflow's own request function.
"""

import base64
import configparser
import json
import os
import time
from collections.abc import Mapping
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3.util import Timeout

from mlreview.errors import NotFoundError, StoreError
from mlreview.redaction import scrub
from mlreview.store.uris import Address

Payload = dict[str, Any]

MLFLOW_SENDS = (
    "MLFLOW_TRACKING_AUTH",
    "MLFLOW_TRACKING_AWS_SIGV4",
    "MLFLOW_WORKSPACE",
    "DATABRICKS_RUNTIME_VERSION",
)
"""Variables that make MLflow's own request function necessary."""

LOGIN_HINT = (
    "Set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN, to an account that may read."
)

CREDENTIALS_FILE = "~/.mlflow/credentials"

_PASSING = frozenset({408, 429, 500, 502, 503, 504})
"""Answers that MLflow's own client repeats a question after. A server without a login answers some of several searches
that arrive at once with a 500, because each of them tries to import the module for logins."""

_TRIES = 3
_PAUSE_S = 0.2
_CONNECTIONS = 8
_CHUNK = 256 * 1024


class Transport:
    """Calls to one server, safe to use from several threads.

    Args:
        address: An ``http`` address.
        timeout: Longest wait for an answer, in seconds, further tries included.
    """

    def __init__(self, address: Address, timeout: float) -> None:
        self._address = address
        self._timeout = timeout
        self._session = requests.Session()
        adapter = HTTPAdapter(pool_connections=1, pool_maxsize=_CONNECTIONS, max_retries=0)
        self._session.mount("http://", adapter)
        self._session.mount("https://", adapter)
        self._send = self._send_by_mlflow if needs_mlflow(os.environ) else self._send_plainly

    @property
    def by_mlflow(self) -> bool:
        """Requests go through MLflow's own request function."""
        return self._send == self._send_by_mlflow

    def call(self, verb: str, path: str, payload: Payload) -> Payload:
        """Ask, and return the answer's JSON object.

        Args:
            verb: ``GET`` (the payload becomes the query) or ``POST`` (it becomes the body).
            path: From ``/api`` on.
            payload: Without ``None`` values.

        Raises:
            NotFoundError: The server says that the thing asked for isn't there.
            StoreError: Anything else, in words.
        """
        return self._read(self._ask(verb, path, {"params": payload} if verb == "GET" else {"json": payload}), path)

    def download(self, path: str, query: Payload, limit: int) -> bytes:
        """Ask for a file.

        Args:
            path: From the server's root on.
            query: What is asked for.
            limit: Bytes that are taken at most.

        Raises:
            NotFoundError: The server says that it isn't there.
            StoreError: It is larger than ``limit``, or anything else, in words.
        """
        deadline = time.monotonic() + self._timeout
        response = self._ask("GET", path, {"params": query, "stream": True})
        try:
            if not response.ok:
                self._read(response, path)
            data = bytearray()
            for chunk in response.iter_content(_CHUNK):
                data += chunk
                if len(data) > limit:
                    raise StoreError(
                        f"The file is larger than the {limit:,} bytes that are read here; nothing of it was taken.",
                        hint="Download it with MLflow.",
                    )
                if time.monotonic() > deadline:
                    raise self._no_answer(requests.exceptions.ReadTimeout("the file came too slowly"))
            return bytes(data)
        except (requests.exceptions.RequestException, OSError) as error:
            raise self._no_answer(error) from error
        finally:
            response.close()

    def _ask(self, verb: str, path: str, where: Mapping[str, Any]) -> requests.Response:
        deadline = time.monotonic() + self._timeout
        for attempt in range(1, _TRIES + 1):
            left = deadline - time.monotonic()
            again = attempt < _TRIES and left > self._timeout / 2
            try:
                response = self._send(verb, path, left, where)
            except requests.exceptions.ConnectionError as error:
                # A connection that the server has closed meanwhile: reads can be asked for again.
                if not again or not _dropped(error):
                    raise self._no_answer(error) from error
                continue
            except (requests.exceptions.RequestException, ValueError, OSError) as error:
                raise self._no_answer(error) from error
            if not again or response.status_code not in _PASSING:
                return response
            time.sleep(min(_PAUSE_S * attempt, self._timeout / 10))
        raise AssertionError("the last try answers or raises")  # pragma: no cover

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _send_plainly(self, verb: str, path: str, left: float, where: Mapping[str, Any]) -> requests.Response:
        follow = os.environ.get("MLFLOW_ALLOW_HTTP_REDIRECTS", "true").lower() in ("true", "1")
        return self._session.request(
            verb,
            self._address.uri + path,
            headers=plain_headers(os.environ),
            timeout=_patience(left),
            allow_redirects=follow,
            **tls_options(os.environ),
            **where,
        )

    def _send_by_mlflow(self, verb: str, path: str, left: float, where: Mapping[str, Any]) -> Any:
        from mlflow.exceptions import MlflowException
        from mlflow.utils.credentials import get_default_host_creds
        from mlflow.utils.rest_utils import http_request

        try:
            return http_request(
                get_default_host_creds(self._address.uri),
                path,
                verb,
                max_retries=0,
                raise_on_status=False,
                timeout=_patience(left),
                **where,
            )
        except (configparser.Error, UnicodeDecodeError):
            raise bad_credentials_file() from None
        except MlflowException as error:
            cause = error.__cause__ or error.__context__
            raise (
                cause if isinstance(cause, requests.exceptions.RequestException) else ValueError(str(error))
            ) from error

    def _read(self, response: requests.Response, path: str) -> Payload:
        server = self._address.label
        text = response.text
        try:
            answer = json.loads(text)
        except ValueError:
            answer = None
        code = answer.get("error_code") if isinstance(answer, dict) else None
        if response.ok and isinstance(answer, dict) and code is None:
            return answer
        said = self._said(answer.get("message") if isinstance(answer, dict) else text, response)
        status = response.status_code
        if code == "RESOURCE_DOES_NOT_EXIST":
            raise NotFoundError(said or f"{server} has no such thing.")
        if status in (401, 403):
            raise StoreError(
                f"The MLflow server {server} wants a login, or refuses this one ({status}{said and ': ' + said}).",
                hint=LOGIN_HINT,
            )
        if code == "ENDPOINT_NOT_FOUND" or (status in (404, 405) and code is None):
            raise StoreError(
                f"{server} has no {path} ({status}): it is no MLflow server, or one that is too old.",
                hint="Check the address, path included; MLflow 2.4 or newer is needed.",
            )
        if status >= 400:
            raise StoreError(
                f"The MLflow server {server} could not answer ({status}{said and ': ' + said}).",
                hint="Nothing was changed. Its log says more; try again, or ask whoever runs it.",
            )
        kind = response.headers.get("content-type", "text").partition(";")[0]
        raise StoreError(
            f"{server} answers, but not as an MLflow server does: {kind} instead of JSON.",
            hint="Check the address; a login page or a proxy may stand before the server.",
        )

    def _no_answer(self, error: Exception) -> StoreError:
        found = unreachable(self._address.label, self._timeout, error)
        return StoreError(scrub(found.message, [self._address.uri]), hint=found.hint)

    def _said(self, message: Any, response: requests.Response) -> str:
        """The server's own words, short and without secrets; a page of HTML says nothing."""
        if not isinstance(message, str) or "html" in response.headers.get("content-type", ""):
            return ""
        words = " ".join(scrub(message, [self._address.uri]).split())
        return words if len(words) <= 300 else words[:297] + "..."


def unreachable(server: str, timeout: float, error: Exception) -> StoreError:
    """A request that brought no answer, in words.

    Args:
        server: Its address for people.
        timeout: What was waited at most, in seconds.
        error: From ``requests``, or with such an error behind it.
    """
    seconds, reasons = f"{timeout:g} seconds", causes(error)
    what = f"The MLflow server {server} is not reachable"
    hint = "Nothing was changed. Check that it runs and that this machine can reach it (network, VPN, address)."
    if "SSLError" in reasons:
        hint = (
            "Set MLFLOW_TRACKING_SERVER_CERT_PATH to the certificate of its authority; "
            "MLFLOW_TRACKING_INSECURE_TLS=true trusts anybody."
        )
        return StoreError(f"{what}: its TLS certificate is not trusted, or it does not speak TLS.", hint=hint)
    if "ProxyError" in reasons:
        return StoreError(f"{what}: the proxy of this machine refused.", hint="See HTTP_PROXY and NO_PROXY.")
    if reasons & {"ReadTimeoutError", "ReadTimeout"}:
        return StoreError(
            f"The MLflow server {server} took the question and did not answer within {seconds}.",
            hint="It may be overloaded: try again, or raise the timeout setting.",
        )
    if "NameResolutionError" in reasons:
        return StoreError(f"{what}: its name is unknown.", hint=hint)
    if "ConnectionRefusedError" in reasons:
        return StoreError(f"{what}: nothing listens there.", hint=hint)
    if reasons & {"ConnectTimeoutError", "ConnectTimeout"}:
        return StoreError(f"{what}: no connection within {seconds}.", hint=hint)
    return StoreError(f"{what}: {type(error).__name__}: {str(error)[:200]}", hint=hint)


def never_sent(error: Exception) -> bool:
    """Whether there was no connection at all, so that the server can't have acted."""
    return bool(causes(error) & {"NewConnectionError", "ConnectTimeoutError", "NameResolutionError", "SSLError"})


def needs_mlflow(environment: Mapping[str, str]) -> bool:
    """Whether more has been set up than names, passwords, tokens and certificates."""
    if any(environment.get(name, "").lower() not in ("", "false", "0") for name in MLFLOW_SENDS):
        return True
    return bool(entry_points(group="mlflow.request_header_provider"))


def plain_headers(environment: Mapping[str, str]) -> dict[str, str]:
    """Headers that MLflow's client would send for a name and password, or for a token."""
    headers = {"User-Agent": "mlreview"}
    user, password = _credentials(environment)
    token = environment.get("MLFLOW_TRACKING_TOKEN")
    if user and password:
        login = base64.b64encode(f"{user}:{password}".encode()).decode()
        headers["Authorization"] = f"Basic {login}"
    elif token:
        headers["Authorization"] = f"Bearer {token}"
    return headers


def tls_options(environment: Mapping[str, str]) -> dict[str, Any]:
    """``verify`` and ``cert`` for requests, as MLflow's client would set them."""
    authority = environment.get("MLFLOW_TRACKING_SERVER_CERT_PATH")
    insecure = environment.get("MLFLOW_TRACKING_INSECURE_TLS", "").lower() in ("true", "1")
    options: dict[str, Any] = {"verify": authority or not insecure}
    if certificate := environment.get("MLFLOW_TRACKING_CLIENT_CERT_PATH"):
        options["cert"] = certificate
    return options


def bad_credentials_file() -> StoreError:
    """What is said of a file of logins that can't be understood; not its reader's words, which repeat its lines."""
    return StoreError(
        f"The file {CREDENTIALS_FILE}, which holds MLflow's logins, can't be understood; nothing was sent.",
        hint="Mend or remove it: [mlflow], and below it mlflow_tracking_username = ... and mlflow_tracking_password = "
        "...; MLflow's own client wants %% for a % there.",
    )


def _credentials(environment: Mapping[str, str]) -> tuple[str | None, str | None]:
    user, password = (environment.get(f"MLFLOW_TRACKING_{name}") for name in ("USERNAME", "PASSWORD"))
    if not (user and password):
        kept = configparser.ConfigParser(interpolation=None)
        try:
            kept.read(Path(CREDENTIALS_FILE).expanduser(), encoding="utf-8")
        except (configparser.Error, UnicodeDecodeError):
            raise bad_credentials_file() from None
        section: Mapping[str, str] = kept["mlflow"] if kept.has_section("mlflow") else {}
        user = user or section.get("mlflow_tracking_username")
        password = password or section.get("mlflow_tracking_password")
    return user, password


def _patience(left: float) -> Any:
    """A name can stand for several machines, each of which is tried in turn: three silent ones still fit."""
    return Timeout(total=left, connect=left * 0.3)


def causes(error: BaseException) -> set[str]:
    """Names of the kinds of error behind an error, as far as they can be followed."""
    seen: list[BaseException] = []
    queue: list[Any] = [error]
    while queue:
        item = queue.pop()
        if isinstance(item, BaseException) and not any(item is known for known in seen):
            seen.append(item)
            queue += [item.__cause__, item.__context__, getattr(item, "reason", None), *item.args]
    return {kind.__name__ for item in seen for kind in type(item).__mro__}


def _dropped(error: requests.exceptions.ConnectionError) -> bool:
    return bool(causes(error) & {"RemoteDisconnected", "ConnectionResetError", "BrokenPipeError"})
