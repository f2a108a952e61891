"""Addresses of the code that a run came from: a remote as a web page, two commits as their comparison."""

import re
from collections.abc import Iterable
from urllib.parse import quote, urlsplit

_SCP = re.compile(r"^(?:[\w.-]+@)?([A-Za-z0-9][\w.-]*\.[A-Za-z]{2,}):(?!//)(.+)$")
_COMMIT = re.compile(r"^[0-9a-fA-F]{7,64}$")
_PULL = re.compile(r"https://[A-Za-z0-9.-]+/(?:[\w.-]+/){1,6}?(?:pull|-/merge_requests)/\d{1,9}(?![\w/])")
_HOST = re.compile(r"^[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::\d{1,5})?$")


def web_address(remote: str | None) -> str | None:
    """The web page of a repository, from any way of writing its remote.

    ``git@github.com:team/model.git``, ``ssh://git@github.com/team/model`` and
    ``https://user:token@github.com/team/model.git`` are all ``https://github.com/team/model``: whoever may read the
    page logs in there, so credentials are never carried over.

    Returns:
        ``None`` for a path, a file, or what can't be an address.
    """
    text = (remote or "").strip()
    found = _SCP.match(text)
    if found:
        host, path = found[1], found[2]
    else:
        try:
            parts = urlsplit(text)
            port = parts.port
        except ValueError:
            return None
        if parts.scheme not in ("https", "http", "ssh", "git", "git+ssh", "git+https") or not parts.hostname:
            return None
        # The port of an ssh address is none of the web server's.
        web_port = f":{port}" if port and parts.scheme in ("https", "http", "git+https") else ""
        host, path = f"{parts.hostname}{web_port}", parts.path
    path = path.strip("/").removesuffix(".git").strip("/")
    if not _HOST.match(host) or not path or ".." in path.split("/"):
        return None
    return f"https://{host}/{quote(path, safe='/~-_.')}"


def commit_address(remote: str | None, commit: str | None) -> str | None:
    """The web page of one commit, where the host is one whose pages are known."""
    base, host = web_address(remote), _known_host(remote)
    if base is None or host is None or not commit or not _COMMIT.match(commit):
        return None
    return f"{base}/-/commit/{commit}" if host == "gitlab" else f"{base}/commit/{commit}"


def comparison_address(remotes: tuple[str | None, str | None], commits: tuple[str | None, str | None]) -> str | None:
    """The web page that compares two commits of one repository on GitHub or GitLab.

    Args:
        remotes: Of the baseline and of the other run.
        commits: Likewise.

    Returns:
        ``None`` for two repositories, an unknown host, no commits, or twice the same one.
    """
    base, host = web_address(remotes[0]), _known_host(remotes[0])
    old, new = commits
    if base is None or host is None or base != web_address(remotes[1]) or old == new:
        return None
    if not (old and new and _COMMIT.match(old) and _COMMIT.match(new)):
        return None
    return f"{base}/-/compare/{old}...{new}" if host == "gitlab" else f"{base}/compare/{old}...{new}"


def pull_request_address(texts: Iterable[str]) -> str | None:
    """The first pull or merge request that one of the texts links to, on a host whose pages are known.

    Args:
        texts: Tags, a note: what people wrote.
    """
    for text in texts:
        for found in _PULL.finditer(text):
            host = (urlsplit(found[0]).hostname or "").split(".")
            if any(kind in label for label in host for kind in ("gitlab", "github")):
                return found[0]
    return None


def _known_host(remote: str | None) -> str | None:
    """``github`` or ``gitlab``, which a team's own server usually has in its name."""
    base = web_address(remote)
    labels = (urlsplit(base).hostname or "").split(".") if base else []
    return next((kind for kind in ("gitlab", "github") if any(kind in label for label in labels)), None)
