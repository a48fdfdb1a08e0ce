"""A real telephone holds a whole call over SIP and books a meeting on a real calendar server.

It calls us, or it is called: asked for by `parley call place`, dialled by the worker's queue.
"""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.acceptance.check import Check, Result, Verdict

HELLO = "Hello?"
WANTS = "I would like to book a meeting."
TAKES = "The second one works for me."
BYE = "No, that's all, thank you. Bye."
ANSWERS = {"anything else": BYE, "suits": TAKES, "help": WANTS}
"""What they answer to; a telephone is hard to hear on, so whatever else they hear, they repeat."""
_MOST_TURNS = 8
CASES = ("they call us", "we call them")


def _run(case: str) -> Result:
    from tests.agent_runtime.channels.voice.sip_world import free_port
    from tests.e2e.sip_company import sip_company

    if shutil.which("baresip") is None:
        raise FileNotFoundError("baresip is not installed: apt-get install baresip-core")
    with TemporaryDirectory() as name:
        folder, port = Path(name), free_port()
        with sip_company(folder, port) as company:
            lead = _we_call_them if case == "we call them" else _they_call_us
            said = asyncio.run(lead(company, folder, port))
            (call,) = json.loads(company.parley("call", "heard", "--json"))
            rows = json.loads(company.parley("call", "list", "--json"))
            return {
                "direction": call["direction"],
                "rows": [(row["state"], row["outcome"], row["attempt"]) for row in rows],
                "said": said,
                "events": [
                    {
                        "start": event["DTSTART"].dt.isoformat(),
                        "status": str(event["STATUS"]),
                        "attendee": str(event["ATTENDEE"]),
                    }
                    for event in company.events()
                ],
                "disposition": call["disposition"],
                "duration_s": call["duration_s"],
                "turns": call["turns"],
                "invited": [mail["rcpt_to"] for mail in company.mails()],
                "exit_codes": company.stop(),
            }


async def _they_call_us(company: Any, folder: Path, port: int) -> list[str]:
    from tests.e2e.sip_company import OURS

    address = await asyncio.to_thread(company.serve)
    async with _phone(folder, port) as (phone, caller):
        await phone.dial(OURS, address)
        await phone.until("CALL_ESTABLISHED")
        return await _talk(phone, caller)


async def _we_call_them(company: Any, folder: Path, port: int) -> list[str]:
    from tests.e2e.sip_company import ANA, ANAS

    await asyncio.to_thread(company.serve)
    agreed = ("--purpose", "prospecting", "--words", "Call me, also by an AI", "--source", "form-1")
    async with _phone(folder, port, answers="auto") as (phone, caller):
        await asyncio.to_thread(company.parley, "voice", "consent", ANA.email, ANAS, *agreed)
        whom = ("--person", ANA.email, "--playbook", "icp_prospecting")
        await asyncio.to_thread(company.parley, "call", "place", *whom)
        company.start("worker", log="worker.log")
        await phone.until("CALL_ESTABLISHED", 120)
        await caller.say(HELLO)
        return await _talk(phone, caller)


@asynccontextmanager
async def _phone(folder: Path, port: int, **more: Any) -> AsyncIterator[tuple[Any, Any]]:
    from tests.agent_runtime.channels.voice.sip_phone import Telephone
    from tests.agent_runtime.channels.voice.sip_world import free_port
    from tests.e2e.sip_caller import Caller
    from tests.e2e.sip_company import ANAS

    phone = Telephone(folder / "phone", (port, free_port()), user=ANAS, **more)
    caller = await asyncio.to_thread(Caller, phone, HELLO, WANTS, TAKES, BYE)
    async with phone:
        yield phone, caller


async def _talk(phone: Any, caller: Any) -> list[str]:
    """Goes on until they have hung up; returns what was heard of us."""
    said = WANTS
    for _ in range(_MOST_TURNS):
        said = await caller.react(ANSWERS, said)
        if said == BYE:
            break
    await phone.until("CALL_CLOSED", 90)
    return await asyncio.to_thread(caller.words)


def _judge(results: Mapping[str, Result]) -> Verdict:
    figures, passed = [], True
    for case, seen in results.items():
        said = [words.lower() for words in seen["said"]]
        booked = [(e["status"], e["attendee"]) for e in seen["events"]]
        is_ours = case == "we call them"
        checks = {
            "one confirmed event of Ana's": booked == [("CONFIRMED", "mailto:ana@alder.example")],
            "the trace says so": seen["disposition"] == "meeting_booked",
            "disclosed first, and heard so": bool(said) and "assistant" in said[0],
            "the booking was heard": any("booked" in words for words in said),
            "invited": seen["invited"] == [["ana@alder.example"]],
            "every process ends cleanly": not any(seen["exit_codes"]),
            "its direction": seen["direction"] == ("out" if is_ours else "in"),
            "its row has ended": seen["rows"] == [("ENDED", "completed", 1)] * is_ours,
        }
        failed = [name for name, holds in checks.items() if not holds]
        passed &= not failed
        starts = ", ".join(event["start"] for event in seen["events"])
        figures.append(
            f"{case}: booked {starts or 'nothing'} in {seen['turns']} turns and "
            f"{seen['duration_s']:.0f} s; {', '.join(failed) or 'all holds'}"
        )
    return Verdict(passed, "; ".join(figures), "booked, read from the server, all checks hold")


CHECKS = {"sip-call": Check(cases=[*CASES], sample=[], run=_run, judge=_judge)}
