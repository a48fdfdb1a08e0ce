"""A thread as a file: JSON with every trace, a table, or a text to read."""

import csv
import io
import json
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any, Literal, get_args

from agent_runtime.library.catalog import Library
from agent_runtime.spreadsheet import harmless
from agent_runtime.store.thread_rows import ThreadRecord
from agent_runtime.threads.entries import Entry, TurnTrace
from agent_runtime.threads.showing import Showing
from agent_runtime.threads.timeline import line_of
from agent_runtime.threads.tracing import traces_of

Form = Literal["json", "csv", "txt"]
FORMS: tuple[Form, ...] = get_args(Form)
TYPES: dict[Form, str] = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "txt": "text/plain; charset=utf-8",
}
COLUMNS = (
    "at",
    "kind",
    "who",
    "by",
    "channel",
    "title",
    "subject",
    "text",
    "facts",
    "action",
    "reason",
    "decision",
    "rules_against",
    "stands_on",
    "latency_ms",
)


def export(record: ThreadRecord, showing: Showing, library: Library, form: Form) -> str:
    """Returns a thread as a file of a form, whole or redacted as `showing` has it."""
    if form == "json":
        return _as_json(record, showing, library)
    return (_as_csv if form == "csv" else _as_text)(record, showing, library)


def shown_entry(entry: Entry, showing: Showing) -> Entry:
    """Returns an entry with its words as they are shown."""
    return replace(
        entry,
        subject=showing.text(entry.subject),
        text=showing.text(entry.text),
        by=showing.colleague(entry.by),
    )


def shown_trace(trace: TurnTrace, showing: Showing) -> TurnTrace:
    """Returns a trace with its words as they are shown; approved texts hold nobody's data."""
    options = tuple(replace(one, draft=showing.text(one.draft)) for one in trace.options)
    return replace(
        trace,
        heard=showing.text(trace.heard),
        subject=showing.text(trace.subject),
        sent=showing.text(trace.sent),
        reading=tuple((name, showing.text(value)) for name, value in trace.reading),
        checks=tuple(
            replace(
                check,
                rulings=tuple(replace(r, reason=showing.text(r.reason)) for r in check.rulings),
            )
            for check in trace.checks
        ),
        options=options,
    )


def as_dict(record: ThreadRecord, showing: Showing, library: Library) -> dict[str, Any]:
    """Returns a thread with every trace as JSON values."""
    session, line = record.session, line_of(record)
    traces = traces_of(record, library)
    whole = {} if showing.is_redacted else {"thread_id": session.thread_id, "name": showing.name}
    entries = []
    for entry in line.entries:
        told = _plain(asdict(shown_entry(entry, showing)))
        told["facts"] = {name: value for name, value in entry.facts}
        if trace := traces.get(entry.turn_id):
            told["trace"] = _plain(asdict(shown_trace(trace, showing)))
        entries.append(told)
    return {
        "thread": {
            "alias": showing.alias,
            **whole,
            **({"company": showing.company} if showing.company else {}),
            "playbook": session.playbook,
            "state": session.state,
            "channel": session.channel,
            "language": session.language,
            "speaker": session.speaker,
            "turns": line.turns,
            "costs": [list(one) for one in line.costs],
        },
        "is_redacted": showing.is_redacted,
        "entries": entries,
    }


def _as_json(record: ThreadRecord, showing: Showing, library: Library) -> str:
    return json.dumps(as_dict(record, showing, library), indent=2, ensure_ascii=False) + "\n"


def _as_csv(record: ThreadRecord, showing: Showing, library: Library) -> str:
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(COLUMNS)
    traces = traces_of(record, library)
    for entry in line_of(record).entries:
        shown, trace = shown_entry(entry, showing), traces.get(entry.turn_id)
        table.writerow(harmless(value) for value in (*_told(shown), *_decided(trace)))
    return out.getvalue()


def _told(entry: Entry) -> tuple[str, ...]:
    facts = "; ".join(f"{name}: {value}" for name, value in entry.facts)
    words = (entry.title, entry.subject, entry.text, facts)
    return (entry.at.isoformat(), entry.kind, entry.who, entry.by, entry.channel, *words)


def _decided(trace: TurnTrace | None) -> tuple[str, ...]:
    if trace is None:
        return ("",) * 6
    against = [r.rule for check in trace.checks for r in check.rulings if r.decision != "allow"]
    return (
        trace.action,
        trace.reason,
        trace.decision,
        " ".join(dict.fromkeys(against)),
        " ".join(f"{fact.fact_id}@{fact.version}" for fact in trace.facts),
        f"{sum(ms for _, ms in trace.latency_ms):.1f}",
    )


def _as_text(record: ThreadRecord, showing: Showing, library: Library) -> str:
    session, line = record.session, line_of(record)
    who = showing.name + (f", {showing.company}" if showing.company else "")
    out = [
        f"Thread with {who}",
        f"{session.playbook}, {session.state}; {line.turns} turns of the agent",
        "Personal data is replaced by placeholders." if showing.is_redacted else "",
        "",
    ]
    for entry in line.entries:
        shown = shown_entry(entry, showing)
        by = f" ({shown.by})" if shown.by else ""
        facts = "; ".join(f"{name}: {value}" for name, value in entry.facts)
        out.append(f"{entry.at:%Y-%m-%d %H:%M}  {shown.title}{by}{f'  [{facts}]' if facts else ''}")
        if shown.subject:
            out.append(f"    Subject: {shown.subject}")
        out += [f"    {row}".rstrip() for row in shown.text.splitlines()]
        out.append("")
    return "\n".join(out)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    return [_plain(one) for one in value] if isinstance(value, list | tuple) else value
