"""The full trace of one turn, as a person or a program reads it (R77, R207)."""

from collections.abc import Iterable, Sequence
from typing import Any

from agent_runtime.library.catalog import Library
from agent_runtime.replaying.decision import decided_then
from agent_runtime.store.thread_rows import Docs, Keep, ThreadRecord, Traced, traced
from agent_runtime.threads.entries import Check, Fact, Option, Ruling, TurnTrace
from agent_runtime.threads.telling import words_of
from agent_runtime.threads.timeline import messages_of, summed

_OF_MODEL = (
    ("answered_by", "Answered by"),
    ("why_not", "Why not the language model"),
    ("prompt", "Prompt"),
    ("prompt_tokens", "Tokens read"),
    ("cached_tokens", "Of these read before"),
    ("completion_tokens", "Tokens written"),
    ("first_token_ms", "First token, ms"),
    ("latency_ms", "Answer, ms"),
)


def trace_of(record: ThreadRecord, event_id: str, library: Library) -> TurnTrace | None:
    """Returns the trace of a turn; None where the thread has no such turn."""
    found = (e for e in record.events if e.event_id == event_id and e.kind == "turn")
    turn = next(found, None)
    return None if turn is None else _trace(record, turn, library)


def only_of(event_id: str, thread_id: str) -> Keep:
    """Returns what keeps of a thread's events a turn, and all that names it or its message."""
    own = f'"event_id":"{event_id}"'

    def keep(rows: Docs) -> Docs:
        turn = next((traced(*row) for row in rows if own in row[1]), None)
        if turn is None or turn.kind != "turn":
            return []
        task = turn.payload["observation"].get("task_id")
        ids = {*messages_of(turn, thread_id), turn.payload["turn_id"], task or ""} - {""}
        return [row for row in rows if any(f'"{one}"' in row[1] for one in ids)]

    return keep


def traces_of(record: ThreadRecord, library: Library) -> dict[str, TurnTrace]:
    """Returns the traces of all turns of a thread by the id of their event."""
    turns = (e for e in record.events if e.kind == "turn")
    return {turn.event_id: _trace(record, turn, library) for turn in turns}


def _trace(record: ThreadRecord, turn: Traced, library: Library) -> TurnTrace:
    said, seen, chosen = turn.payload, turn.payload["observation"], turn.payload["chosen"]
    ids = {*messages_of(turn, record.session.thread_id), said["turn_id"]}
    task = seen.get("task_id")
    about = [e for e in record.events if _is_about(e, ids, task)]
    left = [e for e in about if e.kind == "message" and e.payload["direction"] == "out"]
    language = (said.get("perception") or {}).get("language") or record.session.language or "en"
    return TurnTrace(
        turn_id=turn.event_id,
        at=turn.at,
        heard=seen["text"],
        subject=seen["subject"],
        channel=seen["channel"],
        touch=seen.get("touch"),
        playbook=said["playbook"],
        state_before=said["state_before"],
        state_after=said["state_after"],
        reading=tuple(_reading(said.get("perception") or {})),
        facts=tuple(_fact(one, language, library) for one in said["evidence"]),
        options=_options(said),
        action=chosen["action"],
        reason=chosen["reason"],
        decision=chosen["decision"],
        until=chosen.get("until") or "",
        checks=_checks(turn, about),
        sent=left[-1].payload["text"] if left else "",
        sent_as=left[-1].payload["state"] if left else "",
        latency_ms=_latency(said, left),
        costs=summed(e for e in about if e.kind == "cost"),
        versions=tuple(sorted(turn.versions.items())),
        model=tuple(_model(said.get("model") or {})),
    )


def _is_about(event: Traced, ids: set[str], task: str | None) -> bool:
    said = event.payload
    if event.kind == "policy":
        return said["proposal_id"] in ids or bool(task and said.get("task_id") == task)
    if event.kind in ("message", "cost"):
        return said.get("message_id") in ids or bool(task and said.get("task_id") == task)
    return False


def _reading(seen: dict[str, Any]) -> Iterable[tuple[str, str]]:
    if not seen:
        return
    yield "Read as", words_of(seen["primary"])
    yield "Sure by", f"{seen['confidence']:.0%}{', so it asks' if seen.get('abstain') else ''}"
    others = [g for g in seen.get("intents", ()) if g["name"] != seen["primary"]]
    for name, found in (
        ("Also", [f"{words_of(g['name'])} {g['confidence']:.0%}" for g in others]),
        ("Signals", list(map(words_of, seen.get("signals", ())))),
        ("Objections", list(map(words_of, seen.get("objections", ())))),
        ("Named", [f"{words_of(kind)}: {span}" for kind, span in seen.get("entities", ())]),
        ("Safety rules", list(map(words_of, seen.get("rules", ())))),
    ):
        if found:
            yield name, "; ".join(found)
    yield "Language", str(seen.get("language") or "")


def _fact(one: dict[str, Any], language: str, library: Library) -> Fact:
    contents = library.contents
    code = language[:2].lower()
    content = contents.get((one["fact_id"], code)) or contents.get((one["fact_id"], "en"))
    same = content is not None and content.version == one["version"]
    text = " ".join(content.body.split()) if content is not None and same else ""
    return Fact(one["fact_id"], one["version"], one["kind"], text)


def _options(said: dict[str, Any]) -> tuple[Option, ...]:
    """All candidates, the chosen one first, then the drafts that the rules stopped."""
    place = _chosen_place(said)
    found = [
        _option(one, is_chosen=number == place) for number, one in enumerate(said["candidates"])
    ]
    stopped = [
        Option(
            "draft",
            "",
            0.0,
            0.0,
            one["draft"] or "",
            stopped_by=tuple(one["rules"]),
            slips=tuple(one.get("slips", ())),
        )
        for one in said.get("refused") or ()
    ]
    return (*sorted(found, key=lambda one: not one.is_chosen), *stopped)


def _chosen_place(said: dict[str, Any]) -> int:
    place = (said.get("exploration") or {}).get("chosen")
    if place is not None:
        return int(place)
    then = decided_then(said)
    for number, one in enumerate(said["candidates"]):
        if (one["action"], one["reason"], one["draft"] or "") == (
            then.action,
            then.reason,
            then.said,
        ):
            return number
    return -1


def _option(one: dict[str, Any], *, is_chosen: bool) -> Option:
    return Option(
        one["action"],
        one["reason"],
        one["score"],
        one["propensity"],
        one["draft"] or "",
        is_chosen=is_chosen,
        merits=tuple((m["name"], m["points"], m["most"], m["why"]) for m in one.get("merits", ())),
        slips=tuple(one.get("slips", ())),
    )


def _checks(turn: Traced, about: Sequence[Traced]) -> tuple[Check, ...]:
    own = Check(turn.at, turn.payload["chosen"]["decision"], _rulings(turn.payload["verdicts"]))
    later = (
        Check(e.at, e.payload["decision"], _rulings(e.payload.get("verdicts") or ()))
        for e in about
        if e.kind == "policy" and e.at != turn.at
    )
    return (own, *later)


def _rulings(verdicts: Iterable[dict[str, Any]]) -> tuple[Ruling, ...]:
    return tuple(Ruling(v["rule"], v["version"], v["decision"], v["reason"]) for v in verdicts)


def _latency(said: dict[str, Any], left: Sequence[Traced]) -> tuple[tuple[str, float], ...]:
    stages = {str(name): float(ms) for name, ms in (said.get("latency_ms") or {}).items()}
    for event in left:
        stages |= {str(n): float(ms) for n, ms in (event.payload.get("latency_ms") or {}).items()}
    return tuple(stages.items())


def _model(use: dict[str, Any]) -> Iterable[tuple[str, str]]:
    for name, label in _OF_MODEL:
        if value := use.get(name):
            yield label, f"{value:.0f}" if isinstance(value, float) else str(value)
