"""Pages for people outside, in a browser without script, in six languages; and a race for slots."""

import shutil
import sys
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.acceptance.check import Check, Result, Verdict

LANGUAGES = ["en", "es", "de", "fr", "pt", "it"]
WIDTHS = (360, 768, 1280)
PEOPLE, AT_ONCE, WANTED = 24, 8, 4
CONSOLE = str(Path(__file__).parents[1] / "agent_runtime/console")


def _look(case: str) -> Result:
    """Looks at every page at three widths in light and dark, then chooses, moves, asks, stops."""
    sys.path.insert(0, CONSOLE)
    from outside_served import CLARA, NOW, served_outside
    from served_console import looking, overflow, violations

    program = shutil.which("chromium")
    assert program, "chromium is missing: apt-get install chromium"
    person = replace(CLARA, language=case)
    faults, looked = [], 0
    with TemporaryDirectory() as folder, served_outside(Path(folder)) as site:
        with site.store.begin() as tx:
            tx.add_contact(person)
        site.meets(person)
        confirm = _asks(site, person, now=NOW)
        with looking(program, java_script_enabled=False) as (page, _):
            done = _walk(page, site, person, case)
            cookies = len(page.context.cookies())
        tabs = [site.page(person, tab) for tab in ("/meeting", "/about", "/data", "/survey")]
        still = site.page(replace(person, person_id="p-ana"))
        urls = [*tabs, site.page(person), still, confirm, f"{site.url}/for-you/x?lang={case}"]
        with looking(program) as (page, _):
            for url in urls:
                for scheme in ("light", "dark"):
                    for width in WIDTHS:
                        page.emulate_media(color_scheme=scheme)
                        page.set_viewport_size({"width": width, "height": 800})
                        page.goto(f"{url}{'&' if '?' in url else '?'}lang={case}")
                        looked += 1
                        faults += [f"{url[-20:]} {width}: too wide"] if overflow(page) else []
                        faults += [f"{url[-20:]} {scheme}: {one}" for one in violations(page)]
    return {"looked": looked, "faults": faults, "done": done, "cookies": cookies}


def _asks(site, person, *, now):
    from desk_world import LIBRARY
    from outside_world import KEYS

    from agent_runtime.channels.email.page_links import PageLinks
    from agent_runtime.data_requests.asking import ask

    links = PageLinks(site.url, KEYS, "t")
    with site.store.begin() as tx:
        made = ask(
            tx, person, "erasure", "", link=links.confirming, library=LIBRARY, versions={}, now=now
        )
    return links.confirming(made.request_id)


def _walk(page, site, person, language):
    """By labels alone, as whoever reads that language."""
    from agent_runtime.console.prospects.seeing import read

    words = {name: read(name)[language] for name in ("choices", "meeting", "data", "common")}
    choices, meeting, common = words["choices"], words["meeting"], words["common"]
    done = []
    page.set_viewport_size({"width": 360, "height": 740})
    page.goto(site.page(person))
    page.get_by_label(choices["events"]).uncheck()
    page.get_by_role("button", name=choices["save"], exact=True).click()
    if not page.get_by_label(choices["events"]).is_checked():
        done.append("less")
    page.get_by_role("link", name=common["meeting"]).click()
    page.get_by_role("radio").first.check()
    page.get_by_role("button", name=meeting["move_button"]).click()
    page.get_by_text(meeting["moved"]).wait_for()
    done.append("moved")
    page.get_by_role("link", name=common["data"]).click()
    page.get_by_label(words["data"]["access"], exact=False).first.check()
    page.get_by_role("button", name=words["data"]["button"]).click()
    page.get_by_text(words["data"]["sent_title"]).first.wait_for()
    done.append("asked")
    page.get_by_role("link", name=common["choices"], exact=True).click()
    page.get_by_role("button", name=choices["stop_button"]).click()
    page.get_by_text(choices["stopped_title"]).first.wait_for()
    with site.store.begin() as tx:
        stopped = tx.suppressed(person.person_id)
    return [*done, *(["stopped"] if stopped == "opt_out" else [])]


def _judge_looks(results: Mapping[str, Result]) -> Verdict:
    faults = [fault for result in results.values() for fault in result["faults"]]
    walked = all(r["done"] == ["less", "moved", "asked", "stopped"] for r in results.values())
    cookies = sum(result["cookies"] for result in results.values())
    looked = sum(result["looked"] for result in results.values())
    told = f"{looked} looks in {len(results)} languages: {len(faults)} faults, {cookies} cookies"
    told += ", walked without script" if walked else ", not walked"
    told += f"; {faults[:3]}" if faults else ""
    return Verdict(not faults and walked and not cookies, told, "no fault, no cookie, walked")


def _race(case: str) -> Result:
    """Many people move their meetings onto few slots at once, over HTTP; then the files count."""
    sys.path.insert(0, CONSOLE)
    import httpx
    from outside_served import NOW, served_outside
    from outside_world import ANA, add_person

    from agent_runtime.domain import Slot

    people = [
        replace(ANA, contact_id=f"c-{n}", person_id=f"p-{n}", email=f"p{n}@alder.example")
        for n in range(PEOPLE)
    ]
    with TemporaryDirectory() as folder, served_outside(Path(folder)) as site:
        with site.store.begin() as tx:
            for person in people:
                add_person(tx, person)
        before = {person.person_id: site.meets(person) for person in people}
        free = site.calendar.free_slots("o-1", now=NOW, key="race", limit=999)
        wanted = [slot.start.isoformat() for slot in free[:WANTED]]

        def press(number: int) -> str:
            url = site.page(people[number], "/meeting/move")
            data = {"start": wanted[number % WANTED]}
            with httpx.Client(timeout=120) as client:
                answer = client.post(url, data=data)
            return answer.headers["location"].partition("said=")[2].partition("&")[0]

        with ThreadPoolExecutor(AT_ONCE) as pool:
            outcomes = Counter(pool.map(press, range(PEOPLE)))
        stand = []
        with site.store.begin() as tx:
            for person in people:
                found = tx.meetings_of(f"thread-{person.person_id}", "CONFIRMED")
                stand += [(meeting.slot.start, person.person_id) for meeting in found]
        busy = site.calendar.free_slots("o-1", now=NOW, key="race", limit=999)
    starts = [start for start, _ in stand]
    moved = [s for s, who in stand if before[who].slot != Slot("o-1", s, s + timedelta(minutes=30))]
    open_now = {slot.start for slot in busy}
    return {
        "outcomes": dict(outcomes),
        "meetings": len(stand),
        "twice": len(starts) - len(set(starts)),
        "moved": len(moved),
        "free_but_booked": len(open_now & set(starts)),
    }


def _judge_race(results: Mapping[str, Result]) -> Verdict:
    told = next(iter(results.values()))
    is_right = (told["meetings"], told["twice"], told["free_but_booked"]) == (PEOPLE, 0, 0)
    all_got = told["moved"] == WANTED == told["outcomes"].get("moved", 0)
    said = (
        f"{PEOPLE} people, {WANTED} slots, {AT_ONCE} at once: {told['moved']} moved, "
        f"{told['twice']} booked twice, {told['meetings']} meetings stand; {told['outcomes']}"
    )
    return Verdict(is_right and all_got, said, f"{WANTED} moved, 0 twice, {PEOPLE} stand")


CHECKS = {
    "outside-pages": Check(cases=LANGUAGES, sample=["de"], run=_look, judge=_judge_looks),
    "outside-race": Check(cases=["all"], sample=["all"], run=_race, judge=_judge_race),
}
