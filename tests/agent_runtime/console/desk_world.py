"""The console on a store of its own, and browsers that people of ours sign in with."""

import re
from datetime import UTC, datetime, timedelta
from functools import cache

from starlette.testclient import TestClient

from agent_runtime.clock import write_now
from agent_runtime.console.app import build_app
from agent_runtime.console.door import Gate, Rates
from agent_runtime.console.frame.build import build_mounts
from agent_runtime.console.frame.hosts import LOOPBACK
from agent_runtime.console.frame.office import Office
from agent_runtime.console.people.passwords import Passwords
from agent_runtime.console.people.users import add_user
from agent_runtime.library.catalog import load_library
from agent_runtime.settings import Settings
from agent_runtime.store.engine import open_engine
from agent_runtime.store.sql import SqlStore

NOW = datetime(2026, 1, 13, 10, 0, tzinfo=UTC)
PASSWORD = "four words that differ"
LIBRARY = load_library()
CHEAP = Passwords(passes=1, memory_kib=64)


class Desk:
    """A console whose clocks the test moves."""

    def __init__(self, folder, *, areas=None, rates=None, **office):
        self.now = self.wall = NOW
        self.store = SqlStore(open_engine(f"sqlite:///{folder / 'runtime.db'}"), "t")
        settings = {
            "store": self.store,
            "library": LIBRARY,
            "versions": {},
            "settings": Settings(workspace=folder),
            "key": "k" * 40,
            "clock": lambda: self.now,
            "wall_clock": lambda: self.wall,
            "gate": Gate(rates or Rates()),
            "hosts": LOOPBACK,
            "passwords": CHEAP,
        }
        self.office = Office(**{**settings, **office})
        self.mounts = build_mounts(self.office, areas)
        self.app = build_app(self.mounts)

    @property
    def routes(self):
        """Every route with the root that it stands below."""
        return [(mount.path, route) for mount in self.mounts for route in mount.app.app.routes]

    def add(self, role, *, email="", name=""):
        email = email or f"{role}@northbeam.example"
        with self.store.begin() as tx:
            return add_user(tx, email, role=role, name=name, password=hash_of(), now=NOW)

    def browser(self, role="", *, base="http://localhost"):
        """A browser; with a role, one in which somebody new is signed in."""
        made = Browser(self.app, base)
        if role:
            user = self.add(role, email=f"{role}-{len(self.users())}@northbeam.example")
            made.sign_in(user.email)
        return made

    def users(self):
        from agent_runtime.console.people.users import all_users

        with self.store.begin() as tx:
            return all_users(tx)

    def later(self, **by):
        self.wall += timedelta(**by)


def commanded_desk(folder, monkeypatch):
    """A desk whose workspace commands find."""
    monkeypatch.setenv("PARLEY_TENANT_ID", "t")
    made = Desk(folder)
    write_now(made.store.engine, NOW)
    made.folder = folder
    return made


class Browser(TestClient):
    """Keeps cookies, and sends forms with the token of the page that it saw last."""

    def __init__(self, app, base):
        super().__init__(app, base_url=base, raise_server_exceptions=False)
        self.token = ""

    def see(self, path, **more):
        page = self.get(path, **more)
        if found := re.search(r'name="csrf" (?:content|value)="([^"]*)"', page.text):
            self.token = found.group(1)
        return page

    def submit(self, path, **fields):
        return self.post(path, data={"csrf": self.token, **fields}, follow_redirects=False)

    def sign_in(self, email, password=PASSWORD, **more):
        self.see("/console/sign-in")
        answer = self.submit("/console/sign-in", email=email, password=password, **more)
        if answer.status_code == 303:
            self.see(answer.headers["location"])
        return answer


@cache
def hash_of():
    return CHEAP.hashed(PASSWORD)
