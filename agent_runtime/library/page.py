"""A playbook as a page for people who train on it: five parts, every row in words, every text."""

from collections.abc import Iterable, Iterator

from agent_runtime.library.catalog import Library
from agent_runtime.library.checks import states_of
from agent_runtime.library.playbook import Move, Playbook, Touch

_GROUPS = {
    "first": "Before all else",
    "handoff": "A person takes over",
    "reply": "The agent answers",
}


def page_of(library: Library, playbook: Playbook, *, language: str = "en") -> str:
    """Returns the page in Markdown, with the texts in one language."""
    parts = [
        f"# {playbook.name}",
        playbook.goal,
        _facts(playbook),
        f"**When it helps.** {' '.join(playbook.when_it_helps.split())}",
        _list("What the agent does", playbook.agent_actions),
        _list("What it needs", playbook.inputs),
        f"**When a person takes over.** {playbook.handoff_rule}",
        _list("What to train", playbook.train),
        _list("What success is", playbook.success),
        _list("Stages", (f"**{name}**: {s.about}" for name, s in playbook.states.items())),
    ]
    if playbook.touches:
        touches = (_touch(number, touch) for number, touch in enumerate(playbook.touches, 1))
        parts.append(_list("What it writes first", touches))
    if playbook.questions:
        parts.append(_list("What it asks, one a mail", map(_question, playbook.questions)))
    for group, title in _GROUPS.items():
        rows = [move for name, move in library.moves(playbook) if name == group]
        parts.append(_table(title, rows))
    parts.append(_texts(library, playbook, language))
    return "\n\n".join(part for part in parts if part) + "\n"


def handoff_rows(library: Library) -> list[dict[str, str]]:
    """Returns every rule by which a person takes over, in every playbook, as words."""
    return [
        {
            "playbook": playbook.id,
            "heard": heard(move),
            "stages": ", ".join(states_of(playbook, move)),
            "to": move.route_to,
            "told": ", ".join(move.inform),
            "priority": move.priority,
            "reason": move.reason,
        }
        for playbook in library.playbooks.values()
        for _, move in library.moves(playbook)
        if move.do == "hand_off"
    ]


def handoff_table(rows: list[dict[str, str]]) -> str:
    """Returns the rules as a Markdown table; the stages are left out where they are all."""
    head = ["| Playbook | When it hears | goes to | told | because |", "| --- " * 5 + "|"]
    lines = [
        f"| {r['playbook']} | {r['heard']} | {r['to']}{' at once' * (r['priority'] == 'fast')} "
        f"| {r['told']} | `{r['reason']}` |"
        for r in rows
    ]
    return "\n".join([*head, *lines])


def heard(move: Move) -> str:
    """Returns in words when a row fits."""
    words = [*move.rules, *move.signals, *move.intents]
    words += ["a time was chosen"] * move.slot_chosen + ["not sure"] * move.unsure
    words += ["they told what we asked for"] * move.learned
    words += ["they answered our question"] * move.answered
    only = [f"in {', '.join(move.states)}"] if move.states else []
    only += [f"known: {', '.join(move.known)}"] if move.known else []
    only += [f"not yet known: {', '.join(move.unknown)}"] if move.unknown else []
    only += [f"not with {', '.join(move.unless)}"] if move.unless else []
    only += ["the first time"] * move.once
    return ", ".join(words).replace("_", " ") + (f" ({'; '.join(only)})" if only else "")


def done(move: Move) -> str:
    """Returns in words what a row does."""
    said = [*(["the text on what they named"] if move.one_of else []), *move.say]
    said += ["the next question"] if move.ask else []
    words = move.do.replace("_", " ") + (f": {' + '.join(said)}" if said else "")
    words = f"quote what the documents say, or else {words}" if move.look_up else words
    words += f", to {move.route_to}" if move.route_to else ""
    words += " at once" if move.priority == "fast" else ""
    words += f", and tells {', '.join(move.inform)}" if move.inform else ""
    words += f", records {move.records}" if move.records else ""
    return words


def _facts(playbook: Playbook) -> str:
    channels = "; ".join(
        f"{name}: {c.max_touches} touches at most, {c.days_between_touches} days apart, answers "
        f"after {c.reply_after_minutes} minutes"
        for name, c in playbook.channels.items()
    )
    rows = {
        "Playbook": playbook.label,
        "Autonomy": f"{playbook.autonomy} by default",
        "Judged by": ", ".join(playbook.kpis),
        "Tools": ", ".join(playbook.tools) or "none",
        "Channels": channels,
        "Knowledge": ", ".join(playbook.scopes) or "only the texts below",
        "Off limits": ", ".join(playbook.redlines) or "nothing beyond the policies",
    }
    lines = "\n".join(f"| {name} | {value} |" for name, value in rows.items())
    return f"| | |\n| --- | --- |\n{lines}"


def _touch(number: int, touch: Touch) -> str:
    what = "a brief for the owner from" if touch.do == "brief" else "the first that fits of"
    again = ", also after an answer" if touch.after_answer else ""
    return f"Touch {number}: {what} {', '.join(touch.say)}{again}"


def _question(question: object) -> str:
    say, learns = getattr(question, "say", ""), getattr(question, "learns", "")
    return f"{say}, until {learns.replace('_', ' ')} is known" if learns else say


def _list(title: str, entries: Iterable[str]) -> str:
    return "\n".join([f"## {title}", "", *(f"- {entry}" for entry in entries)])


def _table(title: str, rows: list[Move]) -> str:
    lines = [f"| {heard(m)} | {done(m)} | {m.next} | `{m.reason}` |" for m in rows]
    head = ["| When it hears | it does | then | because |", "| --- | --- | --- | --- |"]
    return "\n".join([f"## {title}", "", *head, *lines]) if rows else ""


def _texts(library: Library, playbook: Playbook, language: str) -> str:
    lines = [f"## Its own texts ({language})"]
    lines += _quoted(library, playbook, language)
    return "\n\n".join(lines)


def _quoted(library: Library, playbook: Playbook, language: str) -> Iterator[str]:
    for text in playbook.content_ids:
        content = library.contents.get((text, language))
        if content is not None:
            quoted = "\n".join(f"> {line}".rstrip() for line in content.body.splitlines())
            needs = f" Needs {', '.join(content.needs)}." if content.needs else ""
            yield f"**{text}** ({content.claim}{needs})\n\n{quoted}"
