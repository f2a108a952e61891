"""Pictures of the dashboard, light and dark, on a laptop and on a shared screen.

python -m scripts.screenshots sqlite:///mlflow.db FOLDER "/" "/compare?runs=..."
"""

import argparse
import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.browser.harness import launch, running_app, visit

SIZES = {"1440": (1440, 900), "1920": (1920, 1080)}


def main() -> None:
    """Serve the store, visit each address, save one picture a size and colour scheme."""
    parser = argparse.ArgumentParser(description="Take pictures of the dashboard.")
    parser.add_argument("tracking_uri")
    parser.add_argument("folder", type=Path)
    parser.add_argument("paths", nargs="*", default=["/"])
    parser.add_argument("--size", choices=SIZES, action="append")
    parser.add_argument("--scheme", choices=["light", "dark"], action="append")
    parser.add_argument("--app", help="address of a dashboard that runs already")
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as log:
        if arguments.app:
            _take(arguments.app, arguments)
        else:
            with running_app(arguments.tracking_uri, Path(log), MLREVIEW_MLFLOW_UI_URL="http://127.0.0.1:5000") as app:
                _take(app, arguments)


def _take(app: str, arguments: argparse.Namespace) -> None:
    with sync_playwright() as playwright:
        browser = launch(playwright)
        for scheme in arguments.scheme or ("light", "dark"):
            for size in arguments.size or SIZES:
                width, height = SIZES[size]
                page = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
                for path in arguments.paths:
                    visit(page, app + path)
                    page.wait_for_function("document.fonts.ready.then(() => true)")
                    page.wait_for_timeout(400)  # the grid fades in
                    name = path.split("?")[0].strip("/") or "leaderboard"
                    sizes = f"-{size}" if len(arguments.size or SIZES) > 1 else ""
                    target = arguments.folder / f"{name}-{scheme}{sizes}.png"
                    page.screenshot(path=target)
                    # A palette is a third of the size. By coverage, for a run's colour may be in few points.
                    shot = Image.open(target).convert("RGB")
                    shot.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(target, optimize=True)
                    print(target)
                page.close()
        browser.close()


if __name__ == "__main__":
    main()
