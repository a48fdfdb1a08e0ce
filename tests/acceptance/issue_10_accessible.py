"""axe on every page of every area, in light and dark, and no page wider than a phone.

The pages are found as somebody finds them: by following every link from the first page, as an
admin in a demo with people, threads, drafts and figures, and from the addresses that people outside
get. A route for pages that no link leads to is told.
"""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from tests.acceptance.check import Check, Result, Verdict
from tests.acceptance.coaching_steps import leave_coaching_traces
from tests.acceptance.console_company import Company, read_out_company, sign_in

PER_ROUTE, WIDE_PER_ROUTE = 2, 8
"""Pages of one route that axe judges, since two threads look alike, and that are held against a
phone, since one of them may have a longer word."""
SHARED = 6
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 800}
UNLINKED = {
    "/console/sign-in/oidc": "leads to the company's provider",
    "/console/sign-in/oidc/back": "is where the provider leads back",
    "/console/enter/{secret}": "is a link that `parley serve --open` prints",
    "/console/sign-in": "is judged before anybody is signed in",
    "/for-you/confirm/{token}": "is a link that goes by mail, once",
    "/console/coaching/changes/{change_id}": "is there once a reviewer has suggested a change",
}


def _run(case: str) -> Result:
    sys.path.insert(0, str(Path(__file__).parents[1] / "agent_runtime/console"))
    from served_console import looking

    program = shutil.which("chromium")
    assert program, "chromium is missing: apt-get install chromium"
    with TemporaryDirectory() as folder, read_out_company(Path(folder)) as company:
        routes = dict(_routes(company))
        with looking(program, viewport=DESK) as (page, complaints):
            page.set_default_timeout(60_000)
            page.goto(f"{company.url}/console/sign-in")
            wrong = list(_judged(page, "/console/sign-in"))
            sign_in(page, company.url, "admin")
            shared = _leave_traces(page)
            seen, more = _walk(page, company, routes, shared)
    missed = sorted(set(routes) - set(seen) - set(UNLINKED))
    return {
        "pages": sum(seen.values()),
        "routes": len(seen),
        "wrong": wrong + more,
        "missed": missed,
        "complaints": [one for one in complaints if "40" not in one],
    }


def _routes(company: Company) -> Iterator[tuple[str, re.Pattern[str]]]:
    """Yields the routes that somebody reads, each with a pattern for its addresses."""
    from agent_runtime.console.frame.build import build_mounts
    from agent_runtime.console.frame.declared import check
    from agent_runtime.console.frame.opening import open_office

    office = open_office(company.settings, company.store, host="127.0.0.1", is_demo=False)
    for mount in build_mounts(office):
        for route in mount.app.app.routes:
            ((_, declared),) = check([route])
            path = mount.path + route.path
            is_page = "GET" in route.methods and "/static/" not in path and "/api/" not in path
            if is_page and not declared.scope and not declared.is_audited:
                yield path, re.compile(_NAME.sub(r"(?P<\1>[^/?]+)", re.escape(path)) + "/?")


_NAME = re.compile(r"\\\{(\w+)\\\}")


def _leave_traces(page: Any) -> list[str]:
    """What has no page before somebody did it: a pause, an incident, a sample, shared threads.

    Returns the addresses of these.
    """
    page.get_by_role("link", name="Steering", exact=True).click()
    page.get_by_role("button", name=re.compile("^Pause all")).click()
    page.get_by_role("button", name="Resume").wait_for()
    page.get_by_role("link", name="Incidents").first.click()
    page.get_by_role("button", name=re.compile("^Open one")).click()
    page.get_by_label("What went wrong").fill("Mails went to the wrong list")
    page.get_by_role("button", name="Open it").click()
    page.get_by_role("heading", name="Mails went to the wrong list").first.wait_for()
    leave_coaching_traces(page)
    return list(_share_threads(page))


def _share_threads(page: Any) -> Iterator[str]:
    """Yields the addresses of threads that somebody without an account may read."""
    for number in range(1, SHARED + 1):
        page.get_by_role("link", name="Threads", exact=True).first.click()
        page.get_by_role("row").nth(number).get_by_role("link").first.click()
        page.get_by_role("button", name="Make a link").click()
        link = page.get_by_role("link", name="Look at it").first
        yield urlsplit(link.get_attribute("href")).path


def _outside(company: Company) -> list[str]:
    """Addresses of the pages for one person outside, as a command prints them."""
    command = "from pipelines.cli import main; main()"
    where = ("--base", company.url, "-w", str(company.settings.workspace))
    told = subprocess.run(
        [sys.executable, "-c", command, "pages", "--json", *where],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
    pages = next(iter(json.loads(told).values()))
    return [urlsplit(address).path for address in pages.values()]


def _walk(
    page: Any, company: Company, routes: Mapping[str, re.Pattern[str]], shared: list[str]
) -> tuple[dict[str, int], list[str]]:
    """Follows every link, so many times for each route, and judges what is there."""
    waiting, tried = ["/console/", *_outside(company), *shared], set[str]()
    seen: dict[str, int] = {}
    wrong: list[str] = []
    ids: dict[str, str] = {}
    while waiting or (waiting := _filled(set(routes) - set(seen), ids, tried)):
        address = waiting.pop(0)
        route = _route_of(address, routes)
        is_new = address not in tried
        tried.add(address)
        if route is None or seen.get(route, 0) >= WIDE_PER_ROUTE or not is_new:
            continue
        answer = page.request.get(company.url + address)
        is_html = answer.headers.get("content-type", "").startswith("text/html")
        if not is_html or "<html" not in answer.text():
            seen[route] = seen.get(route, 0)  # a file, or a part of a page
            continue
        if answer.status >= 400:
            continue
        ids |= routes[route].fullmatch(urlsplit(address).path).groupdict()
        _goto(page, company.url + address, answer)
        seen[route] = seen.get(route, 0) + 1
        wrong += _judged(page, address) if seen[route] <= PER_ROUTE else _too_wide(page, address)
        hrefs = page.eval_on_selector_all("[href], [hx-get]", _HREFS)
        here = urlsplit(company.url).netloc
        waiting += [
            urlsplit(one)._replace(scheme="", netloc="", fragment="").geturl()
            for one in hrefs
            if urlsplit(one).netloc == here and "sign-out" not in one
        ]
    return seen, wrong


def _goto(page: Any, url: str, answer: Any) -> None:
    """Opens a page; one that may run nothing is given without that header, else axe cannot run."""
    if "sandbox" in answer.headers.get("content-security-policy", ""):
        page.route(url, lambda route: route.fulfill(body=answer.body(), content_type="text/html"))
    page.goto(url)


def _filled(missed: set[str], ids: Mapping[str, str], tried: set[str]) -> list[str]:
    """Addresses of routes that no link led to, with ids that stand in others."""
    known = [route for route in missed if set(re.findall(r"{(\w+)}", route)) <= set(ids)]
    return sorted({route.format(**ids) for route in known} - tried)


_HREFS = """all => all.map(one => new URL(
  one.getAttribute("href") || one.getAttribute("hx-get"), location.href).href)"""


def _route_of(address: str, routes: Mapping[str, re.Pattern[str]]) -> str | None:
    """The plainest route that fits: `/threads/new` before `/threads/{thread_id}`."""
    path = urlsplit(address).path
    found = [route for route, pattern in routes.items() if pattern.fullmatch(path)]
    return min(found, key=lambda route: route.count("{"), default=None)


def _judged(page: Any, address: str) -> Iterator[str]:
    from served_console import violations

    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        for rule, where in violations(page):
            yield f"{address} in {scheme}: {rule} at {where[0]}"[:300]
    page.emulate_media(color_scheme="light")
    yield from _too_wide(page, address)


def _too_wide(page: Any, address: str) -> Iterator[str]:
    from served_console import overflow

    page.set_viewport_size(PHONE)
    if wide := overflow(page):
        yield f"{address}: {wide} pixels wider than a phone"
    page.set_viewport_size(DESK)


def _judge(results: Mapping[str, Result]) -> Verdict:
    (seen,) = results.values()
    told = f"{seen['pages']} pages of {seen['routes']} routes, in light and dark"
    bad = [*seen["wrong"], *(f"no link leads to {one}" for one in seen["missed"])]
    bad += seen["complaints"]
    return Verdict(not bad, f"{told} {'; '.join(bad)[:1800]}", "no serious violation")


CHECKS = {"console-accessible": Check(cases=["all"], sample=[], run=_run, judge=_judge)}
