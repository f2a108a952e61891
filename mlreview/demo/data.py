"""Where the demo's numbers come from: newsgroup posts, or scikit-learn's breast-cancer data, as arrays."""

import contextlib
import io
import os
import queue
import socket
import tempfile
import threading
import urllib.request
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlparse

import numpy as np

from mlreview.demo import DataKind
from mlreview.errors import MlreviewError

CATEGORIES = ["rec.sport.baseball", "rec.sport.hockey"]
POSTS_URL = "https://ndownloader.figshare.com/files/5975967"
"""Where scikit-learn gets the 20 newsgroups; also what the runs name as the source of their data."""

CACHE_FILE = "20news-bydate_py3.pkz"
DOWNLOAD_BEGINS_WITHIN_S = 10.0
VALIDATION_SHARE = 0.2
SPLIT_SEED = 0
"""One split for all: seeds then differ in training only."""


class NoPostsError(Exception):
    """The posts are neither cached nor to be downloaded; the text says why, without a full stop."""


@dataclass(frozen=True, eq=False)
class DemoData:
    """Examples as they came, before any of them is turned into features.

    Attributes:
        kind: Which data.
        source: Address of the original.
        read_from: The file that was read.
        noun: What one example is called, in the plural.
        train_inputs: Texts, or an array of shape (examples, columns).
        train_targets: 0 or 1, shape (examples,).
        test_inputs: As ``train_inputs``.
        test_targets: As ``train_targets``.
        columns: Names of the columns; empty for texts.
        target_names: What 0 and 1 mean.
    """

    kind: DataKind
    source: str
    read_from: str
    noun: str
    train_inputs: Any
    train_targets: np.ndarray
    test_inputs: Any
    test_targets: np.ndarray
    columns: tuple[str, ...]
    target_names: tuple[str, str]


@dataclass(frozen=True, eq=False)
class Part:
    """One part of the data, ready for a model: ``x`` (examples, features) and ``y`` (examples,), both float32."""

    name: str
    x: np.ndarray
    y: np.ndarray


@dataclass(frozen=True, eq=False)
class Prepared:
    """What one run trains on.

    Attributes:
        train: What the weights are fitted to.
        validation: What is measured after each epoch.
        test: What is measured once, at the end; ``None`` where validation already spends the test examples.
        validation_is: The validation data in words.
        features: Names of the features, in the order of the columns of ``x``.
        preprocessing: All that is needed to make the same features again, as JSON.
    """

    train: Part
    validation: Part
    test: Part | None
    validation_is: str
    features: tuple[str, ...]
    preprocessing: dict[str, Any]


def get_data(
    wanted: Literal["auto", "newsgroups", "breast-cancer"],
    say: Callable[[str], None],
    begin_within_s: float = DOWNLOAD_BEGINS_WITHIN_S,
) -> DemoData:
    """The data that were asked for; with ``auto`` the posts, and breast-cancer data when they can't be had.

    Args:
        wanted: Which data.
        say: Told about a download, and about the second choice.
        begin_within_s: How long a download may take to begin, and how long it may then pause, in seconds.

    Raises:
        MlreviewError: The posts were asked for by name, and can't be had.
    """
    if wanted == "breast-cancer":
        return load_breast_cancer()
    try:
        return load_posts(say, begin_within_s)
    except NoPostsError as error:
        if wanted == "newsgroups":
            raise MlreviewError(
                f"The newsgroup posts can't be had: {error}. Nothing was trained and nothing was written.",
                hint="Connect to the network, or set SCIKIT_LEARN_DATA to a folder that holds scikit-learn's cache "
                f"of them ({CACHE_FILE}), or ask for the breast-cancer data, which need neither.",
            ) from error
        say(
            f"The newsgroup posts can't be had: {error}. Using scikit-learn's bundled breast-cancer data instead, "
            "with the same networks and metrics, in an experiment of its own."
        )
        return load_breast_cancer()


def load_posts(say: Callable[[str], None], begin_within_s: float = DOWNLOAD_BEGINS_WITHIN_S) -> DemoData:
    """Hockey and baseball posts, whole, with headers, footers and quotes, from scikit-learn's cache or the network.

    Raises:
        NoPostsError: Neither has them. A cache that was there is as it was, and no half a download is left behind.
    """
    from sklearn.datasets import get_data_home

    try:
        home = Path(get_data_home())
    except OSError as error:
        raise NoPostsError(f"scikit-learn's data folder can't be used ({error})") from error
    try:
        train, test = _read_cache(home)
    except OSError:
        if (home / CACHE_FILE).exists():
            say(f"The cache of the newsgroup posts, {home / CACHE_FILE}, can't be read.")
        try:
            _download(home, say, begin_within_s)
            train, test = _read_cache(home)
        except (OSError, HTTPException) as error:
            raise NoPostsError(f"there is no usable copy in {home}, and the download failed ({error})") from error
    return DemoData(
        kind="newsgroups",
        source=POSTS_URL,
        read_from=str(home / CACHE_FILE),
        noun="posts",
        train_inputs=train.data,
        train_targets=train.target,
        test_inputs=test.data,
        test_targets=test.target,
        columns=(),
        target_names=("baseball", "hockey"),
    )


def _read_cache(home: Path) -> tuple[Any, Any]:
    """Training and test posts from the cache; OSError when it is missing or broken."""
    from sklearn.datasets import fetch_20newsgroups

    with contextlib.redirect_stdout(io.StringIO()):  # scikit-learn prints what it thinks of a broken cache
        train, test = (
            fetch_20newsgroups(data_home=home, subset=subset, categories=CATEGORIES, download_if_missing=False)
            for subset in ("train", "test")
        )
    return train, test


def _download(home: Path, say: Callable[[str], None], begin_within_s: float) -> None:
    """Have scikit-learn fetch the posts into a folder of its own, then move the finished cache into place."""
    from sklearn.datasets import fetch_20newsgroups

    _wait_for_first_byte(POSTS_URL, begin_within_s)
    say("Downloading the newsgroup posts for scikit-learn's cache (14 MB).")
    with tempfile.TemporaryDirectory(prefix="20news-unfinished-", dir=home) as unfinished:
        with _sockets_give_up_after(begin_within_s), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # its warning about a second try
            fetch_20newsgroups(data_home=unfinished, subset="train", n_retries=1, delay=0.1)
        os.replace(Path(unfinished) / CACHE_FILE, home / CACHE_FILE)


def _wait_for_first_byte(url: str, within_s: float) -> None:
    """Return once the server has begun to send; OSError when it has not in time.

    In a thread, because looking up a name has no timeout that could be set.
    """
    answer: queue.Queue[Exception | None] = queue.Queue()

    def ask() -> None:
        try:
            with urllib.request.urlopen(url, timeout=within_s) as response:
                answer.put(None if response.read(1) else OSError("the server sent nothing"))
        except Exception as error:  # whatever it was, the posts can't be had
            answer.put(error)

    threading.Thread(target=ask, name="first byte of the posts", daemon=True).start()
    try:
        error = answer.get(timeout=within_s)
    except queue.Empty:
        error = TimeoutError(f"no answer from {urlparse(url).hostname} within {within_s:g} seconds")
    if error is not None:
        raise error if isinstance(error, OSError) else OSError(str(error)) from error


@contextlib.contextmanager
def _sockets_give_up_after(seconds: float) -> Iterator[None]:
    """A silent server ends a download: scikit-learn sets no timeout of its own."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(seconds)
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)


def load_breast_cancer() -> DemoData:
    """Measurements of 569 tumours that come with scikit-learn; three fifths to train, two fifths to test."""
    from importlib.resources import files

    from sklearn import datasets
    from sklearn.model_selection import train_test_split

    bunch: Any = datasets.load_breast_cancer()
    parts: Any = train_test_split(
        bunch.data, bunch.target, test_size=0.4, random_state=SPLIT_SEED, stratify=bunch.target
    )
    train_x, test_x, train_y, test_y = parts
    path = str(files(bunch.data_module) / bunch.filename)
    return DemoData(
        kind="breast-cancer",
        source=path,
        read_from=path,
        noun="samples",
        train_inputs=train_x,
        train_targets=train_y,
        test_inputs=test_x,
        test_targets=test_y,
        columns=tuple(str(name) for name in bunch.feature_names),
        target_names=("malignant", "benign"),
    )


def prepare(
    data: DemoData, *, vocabulary_size: int, columns: Sequence[str], validation: Literal["test", "split"]
) -> Prepared:
    """Split, then turn into features what the training part alone defines.

    Args:
        data: The examples.
        vocabulary_size: For posts: how many words, the most frequent ones, English stop words left out.
        columns: For breast-cancer data: which measurements; all when empty.
        validation: ``test`` validates on the test examples, as the talk did; ``split`` on a fifth of the training
            examples, and keeps the test examples for one measurement at the end.
    """
    train: Any = data.train_inputs
    train_y: Any = data.train_targets
    held_out: Any = None
    held_out_y: Any = None
    if validation == "split":
        from sklearn.model_selection import train_test_split

        train, held_out, train_y, held_out_y = train_test_split(
            train, train_y, test_size=VALIDATION_SHARE, random_state=SPLIT_SEED, stratify=train_y
        )
    to_features, features, preprocessing = (
        _measurements(train, data.columns, columns) if data.columns else _tfidf(train, vocabulary_size)
    )

    def part(name: str, inputs: Any, targets: np.ndarray) -> Part:
        return Part(f"{data.kind} {name}", to_features(inputs), np.asarray(targets, dtype=np.float32))

    test = part(f"test {data.noun}", data.test_inputs, data.test_targets)
    if held_out is None:
        return Prepared(
            train=part(f"training {data.noun}", train, train_y),
            validation=test,
            test=None,
            validation_is=f"test {data.noun} (as in the talk)",
            features=features,
            preprocessing=preprocessing,
        )
    return Prepared(
        train=part(f"training {data.noun}, four fifths", train, train_y),
        validation=part(f"training {data.noun}, one fifth", held_out, held_out_y),
        test=test,
        validation_is=f"one fifth of the training {data.noun}; the test {data.noun} are measured once, at the end",
        features=features,
        preprocessing=preprocessing,
    )


ToFeatures = Callable[[Any], np.ndarray]


def _tfidf(texts: list[str], words: int) -> tuple[ToFeatures, tuple[str, ...], dict[str, Any]]:
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(max_features=words, stop_words="english").fit(texts)
    vocabulary = tuple(str(word) for word in vectorizer.get_feature_names_out())
    recipe = {
        "kind": "TfidfVectorizer",
        "max_features": words,
        "stop_words": "english",
        "idf": dict(zip(vocabulary, vectorizer.idf_.tolist(), strict=True)),
    }
    return (lambda inputs: vectorizer.transform(inputs).toarray().astype(np.float32)), vocabulary, recipe


def _measurements(
    rows: np.ndarray, names: tuple[str, ...], wanted: Sequence[str]
) -> tuple[ToFeatures, tuple[str, ...], dict[str, Any]]:
    from sklearn.preprocessing import StandardScaler

    chosen = tuple(wanted) or names
    at = [names.index(name) for name in chosen]
    scaler = StandardScaler().fit(rows[:, at])
    mean, scale = np.asarray(scaler.mean_), np.asarray(scaler.scale_)
    recipe = {
        "kind": "StandardScaler",
        "mean": dict(zip(chosen, mean.tolist(), strict=True)),
        "scale": dict(zip(chosen, scale.tolist(), strict=True)),
    }
    return (lambda inputs: np.asarray(scaler.transform(inputs[:, at]), dtype=np.float32)), chosen, recipe
