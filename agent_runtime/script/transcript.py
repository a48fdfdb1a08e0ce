"""A call that somebody wrote down: who said what, and who of them is ours."""

import re
from collections import Counter
from dataclasses import dataclass, replace

from agent_runtime.hearing.safety import plain
from agent_runtime.script.blocks import label_of, section_of
from agent_runtime.script.parts import ScriptError
from agent_runtime.script.people import introduced

_CLOCK = r"[\[(]?(?:\d{1,2}:)?\d{1,2}:\d{2}(?:[.,]\d{1,3})?[\])]?"
_WHO = r"(?P<who>[^\W\d_][\w .'’&()/-]{0,48}?)"
_SAID = re.compile(
    rf"^(?:[-*•]\s+)?(?:{_CLOCK}\s*[-–|]?\s*)?(?:\*\*|__)?{_WHO}\s*(?:{_CLOCK})?\s*(?:\*\*|__)?:(?!\d)"
    rf"(?:\*\*|__)?\s*(?:{_CLOCK}\s*)?(?P<said>\S.*)$"
)
_NAME_LINE = re.compile(rf"^(?:\*\*)?{_WHO}(?:\*\*)?\s*[-–|,]?\s*{_CLOCK}$")
_FIRM = re.compile(r"\s*[(/]\s*(?P<firm>[^()/]+?)\s*\)?$")
_LEAST_TURNS = 4
_MOST_SPEAKERS = 6


@dataclass(frozen=True, slots=True)
class Said:
    """One turn of a call."""

    speaker: str
    text: str
    is_ours: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """A whole call."""

    turns: tuple[Said, ...]
    ours: str
    """The speaker who is ours."""
    theirs: tuple[str, ...]
    """The other speakers, the one who says most first."""
    remarks: tuple[str, ...] = ()


def read_call(text: str, *, agent: str = "") -> Call | None:
    """Returns the call that a text writes down, or nothing when it is no transcript.

    Args:
        text: Lines such as `Anna Berg: Hello`, with or without clock times.
        agent: The speaker who is ours, where the labels do not say so.

    Raises:
        ScriptError: `agent` is none of the speakers.
    """
    turns = _turns(text)
    spoken = Counter(turn.speaker for turn in turns)
    if len(turns) < _LEAST_TURNS or not 2 <= len(spoken) <= _MOST_SPEAKERS:
        return None
    speakers = [name for name, _ in spoken.most_common()]
    ours, remark = _ours(turns, speakers, agent)
    theirs = tuple(name for name in speakers if name != ours)
    known = tuple(replace(turn, is_ours=turn.speaker == ours) for turn in turns)
    return Call(_joined(known), ours, theirs, (remark,) if remark else ())


def name_and_firm(speaker: str) -> tuple[str, str]:
    """Returns a speaker's name and company; a word such as "Customer" is no name."""
    name, firm = _FIRM.sub("", speaker).strip(), _in_brackets(speaker)
    is_word = label_of(name) or name.lower().startswith("speaker")
    return ("" if is_word else name), ("" if label_of(firm) else firm)


def _turns(text: str) -> list[Said]:
    """A line is a turn where its label stands at the beginning of several lines."""
    lines = [line.strip() for line in text.splitlines()]
    labels = Counter(match["who"].strip() for line in lines if (match := _said(line)))
    names = {who for who, count in labels.items() if count > 1 or _is_role(who)}
    turns: list[Said] = []
    filled = [line for line in lines if line]
    marked = [line for line in filled if line.startswith("#") and section_of(line)]
    if marked or sum(labels[name] for name in names) < len(filled) / 4:
        return []
    for line in filled:
        match = _said(line)
        if match and match["who"].strip() in names:
            turns.append(Said(match["who"].strip(), match.groupdict().get("said") or ""))
        elif turns:
            turns[-1] = replace(turns[-1], text=f"{turns[-1].text} {line.strip('*_ ')}".strip())
    return [turn for turn in turns if turn.text]


def _said(line: str) -> re.Match[str] | None:
    match = _NAME_LINE.match(line) or _SAID.match(line)
    if match is None or label_of(match["who"]) in ("asked", "answered", "subject"):
        return None
    return match


def _in_brackets(speaker: str) -> str:
    match = _FIRM.search(speaker)
    return match["firm"] if match else ""


def _is_role(who: str) -> bool:
    return label_of(who) in ("agent", "buyer")


def _ours(turns: list[Said], speakers: list[str], agent: str) -> tuple[str, str]:
    if agent:
        wanted = plain(agent)
        spelt = {name: (plain(name), plain(name_and_firm(name)[0])) for name in speakers}
        found = [name for name in speakers if wanted in spelt[name]]
        if not found:
            known = ", ".join(repr(name) for name in speakers)
            raise ScriptError(f"--agent {agent!r} is no speaker; the speakers are {known}.")
        return found[0], ""
    roles = {name: label_of(name) or label_of(_in_brackets(name)) for name in speakers}
    labelled = [name for name in speakers if roles[name] == "agent"]
    others = [name for name in speakers if roles[name] != "buyer"]
    if labelled or len(others) == 1:
        return (labelled or others)[0], ""
    candidates = others or speakers
    first = next(turn.speaker for turn in turns if turn.speaker in candidates)
    introducing = [t.speaker for t in turns if t.speaker in candidates and introduced(t.text)]
    taken = introducing[0] if introducing else first
    why = "introduces themselves first" if introducing else "speaks first"
    return taken, f"[[SPEAKER]] was taken for the agent, who {why}; use --agent if that is wrong."


def _joined(turns: tuple[Said, ...]) -> tuple[Said, ...]:
    """Joins what one side says in several lines without the other in between."""
    joined: list[Said] = []
    for turn in turns:
        if joined and joined[-1].speaker == turn.speaker:
            joined[-1] = replace(joined[-1], text=f"{joined[-1].text} {turn.text}")
        else:
            joined.append(turn)
    return tuple(joined)
