"""Posts that never were, in scikit-learn's cache format, and servers that behave badly: for tests without a network."""

import codecs
import hashlib
import io
import pickle
import socket
import tarfile
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
from sklearn.utils import Bunch

GROUPS = ("comp.graphics", "rec.sport.baseball", "rec.sport.hockey")
COMMON = [f"common{number}" for number in range(60)]
SPECIAL = {group: [f"{group.split('.')[-1]}{number}" for number in range(20)] for group in GROUPS}
PER_GROUP = {"train": 80, "test": 50}


def make_posts(subset: str) -> dict[str, list[str]]:
    """Made-up posts by group: common words, with some that only their own group uses, and English stop words."""
    random = np.random.default_rng(1 if subset == "train" else 2)
    return {
        group: [
            f"Subject: the {' '.join(random.choice(COMMON, 20))} and {' '.join(random.choice(SPECIAL[group], 6))}\n"
            for _ in range(PER_GROUP[subset])
        ]
        for group in GROUPS
    }


def write_cache(folder: Path) -> Path:
    """Write what ``fetch_20newsgroups`` keeps: a compressed pickle of two bunches. Returns its path."""
    folder.mkdir(parents=True, exist_ok=True)
    cache = {}
    for subset in ("train", "test"):
        by_group = make_posts(subset)
        texts = [text for group in GROUPS for text in by_group[group]]
        cache[subset] = Bunch(
            data=texts,
            target=np.repeat(np.arange(len(GROUPS)), PER_GROUP[subset]),
            target_names=list(GROUPS),
            filenames=np.array([f"{number}" for number in range(len(texts))]),
            DESCR="",
        )
    path = folder / "20news-bydate_py3.pkz"
    path.write_bytes(codecs.encode(pickle.dumps(cache), "zlib_codec"))
    return path


def make_archive() -> bytes:
    """The same posts as the archive that scikit-learn downloads."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for subset in ("train", "test"):
            for group, texts in make_posts(subset).items():
                for number, text in enumerate(texts):
                    member = tarfile.TarInfo(f"20news-bydate-{subset}/{group}/{number}")
                    member.size = len(text.encode())
                    archive.addfile(member, io.BytesIO(text.encode()))
    return buffer.getvalue()


@dataclass(frozen=True)
class ArchiveServer:
    """A web server on 127.0.0.1 that has the archive."""

    url: str
    checksum: str


@contextmanager
def archive_server(*, sends_all: bool) -> Iterator[ArchiveServer]:
    """Serve the archive, or half of it and then nothing more, with the connection kept open."""
    body = make_archive()
    leave = threading.Event()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            try:
                self.wfile.write(body if sends_all else body[: len(body) // 2])
                self.wfile.flush()
            except OSError:
                return  # the first visitor only looks whether anything comes
            if not sends_all:
                leave.wait()

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield ArchiveServer(f"http://127.0.0.1:{server.server_port}/archive", hashlib.sha256(body).hexdigest())
    finally:
        leave.set()
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def silent_port() -> Iterator[int]:
    """A port of 127.0.0.1 that takes connections and never says a word."""
    with closing(socket.create_server(("127.0.0.1", 0))) as listener:
        yield listener.getsockname()[1]
