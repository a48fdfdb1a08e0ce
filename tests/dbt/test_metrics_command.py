"""`parley metrics`: definitions and values as a person and a script ask for them."""

import json

import pytest
from metrics_by_hand import by_hand

from experiments.metrics import list_metrics
from pipelines import cli


@pytest.fixture
def ask(monkeypatch, capfd):
    """Returns a function that runs `parley metrics` and gives exit code, output and errors."""

    def run(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr("sys.argv", ["parley", "metrics", *words])
        monkeypatch.setenv("COLUMNS", "160")
        with pytest.raises(SystemExit) as ended:
            cli.main()
        out, err = capfd.readouterr()
        return int(ended.value.code or 0), out, err

    return run


def test_the_list_has_every_metric_with_its_definition(ask):
    code, out, _ = ask("list", "--json")
    listed = json.loads(out)
    assert code == 0
    assert {row["name"] for row in listed} == {d.name for d in list_metrics()}
    assert all(row["formula"] and row["unit"] and row["owner"] for row in listed)
    [rate] = [row for row in listed if row["name"] == "compliance_pass_rate"]
    assert "share_of_sent" in rate["guard_rails"]


def test_the_list_begins_with_what_the_guide_asks_for(ask):
    _, out, _ = ask("list")
    assert out.index("first_response_minutes") < out.index("engaged_threads ")
    assert "Share of the eligible persons" in out


def test_a_value_comes_with_numerator_denominator_and_n(ask, world, built):
    code, out, _ = ask(
        "query", "positive_intent_rate", "--where", "arm=agent", "--json", "-w", str(built.root)
    )
    [row] = json.loads(out)
    hand = by_hand(world, "agent")["positive_intent_rate"]
    assert code == 0
    assert row["value"] == pytest.approx(hand.value)
    assert (row["numerator"], row["denominator"]) == (hand.numerator, hand.denominator)
    assert (row["n"], row["reason"]) == (hand.denominator, None)


def test_values_are_split_by_dimension_and_period(ask, world, built):
    _, out, _ = ask(
        "query", "messages_sent", "--grain", "week", "--by", "arm", "--json", "-w", str(built.root)
    )
    rows = json.loads(out)
    assert {row["keys"]["arm"] for row in rows if row["value"]} == {"agent"}
    assert sum(row["value"] for row in rows) == by_hand(world)["messages_sent"].value
    assert len({row["period"] for row in rows}) > 1


def test_a_dimension_named_twice_keeps_both_values(ask, world, built):
    words = ("--where", "arm=agent", "--where", "arm=holdout")
    _, out, _ = ask("query", "replies", *words, "--json", "-w", str(built.root))
    assert json.loads(out)[0]["value"] == by_hand(world)["replies"].value


def test_no_value_is_a_dash_with_its_reason(ask, built):
    code, out, _ = ask("query", "meeting_rate", "--since", "2030-01-01", "-w", str(built.root))
    assert code == 0
    assert "nothing to count: units_assigned is 0" in out
    assert " - " in out


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("meeting_set",), "did you mean 'meetings_set'"),
        (("replies", "--by", "arms"), "'arm'"),
        (("replies", "--where", "agent"), "write DIM=VALUE, for instance arm=agent"),
        (("replies", "--since", "2026-02-01", "--until", "2026-01-01"), "it is after --until"),
    ],
)
def test_a_mistake_is_one_sentence_that_says_what_to_write(words, said, ask, built):
    code, out, err = ask("query", *words, "-w", str(built.root))
    assert (code, out) == (2, "")
    assert said in err
    assert "Traceback" not in err


def test_a_workspace_without_a_warehouse_says_who_builds_it(ask, tmp_path):
    code, _, err = ask("query", "replies", "-w", str(tmp_path))
    assert code == 2
    assert "the asset group `warehouse` builds it" in err
