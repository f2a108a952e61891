import numpy as np

from mlreview.entities import Curve
from mlreview.ui.curve_reads import CurveCache, _Kept


def kept(points: int, ended: object = "end", until: float = 100.0) -> _Kept:
    steps = np.arange(points)
    return _Kept(Curve("a", "loss", steps, steps, steps.astype(float)), ended, 0.0, until)


def test_a_history_is_found_as_long_as_its_run_has_the_same_end():
    cache = CurveCache()
    cache.keep("a", "loss", kept(3))
    assert cache.find("a", "loss", "end", 50.0) is not None
    assert cache.find("a", "loss", "another end", 50.0) is None
    assert cache.find("b", "loss", "end", 50.0) is None


def test_a_history_that_has_grown_old_is_not_found():
    cache = CurveCache()
    cache.keep("a", "loss", kept(3, until=10.0))
    assert cache.find("a", "loss", "end", 11.0) is None


def test_what_was_not_used_for_longest_makes_room():
    cache = CurveCache(max_points=10)
    cache.keep("a", "loss", kept(3))
    cache.keep("b", "loss", kept(3))
    cache.find("a", "loss", "end", 1.0)
    cache.keep("c", "loss", kept(3))
    assert cache.find("b", "loss", "end", 1.0) is None
    assert cache.find("a", "loss", "end", 1.0) is not None
    assert cache.find("c", "loss", "end", 1.0) is not None


def test_keeping_a_history_again_counts_it_once():
    cache = CurveCache(max_points=10)
    for _ in range(20):
        cache.keep("a", "loss", kept(4))
    cache.keep("b", "loss", kept(4))
    assert cache.find("a", "loss", "end", 1.0) is not None


def test_one_history_larger_than_all_room_is_kept_alone():
    cache = CurveCache(max_points=10)
    cache.keep("a", "loss", kept(50))
    assert cache.find("a", "loss", "end", 1.0) is not None
