import subprocess
import sys
from typing import get_args

import pytest

from mlreview.demo import DataKind
from mlreview.demo.plan import NetworkSpec, make_plan

KINDS = get_args(DataKind)


def test_the_sweep_is_the_talks() -> None:
    plan = make_plan("newsgroups", quick=False)
    assert plan.named(group="sweep") == (
        "sports-NN-32d-lr0.1",
        "sports-NN-32d-lr0.05",
        "sports-NN-32d-lr0.01",
        "sports-NN-8d-lr0.1",
        "sports-NN-8d-lr0.05",
        "sports-NN-8d-lr0.01",
    )
    for spec in plan.specs:
        if isinstance(spec, NetworkSpec) and spec.group == "sweep":
            assert (spec.optimizer, spec.epochs, spec.batch_size, spec.vocabulary_size, spec.l2) == (
                "SGD", 40, 32, 100, 0.0,
            )  # fmt: skip
            assert spec.name.endswith(f"-NN-{spec.hidden_units}d-lr{spec.learning_rate:g}")


@pytest.mark.parametrize("kind", KINDS)
def test_a_quick_demo_is_four_runs_of_the_whole_one(kind: DataKind) -> None:
    quick, whole = make_plan(kind, quick=True), make_plan(kind, quick=False)
    assert len(quick.specs) == 4
    assert set(quick.specs) <= set(whole.specs)
    assert {quick.talk_winner, quick.overfit, quick.logistic} <= {spec.name for spec in quick.specs}


@pytest.mark.parametrize("kind", KINDS)
def test_every_run_has_a_name_of_its_own_and_every_regime_one_run(kind: DataKind) -> None:
    specs = make_plan(kind, quick=False).specs
    assert len({spec.name for spec in specs}) == len(specs) == 16
    regimes = [spec.regime for spec in specs if isinstance(spec, NetworkSpec) and spec.regime]
    assert sorted(regimes) == ["diverged", "overfitting", "still_improving", "underfitting"]


def test_four_seeds_differ_in_nothing_but_their_seed() -> None:
    plan = make_plan("newsgroups", quick=False)
    seeds = [spec for spec in plan.specs if isinstance(spec, NetworkSpec) and spec.group == "seeds"]
    assert len({spec.seed for spec in seeds}) == 4
    assert (
        len({(s.hidden_units, s.learning_rate, s.optimizer, s.epochs, s.batch_size, s.validation) for s in seeds}) == 1
    )
    assert all(spec.validation == "split" for spec in seeds)


def test_the_diverging_run_is_bound_to_diverge() -> None:
    diverged = next(
        spec
        for spec in make_plan("newsgroups", quick=False).specs
        if isinstance(spec, NetworkSpec) and spec.regime == "diverged"
    )
    assert abs(1 - 2 * diverged.learning_rate * diverged.l2) > 1


def test_importing_the_demo_imports_none_of_what_it_trains_with() -> None:
    heavy = "{'mlflow', 'tensorflow', 'keras', 'sklearn', 'numpy', 'matplotlib'}"
    code = f"import sys, mlreview.demo; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
