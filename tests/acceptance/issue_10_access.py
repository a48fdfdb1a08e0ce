"""Who may use which address of the console: every route by every role, over HTTP, on a real server.

The routes are asked of the program, so a page that was added yesterday is tried today. Ids are
invented: whoever may use a route learns that there is no such thing, and whoever may not learns
nothing. What people outside open by a link is tried with links that are not ours.
"""

import os
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.acceptance.check import Check, Result, Verdict
from tests.acceptance.console_company import PASSWORD, REPOSITORY, add_people, email_of, served

ROLES = ("rep", "reviewer", "revops", "leader", "admin")
PEOPLE = ["signed out", *ROLES, "without the form's token", "from another site"]
LEAVES = ("/sign-out", "/sign-out-everywhere")
"""Whoever tries these is signed out, and learns nothing of the rest."""
EVIL = {"origin": "https://evil.example"}


@dataclass(frozen=True)
class Address:
    """A route with ids filled in, and what it says of itself."""

    method: str
    path: str
    declared: Any

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


def _run(case: str) -> Result:
    import httpx

    sys.path[:0] = [str(REPOSITORY)]
    os.environ["PYTHONPATH"] = os.pathsep.join(
        filter(None, (str(REPOSITORY), os.environ.get("PYTHONPATH", "")))
    )
    from agent_runtime.settings import Settings
    from agent_runtime.status import open_store
    from agent_runtime.store.engine import open_engine
    from tests.acceptance.strangers import strangers_wrong

    with TemporaryDirectory() as folder:
        settings = Settings(workspace=Path(folder))
        open_engine(f"sqlite:///{settings.paths.store}").dispose()
        store = open_store(settings)
        add_people(store)
        tried = list(_addresses(settings, store))
        with served(settings, "--no-worker") as url:
            wrong = []
            for person in PEOPLE:
                with httpx.Client(base_url=url, timeout=60) as browser:
                    wrong += [f"{person}: {what}" for what in _wrong(person, browser, tried)]
            wrong += strangers_wrong(url, settings, store, tried)
    return {"routes": len(tried), "acts": sum(one.method != "GET" for one in tried), "wrong": wrong}


def _addresses(settings: Any, store: Any) -> Iterator[Address]:
    from agent_runtime.console.frame.build import build_mounts
    from agent_runtime.console.frame.declared import check
    from agent_runtime.console.frame.opening import open_office

    for mount in build_mounts(open_office(settings, store, host="127.0.0.1", is_demo=False)):
        for route in mount.app.app.routes:
            ((_, declared),) = check([route])
            path = mount.path + route.path
            for name in route.param_convertors:
                path = path.replace("{" + name + "}", "x")
            for method in sorted(route.methods):
                yield Address(method, path, declared)


def _wrong(person: str, browser: Any, tried: list[Address]) -> Iterator[str]:
    """Yields what answered otherwise than it says of itself."""
    role = person if person in ROLES else "admin"
    token = "" if person == "signed out" else _sign_in(browser, role)
    for one in tried:
        if one.path.endswith(LEAVES) or one.declared.is_public:
            continue
        is_act = one.method != "GET"
        if person == "without the form's token" and is_act:
            answer = browser.request(one.method, one.path)
            if answer.status_code != 403:
                yield f"{one}: {answer.status_code}"
        elif person == "from another site" and is_act:
            headers = {"x-csrf-token": token, **EVIL}
            answer = browser.request(one.method, one.path, headers=headers)
            if answer.status_code != 403:
                yield f"{one}: {answer.status_code}"
        elif person == "signed out":
            answer = browser.request(one.method, one.path)
            leads = answer.headers.get("location", "").startswith("/console/sign-in")
            if answer.status_code not in (401, 403) and not leads:
                yield f"{one}: {answer.status_code}"
        elif person in ROLES:
            answer = browser.request(one.method, one.path, headers={"x-csrf-token": token})
            if (answer.status_code == 403) == (role in one.declared.roles):
                yield f"{one}: {answer.status_code}"
            if answer.status_code >= 500:
                yield f"{one}: {answer.status_code}, a fault of ours"


def _sign_in(browser: Any, role: str) -> str:
    page = browser.get("/console/sign-in").text
    fields = {"csrf": _token(page), "email": email_of(role), "password": PASSWORD}
    answer = browser.post("/console/sign-in", data=fields)
    assert answer.status_code == 303, (role, answer.status_code)
    return _token(browser.get(answer.headers["location"], follow_redirects=True).text)


def _token(page: str) -> str:
    found = re.search(r'name="csrf" (?:content|value)="([^"]*)"', page)
    assert found, page[:300]
    return found.group(1)


def _judge(results: Mapping[str, Result]) -> Verdict:
    (seen,) = results.values()
    by = ", ".join((*PEOPLE, "by bent links"))
    figure = f"{seen['routes']} routes ({seen['acts']} acts), each {by}"
    told = f"{figure} {'; '.join(seen['wrong'])[:1500]}"
    return Verdict(not seen["wrong"] and seen["acts"] > 20, told, "no answer to a wrong person")


CHECKS = {"console-access": Check(cases=["all"], sample=[], run=_run, judge=_judge)}
