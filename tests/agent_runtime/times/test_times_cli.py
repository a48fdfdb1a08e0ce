"""`parley times`: one answer a line, and one sentence for a mistake."""

import json

import pytest

from pipelines import cli

NOW = "2026-03-10T10:15:00Z"


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
def messages(tmp_path):
    def write(*lines):
        file = tmp_path / "messages.jsonl"
        text = "\n".join(line if isinstance(line, str) else json.dumps(line) for line in lines)
        file.write_text(text, encoding="utf-8")
        return file

    return write


def message(text, **more):
    return {"text": text, "now": NOW, "buyer_tz": "Europe/London", **more}


def test_one_line_of_json_answers_each_line(parley, messages):
    file = messages(
        message("Thursday at 3?", channel="mail"),
        message("Donnerstag oder Freitag um 10", buyer_tz="Europe/Berlin"),
        message("soon"),
    )

    code, out, err = parley("times", file, "--json")

    assert (code, err) == (0, "")
    slot, several, nothing = map(json.loads, out.splitlines())
    assert slot == {
        "kind": "slot",
        "start": "2026-03-12T15:00:00+00:00",
        "end": "2026-03-12T15:30:00+00:00",
    }
    assert [answer["start"] for answer in several] == [
        "2026-03-12T10:00:00+01:00",
        "2026-03-13T10:00:00+01:00",
    ]
    assert nothing == {"kind": "none", "start": None, "end": None}


def test_without_json_people_read_a_table(parley, messages):
    code, out, _ = parley("times", messages(message("Thursday at 3?"), message("soon")))

    assert code == 0
    assert "2026-03-12 15:00" in out
    assert "ask back" in out


def test_accents_a_byte_order_mark_and_line_separators_are_read(parley, tmp_path):
    file = tmp_path / "messages.jsonl"
    line = json.dumps(message("sábado\u2028a las 10"), ensure_ascii=False)
    file.write_text("\ufeff" + line + "\r\n\r\n", encoding="utf-8")

    code, out, _ = parley("times", file, "--json")

    assert code == 0
    assert json.loads(out)["start"] == "2026-03-14T10:00:00+00:00"


def test_an_empty_file_has_no_answers(parley, messages):
    assert parley("times", messages(""), "--json") == (0, "", "")


def test_help_shows_an_example(parley):
    code, out, _ = parley("times", "--help")

    assert code == 0
    assert "Example: parley times messages.jsonl --json" in out


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("nonsense", "line 2 is not JSON"),
        ("[1]", "line 2 is not a JSON object"),
        ({"now": NOW, "buyer_tz": "Europe/London"}, "line 2 has no text"),
        (message(None), "line 2 has no text"),
        (message(7), "text 7 is no text"),
        (message("hi", now="2026-03-10T10:15:00"), "now '2026-03-10T10:15:00' has no offset"),
        (message("hi", now="yesterday"), "now 'yesterday' is no instant"),
        (message("hi", buyer_tz="Mars/Base"), "buyer_tz 'Mars/Base' is not an IANA zone"),
        (message("hi", buyer_tz=""), "buyer_tz '' is not an IANA zone"),
    ],
)
def test_a_bad_line_is_named_in_one_sentence(parley, messages, line, said):
    code, out, err = parley("times", messages(message("Thursday"), line), "--json")

    assert (code, out) == (2, "")
    assert said in err
    assert err.startswith("parley: ")
    assert err.count("\n") == 1


def test_a_missing_file_is_one_sentence(parley, tmp_path):
    code, _, err = parley("times", tmp_path / "none.jsonl")

    assert code == 2
    assert "cannot read" in err
    assert err.count("\n") == 1


def test_bytes_that_are_no_text_are_one_sentence(parley, tmp_path):
    (tmp_path / "bytes.jsonl").write_bytes(b"\xff\xfe\x00")

    code, _, err = parley("times", tmp_path / "bytes.jsonl")

    assert code == 2
    assert "is not UTF-8 text" in err
