"""Takes the pictures of the README from the page of the demo: `make screenshots`."""

import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

HERE = Path(__file__).parent
PAGE = HERE.parent / "out/demo/index.html"
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
    """Writes docs/images/page.png; says what is missing otherwise."""
    browser = shutil.which("chromium")
    if browser is None or not PAGE.exists():
        missing = "chromium (install it)" if browser is None else f"{PAGE} (run `make demo`)"
        sys.stderr.write(f"missing: {missing}\n")
        return 1
    target = HERE / "images" / "page.png"
    target.parent.mkdir(exist_ok=True)
    with TemporaryDirectory() as profile:
        subprocess.run(
            [
                browser,
                *QUIET,
                f"--user-data-dir={profile}",
                "--window-size=1240,1680",
                f"--screenshot={target}",
                PAGE.as_uri(),
            ],
            check=True,
            capture_output=True,
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
