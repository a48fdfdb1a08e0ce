"""Takes the pictures of the README: `make screenshots`.

They show the demo's pages, its console, and Dagster. `--console` takes those of the console alone,
`--dagster` those of Dagster, on a small company of their own.
"""

import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image

HERE = Path(__file__).parent
RUN = HERE.parent / "out/demo"
PICTURES = {
    "page": (RUN / "index.html", 1680),
    **{
        f"dashboard_{name}": (RUN / f"dashboards/{name}.html", 1400)
        for name in ("sales", "revops", "learning", "leadership")
    },
}
"""Name of each picture to its page and its height in pixels."""

COLOURS = 256
"""Enough for flat pages; a picture then takes a third of the room."""

QUIET = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--hide-scrollbars",
    "--virtual-time-budget=4000",
)


def main() -> int:
    """Writes docs/images/*.png; says what is missing otherwise."""
    browser = shutil.which("chromium")
    pages = [page for page, _ in PICTURES.values() if not page.exists()]
    if browser is None or pages:
        missing = f"{pages[0]} (run `make demo`)" if pages else "chromium (install it)"
        sys.stderr.write(f"missing: {missing}\n")
        return 1
    for name, (page, height) in PICTURES.items():
        _take(browser, page, height, HERE / "images" / f"{name}.png")
    return 0


def of_console(run: Path = RUN) -> int:
    """Writes docs/images/console/*.png by clicking through `parley serve` on a copy of the demo."""
    sys.path.insert(0, str(HERE))
    from console_pictures import take

    browser = shutil.which("chromium")
    if browser is None or not (run / "runtime.db").exists():
        missing = "chromium (install it)" if browser is None else f"{run} (run `make demo`)"
        sys.stderr.write(f"missing: {missing}\n")
        return 1
    for path in take(run, browser, HERE / "images" / "console"):
        with Image.open(path) as taken:
            taken.convert("RGB").save(path, optimize=True)
        sys.stdout.write(f"{path.name} {path.stat().st_size // 1000} kB\n")
    return 0


def of_dagster() -> int:
    """Writes docs/images/dagster_*.png by clicking through the real `dagster dev`."""
    sys.path.insert(0, str(HERE.parent))
    from tests.e2e.dagster_ui import walk

    target = HERE / "images"
    with TemporaryDirectory() as folder:
        found = walk(Path(folder), pictures=target, width=1500, height=860)
    sys.stdout.write(f"{found}\n")
    for path in target.glob("dagster_*.png"):
        _flatten(path)
    return 0


def _take(browser: str, page: Path, height: int, target: Path) -> None:
    target.parent.mkdir(exist_ok=True)
    with TemporaryDirectory() as profile:
        subprocess.run(
            [
                browser,
                *QUIET,
                f"--user-data-dir={profile}",
                f"--window-size=1240,{height}",
                f"--screenshot={target}",
                page.as_uri(),
            ],
            check=True,
            capture_output=True,
        )
    _flatten(target)


def _flatten(target: Path) -> None:
    with Image.open(target) as taken:
        flat = taken.convert("RGB").quantize(COLOURS, Image.Quantize.MAXCOVERAGE)
        flat.save(target, optimize=True)


if __name__ == "__main__":
    if "--console" in sys.argv:
        sys.exit(of_console(*map(Path, sys.argv[2:])))
    sys.exit(of_dagster() if "--dagster" in sys.argv else main() or of_console() or of_dagster())
