"""Serving the dashboard: Streamlit, and MLflow's own UI beside it where asked for."""

import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from mlreview.errors import MlreviewError, NotFoundError
from mlreview.names import ENV_PREFIX
from mlreview.settings import load_settings

APP = Path(__file__).resolve().parent.parent / "app.py"
_UI_START_S = 90


def serve(*, tracking_uri: str | None, with_mlflow: bool, streamlit_options: Sequence[str] = ()) -> int:
    """Serve the dashboard until it is stopped.

    Args:
        tracking_uri: Store to show; else what the settings say.
        with_mlflow: Serve MLflow's own UI too. A tracking server has one already, so this is for databases only.
        streamlit_options: Passed on to ``streamlit run``.

    Returns:
        Streamlit's exit code.

    Raises:
        NotFoundError: The package was installed without the dashboard.
    """
    if not APP.exists():
        raise NotFoundError(
            f"The dashboard's {APP.name} is not beside the installed package.",
            hint="Run it from a clone of the repository: streamlit run app.py.",
        )
    settings = load_settings(tracking_uri=tracking_uri)
    environment = os.environ | {f"{ENV_PREFIX}TRACKING_URI": settings.tracking_uri}
    with_ui = (
        with_mlflow and settings.mlflow_ui_url is None and not settings.tracking_uri.startswith(("http://", "https://"))
    )
    ui: subprocess.Popen[bytes] | None = None
    dashboard: subprocess.Popen[bytes] | None = None
    stopped = False

    def stop(*_: object) -> None:
        # It raises nothing: an exception amid the start of a process would lose the process.
        nonlocal stopped
        stopped = True
        if dashboard is not None:
            dashboard.terminate()

    previous = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        if with_ui:
            port = free_port()
            environment[f"{ENV_PREFIX}MLFLOW_UI_URL"] = address = f"http://127.0.0.1:{port}"
            ui = _start_mlflow_ui(settings.tracking_uri, port)
            threading.Thread(target=_announce, args=(ui, address), daemon=True).start()
        command = [sys.executable, "-m", "streamlit", "run", str(APP), *streamlit_options]
        dashboard = subprocess.Popen(command, env=environment)
        if stopped:  # before there was a dashboard to tell
            dashboard.terminate()
        return dashboard.wait()
    finally:
        if dashboard is not None and dashboard.poll() is None:
            dashboard.terminate()
        if ui is not None:
            _end(ui)
        for number, handler in previous.items():
            signal.signal(number, handler)


def _start_mlflow_ui(tracking_uri: str, port: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "mlflow", "server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
    # Not among the arguments: everybody on this machine can read those, and the address can hold a password.
    # And without its runner of GenAI jobs, which keeps eight idle processes.
    environment = os.environ | {
        "MLFLOW_BACKEND_STORE_URI": tracking_uri,
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    }
    return subprocess.Popen(
        command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )


def _announce(process: subprocess.Popen[bytes], address: str) -> None:
    """Say when MLflow's UI answers, or that it doesn't; the dashboard doesn't wait for it."""
    until = time.monotonic() + _UI_START_S
    while process.poll() is None and time.monotonic() < until:
        try:
            with urllib.request.urlopen(f"{address}/health", timeout=2):
                print(f"  MLflow's own UI: {address}", flush=True)
                return
        except OSError:
            time.sleep(0.5)
    state = "has not answered yet" if process.poll() is None else "did not start"
    print(f"  MLflow's own UI {state} ({address}); until it does, links to it don't open.", flush=True)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process and its children, by process group."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGTERM)
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(timeout=10)


def free_port() -> int:
    """A loopback port that is free now.

    Raises:
        MlreviewError: The system gives none.
    """
    try:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            return probe.getsockname()[1]
    except OSError as error:
        raise MlreviewError(f"No free port on this machine: {error}.") from error
