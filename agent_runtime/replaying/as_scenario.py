"""A thread that went wrong becomes a scenario, so that it never goes wrong like that again."""

import hashlib
from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from typing import Any

import yaml
from pydantic import ValidationError

from agent_runtime.contracts import TraceEvent
from agent_runtime.errors import ParleyError
from agent_runtime.library.catalog import Library
from agent_runtime.library.content import LOCALES, sentence_of
from agent_runtime.library.scenario import Scenario
from agent_runtime.policies.ruleset import STANDARD
from agent_runtime.replaying.decision import decided_then

_GIVEN = (
    "arms",
    "controls",
    "suppressed",
    "listed",
    "paused",
    "sent",
    "may_meet",
    "autonomy",
    "safe_band",
    "approved_by",
    "is_edited",
    "expires_at",
    "warm_up_day",
    "reply_hours",
    "last_inbound_at",
    "has_unknown",
    "has_unread",
    "already_sent",
)
"""Facts of a trace that say nothing about who the person is."""

_CONSENT = ("channel", "purpose", "basis", "source", "recorded_at", "state", "confirmed_at")


def scenario_of(
    events: Sequence[TraceEvent],
    expected: Mapping[str, Any],
    *,
    heard: str = "",
    about: str = "",
    library: Library,
) -> dict[str, Any]:
    """Returns the scenario of a thread whose last turn went wrong, as YAML may hold it.

    Words are placeholder text already; ids, addresses and the company's domain stay out.

    Args:
        events: The turns of the thread, oldest first, up to the one that went wrong.
        expected: What should have come of it.
        heard: What its words mean, where that went wrong.
        about: What the scenario shows, for people.
        library: Says which facts of the CRM are off limits in the playbook.

    Raises:
        ParleyError: the turn is not the agent's, or a scenario cannot say it.
    """
    failed = events[-1]
    basis = failed.payload["basis"]
    _check_is_playable(basis)
    playbook = failed.payload["playbook"]
    steps = [
        _step(event.payload)
        for event in events[:-1]
        if event.payload["playbook"] == playbook and _counts(event.payload)
    ]
    last = _step(failed.payload, is_judged=_is_judged(expected))
    last["expect"] = dict(expected)
    if heard:
        last = {name: last[name] for name in last if name != "expect"} | {
            "heard": heard,
            "expect": last["expect"],
        }
    then, contact = decided_then(failed.payload), basis["contact"]
    found = {
        "id": f"{playbook}.thread_{_short(failed)}",
        "about": about
        or f"In a thread of {failed.occurred_at:%B %Y} the agent did {then.outcome}.",
        "playbook": playbook,
        "language": _language(failed.payload),
        "opened_by": basis["session"].get("opened_by", "agent"),
        "title": contact.get("title") or Scenario.model_fields["title"].default,
        "country": contact.get("country", ""),
        "time_zone": contact.get("time_zone", ""),
        "facts": _crm_facts(contact, library.playbook(playbook).redlines),
        "has_owner": bool(contact.get("owner_id")),
        "turns": [*steps, last],
    }
    found = {name: value for name, value in found.items() if value not in ("", {}, None)}
    try:
        Scenario.model_validate(found)
    except ValidationError as error:
        raise ParleyError(f"the thread makes no scenario: {sentence_of(error)}") from None
    return found


def as_text(scenario: Mapping[str, Any]) -> str:
    """Returns a scenario as its file."""
    return yaml.safe_dump(
        dict(scenario), sort_keys=False, allow_unicode=True, width=100, default_flow_style=None
    )


def _check_is_playable(basis: Mapping[str, Any]) -> None:
    if basis["session"].get("speaker") == "human":
        raise ParleyError("the turn is a person's: one speaks in the thread by then; name another.")
    seen = basis["observation"]
    for field, what in (("cue", "a word of command by text"), ("proposes", "a calendar's answer")):
        if seen.get(field):
            raise ParleyError(
                f"the turn is about {what}, which a scenario cannot say; name another."
            )


def _counts(turn: Mapping[str, Any]) -> bool:
    """Whether an earlier turn left anything behind: a touch that did not go out did not."""
    is_agents = turn["basis"]["session"].get("speaker") != "human"
    return is_agents and (turn["observation"]["kind"] == "mail" or _is_allowed(turn))


def _is_allowed(turn: Mapping[str, Any]) -> bool:
    return turn["chosen"]["decision"] == "allow"


def _is_judged(expected: Mapping[str, Any]) -> bool:
    return not {"decision", "stopped_by", "until"}.isdisjoint(expected)


def _step(turn: Mapping[str, Any], *, is_judged: bool = False) -> dict[str, Any]:
    """A turn as a scenario says it: the rules are asked where they had a part in it."""
    seen, basis = turn["observation"], turn["basis"]
    step: dict[str, Any] = (
        {"due": seen["touch"]} if seen["kind"] == "due" else {"buyer": seen["text"] or "(nothing)"}
    )
    if basis["observation"].get("auto_submitted"):
        step["is_auto_reply"] = True
    step["at"] = basis["facts"]["now"]
    if basis["free_slots"] and turn["chosen"]["action"] in ("propose_times", "book"):
        step["free"] = [slot["start"] for slot in basis["free_slots"]]
    stopped = turn["chosen"]["reason"].startswith("stopped_by_")
    held = turn["chosen"]["reason"] == "inbound_control"
    if is_judged or stopped or held or not _is_allowed(turn):
        step["given"] = _given(basis["facts"])
    step["expect"] = {"action": turn["chosen"]["action"]}
    return step


def _given(facts: Mapping[str, Any]) -> dict[str, Any]:
    given = {name: facts[name] for name in _GIVEN if name in facts}
    consents = [
        {name: consent[name] for name in _CONSENT if name in consent}
        for consent in facts.get("consents", ())
    ]
    if consents:
        given["consents"] = consents
    if given.get("approved_by"):
        given["approved_by"] = "a reviewer"
    profile = (facts.get("rules") or {}).get("profile", STANDARD)
    if profile != STANDARD:
        given["profile"] = profile
    return given


def _language(turn: Mapping[str, Any]) -> str:
    known = (
        (turn.get("perception") or {}).get("language"),
        turn["basis"]["session"].get("language"),
        turn["basis"]["contact"].get("language", "")[:2].lower(),
    )
    return next((one for one in known if one in LOCALES), "en")


def _crm_facts(contact: Mapping[str, Any], redlines: Sequence[str]) -> dict[str, str]:
    """What is off limits here is not written down; that it is known still counts."""
    return {
        name: "off limits" if any(fnmatchcase(name, line) for line in redlines) else value
        for name, value in contact.get("facts", ())
    }


def _short(event: TraceEvent) -> str:
    named = f"{event.thread_id}:{event.payload['turn_id']}"
    return hashlib.sha256(named.encode()).hexdigest()[:8]
