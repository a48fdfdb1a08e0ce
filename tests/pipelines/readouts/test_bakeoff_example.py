"""The commands of docs/bakeoff.md, run in their order on a small finished run."""

import csv
import json
import re
import shlex

import pytest

from agent_runtime.feedback.events import Objection, Score
from experiments.bakeoff import rubric
from pipelines import cli


@pytest.fixture
def parley(monkeypatch, capfd):
    """Runs `parley` as a shell would; returns exit code, output and errors."""

    def run(*words):
        monkeypatch.setattr("sys.argv", ["parley", *map(str, words)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capfd.readouterr()
        return ended.value.code or 0, out, err

    return run


@pytest.fixture
def documented(repository, ran, tmp_path):
    """The documented commands in two blocks, on the small run and in a folder of the test."""
    text = (repository / "docs/bakeoff.md").read_text()
    blocks = re.findall(r"```bash\n(.*?)```", text, re.DOTALL)
    places = {"out/demo": str(ran.root), "out/bakeoff": str(tmp_path / "bakeoff")}
    for place, here in places.items():
        blocks = [block.replace(place, here) for block in blocks]
    before, after = ([shlex.split(line)[1:] for line in block.splitlines()] for block in blocks)
    before[0] += ["--segment", "mid_market", "--seed", "5"]
    return before, after


def fill(path, **cells):
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file))
    for number, row in enumerate(rows):
        row |= {name: cell(number) if callable(cell) else cell for name, cell in cells.items()}
    with path.open("w", newline="") as file:
        sheet = csv.DictWriter(file, rows[0])
        sheet.writeheader()
        sheet.writerows(rows)


def test_a_newcomer_gets_from_a_finished_run_to_a_scorecard(documented, parley, ran, tmp_path):
    """R187, R219-R223: plan, draw, ten threads of each a day, one rubric, weighted scorecard."""
    folder = tmp_path / "bakeoff"
    before, after = documented
    for command in before:
        code, out, err = parley(*command)
        assert (code, err) == (0, ""), command
    drawn = dict(reversed(part.split()) for part in out.splitlines()[0].split(": ")[1].split(", "))
    assert all(1 <= int(drawn[name]) <= 10 for name in ("ours", "acme"))

    again = ("bakeoff", "sample", folder / "bakeoff.yaml", "--day", "2026-01-16", "-w", ran.root)
    assert parley(*again, "--qa", tmp_path / "qa")[0] == 0
    keys = [(qa / "keys/2026-01-16.json").read_text() for qa in (folder / "qa", tmp_path / "qa")]
    assert keys[0] == keys[1], "the run itself and its file of threads hold the same"

    code, _, err = parley(*after[0])
    assert code == 2
    assert "no sheet is filled yet" in err

    day = folder / "qa/2026-01-16"
    page = (day / "threads.html").read_text()
    assert "acme" not in page
    assert not re.search(r"\[\[[A-Z]", page)
    for number, reviewer in ((1, "Ada"), (2, "Ben")):
        fill(
            day / f"reviewer-{number}.csv",
            reviewer=reviewer,
            accuracy=lambda n: 3 + n % 3,
            tone=4,
            adherence=lambda n: 4 + n % 2,
            objection=lambda n: ("none", "handled", "missed")[n % 3],
        )
    fill(folder / "answers.csv", score="yes", by="Ada", evidence="seen")
    rows = (folder / "answers.csv").read_text().splitlines()
    scored = [
        r if r.startswith(("criterion", "must-have")) else r.replace(",yes,", ",4,") for r in rows
    ]
    (folder / "answers.csv").write_text("\n".join(scored) + "\n")

    code, out, _ = parley(*after[0])
    assert code == 0
    threads = int(drawn["ours"]) + int(drawn["acme"])
    assert f"{threads} threads with {2 * threads} judgements" in out
    assert "accuracy, Ada and Ben: kappa" in out

    code, out, _ = parley(*after[1], "--json")
    said = json.loads(out)
    assert code == 0
    assert said["deviations"][0].startswith("this is a rehearsal")
    assert said["scorecard"]["versus"][0]["verdict"].startswith("the two cannot be told apart")
    assert {name: total["least"] > 60 for name, total in said["scorecard"]["totals"].items()} == {
        "ours": True,
        "acme": True,
    }
    assert said["cost"]["acme"]["total_usd"] == 420
    pairs = [(m["arm"], m["control"]) for m in said["trial"]["metrics"] if m["role"] == "primary"]
    assert pairs == [("ours", "holdout"), ("acme", "holdout"), ("ours", "acme")]
    assert "cannot be told apart by this bake-off" in (folder / "scorecard.html").read_text()


def test_the_rubric_is_the_one_of_review():
    """R223: one rubric, in the bake-off as in `parley review score`."""
    assert set(rubric.DIMENSIONS) == set(Score.__dataclass_fields__)
    assert set(rubric.OBJECTIONS) == set(Objection.__args__)
    assert [Score(accuracy=mark).accuracy for mark in rubric.SCALE] == list(rubric.SCALE)
