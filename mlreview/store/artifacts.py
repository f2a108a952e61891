"""Artifacts of runs: files in a local folder, read directly; anything else through MLflow's own client.

A path inside a run is what a person or another program chose. It is checked before anything is opened, and what it
leads to on a disk must lie in the run's own folder, links followed: nothing outside of it is listed or read.
"""

import errno
import os
import re
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from mlreview.entities import Artifact
from mlreview.errors import BadInputError, NotFoundError, StoreError
from mlreview.redaction import redact
from mlreview.store.client import SQL_KINDS, in_words, limit_waiting, within
from mlreview.store.uris import Address

PROXIED = "mlflow-artifacts"
"""Scheme of artifacts that only a tracking server knows the place of."""

_NOTHING_CHANGED = "Nothing was changed."


def check_path(path: str) -> str:
    """The path of an artifact as it may be used: relative, tidy, with forward slashes; empty is the run's own folder.

    Raises:
        BadInputError: It could lead out of the run, or no store would take it.
    """
    parts = path.split("/")
    if path and (
        any(part in ("", ".", "..") for part in parts)
        or "\\" in path
        or not path.isprintable()
        or re.match(r"[A-Za-z][A-Za-z0-9+.\-]*:", path)
        or unquote(path) != path
    ):
        raise BadInputError(
            f"{path[:200]!r} is not the path of an artifact.",
            hint="Write it relative to the run, with / between its parts and without . or .. as one of them.",
        )
    return path


def local_root(artifact_uri: str) -> Path | None:
    """The folder that an artifact address names on this machine, or ``None`` where it names something else."""
    found = re.match(r"([A-Za-z][A-Za-z0-9+.\-]+):", artifact_uri)
    if found is None:
        return Path(artifact_uri)
    if found[1].lower() != "file":
        return None
    parts = urlsplit(artifact_uri)
    return Path(url2pathname(parts.path)) if parts.netloc in ("", "localhost") else None


def scheme(artifact_uri: str) -> str:
    """Of an artifact address, in small letters; empty for a path."""
    return urlsplit(artifact_uri).scheme.lower()


class LocalArtifacts:
    """The artifacts in one folder.

    Args:
        root: The folder of one run; it need not exist, as long as nothing was logged.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def list(self, path: str) -> tuple[Artifact, ...]:
        """What lies in a folder, by name; nothing where there is no such folder."""
        folder = self._inside(check_path(path))
        if folder is None or not folder.is_dir():
            return ()
        found = []
        with self._in_words(path), os.scandir(folder) as entries:
            for entry in entries:
                real = self._inside(f"{path}/{entry.name}" if path else entry.name)
                if real is None or not (real.is_dir() or real.is_file()):
                    continue  # a link to elsewhere, a pipe, or gone meanwhile
                size = None if real.is_dir() else real.stat().st_size
                found.append(Artifact(f"{path}/{entry.name}" if path else entry.name, real.is_dir(), size))
        return tuple(sorted(found, key=lambda one: one.path))

    def read(self, path: str, limit: int) -> bytes:
        """The bytes of one file."""
        real = self._inside(check_path(path))
        if real is None or not path:
            raise missing(path)
        with self._in_words(path):
            # Non-blocking, for a pipe that nobody writes to would be waited for; no link, for one may just have come.
            flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0)
            with open(real, "rb", opener=lambda name, _: os.open(name, flags)) as file:
                if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                    raise missing(path)
                data = file.read(limit + 1)
        if len(data) > limit:
            raise too_large(path, limit)
        return data

    def _inside(self, path: str) -> Path | None:
        try:
            root = self._root.resolve()
            real = (root / path).resolve(strict=True)
        except (OSError, RuntimeError, ValueError):
            return None
        return real if real == root or root in real.parents else None

    @contextmanager
    def _in_words(self, path: str) -> Iterator[None]:
        try:
            yield
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
            raise missing(path) from error
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise missing(path) from error
            raise StoreError(
                f"The artifact {path!r} can't be read from {self._root}: {error.strerror}.",
                hint=f"{_NOTHING_CHANGED} Check that this user may read the folder.",
            ) from error


class RemoteArtifacts:
    """Artifacts under one address of S3, Azure, GCS and whatever else MLflow knows, through MLflow itself.

    Args:
        artifact_uri: Of one run.
        timeout: Longest wait for one answer, in seconds.
        tracking: The tracking server, for artifacts that it hands on.
    """

    def __init__(self, artifact_uri: str, timeout: float, tracking: Address | None = None) -> None:
        self._uri = artifact_uri
        self._timeout = timeout
        self._tracking = tracking
        self._label = redact(artifact_uri)

    def list(self, path: str) -> tuple[Artifact, ...]:
        """See ``LocalArtifacts``."""
        infos = self._ask(lambda repository: repository.list_artifacts(check_path(path) or None), path)
        found = (Artifact(info.path, info.is_dir, None if info.is_dir else info.file_size) for info in infos or ())
        return tuple(sorted(found, key=lambda one: one.path))

    def read(self, path: str, limit: int) -> bytes:
        """See ``LocalArtifacts``."""
        check_path(path)
        folder, _, _ = path.rpartition("/")
        for artifact in self.list(folder):
            if artifact.path == path and not artifact.is_dir:
                break
        else:
            raise missing(path)
        if artifact.size is not None and artifact.size > limit:
            raise too_large(path, limit)

        def download(repository: Any) -> bytes:
            with tempfile.TemporaryDirectory(prefix="mlreview-") as folder:
                return Path(repository.download_artifacts(path, folder)).read_bytes()

        data = self._ask(download, path)
        if len(data) > limit:
            raise too_large(path, limit)
        return data

    def _ask(self, question: Any, path: str) -> Any:
        from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

        late = StoreError(
            f"The artifact store {self._label} did not answer within {self._timeout:g} seconds.",
            hint=f"{_NOTHING_CHANGED} Check that this machine can reach it; try again, or raise the timeout setting.",
        )
        limit_waiting(self._timeout)
        tracking = self._tracking.uri if self._tracking else None
        try:
            return within(
                self._timeout,
                lambda: question(get_artifact_repository(self._uri, tracking_uri=tracking)),
                late,
            )
        except StoreError:
            raise
        except Exception as error:
            if self._tracking is not None:
                raise in_words(error, self._tracking) from error
            raise unusable(self._label, path, error) from error


def artifacts_of(
    artifact_uri: str | None, run_id: str, timeout: float, tracking: Address | None = None
) -> LocalArtifacts | RemoteArtifacts:
    """The artifacts of a run, from where this machine is.

    Args:
        artifact_uri: Of the run.
        run_id: The run, for messages.
        timeout: Longest wait for one answer, in seconds.
        tracking: The tracking store, where it may hand artifacts on; not for a database.

    Raises:
        StoreError: They can't be reached from here; the message names the way out.
    """
    if not artifact_uri:
        raise StoreError(f"Run {run_id} has no artifact location.", hint="Nothing can be kept beside it.")
    root = local_root(artifact_uri)
    if root is not None:
        return LocalArtifacts(root)
    if scheme(artifact_uri) == PROXIED and (tracking is None or tracking.kind in SQL_KINDS):
        raise StoreError(
            f"The artifacts of run {run_id} are handed on by its MLflow server ({redact(artifact_uri)}), "
            "and this is the database behind it.",
            hint="Give the server's http:// address as the tracking URI; the database can stay as read_dsn beside it.",
        )
    direct = tracking is None or tracking.kind in SQL_KINDS
    return RemoteArtifacts(artifact_uri, timeout, None if direct else tracking)


def missing(path: str) -> NotFoundError:
    """What is said of an artifact that isn't there."""
    return NotFoundError(f"There is no artifact {path!r} in this run.", hint="It may have been removed: list them.")


def too_large(path: str, limit: int) -> StoreError:
    """What is said of an artifact that is larger than what was asked for: none is ever cut."""
    return StoreError(
        f"The artifact {path!r} is larger than the {limit:,} bytes that are read here; nothing of it was taken.",
        hint="Download it with MLflow.",
    )


def unusable(label: str, path: str, error: Exception) -> StoreError:
    """An artifact store that can't be used, in words."""
    if isinstance(error, ImportError):
        return StoreError(
            f"The artifact store {label} needs a package that is not installed: {error.name or error}.",
            hint=f"{_NOTHING_CHANGED} Install it beside MLflow (boto3 for S3, google-cloud-storage for GCS).",
        )
    words = " ".join(str(error).split())[:300]
    return StoreError(
        f"The artifact store {label} could not be used ({path!r}): {type(error).__name__}: {words}",
        hint=f"{_NOTHING_CHANGED} Check that this machine can reach it and holds a login for it.",
    )
