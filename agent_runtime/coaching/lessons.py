"""Micro-lessons of a playbook: each line of its "what to train" with a case to think through."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from agent_runtime.library.catalog import Library
from agent_runtime.library.content import Content
from agent_runtime.library.page import done, heard
from agent_runtime.library.playbook import Move, Playbook
from agent_runtime.library.scenario import Expected, Scenario

OPTIONS = 4
"""Answers to choose from."""
_WORD = re.compile(r"[a-z]{3,}")
_COMMON = frozenset(
    {"the", "and", "for", "with", "what", "which", "who", "how", "why", "when", "that", "this"}
    | {"than", "then", "its", "his", "her", "our", "ours", "not", "never", "are", "was", "one"}
    | {"two", "all", "any", "has", "have", "into", "from", "them", "they", "their", "without"}
)
_SAME = {
    "vague": "unclear",
    "security": "trust",
    "confirmation": "book",
    "agenda": "times",
    "rep": "owner",
}
"""Words of people, and what playbooks call the same thing."""


@dataclass(frozen=True, slots=True)
class Case:
    """A turn of a scenario as a question: what should happen next?"""

    scenario: str
    about: str
    before: tuple[tuple[str, str], ...]
    """Who, and what they said or did."""
    asked: str
    """What the buyer wrote, or which touch fell due."""
    options: tuple[tuple[str, bool], ...]
    """Answers, and whether each is the right one."""
    why: str


@dataclass(frozen=True, slots=True)
class Lesson:
    """Five minutes on one point."""

    lesson_id: str
    number: int
    title: str
    more: str
    """What stands after the point in the playbook."""
    case: Case | None
    texts: tuple[Content, ...]
    """Approved words on the point."""
    rules: tuple[tuple[str, str], ...]
    """Rows of the playbook on the point: what is heard, what is done."""


@dataclass(frozen=True, slots=True)
class Check:
    """One line of a checklist."""

    check_id: str
    text: str


def lessons_of(library: Library, playbook: Playbook) -> tuple[Lesson, ...]:
    """Returns the lessons of a playbook in its own order; the same library gives the same ones."""
    left = [one for one in library.scenarios if one.playbook == playbook.id]
    left.sort(key=lambda one: (one.language != "en", one.id))
    chosen = _shared_out(playbook, left)
    return tuple(
        _lesson(library, playbook, number, note, chosen.get(number))
        for number, note in enumerate(playbook.train, 1)
    )


def checklist_of(playbook: Playbook) -> tuple[tuple[str, tuple[Check, ...]], ...]:
    """Returns a playbook's checklist: what has to be there, what one knows, what success is."""
    groups = (
        ("Before it starts: this is in place", playbook.inputs),
        ("I know when a person takes over", (" ".join(playbook.handoff_rule.split()),)),
        ("I can explain, with an example of my own", playbook.train),
        ("I look for this in what it does", playbook.success),
    )
    return tuple(
        (title, tuple(Check(step_id(playbook, "check", text), text) for text in texts))
        for title, texts in groups
    )


def steps_of(playbook: Playbook) -> frozenset[str]:
    """Returns the ids of all lessons and lines of the checklist of a playbook as it is now."""
    lessons = (step_id(playbook, "lesson", note) for note in playbook.train)
    lines = (one.check_id for _, checks in checklist_of(playbook) for one in checks)
    return frozenset((*lessons, *lines))


def step_id(playbook: Playbook, kind: str, text: str) -> str:
    """Returns an id that changes with the words, so that what is new has to be read again."""
    digest = hashlib.sha256(" ".join(text.split()).encode()).hexdigest()[:10]
    return f"{kind}.{playbook.id}.{digest}"


def _lesson(
    library: Library, playbook: Playbook, number: int, note: str, scenario: Scenario | None
) -> Lesson:
    title, more = _parted(note)
    case = _case(library, playbook, scenario, note) if scenario else None
    words = _words(note)
    moves = [
        (len(words & _words(f"{heard(m)} {done(m)} {m.reason}")), -n, m)
        for n, (_, m) in enumerate(library.moves(playbook))
    ]
    ranked = sorted(moves, key=lambda one: one[:2], reverse=True)
    fitting = [move for score, _, move in ranked if score > 1][:2]
    return Lesson(
        step_id(playbook, "lesson", note),
        number,
        title,
        more,
        case,
        _texts(library, playbook, fitting, words),
        tuple((heard(move), done(move)) for move in fitting),
    )


def _parted(note: str) -> tuple[str, str]:
    """The point, and what the playbook adds in brackets or after a colon."""
    whole = " ".join(note.split())
    if whole.endswith(")") and whole.count(" (") == 1:
        title, _, more = whole[:-1].partition(" (")
        return title, more[:1].upper() + more[1:]
    title, _, more = whole.partition(": ")
    return title, more[:1].upper() + more[1:]


def _shared_out(playbook: Playbook, scenarios: Sequence[Scenario]) -> dict[int, Scenario]:
    """Each lesson gets the scenario that has most in common with it, and no two the same one."""
    ranked = sorted(
        (
            (-_closeness(note, scenario), place, number)
            for number, note in enumerate(playbook.train, 1)
            for place, scenario in enumerate(scenarios)
            if _asks(scenario) is not None
        )
    )
    chosen: dict[int, Scenario] = {}
    taken: set[int] = set()
    for _, place, number in ranked:
        if number not in chosen and place not in taken:
            chosen[number] = scenarios[place]
            taken.add(place)
    return chosen


def _closeness(note: str, scenario: Scenario) -> float:
    about = _words(f"{scenario.about} {scenario.id}")
    said: set[str] = set()
    for turn in scenario.turns:
        said |= _words(
            f"{turn.buyer} {turn.expect.reason or ''} {' '.join(turn.expect.says or ())}"
        )
    wanted = _words(note)
    is_english = 1.5 * (scenario.language == "en")
    return 2 * len(wanted & about) + len(wanted & said - about) + is_english


def _words(text: str) -> set[str]:
    found: list[str] = _WORD.findall(text.lower().replace("_", " "))
    return {_SAME.get(w, w)[:5] for w in found if w not in _COMMON}


def _asks(scenario: Scenario) -> int | None:
    """Which turn is the question: the last that a buyer wrote, or else the last touch."""
    spoken = [n for n, turn in enumerate(scenario.turns) if turn.expect.action is not None]
    bought = [n for n in spoken if scenario.turns[n].buyer]
    return max(bought or spoken, default=None)


def _case(library: Library, playbook: Playbook, scenario: Scenario, note: str) -> Case | None:
    at = _asks(scenario)
    if at is None:
        return None
    turn = scenario.turns[at]
    right = _answer(turn.expect)
    before = []
    for earlier in scenario.turns[:at]:
        said = earlier.buyer or f"Touch {earlier.due} is due."
        before += [("Buyer" if earlier.buyer else "Plan", said), ("Agent", _answer(earlier.expect))]
    others = _others(library, playbook, right, f"{scenario.id}/{note}")
    options = sorted(
        [(right, True), *((one, False) for one in others)],
        key=lambda pair: hashlib.sha256(f"{scenario.id}{pair[0]}".encode()).hexdigest(),
    )
    return Case(
        scenario.id,
        scenario.about,
        tuple(before),
        turn.buyer or f"Touch {turn.due} is due.",
        tuple(options),
        _why(library, playbook, turn.expect),
    )


def _others(library: Library, playbook: Playbook, right: str, salt: str) -> list[str]:
    """Wrong answers are what the agent does elsewhere in the same playbook."""
    found = {
        _answer(turn.expect)
        for scenario in library.scenarios
        if scenario.playbook == playbook.id
        for turn in scenario.turns
        if turn.expect.action is not None
    }
    # What begins alike differs in a detail that nobody can tell without the list of texts.
    kinds: dict[str, str] = {}
    for answer in sorted(
        found - {right}, key=lambda one: hashlib.sha256(f"{salt}{one}".encode()).hexdigest()
    ):
        kinds.setdefault(answer.split(":")[0], answer)
    kinds.pop(right.split(":", maxsplit=1)[0], None)
    return list(kinds.values())[: OPTIONS - 1]


_DOES = {
    "send_touch": "It writes the touch",
    "brief": "It writes a brief for the owner; nothing leaves",
    "answer": "It answers with an approved text",
    "ask": "It asks one question",
    "share_asset": "It shares something to read",
    "propose_times": "It offers times",
    "book": "It books the meeting",
    "confirm_stop": "It confirms the stop once, and never writes again",
    "suppress": "It stops on every channel, without a word",
    "escalate": "It asks a person before anything leaves",
    "hand_off": "A person takes over",
    "pause": "It pauses until they write",
    "disqualify": "It says openly that this does not fit",
    "close": "It thanks and leaves them in peace",
    "none": "It does nothing",
}


def _answer(expect: Expected) -> str:
    said = _DOES.get(expect.action or "", (expect.action or "").replace("_", " "))
    if expect.route_to and expect.action == "hand_off":
        said = f"{said}: the {expect.route_to.replace('_', ' ')}"
        return f"{said}, at once" if expect.priority == "fast" else said
    return said


def _why(library: Library, playbook: Playbook, expect: Expected) -> str:
    """The playbook's row behind the right answer, in words."""
    for _, move in library.moves(playbook):
        if move.do == expect.action and move.reason == expect.reason:
            return f"When it hears {heard(move)}, it does this: {done(move)}."
    return ""


def _texts(
    library: Library, playbook: Playbook, moves: Iterable[Move], words: set[str]
) -> tuple[Content, ...]:
    named = [name for move in moves for name in (*move.say, *move.one_of)]
    texts = [library.contents.get((name, "en")) for name in (*named, *playbook.content_ids)]
    known = {
        text.id: text
        for text in texts
        if text is not None and text.kind != "signature" and not text.id.startswith("call.")
    }
    ranked = sorted(
        known.values(),
        key=lambda text: (
            -(2 * len(words & _words(f"{text.claim} {text.id}")) + (text.id in named)),
            text.id,
        ),
    )
    return tuple(
        text for text in ranked if words & _words(f"{text.claim} {text.id}") or text.id in named
    )[:1]
