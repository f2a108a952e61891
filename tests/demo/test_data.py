import socket
import urllib.request
from pathlib import Path

import numpy as np
import pytest
import sklearn.datasets
from sklearn.datasets import _twenty_newsgroups as scikit_learns
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from mlreview.demo import data as demo_data
from mlreview.demo.data import CACHE_FILE, NoPostsError, get_data, load_breast_cancer, load_posts, prepare
from mlreview.demo.plan import WEAK_MEASUREMENTS
from mlreview.errors import MlreviewError
from tests.demo.posts import PER_GROUP, ArchiveServer, archive_server, silent_port, write_cache
from tests.stores import free_port

IMPATIENT_S = 0.3


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder for scikit-learn's data, and no proxy but what a test sets."""
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "scikit-learn"))
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    monkeypatch.setattr(urllib.request, "_opener", None)  # it keeps the proxies of its first use
    return tmp_path / "scikit-learn"


@pytest.fixture
def offline(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever leaves this machine goes to a port where nobody listens."""
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{free_port()}")


def use(server: ArchiveServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_data, "POSTS_URL", server.url)
    archive = scikit_learns.ARCHIVE._replace(url=server.url, checksum=server.checksum)
    monkeypatch.setattr(scikit_learns, "ARCHIVE", archive)


def quiet(text: str) -> None:
    pass


def test_posts_come_from_the_cache_that_scikit_learn_is_told_of(home: Path, offline: None) -> None:
    write_cache(home)
    said: list[str] = []

    posts = get_data("auto", said.append)

    assert posts.kind == "newsgroups"
    assert posts.read_from == str(home / CACHE_FILE)
    assert len(posts.train_inputs) == 2 * PER_GROUP["train"]  # two of the three groups
    assert len(posts.test_inputs) == 2 * PER_GROUP["test"]
    assert ["hockey" in text for text in posts.train_inputs] == posts.train_targets.astype(bool).tolist()
    assert said == []


def test_without_cache_and_network_it_says_so_and_takes_the_breast_cancer_data(home: Path, offline: None) -> None:
    said: list[str] = []

    examples = get_data("auto", said.append)

    assert examples.kind == "breast-cancer"
    assert len(said) == 1
    assert "can't be had" in said[0]
    assert str(home) in said[0]
    assert "breast-cancer" in said[0]
    assert list(home.iterdir()) == []


def test_posts_asked_for_by_name_and_not_to_be_had_are_an_error_with_a_way_out(home: Path, offline: None) -> None:
    with pytest.raises(MlreviewError, match=r"can't be had.*Nothing was trained.*SCIKIT_LEARN_DATA"):
        get_data("newsgroups", quiet)


def test_a_server_that_takes_the_call_and_says_nothing_is_given_up(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with silent_port() as port:
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
        with pytest.raises(NoPostsError, match=r"no answer from ndownloader|timed out"):
            load_posts(quiet, IMPATIENT_S)
    assert list(home.iterdir()) == []


def test_a_download_that_stops_half_way_is_given_up_and_leaves_nothing_behind(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    with archive_server(sends_all=False) as server:
        use(server, monkeypatch)
        with pytest.raises(NoPostsError, match="the download failed"):
            load_posts(said.append, IMPATIENT_S)
    assert said == ["Downloading the newsgroup posts for scikit-learn's cache (14 MB)."]
    assert list(home.iterdir()) == []
    assert socket.getdefaulttimeout() is None


def test_a_download_becomes_the_cache(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with archive_server(sends_all=True) as server:
        use(server, monkeypatch)
        downloaded = load_posts(quiet)
    assert [path.name for path in home.iterdir()] == [CACHE_FILE]
    cached = load_posts(quiet)  # the server is gone
    assert sorted(cached.train_inputs) == sorted(downloaded.train_inputs)


def test_a_broken_cache_is_named_and_replaced(
    home: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    cache = write_cache(home)
    cache.write_bytes(cache.read_bytes()[:1000])
    said: list[str] = []
    with archive_server(sends_all=True) as server:
        use(server, monkeypatch)
        posts = load_posts(said.append)
    assert posts.kind == "newsgroups"
    assert str(cache) in said[0]
    assert capfd.readouterr().out == ""  # scikit-learn prints a banner


def test_a_broken_cache_stays_as_it_is_while_nothing_better_is_to_be_had(home: Path, offline: None) -> None:
    cache = write_cache(home)
    cache.write_bytes(b"broken")
    with pytest.raises(NoPostsError):
        load_posts(quiet)
    assert cache.read_bytes() == b"broken"
    assert list(home.iterdir()) == [cache]


def test_the_address_of_the_posts_is_the_one_that_scikit_learn_uses() -> None:
    assert scikit_learns.ARCHIVE.url == demo_data.POSTS_URL
    assert sklearn.datasets._base._pkl_filepath("", scikit_learns.CACHE_NAME) == CACHE_FILE


def test_validation_on_the_test_posts_is_what_it_says(home: Path) -> None:
    write_cache(home)
    prepared = prepare(load_posts(quiet), vocabulary_size=100, columns=(), validation="test")

    assert prepared.validation_is == "test posts (as in the talk)"
    assert prepared.test is None
    assert prepared.train.x.shape == (160, 100)
    assert prepared.validation.x.shape == (100, 100)
    assert prepared.train.x.dtype == prepared.train.y.dtype == np.float32


def test_words_are_the_most_frequent_ones_without_english_stop_words(home: Path) -> None:
    write_cache(home)
    posts = load_posts(quiet)
    few = prepare(posts, vocabulary_size=5, columns=(), validation="test")
    many = prepare(posts, vocabulary_size=100, columns=(), validation="test")

    assert "subject" in few.features  # in every post; nothing is stripped from their heads
    assert set(few.features) <= set(many.features)
    assert not ENGLISH_STOP_WORDS & set(many.features)
    assert list(many.preprocessing["idf"]) == list(many.features)


def test_a_split_takes_the_validation_posts_from_the_training_posts(home: Path) -> None:
    write_cache(home)
    posts = load_posts(quiet)
    whole = prepare(posts, vocabulary_size=100, columns=(), validation="test")
    split = prepare(posts, vocabulary_size=100, columns=(), validation="split")

    assert split.test is not None
    assert (len(split.train.x), len(split.validation.x), len(split.test.x)) == (128, 32, 100)
    assert split.validation.y.mean() == split.train.y.mean() == 0.5
    assert split.preprocessing["idf"] != whole.preprocessing["idf"]  # fitted without the validation posts
    assert "one fifth of the training posts" in split.validation_is


def test_a_split_is_the_same_every_time() -> None:
    one, other = (
        prepare(load_breast_cancer(), vocabulary_size=0, columns=(), validation="split").validation for _ in range(2)
    )
    np.testing.assert_array_equal(one.x, other.x)
    np.testing.assert_array_equal(one.y, other.y)


def test_breast_cancer_data_come_from_a_file_that_is_there_and_are_scaled_by_their_training_part() -> None:
    examples = load_breast_cancer()
    prepared = prepare(examples, vocabulary_size=0, columns=(), validation="test")

    assert Path(examples.source).is_file()
    assert (len(prepared.train.x), len(prepared.validation.x)) == (341, 228)
    np.testing.assert_allclose(prepared.train.x.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(prepared.train.x.std(axis=0), 1, atol=1e-6)


def test_measurements_can_be_cut_down_by_name() -> None:
    prepared = prepare(load_breast_cancer(), vocabulary_size=0, columns=WEAK_MEASUREMENTS, validation="test")
    assert prepared.features == WEAK_MEASUREMENTS
    assert prepared.train.x.shape[1] == len(WEAK_MEASUREMENTS)
