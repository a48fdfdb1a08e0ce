import json
import subprocess
import sys

import pytest

from tests.acceptance.runner import main

TOY = """\
import json
from pathlib import Path

from tests.acceptance.check import Check, Verdict

HERE = Path(__file__).parent


def square(case):
    with (HERE / "ran.txt").open("a") as file:
        file.write(case + "\\n")
    if (HERE / "broken").exists() and case == "3":
        raise RuntimeError("three is broken")
    return {"square": int(case) ** 2}


def judge(results):
    total = sum(result["square"] for result in results.values())
    return Verdict(total <= 50, total, "at most 50")


CHECKS = {"squares": Check(cases=["1", "2", "3", "4"], sample=["2"], run=square, judge=judge)}
"""


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "issue_9_toy.py").write_text(TOY)
    return tmp_path


@pytest.fixture
def accept(folder):
    def run(*options):
        out = folder / "out/issue-9.json"
        code = main(["--issue", "9", "--checks", str(folder), "--out", str(out), *options])
        return code, json.loads(out.read_text())["checks"]["squares"]

    return run


def _ran(folder):
    return (folder / "ran.txt").read_text().split()


def test_a_check_is_judged_over_all_its_cases(folder, accept):
    code, check = accept()

    assert code == 0
    assert (check["passed"], check["figure"], check["bound"]) == (True, 30, "at most 50")
    assert check["results"]["4"] == {"square": 16}
    assert _ran(folder) == ["1", "2", "3", "4"]


def test_a_sample_runs_only_its_cases(folder, accept):
    _, check = accept("--sample")

    assert (check["figure"], check["cases"]) == (4, 1)
    assert _ran(folder) == ["2"]


def test_a_broken_bound_exits_with_one(folder, accept):
    (folder / "issue_9_toy.py").write_text(TOY.replace('"4"', '"9"'))

    code, check = accept()

    assert (code, check["passed"], check["figure"]) == (1, False, 95)


def test_an_interrupted_run_goes_on_where_it_was(folder, accept):
    (folder / "broken").touch()
    code, check = accept()
    assert (code, check["passed"]) == (1, False)
    assert check["errors"] == {"3": "RuntimeError: three is broken"}
    partial = folder / "out/issue-9.json.partial.jsonl"
    partial.write_text(partial.read_text() + '{"check": "squares", "case": "3", "finger')
    (folder / "broken").unlink()

    code, check = accept()

    assert (code, check["figure"]) == (0, 30)
    assert _ran(folder) == ["1", "2", "3", "4", "3"]
    assert len([line for line in partial.read_text().split("\n") if line.endswith("}")]) == 4


def test_a_changed_check_runs_again(folder, accept):
    accept()
    (folder / "issue_9_toy.py").write_text(TOY + "\n")

    accept()

    assert len(_ran(folder)) == 8


def test_fresh_forgets_what_finished(folder, accept):
    accept()

    accept("--fresh")

    assert len(_ran(folder)) == 8


def test_two_processes_find_the_same(accept):
    _, check = accept("--jobs", "2")

    assert check["figure"] == 30


def test_an_issue_without_checks_exits_with_two(repository, tmp_path):
    command = [sys.executable, "-m", "tests.acceptance.runner", "--issue", "9"]
    found = subprocess.run(
        [*command, "--checks", str(tmp_path)],
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
    )

    assert found.returncode == 2
    assert found.stderr.startswith("no module issue_9_*.py with CHECKS")


def test_a_check_without_a_sample_is_not_judged_by_one(folder):
    long = TOY.replace('sample=["2"]', "sample=[]").replace('"squares"', '"long"')
    (folder / "issue_9_long.py").write_text(long)
    out = folder / "out/issue-9.json"
    main(["--issue", "9", "--checks", str(folder), "--out", str(out), "--sample"])
    assert list(json.loads(out.read_text())["checks"]) == ["squares"]


def test_one_check_runs_by_its_name_and_an_unknown_one_is_refused(folder, capsys):
    arguments = ["--issue", "9", "--checks", str(folder), "--out", str(folder / "one.json")]

    assert main([*arguments, "--only", "squares"]) == 0
    assert main([*arguments, "--only", "cubes"]) == 2
    assert "no check is named 'cubes'; there are squares" in capsys.readouterr().err
