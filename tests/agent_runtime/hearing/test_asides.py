"""Talk about stops is none, and a stop in passing is one."""

from pathlib import Path

import pytest

from agent_runtime.authored import load_yaml
from agent_runtime.hearing.opt_out import is_opt_out

CASES = load_yaml(Path(__file__).with_name("asides.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("text", CASES["stops"])
def test_a_stop_in_passing_in_haste_or_as_a_threat_is_heard(text):
    assert is_opt_out(text)


@pytest.mark.parametrize("text", CASES["ordinary"])
def test_talk_about_stops_asks_for_none(text):
    assert not is_opt_out(text)
