"""The house rules of all tests: shared data, programs of the system, and what was skipped."""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

REPOSITORY = Path(__file__).parents[1]
WITHOUT_DATA = "without shared data"

PACKAGE_OF = {
    "baresip": "apt-get install baresip-core",
    "chromium": "apt-get install chromium",
    "dovecot": "apt-get install dovecot-imapd",
    "espeak-ng": "apt-get install espeak-ng",
    "git": "apt-get install git",
    "initdb": "apt-get install postgresql",
    "sipp": "apt-get install sip-tester",
}
"""How to get a program that a `real` test starts."""

_SERVERS = os.pathsep.join(["/usr/sbin", *map(str, Path("/usr/lib/postgresql").glob("*/bin"))])
"""Debian keeps the servers' programs off the PATH."""

settings.register_profile("house", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("house")


class SharedData:
    """The folder of shared data sets; a test that asks for one that is not there is skipped."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __truediv__(self, name: str) -> Path:
        path = self.folder / name
        if not path.exists():
            pytest.skip(f"{WITHOUT_DATA}: {path} is not there; set PARLEY_TEST_DATA to its folder")
        return path

    def __fspath__(self) -> str:
        return str(self.folder)


def pytest_configure(config: pytest.Config) -> None:
    # Pipecat reads telephone codecs through a module that Python 3.13 no longer has.
    config.addinivalue_line("filterwarnings", "ignore:'audioop' is deprecated:DeprecationWarning")
    config.addinivalue_line(
        "filterwarnings", "ignore:`AudioContext.*TTSService` is deprecated:DeprecationWarning"
    )
    # A dependency of tea-tasting warns of its own retirement when it is imported.
    config.addinivalue_line("filterwarnings", "ignore:sqlglotrs is deprecated:DeprecationWarning")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    count = sum(WITHOUT_DATA in str(report.longrepr) for report in skipped)
    terminalreporter.write_line(f"{count} tests skipped {WITHOUT_DATA} (PARLEY_TEST_DATA)")


@pytest.fixture(scope="session")
def repository() -> Path:
    """The root of the repository."""
    return REPOSITORY


@pytest.fixture(scope="session")
def shared_data() -> SharedData:
    """Returns the shared data: `shared_data / "maven_crm"` is a path, or skips the test."""
    return SharedData(Path(os.environ.get("PARLEY_TEST_DATA", REPOSITORY / "../shared/data")))


@pytest.fixture(scope="session")
def need_program() -> Callable[[str], str]:
    """Returns a function that finds a program; where it is missing, a skip, in CI a failure."""

    def path_of(program: str) -> str:
        if found := shutil.which(program) or shutil.which(program, path=_SERVERS):
            return found
        how = PACKAGE_OF.get(program, "install it and put it on the PATH")
        message = f"the program {program!r} is missing: {how}"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)

    return path_of
