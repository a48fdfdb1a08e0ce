"""What playbooks, texts and scenarios must be to each other; one sentence a problem."""

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from agent_runtime.library.content import LOCALES
from agent_runtime.library.playbook import Move, Playbook

SPOKEN_BY_CODE = (
    "consent.confirm",
    "consent.confirm_by_reply",
    "meeting.agenda",
    "meeting.booked",
    "meeting.booked_here",
    "meeting.called_off",
    "question.email",
    "meeting.soon",
    "meeting.tomorrow",
    "slots.other",
    "survey.ask",
)
"""Texts that consents, the booking of a meeting and a goodbye speak, whatever the playbook."""

IN_EVERY_STATE = ("explain", "confirm_start")
"""What a carrier's words of command ask for is done whatever the state of the thread."""

if TYPE_CHECKING:
    from agent_runtime.library.catalog import Library


def cross_problems(library: "Library") -> Iterator[str]:
    """Yields every place where one file asks of another what it does not give."""
    for playbook in library.playbooks.values():
        where = f"playbook {playbook.id}"
        if playbook.table not in library.tables:
            yield f"{where}: field table: {playbook.table!r} is no table of moves."
            continue
        yield from (f"{where}: {p}" for p in _states(library, playbook))
        yield from (f"{where}: {p}" for p in _texts(library, playbook))
        yield from (f"{where}: {p}" for p in _moves(library, playbook))
        yield from (f"{where}: {p}" for p in _tones(playbook))
    yield from _stages(library)
    for scenario in library.scenarios:
        if scenario.playbook not in library.playbooks:
            yield f"scenario {scenario.id}: field playbook: {scenario.playbook!r} is unknown."


def expiry_problems(library: "Library", *, now: datetime) -> Iterator[str]:
    """Yields every text that must not be served any more."""
    for content in library.contents.values():
        if now >= content.expires:
            yield (
                f"content/{content.locale}/{content.id}.md: field expires_at: it expired on "
                f"{content.expires_at}; have it approved again."
            )


def _states(library: "Library", playbook: Playbook) -> Iterator[str]:
    if playbook.start not in playbook.states:
        yield f"field start: {playbook.start!r} is no state; name one of the states."
        return
    for name, state in playbook.states.items():
        for target in state.exits:
            if target not in playbook.states:
                yield f"field states.{name}.exits: {target!r} is no state; add it or mend the name."
    reached, waiting = {playbook.start}, [playbook.start]
    while waiting:
        for target in playbook.states[waiting.pop()].exits:
            if target in playbook.states and target not in reached:
                reached.add(target)
                waiting.append(target)
    for name in playbook.states.keys() - reached:
        yield f"field states.{name}: no exits lead there from {playbook.start!r}; add or remove it."
    led_to = {move.next for _, move in library.moves(playbook)}
    led_to |= {playbook.start, *(touch.next for touch in playbook.touches)}
    for name in playbook.states.keys() - library.tables[playbook.table].states.keys() - led_to:
        yield f"field states.{name}: no touch and no move leads there; write one or remove it."


def _texts(library: "Library", playbook: Playbook) -> Iterator[str]:
    table = library.tables[playbook.table]
    rows = (*table.first, *table.handoff, *table.moves)
    shared = [text for move in rows for text in (*move.say, *move.one_of)]
    for text in playbook.instead:
        if text not in (*shared, *SPOKEN_BY_CODE):
            yield f"field instead: no shared row says {text!r}; mend the name or remove it."
    wanted = dict.fromkeys(playbook.content_ids, playbook.locales)
    others = {playbook.frame_on(touch.channel) for touch in playbook.touches}
    wanted |= dict.fromkeys(sorted(others), playbook.locales)
    wanted |= dict.fromkeys((*shared, *SPOKEN_BY_CODE), LOCALES)
    for text, locales in wanted.items():
        missing = [locale for locale in locales if (text, locale) not in library.contents]
        if len(missing) == len(locales):
            yield f"content {text!r} does not exist; write content/<locale>/{text}.md or mend it."
        elif missing:
            yield f"content {text!r} is missing in {', '.join(missing)}; every language is whole."
    frame = [c for c in library.contents.values() if c.id == playbook.frame]
    if not all(c.discloses_ai and c.greeting and c.greeting_without_name for c in frame):
        yield f"field frame: {playbook.frame!r} must greet and must disclose that an AI writes."


def _tones(playbook: Playbook) -> Iterator[str]:
    for name in playbook.tones.keys() - playbook.states.keys():
        yield f"field tones.{name}: it is no state; name one of the states."


def _stages(library: "Library") -> Iterator[str]:
    """A stage that the style guide names is a state of some playbook, where there are any."""
    if not library.playbooks:
        return
    states = {state for playbook in library.playbooks.values() for state in playbook.states}
    for name in sorted(library.style.voice.stages.keys() - states):
        yield f"prompts/style.md: field voice.stages.{name}: no playbook has a state of that name."


def _moves(library: "Library", playbook: Playbook) -> Iterator[str]:
    for group, move in library.moves(playbook):
        where = f"move {move.reason!r} ({group})"
        if move.next != "same" and move.next not in playbook.states:
            yield f"{where}: field next: {move.next!r} is no state of the playbook."
            continue
        for name in move.states:
            if name not in playbook.states and group != "first":
                yield f"{where}: field states: {name!r} is no state of the playbook."
        for name in states_of(playbook, move):
            if move.next not in ("same", name, *playbook.states[name].exits):
                yield f"{where}: leads from {name!r} to {move.next!r}, which is no exit of it."
        if move.do == "hand_off" and not move.route_to:
            yield f"{where}: field route_to: a hand-off needs the role that takes over."
        if group == "handoff" and move.do != "hand_off":
            yield f"{where}: field do: {move.do!r} does not belong under handoff; use hand_off."
    for number, touch in enumerate(playbook.touches, 1):
        if touch.next not in playbook.states:
            yield f"field touches.{number}.next: {touch.next!r} is no state."
    for name, channel in playbook.channels.items():
        written = sum(touch.channel == name for touch in playbook.touches)
        if channel.max_touches != written:
            yield (
                f"field channels.{name}.max_touches: {channel.max_touches} touches are allowed, "
                f"but {written} are written; make them equal."
            )


def states_of(playbook: Playbook, move: Move) -> tuple[str, ...]:
    """Returns the states in which a row can fit."""
    return tuple(
        name
        for name, state in playbook.states.items()
        if move.do in (*state.actions, *IN_EVERY_STATE) and (not move.states or name in move.states)
    )
