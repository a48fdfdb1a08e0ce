"""What each kind of event is called on a time line; nothing here holds words of a buyer."""

from collections.abc import Callable
from typing import Any

from agent_runtime.store.thread_rows import Traced
from agent_runtime.threads.entries import Entry

CHANNELS = {
    "email": "mail",
    "form": "form",
    "chat": "chat",
    "sms": "text message",
    "whatsapp": "WhatsApp",
    "linkedin": "LinkedIn",
    "voice": "call",
}
_WHY_TASK = {
    "handoff": "Handed to a person",
    "inbound_request": "A request waits for a person",
    "notice": "A person was told",
    "brief": "A brief was written",
    "linkedin": "A draft to post by hand",
}
_REVIEWS = {
    "approved": "Approved",
    "rejected": "Rejected",
    "void": "Withdrawn: the thread went on",
    "score": "Scored",
    "tag": "Tagged by a reviewer",
    "rollback": "Taken back",
}


def words_of(code: object) -> str:
    """Returns a code as words.

    >>> words_of("already_customer")
    'already customer'
    """
    return str(code or "").replace("_", " ").replace(".", " ")


def told(event: Traced) -> Entry | None:
    """Returns the entry of an event that stands alone; messages, turns and calls do not."""
    tell = _TELLERS.get(event.kind)
    return tell(event, event.payload) if tell else None


def _meeting(event: Traced, said: dict[str, Any]) -> Entry:
    start, end = str(said.get("start") or ""), str(said.get("end") or "")
    facts = (("Time", f"{start[:16].replace('T', ' ')} to {end[11:16]} UTC"),) if start else ()
    status = words_of(said.get("status")) or "changed"
    return Entry(
        event.event_id,
        event.at,
        "meeting",
        "human" if said.get("actor") == "human" else "agent",
        f"Meeting {status}",
        facts=facts,
        is_trouble=said.get("status") in ("taken", "cancelled", "no_show", "declined"),
    )


def _write(event: Traced, said: dict[str, Any]) -> Entry:
    about = said.get("object")
    if about == "task":
        facts = _facts(said, {"reason": "Reason", "role": "With", "route_to": "For"})
        title = _WHY_TASK.get(str(said.get("kind")), "Work for a person")
        by = str(said.get("assignee") or "")
        return Entry(event.event_id, event.at, "task", "system", title, facts=facts, by=by)
    facts = _facts(said, {"status": "Answer", "code": "Code", "result": "CRM"})
    fields = said.get("fields")
    lines = [f"{words_of(k)}: {v}" if v else words_of(k) for k, v in (fields or {}).items()]
    lines += [str(said[name]) for name in ("reason", "words") if said.get(name)]
    return Entry(
        event.event_id,
        event.at,
        "write",
        "human" if said.get("by") not in (None, "", "agent") else "system",
        _WRITTEN.get(str(about), f"{words_of(about).capitalize()} written in the CRM"),
        text="\n".join(lines),
        facts=facts,
        by=str(said.get("by") or "") if said.get("by") != "agent" else "",
        is_trouble=said.get("status") == "refused" or said.get("result") in ("refused", "conflict"),
    )


_WRITTEN = {
    "calendar": "Calendar asked",
    "notice": "A colleague was told",
    "consent": "Consent noted",
    "ticket": "Support case opened",
    "choices": "They chose what they hear from us",
    "data_request": "They asked about their data",
}


def _review(event: Traced, said: dict[str, Any]) -> Entry:
    what = str(said.get("decision") or said.get("what") or "")
    facts = []
    if said.get("is_edited"):
        changed = said.get("changed")
        facts.append(("Edited", f"{changed:.0%} of the words" if changed is not None else "yes"))
    if tags := said.get("tags"):
        facts.append(("Tags", ", ".join(map(words_of, tags))))
    for name in ("accuracy", "tone", "adherence"):
        if said.get(name) is not None:
            facts.append((name.capitalize(), f"{said[name]} of 5"))
    if said.get("options"):
        facts.append(("Option", f"{said.get('option') or 'none'} of {len(said['options'])}"))
    title = _REVIEWS.get(what, words_of(what).capitalize() or "Reviewed")
    return Entry(
        event.event_id,
        event.at,
        "review",
        "human",
        title,
        text=str(said.get("note") or ""),
        facts=tuple(facts),
        by=str(said.get("by") or ""),
        is_trouble=what == "rejected",
    )


def _stop(event: Traced, said: dict[str, Any]) -> Entry:
    facts = _facts(said, {"reason": "Reason"})
    title = "Contact stops on every channel"
    return Entry(event.event_id, event.at, "stop", "system", title, facts=facts, is_trouble=True)


def _delivery(event: Traced, said: dict[str, Any]) -> Entry:
    facts = _facts(said, {"enhanced": "Code", "source": "Told by"})
    title = f"Message {words_of(said.get('status')) or 'reported on'}"
    return Entry(
        event.event_id,
        event.at,
        "delivery",
        "system",
        title,
        facts=facts,
        is_trouble=said.get("status") not in ("accepted", "delivered", "sent", "read"),
    )


def _incident(event: Traced, said: dict[str, Any]) -> Entry:
    facts = _facts(said, {"severity": "Severity"})
    title = "Something failed and was set aside"
    return Entry(
        event.event_id, event.at, "incident", "system", title, facts=facts, is_trouble=True
    )


def _survey(event: Traced, said: dict[str, Any]) -> Entry:
    return Entry(
        event.event_id,
        event.at,
        "survey",
        "buyer",
        f"Rated the conversation {said.get('rating')} of 5",
        channel=str(said.get("channel") or ""),
        text=str(said.get("comment") or ""),
        is_trouble=int(said.get("rating") or 5) <= 2,
    )


def _facts(said: dict[str, Any], names: dict[str, str]) -> tuple[tuple[str, str], ...]:
    found = ((label, words_of(said.get(name))) for name, label in names.items())
    return tuple((label, value) for label, value in found if value)


_TELLERS: dict[str, Callable[[Traced, dict[str, Any]], Entry]] = {
    "meeting": _meeting,
    "crm_write": _write,
    "review": _review,
    "suppression": _stop,
    "delivery": _delivery,
    "incident": _incident,
    "survey": _survey,
}
