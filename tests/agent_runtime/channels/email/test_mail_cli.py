"""`parley mail parse`: one line a mail, and one sentence for a file that is not there."""

import json

from typer.testing import CliRunner

from agent_runtime.channels.email.mail_cli import MailFileError, app

MAIL = "From: ana@buyer.example\nSubject: Re: Our offer\n\nSounds good, what does it cost?\n"


def run(*arguments, given=None):
    return CliRunner().invoke(app, ["parse", *map(str, arguments)], input=given)


def test_each_file_is_one_json_line(tmp_path):
    """R193: what a mail is can be asked of files, as the agent reads them."""
    (tmp_path / "a.eml").write_text(MAIL)
    (tmp_path / "b.eml").write_bytes(b"\xff\x00")
    lines = run(tmp_path, "--json").stdout.splitlines()
    first, second = map(json.loads, lines)
    assert first == {
        "file": str(tmp_path / "a.eml"),
        "kind": "reply",
        "recipients": [],
        "status": "",
        "permanent": None,
        "new_text": "Sounds good, what does it cost?",
        "language": "en",
    }
    assert second["file"].endswith("b.eml")


def test_standard_input_is_read_and_shown_as_a_table():
    shown = run("-", given=MAIL).stdout
    assert "reply" in shown
    assert "Traceback" not in shown


def test_a_missing_file_and_an_empty_folder_are_named(tmp_path):
    for name in (tmp_path / "none.eml", tmp_path):
        error = run(name).exception
        assert isinstance(error, MailFileError)
        assert str(name) in str(error)
