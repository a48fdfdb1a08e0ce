"""From a file to a proposal for review, without writing any of it."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from agent_runtime.hearing.language import detect_language
from agent_runtime.library.content import LOCALES, Locale
from agent_runtime.models.language import LanguageModel
from agent_runtime.script.blocks import label_of
from agent_runtime.script.call import parts_of_call
from agent_runtime.script.checks import problems_of
from agent_runtime.script.document import read_parts
from agent_runtime.script.naming import playbook_id, slug
from agent_runtime.script.page import review_page
from agent_runtime.script.parts import Parts, ScriptError
from agent_runtime.script.people import Hiding, People, firm_of, greeted, introduced
from agent_runtime.script.proposal import Proposal, Row, Text, propose
from agent_runtime.script.reading import read_script
from agent_runtime.script.recorded import HeardCall, hear_call, is_recording
from agent_runtime.script.scenarios import scenarios_of
from agent_runtime.script.shelf import (
    PAGE,
    PENDING,
    Approval,
    Shelf,
    approved_files,
    text_file,
    write_whole,
    yaml_text,
)
from agent_runtime.script.transcript import Call, name_and_firm, read_call

Step = Callable[[str], None]
"""Is told what is being done, for a progress display."""


@dataclass(frozen=True, slots=True)
class Imported:
    """A proposal with the files that it would be."""

    proposal: Proposal
    kind: str
    """script, transcript or recording"""
    files: dict[str, str]
    problems: tuple[str, ...]
    """What stands in the way of an approval today."""


def import_script(
    path: Path,
    shelf: Shelf,
    model: LanguageModel,
    *,
    now: datetime,
    name: str = "",
    language: str = "",
    agent: str = "",
    heard: HeardCall | None = None,
    step: Step = lambda doing: None,
) -> Imported:
    """Returns what a script would be as a playbook, texts and scenarios.

    Args:
        path: PDF, Word, Markdown, plain text, a transcript, or a recording.
        shelf: Whose library it would join.
        model: Reads the buyer's lines.
        now: Decides which of the library's texts have expired.
        name: Of the playbook; the file's name by default.
        language: Of the script; found out by default.
        agent: Which speaker of a transcript is ours.
        heard: What a recording says, where it has been heard before.
        step: Is told what is being done.

    Raises:
        ScriptError: the file cannot be read, or nothing in it is a script.
    """
    step(f"reading {path.name}")
    if heard is None and is_recording(path):
        heard = hear_call(path, language=language or "en", step=step)
    if heard is not None and heard.channels == 1:
        raise ScriptError(
            f"{path}: it has one channel, so nothing tells who speaks; write it down with "
            "--transcript FILE, put `Agent:` or a name before each line, and import that file."
        )
    text = heard.text if heard else read_script(path)
    spoken = _language(path, text, language)
    call = read_call(text, agent=agent)
    if call is not None and heard is not None:
        call = replace(call, remarks=(*call.remarks, *heard.remarks))
    if agent and call is None:
        raise ScriptError(f"--agent {agent!r}: {path} is no transcript; leave the option out.")
    wanted = playbook_id(name or _name_of(path, call))
    shelf.check_is_new(wanted)
    step("understanding what buyers say")
    parts = _of_call(call, model, spoken) if call else _of_document(text)
    if parts.is_empty:
        raise ScriptError(
            f"{path}: nothing in it reads like a sales script or a call; give it headings such as "
            "Opening, Questions, Objections, FAQ, Hand-off and Closing, or lines `Name: words`."
        )
    proposal = propose(wanted, parts, model, language=spoken)
    scenarios = scenarios_of(proposal)
    files = _files(proposal, scenarios)
    step(f"rehearsing {len(scenarios)} scenarios")
    problems = tuple(_problems(files, shelf, model, now=now))
    page = review_page(
        proposal,
        source=_source(path, call, heard),
        digest=hashlib.sha256(path.read_bytes()).hexdigest(),
        scenarios=len(scenarios),
        problems=problems,
    )
    kind = "recording" if heard else "transcript" if call else "script"
    return Imported(proposal, kind, {PAGE: page, **files}, problems)


def _source(path: Path, call: Call | None, heard: HeardCall | None) -> str:
    if heard is not None:
        return f"a {path.suffix} recording"
    return f"a {path.suffix} transcript" if call else f"`{path.name}`"


def _name_of(path: Path, call: Call | None) -> str:
    """The file's name, unless it names a speaker: ids stand in traces, where no person may."""
    parts = slug(path.stem).split("_")
    spoken = {word for s in (call.turns if call else ()) for word in slug(s.speaker).split("_")}
    if any(part in spoken and len(part) > 2 and not label_of(part) for part in parts):
        raise ScriptError(f"{path}: the file's name holds a speaker's name; give --name.")
    return path.stem


def _language(path: Path, text: str, wanted: str) -> Locale:
    found = wanted or detect_language(text[:20_000], fallback="en")
    for locale in LOCALES:
        if found == locale:
            return locale
    known = ", ".join(LOCALES)
    if wanted:
        raise ScriptError(f"--language {wanted!r} is none of ours; use one of {known}.")
    raise ScriptError(
        f"{path}: its language ({found}) is none of ours; use a script in one of {known}, or say "
        "--language if it was misread."
    )


def _of_document(text: str) -> Parts:
    people = People(theirs=greeted(text), ours=introduced(text))
    return read_parts(Hiding(people, [text]).hide(text))


def _of_call(call: Call, model: LanguageModel, language: Locale) -> Parts:
    ours, _ = name_and_firm(call.ours)
    names = [name_and_firm(speaker) for speaker in call.theirs]
    said = {side: [t.text for t in call.turns if t.is_ours == side] for side in (True, False)}
    ours = ours or next(filter(None, map(introduced, said[True])), "")
    theirs, firm = names[0]
    theirs = theirs or next(filter(None, map(introduced, said[False])), "")
    theirs = theirs or next(filter(None, map(greeted, said[True])), "")
    people = People(
        theirs=theirs,
        firm=firm or firm_of(theirs, (turn.text for turn in call.turns)),
        ours=ours,
        others=tuple(name for name, _ in names[1:] if name),
    )
    hiding = Hiding(people, [turn.text for turn in call.turns])
    return parts_of_call(call, hiding, model, language=language)


def _files(proposal: Proposal, scenarios: tuple[Row, ...]) -> dict[str, str]:
    files = {f"playbooks/{proposal.name}.yaml": yaml_text(proposal.playbook)}
    for text in proposal.texts:
        where = f"content/{proposal.language}/{text.id}.md"
        files[where] = text_file(_matter(text, proposal.language), text.body)
    for scenario in scenarios:
        where = f"scenarios/{proposal.name}/{scenario['id'].partition('.')[2]}.yaml"
        files[where] = yaml_text(scenario)
    return files


def _matter(text: Text, language: Locale) -> Row:
    """Front matter without a date of approval; content without an approver is refused."""
    claims = text.claims
    first = text.body.split("\n")[0]
    risky = f"{PENDING} ({', '.join(claims[0].risks)}): {claims[0].sentence}" if claims else ""
    matter: Row = {
        "id": text.id,
        "version": 1,
        "locale": language,
        "kind": text.kind,
        "claim": risky or first,
        "approver": "",
    }
    matter |= {"subject": text.subject} if text.subject else {}
    return matter | ({"topics": list(text.topics)} if text.topics else {})


def _problems(
    files: dict[str, str], shelf: Shelf, model: LanguageModel, *, now: datetime
) -> list[str]:
    """What an approval of these very files would say today."""
    approval = Approval("nobody yet", now.date(), now.date() + timedelta(days=365))
    with TemporaryDirectory() as folder:
        written = write_whole(Path(folder) / "proposal", files)
        return problems_of(approved_files(written, approval), shelf, model, now=now)
