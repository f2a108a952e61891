"""Write runs through MLflow until told to stop, and note each one after MLflow has acknowledged it.

python -m tests.soak.writer TRACKING_URI EXPERIMENT_ID NAME ACKNOWLEDGED_FILE STOP_FILE
"""

import sys
from collections.abc import Callable
from pathlib import Path

STEPS = 5


def write_until(stopped: Callable[[], bool], uri: str, experiment: str, name: str, acknowledged: Path) -> None:
    """Write run after run; one line of the file is one run all of whose writes were acknowledged."""
    from mlflow import MlflowClient, MlflowException
    from mlflow.entities import Metric, Param, RunTag

    client = MlflowClient(uri)
    number = 0
    with acknowledged.open("a", buffering=1) as lines:
        while not stopped():
            number += 1
            try:
                run_id = client.create_run(experiment, run_name=f"{name} {number}").info.run_id
                client.log_batch(
                    run_id,
                    metrics=[Metric("loss", number + step / 10, step, step) for step in range(STEPS)],
                    params=[Param("who", f"{name} {number}")],
                    tags=[RunTag("note", f"{name} {number} " * 50)],
                )
                client.set_terminated(run_id)
            except MlflowException as error:
                # Given up after MLflow's own 20 seconds: refused whole, and not acknowledged.
                if "locked" not in str(error):
                    raise
                continue
            lines.write(f"{run_id}\t{number}\t{name} {number}\n")


if __name__ == "__main__":
    uri, experiment, name, acknowledged, stop = sys.argv[1:]
    write_until(Path(stop).exists, uri, experiment, name, Path(acknowledged))
