"""Which code made a number."""

import subprocess
from importlib import metadata
from pathlib import Path

LIBRARIES = ("polars", "numpy", "scipy", "statsmodels", "scikit-learn")
"""What estimates rest on; another version may give other last digits."""


def version_of_code() -> str:
    """Returns the commit checked out, or the installed version where there is no checkout."""
    command = ("git", "describe", "--always", "--dirty", "--abbrev=12")
    found = subprocess.run(
        command, cwd=Path(__file__).parent, capture_output=True, text=True, check=False
    )
    if found.returncode == 0:
        return found.stdout.strip()
    try:
        return metadata.version("parley")
    except metadata.PackageNotFoundError:
        return "unknown"


def library_versions() -> dict[str, str]:
    """Returns the versions of the libraries that make the numbers."""
    return {name: metadata.version(name) for name in LIBRARIES}
