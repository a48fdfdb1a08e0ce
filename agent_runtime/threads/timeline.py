"""One time line over all channels of a thread, out of what was traced of it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from agent_runtime.act import message_id_of
from agent_runtime.store.thread_rows import ThreadRecord, Traced
from agent_runtime.threads.entries import Entry, Line, Who
from agent_runtime.threads.telling import CHANNELS, told, words_of

_QUIET_CALLS = frozenset({"listened", "latency", "sound"})
_KEPT = {"block": "stopped", "defer": "put off", "escalate": "held for a person"}


def line_of(record: ThreadRecord) -> Line:
    """Returns the time line of a thread, the earliest first."""
    events = sorted(record.events, key=lambda event: (event.at, event.position))
    reading = _Reading(record.session.thread_id, events)
    entries, since = _with_speakers(reading.entries(), record.session.speaker)
    return Line(
        tuple(entries),
        turns=len(reading.turns),
        costs=summed(event for event in events if event.kind == "cost"),
        spoke_since=since,
    )


def summed(costs: Iterable[Traced]) -> tuple[tuple[str, float, str], ...]:
    """Returns what was used by item and unit, summed."""
    found: dict[tuple[str, str], float] = {}
    for event in costs:
        said = event.payload
        key = (str(said["item"]), str(said["unit"]))
        found[key] = found.get(key, 0.0) + float(said["quantity"])
    return tuple((item, quantity, unit) for (item, unit), quantity in sorted(found.items()))


def messages_of(turn: Traced, thread_id: str) -> tuple[str, ...]:
    """Returns the ids that the message of a turn may have: of its cause, and of its action."""
    said = turn.payload
    action = said["chosen"]["action"]
    return (message_id_of(thread_id, said["turn_id"], action, "agent"),)


class _Reading:
    """Joins messages with the turns behind them, and calls with all that was traced of them."""

    def __init__(self, thread_id: str, events: Sequence[Traced]) -> None:
        self.events = events
        self.turns = {str(e.payload["turn_id"]): e for e in events if e.kind == "turn"}
        self._causes: dict[str, str] = {}
        for turn_id, turn in self.turns.items():
            self._causes |= dict.fromkeys(messages_of(turn, thread_id), turn_id)
        self._heard = {
            e.payload["message_id"]: e
            for e in events
            if e.kind == "message" and e.payload["direction"] == "in"
        }
        self._last = {
            e.payload["message_id"]: e
            for e in events
            if e.kind == "message" and e.payload["direction"] == "out"
        }
        self._explained = {self._cause(e) for e in self._last.values()} | set(self._heard)
        self._calls: dict[str, list[Traced]] = {}
        for event in events:
            if event.kind == "call" and (call_id := _call_id(event)):
                self._calls.setdefault(call_id, []).append(event)

    def entries(self) -> Iterable[Entry]:
        """Yields what happened, in order."""
        shown: set[str] = set()
        for event in self.events:
            if event.kind == "message":
                key = event.payload["message_id"]
                if key not in shown:
                    shown.add(key)
                    yield self._message(event)
            elif event.kind == "turn":
                if event.payload["turn_id"] not in self._explained:
                    yield from self._turn(event)
            elif event.kind == "call":
                key = _call_id(event)
                if key and key not in shown:
                    shown.add(key)
                    yield from _call(key, self._calls[key])
            elif event.kind == "policy":
                yield from self._kept(event)
            elif found := told(event):
                yield found

    def _message(self, event: Traced) -> Entry:
        said = event.payload
        if said["direction"] == "in":
            turn = self.turns.get(said["message_id"])
            intent = words_of(said.get("intent"))
            way = CHANNELS.get(said["channel"], said["channel"])
            return Entry(
                event.event_id,
                event.at,
                "heard",
                "buyer" if said["actor"] != "human" else "human",
                "They spoke" if said["channel"] == "voice" else f"They wrote by {way}",
                channel=said["channel"],
                subject=said["subject"],
                text=said["text"],
                facts=(("Read as", intent),) if intent else (),
                turn_id=turn.event_id if turn else "",
                is_trouble=bool(said.get("opt_out")),
            )
        last = self._last[said["message_id"]].payload
        cause = self.turns.get(self._cause(event))
        by_person = said["actor"] == "human"
        state = str(last.get("state") or "")
        facts = [("State", words_of(state).lower())] if state not in ("SENT", "") else []
        if said.get("touch"):
            facts.insert(0, ("Touch", str(said["touch"])))
        return Entry(
            event.event_id,
            event.at,
            "said",
            "human" if by_person else "agent",
            _sender(said["channel"], by_person=by_person),
            channel=said["channel"],
            subject=said["subject"],
            text=said["text"],
            facts=tuple(facts),
            by=said["mailbox"] if by_person else "",
            # A turn that has heard something is told beside what it has heard.
            turn_id=cause.event_id if cause and cause.payload["turn_id"] not in self._heard else "",
            is_trouble=state in ("FAILED", "UNKNOWN"),
        )

    def _turn(self, event: Traced) -> Iterable[Entry]:
        said, chosen = event.payload, event.payload["chosen"]
        seen = said["observation"]
        shared: dict[str, Any] = {"channel": seen["channel"], "turn_id": event.event_id}
        if seen["text"]:
            yield Entry(
                event.event_id,
                event.at,
                "heard",
                "buyer",
                "They spoke" if seen["channel"] == "voice" else "They wrote",
                subject=seen["subject"],
                text=seen["text"],
                **shared,
            )
            return
        kept = _KEPT.get(chosen["decision"], "")
        what = words_of(chosen["action"])
        title = f"The agent's message was {kept}" if kept else f"The agent chose: {what}"
        facts = [("Touch", str(seen["touch"]))] if seen.get("touch") else []
        facts.append(("Reason", words_of(chosen["reason"])))
        facts += [("Rule", words_of(rule)) for rule in _against(said["verdicts"])]
        yield Entry(
            event.event_id,
            event.at,
            "decided",
            "agent",
            title,
            facts=tuple(facts),
            is_trouble=bool(kept),
            **shared,
        )

    def _kept(self, event: Traced) -> Iterable[Entry]:
        """Messages that a later check kept; what the turn itself says is not said twice."""
        said = event.payload
        kept = _KEPT.get(said["decision"])
        if kept is None or self._is_of_a_turn(event):
            return
        facts = [("Rule", words_of(rule)) for rule in said["rules_hit"]]
        if said.get("until"):
            facts.append(("Until", str(said["until"])[:16].replace("T", " ") + " UTC"))
        yield Entry(
            event.event_id,
            event.at,
            "rule",
            "system",
            f"{words_of(said['action']).capitalize()} was {kept}",
            facts=tuple(facts),
            is_trouble=said["decision"] == "block",
        )

    def _is_of_a_turn(self, event: Traced) -> bool:
        turn = self.turns.get(self._causes.get(event.payload["proposal_id"], ""))
        return turn is not None and turn.at == event.at

    def _cause(self, event: Traced) -> str:
        said = event.payload
        task = said.get("task_id")
        if task and task in self.turns:
            return str(task)
        return self._causes.get(said["message_id"], "")


def _sender(channel: str, *, by_person: bool) -> str:
    way = CHANNELS.get(channel, channel)
    who = "A person of ours" if by_person else "The agent"
    return f"{who} spoke" if channel == "voice" else f"{who} wrote by {way}"


def _call_id(event: Traced) -> str:
    return str(event.payload.get("of_call") or event.payload.get("call_id") or "")


def _call(call_id: str, events: Sequence[Traced]) -> Iterable[Entry]:
    """One entry for a call, whatever was traced of it; its page tells the rest."""
    loud = [e for e in events if e.payload.get("event") not in _QUIET_CALLS]
    if not loud:
        return
    known: dict[str, Any] = {}
    for event in loud:
        known |= {k: v for k, v in event.payload.items() if v not in (None, "")}
    answered = str(known.get("answered_by") or known.get("who") or "")
    facts = [("Answered by", words_of(answered))] if answered else []
    came_of = known.get("disposition") or known.get("outcome") or known.get("result")
    if came_of:
        facts.append(("Came of it", words_of(came_of)))
    if length := known.get("duration_s"):
        facts.append(("Length", f"{int(length) // 60}:{int(length) % 60:02d}"))
    way = "They called us" if known.get("direction") == "in" else "We called them"
    title = "Voicemail" if "voicemail" in (answered, str(came_of)) else way
    yield Entry(
        loud[0].event_id,
        loud[0].at,
        "call",
        "buyer" if known.get("direction") == "in" else "agent",
        title,
        channel="voice",
        text=str(known.get("summary") or ""),
        facts=tuple(facts),
        call_id=call_id if any(e.payload.get("of_call") for e in loud) else "",
        is_trouble=bool(known.get("reason") == "broken" or known.get("state") == "FAILED"),
    )


def _against(verdicts: Iterable[dict[str, Any]]) -> list[str]:
    return [v["rule"] for v in verdicts if v["decision"] != "allow"]


def _with_speakers(
    entries: Iterable[Entry], now_speaks: str
) -> tuple[list[Entry], datetime | None]:
    """Marks where another speaker begins: in a thread one speaks at a time."""
    found: list[Entry] = []
    speaks: Who | None = None
    since: datetime | None = None
    for entry in entries:
        if entry.kind == "said" and entry.who != speaks and entry.who in ("agent", "human"):
            if speaks is not None or entry.who == "human":
                since = entry.at
                words = "A person speaks" if entry.who == "human" else "The agent speaks"
                mark = replace(entry, kind="speaker", title=f"{words} from here on", text="")
                found.append(
                    replace(
                        mark, entry_id=f"{entry.entry_id}-speaker", subject="", facts=(), turn_id=""
                    )
                )
            speaks = entry.who
        found.append(entry)
    return found, since if speaks == now_speaks else None
