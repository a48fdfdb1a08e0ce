"""`parley pii`: spans and redacted texts, and one sentence for a mistake."""

import json

import pytest

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


def test_find_prints_one_json_line_of_spans_for_each_text(parley, tmp_path):
    file = tmp_path / "texts.jsonl"
    file.write_text('{"text": "call 020 7946 0958"}\n{"text": "fine"}\n')

    code, out, _ = parley("pii", "find", file, "--json")

    phone = {"kind": "PHONE", "start": 5, "end": 18, "text": "020 7946 0958"}
    assert code == 0
    assert [json.loads(line) for line in out.splitlines()] == [{"spans": [phone]}, {"spans": []}]


def test_find_says_so_when_nothing_is_found(parley, tmp_path):
    file = tmp_path / "mail.txt"
    file.write_text("Tuesday 14:30 is fine.")

    assert parley("pii", "find", file)[1] == "No personal data found in 1 text.\n"


def test_redact_prints_the_text_with_placeholders(parley, tmp_path):
    file = tmp_path / "mail.txt"
    file.write_text("Mail a@b.example on Tuesday 14:30.\n")

    assert parley("pii", "redact", file)[1] == "Mail [[EMAIL_1]] on Tuesday 14:30.\n"


def test_a_missing_file_is_one_sentence(parley, tmp_path):
    code, _, err = parley("pii", "find", tmp_path / "none.txt")

    assert code == 2
    assert "none.txt: cannot be read" in err
