"""The pages for people outside on a real server, with a real calendar beside it."""

import json
import socket
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import uvicorn
from outside_world import ANA, BO, KEYS, NOW, SECRET, add_person, session_of
from pydantic import SecretStr

from agent_runtime.channels.email.page_links import PageLinks
from agent_runtime.clock import write_now
from agent_runtime.console.serve import open_app
from agent_runtime.domain import Slot
from agent_runtime.newcomers import OWNERS, Owner
from agent_runtime.sandbox.calendar_server import serve_calendar
from agent_runtime.settings import Settings
from agent_runtime.status import open_store
from agent_runtime.store.engine import open_engine
from agent_runtime.store.rows import Meeting
from agent_runtime.tools.caldav_calendar import CalDavCalendar
from agent_runtime.tools.office_hours import office_hours

LENA = Owner("o-1", "Lena Vogt", "lena@northbeam.example", ANA.mailbox, "Europe/London")
CLARA = replace(
    ANA,
    contact_id="c-clara",
    person_id="p-clara",
    email="clara@cedar.example",
    first_name="Clara",
    last_name="Weiß",
    language="de",
    country="DE",
    time_zone="Europe/Berlin",
)


DAN = replace(
    ANA, contact_id="c-dan", person_id="p-dan", email="dan@date.example", first_name="Dan"
)


class Site:
    """A workspace, its calendar, and addresses of pages."""

    def __init__(self, folder, calendar_url):
        (folder / "plan.json").write_text(json.dumps({"data": ""}))
        open_engine(f"sqlite:///{folder / 'runtime.db'}").dispose()
        self.settings = Settings(
            workspace=folder,
            tenant_id="t",
            signing_keys=SecretStr(f"2:{SECRET}"),
            caldav_url=calendar_url,
        )
        self.store = open_store(self.settings)
        write_now(self.store.engine, NOW)
        self.calendar = CalDavCalendar(calendar_url, hours=office_hours((LENA,)), clock=lambda: NOW)
        with self.store.begin() as tx:
            tx.publish("owners", OWNERS.dump_json((LENA,)).decode())
            for person in (ANA, BO, CLARA, DAN):
                add_person(tx, person)
        self.url = ""

    def page(self, person=ANA, tab=""):
        return PageLinks(self.url, KEYS, "t")(person.person_id, "m-1", NOW) + tab

    def meets(self, person=ANA):
        """Books a meeting as the agent does, in the real calendar."""
        free = self.calendar.free_slots("o-1", now=NOW, key=person.person_id, limit=1)
        slot = Slot("o-1", free[0].start, free[0].start + timedelta(minutes=30))
        uid = f"first-{person.person_id}@parley"
        words = {"summary": "Meeting", "description": "", "attendee": person.email}
        said = self.calendar.book(slot, uid=uid, organizer=person.mailbox, **words)
        assert said.status == "booked"
        with self.store.begin() as tx:
            thread = session_of(person)
            made = Meeting("t", uid, thread.thread_id, person.person_id, slot, "agent", "CONFIRMED")
            tx.save_meeting(made)
            tx.save_session(replace(thread, meeting_uid=uid, state="booked"))
        return made


@contextmanager
def served_outside(folder):
    """Yields the site, served over HTTP on a port of its own."""
    with serve_calendar(folder / "calendar", ["o-1"]) as calendar:
        site = Site(folder, calendar.url)
        app = open_app(site.settings)
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
            thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
            thread.start()
            try:
                while not server.started:
                    time.sleep(0.02)
                site.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
                yield site
            finally:
                server.should_exit = True
                thread.join()
