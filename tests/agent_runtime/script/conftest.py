from dataclasses import replace
from datetime import UTC, datetime

import pytest

from agent_runtime.domain import Guess, Observation, Perception, Session
from agent_runtime.models.embedded import load_embedded_model
from agent_runtime.models.language import ScriptedModel
from agent_runtime.plan import plan
from agent_runtime.retrieve import retrieve
from agent_runtime.script.rehearsal import READER
from agent_runtime.script.shelf import Shelf

SCRIPT = """\
# Outbound script

## Opening

Subject: Revenue figures at [Company]

Hi [First Name], this is [Your Name] from Northbeam.

Closing the books takes many finance teams too long. How does [Company] reconcile billing today?

## Qualifying questions

- Which systems hold your revenue data?
- Who owns the reconciliation?

## Objections

### "It is too expensive"

I understand. It pays only where reconciling by hand costs more.

### We use another tool

That makes sense. It runs beside what you have.

## FAQ

**Does it work with SAP?**

Yes, through the API.

## Hand-off

- Pass to the account executive when the buyer mentions the budget

## Close

Would half an hour with [Your Name] be useful?
"""

CALL = """\
[00:00] Sara Lindqvist: Hi, am I speaking with Anna Berg from Kranwerk GmbH? This is Sara.
[00:05] Anna Berg: Yes, speaking.
[00:10] Sara Lindqvist: We keep revenue data in step across systems. How do you do it today?
[00:20] Anna Berg: By hand, mostly. But that is too expensive for us.
[00:30] Sara Lindqvist: I understand. It pays only where work by hand costs more. Which tools
  do you use?
[00:40] Anna Berg: Salesforce. Ask my colleague Tom Hill: tom.hill@kranwerk.example,
  +49 30 901820.
[00:50] Sara Lindqvist: Thanks, Anna. Would Thursday at ten suit you and Tom?
[00:55] Anna Berg: Thursday works.
"""


@pytest.fixture
def now():
    return datetime(2026, 1, 12, 9, tzinfo=UTC)


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path / "proposals", tmp_path / "library")


@pytest.fixture
def scripted():
    return ScriptedModel(
        {
            "expensive": "objection_price",
            "another tool": "uses_competitor",
            "SAP": "integration_question",
            "discount": "discount_request",
            "not interested": "not_interested",
            "promotional pens": "off_topic",
            "outrageous": "angry",
        }
    )


@pytest.fixture(scope="session")
def model():
    return load_embedded_model()


@pytest.fixture
def script(tmp_path):
    def build(text=SCRIPT, name="cold_call.md"):
        path = tmp_path / name
        path.write_text(text, encoding="utf-8")
        return path

    return build


@pytest.fixture
def call():
    return CALL


@pytest.fixture
def contact_in(now):
    """What the agent does first with a reader of a language, in a playbook."""

    def best(language, library, playbook, *, due=None, hears=""):
        reader = replace(READER, language=language)
        session = Session("t", "t-1", "p-1", "c-1", playbook, "contacted")
        heard = Perception(hears, 0.9, False, (Guess(hears, 0.9),), language=language)
        facts = {
            "playbook": library.playbook(playbook),
            "library": library,
            "contact": reader,
            "free_slots": (),
            "now": now,
        }
        seen = heard if hears else None
        observation = Observation("mail" if hears else "due", "o-1", now, text="x", touch=due)
        evidence = retrieve(session, observation, seen, **facts)
        return plan(session, observation, seen, evidence, **facts)[0]

    return best
