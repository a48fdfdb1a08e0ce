"""A web app on a store in memory, and a runtime that answers when it is told to work."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from starlette.testclient import TestClient

from agent_runtime.app import assemble
from agent_runtime.arms import publish_controls
from agent_runtime.channels.chat_window import ChatWindow
from agent_runtime.channels.router import Router
from agent_runtime.console.app import build_app
from agent_runtime.console.door import Door, Gate, Rates
from agent_runtime.console.serve import public_routes
from agent_runtime.contracts import Assignment
from agent_runtime.domain import Contact
from agent_runtime.library.catalog import load_library
from agent_runtime.models.language import ScriptedModel
from agent_runtime.newcomers import Newcomers, OnlineExperiment, Owner
from agent_runtime.ports import Receipt
from agent_runtime.store.memory import MemoryStore
from agent_runtime.tools.memory_calendar import MemoryCalendar
from agent_runtime.tools.slots import OfficeHours

NOW = datetime(2026, 1, 13, 10, 0, tzinfo=UTC)
PAGE = "https://www.northbeam.example"
FROM_PAGE = {"origin": PAGE}
KEY, FORM_KEY = "k" * 40, "f" * 40
OWNER = Owner("o-1", "Lena Vogt", "lena@northbeam.example", "relay-lena@mail.example", "UTC")
MEANINGS = {
    "talk": "book_meeting",
    "demo": "book_meeting",
    "price": "pricing_question",
    "2 please": "propose_time",
}
ANA = Contact(
    tenant_id="t",
    contact_id="c-ana",
    person_id="p-ana",
    account_id=None,
    email="ana@alder.example",
    first_name="Ana",
    last_name="Ruiz",
    title="",
    company="Alder",
    country="DE",
    language="en",
    time_zone="Europe/Berlin",
    owner_id="o-1",
    owner_name=OWNER.name,
    mailbox=OWNER.mailbox,
    owner_email=OWNER.email,
)
LIBRARY = load_library()


class Postbox:
    """A mail channel that keeps what it was given."""

    def __init__(self):
        self.mails = []

    def send(self, mail, permit, *, permitted_words):
        self.mails.append(mail)
        return Receipt("sent", "250")


class World:
    """Everything at hand; `arm` is the one that strangers get."""

    def __init__(self, *, arm="agent", rates=None):
        self.now = NOW
        self.store = MemoryStore("t")
        publish_controls(self.store, {"e": ("holdout",), "f": ("holdout",)})
        self.runtime = assemble(
            self.store,
            library=LIBRARY,
            model=ScriptedModel(MEANINGS),
            calendar=MemoryCalendar({"o-1": OfficeHours("UTC")}),
            newcomers=Newcomers("t", (OWNER,), OnlineExperiment("e", "l", "s", "h", {arm: 1.0})),
        )
        self.door = Door(
            store=self.store,
            intake=self.runtime.intake,
            versions={},
            clock=lambda: self.now,
            key=KEY,
            origins=frozenset({PAGE}),
            form_key=FORM_KEY,
            gate=Gate(rates or Rates()),
        )
        self.client = TestClient(build_app(public_routes(self.door)))
        self.post = Postbox()
        self.channel = Router({"email": self.post, "chat": ChatWindow()})

    def add_ana(self, arm="agent"):
        self.store.add_contact(ANA)
        self.assign(ANA.person_id, arm)

    def assign(self, person_id, arm, *, experiment="e"):
        self.store.add_assignment(
            Assignment(
                tenant_id="t",
                experiment_id=experiment,
                unit_id=person_id,
                person_id=person_id,
                arm=arm,
                layer="l",
                spec_hash="h",
                assigned_at=NOW,
                how="hash",
            )
        )

    def work(self):
        self.now += timedelta(seconds=1)
        while due := self.store.take_due(self.now):
            for _, row in due:
                self.runtime.desk.work(row, self.channel, now=self.now)

    def window(self, token="", pt=""):
        """Opens a window over plain HTTP."""
        hello = self.client.post("/chat/hello", json={"token": token, "pt": pt}, headers=FROM_PAGE)
        return Window(self, hello.json())

    def person_of(self, window):
        address = self.visitor(window.token).address
        return self.store.person_at("chat", address)

    def visitor(self, token):
        from agent_runtime.console.visitors import Visitors

        return Visitors(KEY).read(token)

    def contact(self, window):
        return self.store.contact_of(self.person_of(window))


class Window:
    """What one browser holds."""

    def __init__(self, world, hello):
        self.world, self.hello, self.token = world, hello, hello["token"]

    @property
    def headers(self):
        return {**FROM_PAGE, "authorization": f"Bearer {self.token}"}

    def say(self, text, *, message_id="", work=True):
        said = {"id": message_id or uuid4().hex, "text": text}
        answer = self.world.client.post("/chat/messages", json=said, headers=self.headers)
        if work:
            self.world.work()
        return answer

    def lines(self):
        news = self.world.client.get("/chat/messages", headers=self.headers)
        return news.json()["lines"]

    def texts(self):
        return "\n".join(line["text"] for line in self.lines())

    def last(self):
        return self.lines()[-1]
