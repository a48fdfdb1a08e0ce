"""`parley people` and `parley token`: accounts and tokens by command, each in the audit log."""

import json

import pytest
from typer.testing import CliRunner

from agent_runtime.console.frame.audit import latest
from agent_runtime.console.people.cli import people
from agent_runtime.console.people.token_cli import token
from agent_runtime.errors import ParleyError
from agent_runtime.settings import Settings
from agent_runtime.status import open_store
from agent_runtime.store.engine import open_engine

WORDS = "four words that differ"


@pytest.fixture
def run(tmp_path):
    open_engine(f"sqlite:///{tmp_path / 'runtime.db'}").dispose()

    def run(group, *words, said=""):
        found = CliRunner().invoke(group, [*words, "-w", str(tmp_path)], input=said)
        if found.exception and not isinstance(found.exception, SystemExit):
            raise found.exception
        return found.output

    run.store = open_store(Settings(workspace=tmp_path))
    return run


def test_an_account_is_made_changed_and_closed(run, tmp_path):
    secret = tmp_path / "password"
    secret.write_text(f"{WORDS}\n")
    added = run(people, "add", "Ana@X.example", "--role", "rep", "--password-file", str(secret))
    assert "ana@x.example may use the console as rep" in added
    run(people, "role", "ana@x.example", "revops")
    run(people, "password", "ana@x.example", "--password-file", "-", said="other words that differ")
    run(people, "disable", "ana@x.example")
    (told,) = json.loads(run(people, "list", "--json"))
    assert (told["role"], told["state"], told["has_password"]) == ("revops", "disabled", True)
    run(people, "disable", "ana@x.example", "--enable")
    assert "active" in run(people, "list")
    done = [(one.act.action, one.act.record, one.act.detail) for one in latest(run.store)]
    assert ("people.role", "user:ana@x.example", "rep to revops") in done
    assert len(done) == 5
    assert WORDS not in str(done)


def test_a_mistake_says_what_to_do(run):
    assert "nobody has an account" in run(people, "list")
    for words, said in (
        (("role", "no@x.example", "rep"), "has no account"),
        (("add", "no@x.example", "--role", "boss", "--oidc"), "take one of rep"),
        (("add", "no", "--role", "rep", "--oidc"), "is no address"),
        (("add", "no@x.example", "--role", "rep", "--password-file", "gone"), "cannot be read"),
    ):
        with pytest.raises(ParleyError, match=said):
            run(people, *words)


def test_a_token_is_shown_once_listed_and_revoked(run):
    assert "there are no tokens" in run(token, "list")
    made = json.loads(run(token, "add", "export", "--scope", "approvals:read", "--json"))
    assert made["secret"].startswith("parley_")
    listed = run(token, "list")
    assert made["token_id"] in listed
    assert made["secret"] not in listed
    run(token, "revoke", made["token_id"][:4])
    assert "revoked" in run(token, "list")
    with pytest.raises(ParleyError, match="names 0 live tokens"):
        run(token, "revoke", made["token_id"])
    with pytest.raises(ParleyError, match="take of approvals:read"):
        run(token, "add", "export", "--scope", "everything")
