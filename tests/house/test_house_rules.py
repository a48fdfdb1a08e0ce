"""What tests/conftest.py promises to all other tests."""

import subprocess
import sys
from collections import Counter

import pytest

SUITE = """
def test_data(shared_data):
    assert (shared_data / "maven_crm").name == "maven_crm"


def test_program(need_program):
    need_program("chromium-that-nobody-has")
"""


@pytest.fixture
def run(repository, tmp_path, monkeypatch):
    """Runs a small suite under the same conftest."""
    (tmp_path / "conftest.py").write_text((repository / "tests/conftest.py").read_text())
    (tmp_path / "test_suite.py").write_text(SUITE)

    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")

    def suite(**environment):
        for name in ("CI", "PARLEY_TEST_DATA"):
            monkeypatch.delenv(name, raising=False)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        command = [sys.executable, "-m", "pytest", "-rs", "-p", "no:cacheprovider", str(tmp_path)]
        found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        return found.stdout

    return suite


def test_what_is_missing_is_skipped_by_name_and_counted(run, tmp_path):
    output = run(PARLEY_TEST_DATA=str(tmp_path / "nowhere"))

    assert "nowhere/maven_crm is not there; set PARLEY_TEST_DATA" in output
    assert "the program 'chromium-that-nobody-has' is missing: install it" in output
    assert "1 tests skipped without shared data" in output
    assert "2 skipped" in output


def test_data_that_is_there_is_used_and_a_missing_program_fails_in_ci(run, tmp_path):
    (tmp_path / "data/maven_crm").mkdir(parents=True)

    output = run(PARLEY_TEST_DATA=str(tmp_path / "data"), CI="true")

    assert "0 tests skipped without shared data" in output
    assert "1 failed, 1 passed" in output


def test_no_two_files_of_tests_share_a_name(repository):
    """Pytest imports them by that name, and stops at the second."""
    names = Counter(path.name for path in (repository / "tests").rglob("test_*.py"))
    assert [name for name, count in names.items() if count > 1] == []
