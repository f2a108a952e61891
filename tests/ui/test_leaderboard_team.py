"""What is set for the whole team, where one of several experiments can't be written."""

from dataclasses import dataclass

import pytest

from mlreview.entities import Experiment
from mlreview.errors import WriteError
from mlreview.ui import leaderboard_team, writes


@dataclass
class Refusing:
    """Stands for a store that refuses one experiment."""

    refused: str
    written: list[str]

    def set_experiment_tags(self, experiment_id: str, tags: dict[str, str]) -> None:
        if experiment_id == self.refused:
            raise WriteError("The store said no.", hint="Ask its owner.")
        self.written.append(experiment_id)


def test_a_choice_that_fails_half_way_says_which_experiments_have_it(monkeypatch: pytest.MonkeyPatch):
    store = Refusing("2", [])
    monkeypatch.setattr(writes, "set_experiment_tags", store.set_experiment_tags)
    known = [Experiment(str(number), name) for number, name in enumerate(["a", "b", "c", "d"])]
    with pytest.raises(WriteError) as raised:
        leaderboard_team.set_for_all(known, {"mlreview.metric": "val_loss"})
    assert store.written == ["0", "1"]
    assert raised.value.message == (
        "The store said no. It was being set for c. Set before it: a, b. Not tried any more: d."
    )
    assert raised.value.hint == "Ask its owner."
