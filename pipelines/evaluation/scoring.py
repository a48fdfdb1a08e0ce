"""What a version makes of a unit: its cases, scored."""

from collections.abc import Sequence
from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING, Any

from agent_runtime.dialogue import Mind, Played, play, read_alone
from agent_runtime.domain import Perception, Proposal, Sentence
from agent_runtime.expected import departures
from agent_runtime.grounding.labelled import Labelled, judge
from agent_runtime.library.catalog import Library
from agent_runtime.library.scenario import Scenario
from agent_runtime.lone_text import perceive_text
from agent_runtime.models.training import Example
from agent_runtime.placeholders import redact
from agent_runtime.policies.content import is_grounded, why_unsupported
from agent_runtime.policies.facts import Facts
from agent_runtime.policies.tone import slips_in
from agent_runtime.replay import differences
from agent_runtime.replaying.versions import Versions, outcome_of
from agent_runtime.script.rehearsal import READER
from experiments.evaluation.cases import Case
from pipelines.evaluation.suite import START, Unit, digest

if TYPE_CHECKING:
    from agent_runtime.models.reply import Reply

_OBJECTIONS = ("objection_", "uses_competitor", "already_customer", "not_interested")
_STOP = "unsubscribe"
_SHOWN = 80
_PLAYBOOK = "inbound_response"
"""Whose prompt a lone text is put into."""


def cases_of(unit: Unit, mind: Mind) -> tuple[Case, ...]:
    """Returns what a version makes of a unit: one case, or one a turn of a dialogue."""
    if isinstance(unit.of, Scenario):
        turns = enumerate(play(unit.of, mind, now=START), start=1)
        return tuple(_turn(unit, number, played, mind) for number, played in turns)
    if isinstance(unit.of, Example):
        return (_text(unit.id, unit.of, mind),)
    if isinstance(unit.of, Labelled):
        return (_draft(unit.id, unit.of),)
    return (_replay(unit.id, unit.of, mind),)


def _turn(unit: Unit, number: int, played: Played, mind: Mind) -> Case:
    scenario, turn, seen = unit.of, played.turn, played.action.perception
    assert isinstance(scenario, Scenario)
    departed = departures(played)
    proposal, draft = played.best.proposal, _first_draft(played)
    own = _own_words(proposal, mind.library) if proposal else ()
    claims = _own_words(draft, mind.library) if draft else ()
    goes_out = played.action.decision == "allow"
    body = "\n\n".join(sentence.text for sentence in own)
    return Case(
        id=f"{unit.id}#{number}",
        kind="turn",
        group=unit.id,
        label=scenario.playbook,
        wanted=digest(turn.model_dump_json()),
        shown=(turn.buyer or f"touch {turn.due}")[:_SHOWN],
        as_expected=not departed,
        departs="; ".join(f"{d.what}: {d.wanted!r} wanted, {d.found!r} found" for d in departed),
        is_objection=bool(turn.heard and turn.heard.startswith(_OBJECTIONS)),
        is_drafted=played.best.is_drafted,
        by_itself=goes_out if proposal else None,
        claims=len(claims),
        supported=len(claims) - _unsupported(draft, claims, played.facts) if draft else 0,
        let_through=_unsupported(proposal, own, played.facts) if proposal and goes_out else 0,
        slips=tuple(s.detail for s in slips_in(body, proposal.language)) if proposal else (),
        words=len(body.split()),
        **_heard(turn.heard or "", turn.heard == _STOP, seen),
        **_asked(played.reply, played.given.use),
        latency_ms=_time(played.decided_ms, played.reply) if turn.buyer else 0.0,
    )


def _text(name: str, example: Example, mind: Mind) -> Case:
    began = perf_counter()
    words = redact(example.text, READER).text
    given, reply = read_alone(words, example.language, mind, now=START, playbook=_PLAYBOOK)
    seen = perceive_text(words, given.model)
    spent = (perf_counter() - began) * 1000 - (reply.latency_ms if reply else 0.0)
    return Case(
        id=name,
        kind="text",
        group=name,
        label=example.language,
        shown=example.text[:_SHOWN],
        **_heard(example.intent, _STOP in (example.intent, *example.also), seen),
        **_asked(reply, given.use),
        latency_ms=_time(spent, reply),
    )


def _draft(name: str, draft: Labelled) -> Case:
    found = judge(draft)
    is_blocked = any(f.verdict == "blocked" for f in found.findings)
    return Case(
        id=name,
        kind="draft",
        group=name,
        label=draft.kind,
        wanted=digest(draft.lie),
        shown=draft.text[:_SHOWN],
        is_false=bool(draft.lie),
        is_caught=found.is_right if draft.lie else is_blocked,
    )


def _replay(name: str, turn: dict[str, Any], mind: Mind) -> Case:
    """An old turn; a language model is asked anew, and without one nobody's words are used."""
    oracle = mind.oracle
    versions = Versions(
        mind.library,
        mind.model,
        mind.policy,
        template=mind.template,
        oracle=oracle.name if oracle else "",
    )
    found = outcome_of(turn if oracle else {**turn, "model": None}, versions)
    reply = None
    if found.needs is not None and oracle is not None:
        reply = oracle.ask(found.needs).result(timeout=oracle.patience_s)
        said = reply.text
        found = outcome_of(turn, replace(versions, kept=lambda *_: said or None))
    changed = differences(turn, found.action) if found.action else ()
    return Case(
        id=name,
        kind="replay",
        group=turn["thread"],
        label=turn.get("playbook", ""),
        shown=str(turn["observation"].get("text", ""))[:_SHOWN],
        is_changed=bool(changed) if found.action else None,
        departs=", ".join(one.what for one in changed) or found.why_not,
        **_asked(reply, None),
    )


def _heard(truth: str, is_stop: bool, seen: Perception | None) -> dict[str, Any]:
    if seen is None:
        return {}
    return {
        "truth": truth,
        "said": seen.primary,
        "confidence": round(seen.confidence, 6),
        "is_stop": is_stop,
        "heard_stop": bool(seen.opt_out) or seen.primary == _STOP,
    }


def _asked(reply: "Reply | None", use: Any) -> dict[str, Any]:
    if reply is None:
        return {}
    return {
        "asked": True,
        "failure": reply.failure or (use.why_not if use else ""),
        "input_tokens": reply.prompt_tokens - reply.cached_tokens,
        "cached_tokens": reply.cached_tokens,
        "output_tokens": reply.completion_tokens,
    }


def _time(own_ms: float, reply: "Reply | None") -> float:
    return round(max(own_ms, 0.001) + (reply.latency_ms if reply else 0.0), 3)


def _own_words(proposal: Proposal, library: Library) -> tuple[Sentence, ...]:
    """Returns a message without greeting, disclosure and signature."""
    return tuple(s for s in proposal.sentences if not any(_is_frame(f, library) for f in s.facts))


def _is_frame(fact: str, library: Library) -> bool:
    content = library.contents.get((fact.partition("@")[0], "en"))
    return content is not None and content.kind == "signature"


def _first_draft(played: Played) -> Proposal | None:
    """Returns the language model's best draft, whatever the rules make of it."""
    first = next((c for c in played.action.considered if c.is_drafted), None)
    return first.proposal if first else None


def _unsupported(proposal: Proposal, own: Sequence[Sentence], facts: Facts) -> int:
    return sum(
        not is_grounded(sentence, proposal, facts)
        and bool(why_unsupported(sentence, proposal, facts))
        for sentence in own
    )
