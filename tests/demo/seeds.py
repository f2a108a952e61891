"""How much the seed decides where a learning rate is too low: one network of the sweep, trained under several seeds.

``python -m tests.demo.seeds [--units 32] [--rate 0.01] [--seeds 12]`` trains on the posts into a temporary store, and
prints the val_AUROC of each seed and their range. Exit code 2 when the posts can't be had.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from mlflow import MlflowClient

from mlreview.demo.data import get_data, prepare
from mlreview.demo.plan import NetworkSpec, make_plan
from mlreview.demo.tracking import create_experiment, tracking_to
from mlreview.demo.train import train_network
from mlreview.errors import MlreviewError
from tests.stores import sqlite_uri


def main(arguments: list[str]) -> int:
    """Train, and print one line a seed."""
    parser = argparse.ArgumentParser(prog="python -m tests.demo.seeds", description="val_AUROC under several seeds")
    parser.add_argument("--units", type=int, default=32, help="hidden units of the sweep's network (32)")
    parser.add_argument("--rate", type=float, default=0.01, help="its learning rate (0.01)")
    parser.add_argument("--seeds", type=int, default=12, help="how many seeds, from 0 on (12)")
    chosen = parser.parse_args(arguments)
    name = f"sports-NN-{chosen.units}d-lr{chosen.rate:g}"
    sweep = [spec for spec in make_plan("newsgroups", quick=False).specs if spec.group == "sweep"]
    spec = next((spec for spec in sweep if spec.name == name), None)
    if not isinstance(spec, NetworkSpec):
        parser.error(f"the sweep has no {name}; it has {', '.join(spec.name for spec in sweep)}")
    try:
        scores = _train(spec, range(chosen.seeds))
    except MlreviewError as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{name}: val_AUROC {min(scores):.3f} to {max(scores):.3f} over {len(scores)} seeds")
    return 0


def _train(spec: NetworkSpec, seeds: Iterable[int]) -> list[float]:
    """The last val_AUROC under each seed, printed as it comes."""
    data = get_data("newsgroups", print)
    prepared = prepare(data, vocabulary_size=spec.vocabulary_size, columns=spec.columns, validation=spec.validation)
    scores = []
    with tempfile.TemporaryDirectory() as folder:
        uri = sqlite_uri(Path(folder) / "mlflow.db")
        with tracking_to(uri):
            client = MlflowClient()
            experiment = create_experiment(client, "seeds", data, uri, None)
            for seed in seeds:
                run_id = train_network(
                    replace(spec, name=f"{spec.name}-seed{seed}", seed=seed, log_model=False),
                    data,
                    prepared,
                    experiment,
                )
                scores.append(client.get_run(run_id).data.metrics["val_AUROC"])
                print(f"seed {seed:2}  val_AUROC {scores[-1]:.4f}", flush=True)
    return scores


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
