"""People decide in a browser, and an exchanger that speaks SMTP gets exactly what they let go.

Nothing here is a stand-in: buyers' mails came by SMTP and were worked by a worker, the console is
what `parley serve` serves with the worker that it starts, and Chromium clicks.
"""

import hashlib
import re
import shutil
import sys
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from time import sleep
from typing import Any

from tests.acceptance.check import Check, Result, Verdict
from tests.acceptance.console_company import Company, body_of, played_company, sign_in, within

LEAVES_WITHIN_S = 180
"""A worker that has just been started reads its models first."""
STAYS_S = 10
ROLES = ("rep", "reviewer", "revops", "leader", "admin")
STEPS = (
    "each role signs in",
    "approved leaves as it was read",
    "edited leaves as it was written",
    "rejected does not leave",
    "taken over is silent",
    "changed after approval does not leave",
    "nothing left twice",
)


@dataclass
class Floor:
    """Where people sit: the company, and a page for each role."""

    company: Company
    pages: dict[str, Any]
    sent: dict[str, int]
    """Mails that each address had before anybody decided."""

    def new_mails(self, address: str) -> list[Any]:
        return self.company.mails(address)[self.sent.get(address, 0) :]


def _run(case: str) -> Result:
    sys.path.insert(0, str(Path(__file__).parents[1] / "agent_runtime/console"))
    program = shutil.which("chromium")
    assert program, "chromium is missing: apt-get install chromium"
    done: dict[str, str] = {}
    with TemporaryDirectory() as folder, ExitStack() as stack:
        company = stack.enter_context(played_company(Path(folder)))
        floor = Floor(company, _signed_in(stack, program, company), _counts(company))
        done[STEPS[0]] = "" if list(floor.pages) == list(ROLES) else str(list(floor.pages))
        for name, step in zip(
            STEPS[1:], (_approve, _edit, _reject, _take_over, _change, _twice), strict=True
        ):
            done[name] = _tried(step, floor)
    return {"done": done}


def _tried(step: Callable[[Floor], str], floor: Floor) -> str:
    """Says what is wrong; empty where nothing is."""
    try:
        return step(floor)
    except Exception as error:  # the others are judged all the same
        return f"{type(error).__name__}: {error}"[:600]


def _signed_in(stack: ExitStack, program: str, company: Company) -> dict[str, Any]:
    from playwright.sync_api import sync_playwright
    from served_console import FLAGS

    driver = stack.enter_context(sync_playwright())
    browser = driver.chromium.launch(executable_path=program, args=FLAGS)
    stack.callback(browser.close)
    pages = {}
    for role in ROLES:
        page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
        page.set_default_timeout(60_000)
        sign_in(page, company.url, role)
        if page.get_by_text(f"{role.capitalize()} Roe").first.is_visible():
            pages[role] = page
    return pages


def _counts(company: Company) -> dict[str, int]:
    with company.store.begin() as tx:
        addresses = [draft.message.to_email for a in tx.open_approvals() for draft in a.drafts]
    return {address: len(company.mails(address)) for address in addresses}


def _open_item(page: Any, url: str, number: int = 0, risk: str = "Low") -> dict[str, str]:
    """Opens a draft of the queue, and reads what stands there."""
    page.goto(f"{url}/console/")
    page.get_by_role("link", name=re.compile("Approvals")).first.click()
    rows = page.get_by_role("row").filter(has_text=risk)
    rows.nth(number).get_by_role("link").first.click()
    return _read(page)


def _read(page: Any) -> dict[str, str]:
    page.get_by_role("heading", name=re.compile("^Option 1")).wait_for()
    card = page.get_by_role("region", name=re.compile("^Option 1"))
    return {
        "name": page.get_by_role("heading", level=1).inner_text(),
        "address": card.get_by_role("definition").nth(0).inner_text(),
        "subject": card.get_by_role("definition").nth(1).inner_text(),
        "body": card.locator(".letter").first.text_content(),
    }


def _is_as(mail: Any, seen: dict[str, str]) -> str:
    """Byte for byte: the words and the subject that a reviewer saw, and those that arrived."""
    if (body := body_of(mail)) != f"{seen['body']}\n".encode():
        digests = [hashlib.sha256(one).hexdigest()[:8] for one in (body, seen["body"].encode())]
        return f"body {digests}: {body!r} where {seen['body']!r} was read"[:500]
    return "" if str(mail["Subject"]) == seen["subject"] else f"subject {mail['Subject']!r}"


def _arrived(floor: Floor, seen: dict[str, str]) -> str:
    mails = within(LEAVES_WITHIN_S, lambda: floor.new_mails(seen["address"]))
    return _is_as(mails[0], seen) if mails else f"no mail to {seen['address']}"


def _approve(floor: Floor) -> str:
    page = floor.pages["rep"]
    seen = _open_item(page, floor.company.url)
    page.get_by_role("button", name=re.compile("^Approve")).first.click()
    page.get_by_text(re.compile("^Approved; it leaves now")).wait_for()
    return _arrived(floor, seen)


def _edit(floor: Floor) -> str:
    """Saves other words, reads them as they will leave, and lets them go."""
    page, words = floor.pages["reviewer"], "Would Thursday at ten suit you for a short talk?"
    seen = _open_item(page, floor.company.url)
    page.get_by_role("link", name=re.compile("^Edit")).first.click()
    page.get_by_label("What the reader gets").fill(words)
    page.get_by_text("Every rule of the permit allows it").first.wait_for()
    page.get_by_role("button", name="Save for somebody else").click()
    page.get_by_text("Saved. It still waits for approval.").wait_for()
    edited = _read(page)
    if words not in edited["body"] or edited["body"] == seen["body"]:
        return f"reads {edited['body']!r}"[:300]
    page.get_by_role("button", name=re.compile("^Approve")).first.click()
    page.get_by_text(re.compile("^Approved; it leaves now")).wait_for()
    return _arrived(floor, edited)


def _reject(floor: Floor) -> str:
    page = floor.pages["reviewer"]
    seen = _open_item(page, floor.company.url)
    page.get_by_role("button", name=re.compile("^Reject")).first.click()
    dialog = page.get_by_role("dialog", name="Reject the drafts")
    dialog.get_by_label("Tone: not how we speak").check()
    dialog.get_by_label("In words").fill("Too stiff.")
    dialog.get_by_role("button", name="Reject", exact=True).click()
    page.get_by_text(re.compile("Rejected")).first.wait_for()
    sleep(STAYS_S)
    return "it left" if floor.new_mails(seen["address"]) else ""


def _take_over(floor: Floor) -> str:
    """From then on the agent is silent, whatever they write."""
    page, company = floor.pages["rep"], floor.company
    seen = _open_item(page, company.url)
    page.get_by_role("button", name=re.compile("^Take over")).first.click()
    dialog = page.get_by_role("dialog", name="Take over the thread")
    dialog.get_by_role("button", name="Take over", exact=True).click()
    page.get_by_text("A person speaks in this thread").first.wait_for()
    last = company.mails(seen["address"])[-1]
    reply_to = str(last["Reply-To"] or last["From"])
    company.write(seen["address"], reply_to, "And what does it cost?", answers=last)
    with company.store.begin() as tx:
        person = tx.contact_by_email(seen["address"]).person_id
    tasks = within(LEAVES_WITHIN_S, lambda: _tasks(company, person))
    sleep(STAYS_S)
    if floor.new_mails(seen["address"]):
        return "the agent wrote"
    with company.store.begin() as tx:
        drafts = [one for one in tx.open_approvals() if one.person_id == person]
    return "a draft waits" if drafts else "" if tasks else "nobody was told that they wrote"


def _tasks(company: Company, person: str) -> list[Any]:
    with company.store.begin() as tx:
        return [one for one in tx.open_human_tasks() if one.person_id == person]


def _change(floor: Floor) -> str:
    """Approved while all is paused; before it can leave, the CRM names them otherwise."""
    from agent_runtime.clock import read_now, write_now

    company, steers, page = floor.company, floor.pages["revops"], floor.pages["rep"]
    steers.get_by_role("link", name="Steering", exact=True).click()
    steers.get_by_role("button", name=re.compile("^Pause all")).click()
    steers.get_by_role("button", name="Resume").wait_for()
    seen = _open_item(page, company.url)
    page.get_by_role("button", name=re.compile("^Approve")).first.click()
    page.get_by_text(re.compile("^Approved")).first.wait_for()
    with company.store.begin() as tx:
        contact = tx.contact_by_email(seen["address"])
        tx.add_contact(replace(contact, first_name="Somebody", owner_name="Else Owner"))
    steers.get_by_role("button", name="Resume").click()
    dialog = steers.get_by_role("dialog", name="Let the agent go on?")
    dialog.get_by_role("textbox").fill("The list is clean")
    dialog.get_by_role("button", name="Yes, resume").click()
    # What a pause has held is asked for again half an hour later; the sandbox's clock is moved.
    write_now(company.store.engine, read_now(company.store.engine) + timedelta(minutes=31))
    again = within(LEAVES_WITHIN_S, lambda: _open_of(company, contact.person_id))
    sleep(STAYS_S)
    if floor.new_mails(seen["address"]):
        return "it left"
    return "" if again else "nobody was asked anew"


def _open_of(company: Company, person: str) -> list[Any]:
    with company.store.begin() as tx:
        return [one for one in tx.open_approvals() if one.person_id == person]


def _twice(floor: Floor) -> str:
    """Over all mailboxes: each message of ours was taken once."""
    ids = [
        str(mail["Message-ID"])
        for box in floor.company.settings.paths.mail.iterdir()
        if box.is_dir() and "@" in box.name and not box.name.endswith("northbeam.example")
        for mail in floor.company.mails(box.name)
    ]
    return "" if len(ids) == len(set(ids)) > 50 else f"{len(ids)} mails, {len(set(ids))} ids"


def _judge(results: Mapping[str, Result]) -> Verdict:
    (seen,) = results.values()
    wrong = [f"{name}: {what}" for name, what in seen["done"].items() if what]
    held = [name for name in STEPS if seen["done"].get(name) == ""]
    figure = "; ".join(held) + (f" | NOT {' | '.join(wrong)}" if wrong else "")
    return Verdict(len(held) == len(STEPS), figure, f"all {len(STEPS)} steps")


CHECKS = {"console-acts": Check(cases=["all"], sample=[], run=_run, judge=_judge)}
