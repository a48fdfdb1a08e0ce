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
PERSON = "Can I talk to a person, please?"
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
    caller = await asyncio.to_thread(Caller, phone, HELLO, WANTS, TAKES, BYE, PERSON)
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


def _transfer(case: str) -> Result:
    from tests.agent_runtime.channels.voice.sip_world import free_port
    from tests.e2e.sip_company import sip_company

    with TemporaryDirectory() as name:
        folder, port, lenas = Path(name), free_port(), free_port()
        transfers = {"*": f"sip:lena@127.0.0.1:{lenas}"}
        with sip_company(folder, port, transfers=transfers) as company:
            found = asyncio.run(_they_ask_for_a_person(company, folder, port, lenas))
            (call,) = json.loads(company.parley("call", "heard", "--json"))
            return found | {"disposition": call["disposition"], "exit_codes": company.stop()}


async def _they_ask_for_a_person(company: Any, folder: Path, port: int, lenas: int) -> Result:
    """Lena hears why and presses 1; then both hear each other, until Ana hangs up."""
    from tests.agent_runtime.channels.voice.sip_phone import Telephone
    from tests.agent_runtime.channels.voice.sip_world import free_port
    from tests.e2e.sip_caller import Caller
    from tests.e2e.sip_company import OURS

    address = await asyncio.to_thread(company.serve)
    telephone = Telephone(folder / "lena", (lenas, free_port()), answers="auto", user="lena")
    async with _phone(folder, port) as (phone, ana), telephone as lenas_phone:
        lena = await asyncio.to_thread(Caller, lenas_phone, HELLO)
        await phone.dial(OURS, address)
        await phone.until("CALL_ESTABLISHED")
        await ana.listen()
        await ana.say(PERSON)
        await lenas_phone.until("CALL_ESTABLISHED", 90)
        await lena.listen()
        await lenas_phone.press("1")
        async with asyncio.timeout(60):
            while "transferred" not in await asyncio.to_thread(company.parley, "call", "heard"):
                await asyncio.sleep(0.5)
        for one, other in ((ana, lena), (lena, ana)):
            other._from = len(other.phone.heard())
            await one.say(WANTS if one is ana else HELLO)
            await other.listen(30)
        await phone.hang_up()
        await lenas_phone.until("CALL_CLOSED")
        return {"ana": ana.words(), "lena": lena.words()}


def _judge_transfer(results: Mapping[str, Result]) -> Verdict:
    (seen,) = results.values()
    why, asks = (words.lower() for words in seen["lena"])
    checks = {
        "the person of ours heard why": "on the line" in why and "press" in why,
        "heard the caller": "meeting" in asks,
        "and was heard": "hello" in seen["ana"][-1].lower(),
        "the trace says so": seen["disposition"] == "transferred",
        "every process ends cleanly": not any(seen["exit_codes"]),
    }
    failed = [name for name, holds in checks.items() if not holds]
    figure = f"heard first: {why!r}; {', '.join(failed) or 'all holds'}"
    return Verdict(not failed, figure, "all checks hold")


CHECKS = {
    "sip-call": Check(cases=[*CASES], sample=[], run=_run, judge=_judge),
    "sip-transfer": Check(
        cases=["they ask for a person"], sample=[], run=_transfer, judge=_judge_transfer
    ),
}
