"""A real Chromium holds a whole call over WebRTC and books a meeting on a real calendar server."""

import json
import re
import shutil
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from zoneinfo import ZoneInfo

from tests.acceptance.check import Check, Result, Verdict

WANTS = "I would like to book a meeting."
TAKES = "The second one works for me."
BYE = "No, that's all, thank you. Bye."
REPLIES = (("can I help you?", WANTS), ("suits you?", TAKES), ("anything else", BYE))
"""What is answered to which words of ours, the last of them first."""
AGAIN = ("catch that", "still there")
"""To these they say again what they said last."""
FILE_RATE = 48_000
BEGINS_S = (13.0, 33.0, 51.0)
"""When each sentence begins in the file of the fake microphone: it cannot wait for its turn."""


def _run(case: str) -> Result:
    from tests.e2e.browser_call import company_with_a_browser_line

    if shutil.which("chromium") is None:
        raise FileNotFoundError("chromium is not installed")
    with TemporaryDirectory() as name, company_with_a_browser_line(Path(name)) as company:
        seen = CASES[case](company)
        events = company.events()
        (call,) = json.loads(company.parley("call", "heard", "--json"))
        logged = company.mail_log.read_text().splitlines() if company.mail_log.exists() else []
        mails = [json.loads(line) for line in logged]
        company.server.send_signal(2)
        code = company.server.wait(60)
        return seen | {
            "events": [
                {
                    "start": event.start.isoformat(),
                    "status": str(event["STATUS"]),
                    "attendee": str(event["ATTENDEE"]),
                }
                for event in events
            ],
            "disposition": call["disposition"],
            "turns": call["turns"],
            "invited": [mail["rcpt_to"] for mail in mails],
            "exit_code": code,
            "log": (company.folder / "server.log").read_text().splitlines()[1:],
        }


def _reacts(company: Any) -> Result:
    """Answers what was said, whenever the page says that it is their turn."""
    from tests.agent_runtime.channels.voice.browser_caller import browser_at

    with browser_at(company.url) as caller:
        caller.call()
        answered, sentence = 0, WANTS
        while True:
            caller.their_turn(answered + 1, seconds=120)
            if caller.state != "listening":
                break
            said = [words for who, words in caller.lines if who == "agent"]
            new, answered = " ".join(said[answered:]), len(said)
            mine = [reply for theirs, reply in REPLIES if theirs in new]
            if mine or any(words in new for words in AGAIN):
                sentence = mine[-1] if mine else sentence
                caller.say(_spoken(sentence))
        return _seen(caller) | {"heard": _words_of(caller.heard())}


def _plays_a_file(company: Any) -> Result:
    """Chromium's own fake microphone plays a file, as it would play what a device hears."""
    from tests.agent_runtime.channels.voice.browser_caller import browser_at

    wav = company.folder / "caller.wav"
    _write(wav)
    with browser_at(company.url, wav=wav, mouth=False) as caller:
        caller.call()
        caller.until("ended", "failed", seconds=150)
        return _seen(caller)


def _seen(caller: Any) -> Result:
    turns = caller.page.evaluate(
        "[...document.querySelectorAll('#turns .ms')].map(m => parseInt(m.textContent))"
    )
    return {
        "state": caller.state,
        "end": caller.text("#end"),
        "page_says_ai": "AI assistant" in caller.text(".disclosure"),
        "lines": caller.lines,
        "turns_ms": turns,
        "complaints": caller.complaints,
    }


CASES: dict[str, Callable[[Any], Result]] = {
    "reacts": _reacts,
    "microphone file": _plays_a_file,
}


def _judge(results: Mapping[str, Result]) -> Verdict:
    figures, passed = [], True
    for case, seen in results.items():
        first = seen["lines"][0] if seen["lines"] else ["", ""]
        ours = [words for who, words in seen["lines"] if who == "agent"]
        checks = {
            "one confirmed event of Ana's": [(e["status"], e["attendee"]) for e in seen["events"]]
            == [("CONFIRMED", "mailto:ana@alder.example")],
            "the page and the trace say so": seen["state"] == "ended"
            and "A meeting is booked" in seen["end"]
            and seen["disposition"] == "meeting_booked",
            "disclosed first": first[0] == "agent" and "AI assistant" in first[1],
            "disclosed on the page": seen["page_says_ai"],
            "the second time that was offered": _second_of(ours)
            == [_told(e) for e in seen["events"]],
            "invited": seen["invited"] == [["ana@alder.example"]],
            "the wait is shown for each turn": len(seen["turns_ms"]) == seen["turns"],
            "the agent was audible": "assistant" in seen.get("heard", "assistant").lower(),
            "no complaint of the browser": not seen["complaints"],
            "the server ends cleanly": seen["exit_code"] == 0 and not seen["log"],
        }
        failed = [name for name, holds in checks.items() if not holds]
        passed &= not failed
        booked = ", ".join(e["start"] for e in seen["events"])
        figures.append(
            f"{case}: booked {booked or 'nothing'} in {seen['turns']} turns, "
            f"waits {seen['turns_ms']} ms; {', '.join(failed) or 'all holds'}"
        )
    return Verdict(passed, "; ".join(figures), "booked, read from the server, all checks hold")


def _second_of(ours: list[str]) -> list[str]:
    """The second of the times that were offered last, as it was said."""
    offer = next((words for words in reversed(ours) if " suit" in words), "")
    return re.findall(r"[A-Z]\w+day \d+ \w+ at [\d:]+ [AP]M", offer)[1:2]


def _told(event: Mapping[str, str]) -> str:
    """How the agent says when an event begins, to somebody in Berlin."""
    start = datetime.fromisoformat(event["start"]).astimezone(ZoneInfo("Europe/Berlin"))
    return f"{start:%A %-d %B} at {start:%-I:%M %p}".replace(":00", "")


def _spoken(text: str, rate: int = 24_000) -> bytes:
    from agent_runtime.speech.sound import resample, to_pcm
    from agent_runtime.speech.tones import PLAIN
    from agent_runtime.speech.voices import HibariEngine

    return to_pcm(resample(HibariEngine("gb").synthesise(text, PLAIN), 24_000, rate))


def _write(path: Path) -> None:
    import wave

    sound = bytearray()
    for begins, text in zip(BEGINS_S, (WANTS, TAKES, BYE), strict=True):
        sound += bytes(int(begins * FILE_RATE) * 2 - len(sound)) + _spoken(text, FILE_RATE)
    sound += bytes(FILE_RATE * 2 * 20)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(FILE_RATE)
        file.writeframes(bytes(sound))


def _words_of(pcm: bytes) -> str:
    """What ears make of what came out of the browser, of its first twelve seconds."""
    from agent_runtime.speech.decoders import Moonshine
    from agent_runtime.speech.sound import from_pcm

    return Moonshine().decode(from_pcm(pcm[: 16_000 * 2 * 12]))


CHECKS = {"browser-call": Check(cases=[*CASES], sample=[], run=_run, judge=_judge)}
