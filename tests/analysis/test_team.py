from mlreview.analysis.team import TeamChoice, tags_for, team_choice
from mlreview.entities import Experiment


def experiment(name: str, **tags: str) -> Experiment:
    return Experiment(name, name, tags={key.replace("__", "."): value for key, value in tags.items()})


def test_what_is_written_is_what_is_read():
    chosen = Experiment("1", "a", tags=tags_for("val_loss", "min"))
    assert team_choice([chosen]) == TeamChoice("val_loss", "min")


def test_the_direction_of_another_metric_says_nothing():
    other = experiment("a", mlreview__metric="score", mlreview__direction__loss="min")
    assert team_choice([other]) == TeamChoice("score", None)


def test_a_direction_that_is_none_is_not_taken():
    assert team_choice([experiment("a", mlreview__metric="s", mlreview__direction__s="up")]) == TeamChoice("s", None)


def test_nobodys_choice_is_put_over_anothers():
    one, same = experiment("a", mlreview__metric="s"), experiment("b", mlreview__metric="s")
    assert team_choice([one, same]) == TeamChoice("s")
    assert team_choice([one, experiment("c", mlreview__metric="t")]) is None
    assert team_choice([one, experiment("d")]) is None
    assert team_choice([]) is None
