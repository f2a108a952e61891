"""What is new since a table was read."""

import pytest

from mlreview.ui.leaderboard_live import news


@pytest.mark.parametrize(
    ("count", "newest", "count_now", "newest_now", "said"),
    [
        (10, 5, 10, 5, ""),
        (10, 5, 11, 6, "1 new run"),
        (1000, 5, 2234, 6, "1,234 new runs"),
        (10, 5, 10, 6, "New runs"),  # one came, one went
        (10, 5, 9, 5, ""),
        (None, 5, None, 6, "New runs"),
        (None, None, None, None, ""),
        (None, None, None, 6, "New runs"),
    ],
)
def test_new_runs_are_counted_where_the_store_can_say(count, newest, count_now, newest_now, said):
    assert news((count, newest), (count_now, newest_now)) == said
