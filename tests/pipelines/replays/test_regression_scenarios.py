"""A thread that went wrong becomes a scenario: it fails before the mend and passes after it."""

import yaml
from rule_changes import recorded
from typer.testing import CliRunner

from agent_runtime.library.catalog import PACKAGE, read_scenario
from pipelines.replays.cli import app

SHIPPED = [PACKAGE / "scenarios" / name for name in ("scheduling",)]


def run(played, *words):
    told = CliRunner().invoke(app, [*map(str, words), "-w", str(played)])
    return told.exit_code, told.output


def thread_where(played, is_it):
    return next(turn.thread for turn in recorded(played / "runtime.db") if is_it(turn))


def offered_times(turn):
    chosen, playbook = turn.payload["chosen"], turn.payload["playbook"]
    return (chosen["reason"], playbook) == ("buyer_wants_to_meet", "icp_prospecting")


def mended(tmp_path):
    """A playbook whose owner finds the time for a meeting."""
    path = tmp_path / "icp_prospecting.yaml"
    row = (
        "\n  - {intents: [interested, book_meeting], do: hand_off, say: [handoff.owner],"
        "\n     next: handed_off, reason: meetings_are_the_reps, route_to: owner}\n"
    )
    installed = (PACKAGE / "playbooks/icp_prospecting.yaml").read_text(encoding="utf-8")
    path.write_text(installed.rstrip() + row, encoding="utf-8")
    return path


def test_a_wrong_answer_is_a_scenario_that_the_mended_playbook_passes(played, tmp_path):
    """R81, R201: one command; what should have come of it is said by a person."""
    thread = thread_where(played, offered_times)
    out, playbook = tmp_path / "s.yaml", mended(tmp_path)
    expected = ["--expect", "action=hand_off", "--expect", "reason=meetings_are_the_reps"]
    turn = 1 + next(
        place
        for place, turn in enumerate(
            one for one in recorded(played / "runtime.db") if one.thread == thread
        )
        if offered_times(turn)
    )
    code, told = run(played, "scenario", thread, *expected, "--turn", turn, "--out", out)
    assert code == 0
    assert "fails with what is installed, as it should" in told
    code, told = run(played, "rehearse", out)
    assert code == 1
    assert "action should be 'hand_off' and is 'propose_times'" in told
    code, told = run(played, "rehearse", out, "--with", f"playbook={playbook}")
    assert (code, "1 scenarios, 1 pass, 0 fail" in told) == (0, True)


def test_what_a_stricter_rule_decides_can_be_accepted_as_right(played, tmp_path):
    """R201: the facts that the rules knew go with it, so that they are asked again."""
    strict, out = "policy=caps.per_person=1", tmp_path / "s.yaml"
    thread = thread_where(
        played, lambda turn: turn.is_touch and turn.payload["observation"]["touch"] == 2
    )
    code, told = run(played, "scenario", thread, "--with", strict, "--accept", "--out", out)
    assert code == 0, told
    last = read_scenario(out).turns[-1]
    assert (last.expect.decision, last.expect.stopped_by) == ("end", "caps")
    assert run(played, "rehearse", out)[0] == 1
    assert run(played, "rehearse", out, "--with", strict)[0] == 0


def test_a_scenario_names_nobody(played, tmp_path):
    """R61: neither ids nor addresses, and words in placeholder text."""
    thread = thread_where(played, offered_times)
    out = tmp_path / "s.yaml"
    run(played, "scenario", thread, "--accept", "--out", out)
    text = out.read_text(encoding="utf-8")
    basis = recorded(played / "runtime.db")[0].payload["basis"]
    assert thread not in text
    assert "@" not in text
    assert basis["facts"]["mailbox"] not in text
    assert set(yaml.safe_load(text)) <= {
        *("id", "about", "playbook", "language", "opened_by", "title", "country", "time_zone"),
        *("facts", "has_owner", "turns"),
    }


def test_every_thread_as_it_went_is_a_scenario_that_passes(played, tmp_path):
    """The rehearsal of a scenario comes to what the runtime came to."""
    threads = sorted({turn.thread for turn in recorded(played / "runtime.db")})
    for thread in threads[::40]:
        code, told = run(played, "scenario", thread, "--accept", "--turn", 1)
        assert code == 0, told
        assert "passes with what is installed already" in told


def test_shipped_scenarios_pass_as_users_play_them(played):
    code, told = run(played, "rehearse", *SHIPPED)
    assert code == 0, told
    assert "12 scenarios, 12 pass" in told


def test_what_cannot_become_a_scenario_is_said_in_one_sentence(played):
    thread = thread_where(played, offered_times)
    for words, said in [
        (["thread-x", "--accept"], "no turn of it is recorded"),
        ([thread], "say what should have come of the turn"),
        ([thread, "--expect", "axtion=none"], "write name=value; the names are heard, action"),
        ([thread, "--expect", "action=dance"], "field action, the value 'dance'"),
        ([thread, "--accept", "--turn", "99"], "turns; name one of them"),
        ([thread, "--expect", "heard=anger"], "'anger' is no intent"),
    ]:
        told = CliRunner().invoke(app, ["scenario", *words, "-w", str(played)])
        assert said in str(told.exception), words
