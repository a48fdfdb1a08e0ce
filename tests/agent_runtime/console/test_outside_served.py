"""Pages for people outside over HTTP: a real server, and a real calendar behind it."""

import re
from email import message_from_bytes
from email.policy import default

import httpx
import pytest
from outside_served import CLARA, DAN, served_outside
from outside_world import ANA, BO, KEYS, NOW
from sqlalchemy import select

from agent_runtime.channels.email.compose import compose
from agent_runtime.channels.email.unsubscribe_link import UnsubscribeLink
from agent_runtime.ports import Mail
from agent_runtime.store import tables as t
from agent_runtime.store.rows import Message
from agent_runtime.store.sql_rows import load

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    with served_outside(tmp_path_factory.mktemp("outside")) as site:
        yield site


def offered(page):
    return re.findall(r'name="start" value="([^"]+)"', page)


def meetings(site, person=ANA):
    with site.store.begin() as tx:
        thread = f"thread-{person.person_id}"
        return {state: tx.meetings_of(thread, state) for state in ("CONFIRMED", "CANCELLED")}


def starts(site, *made):
    """Starts in the calendar's own files of these meetings, as its server keeps them."""
    folder = site.settings.workspace / "calendar"
    files = (path for path in folder.rglob("*.ics") if ".Radicale.cache" not in str(path))
    found = {uid: at for text in (path.read_text() for path in files) for uid, at in _event(text)}
    return [found.get(one.uid) for one in made]


def _event(text):
    return re.findall(r"UID:(\S+).*?DTSTART[^:]*:(\S+)", text.replace("\r", ""), re.DOTALL) or [
        (uid, at) for at, uid in re.findall(r"DTSTART[^:]*:(\S+).*?UID:(\S+)", text, re.DOTALL)
    ]


def written(slot):
    return f"{slot.start:%Y%m%dT%H%M%SZ}"


def test_a_meeting_is_moved_in_the_real_calendar_and_never_onto_another(site):
    """R111, R193: two people want one slot and one gets it; the other's meeting stands."""
    first, other = site.meets(ANA), site.meets(BO)
    with httpx.Client(follow_redirects=True) as client:
        mine, theirs = (
            offered(client.get(site.page(ANA, "/meeting")).text),
            offered(client.get(site.page(BO, "/meeting")).text),
        )
        wanted = next(start for start in mine if start in theirs)
        answer = client.post(site.page(ANA, "/meeting/move"), data={"start": wanted})
        assert "It is moved" in answer.text
        again = client.post(site.page(ANA, "/meeting/move"), data={"start": wanted})
        assert "It is moved" in again.text
        late = client.post(site.page(BO, "/meeting/move"), data={"start": wanted})
        assert "just been taken" in late.text
        for start in ("2026-01-13T03:00:00+00:00", "yesterday", ""):
            client.post(site.page(BO, "/meeting/move"), data={"start": start})
    (moved,) = meetings(site, ANA)["CONFIRMED"]
    (stands,) = meetings(site, BO)["CONFIRMED"]
    assert moved.slot.start.isoformat() == wanted
    assert stands.slot == other.slot
    assert starts(site, first, other) == [written(moved.slot), written(other.slot)]
    assert first.slot.start != moved.slot.start
    assert invites(site, ANA) == ["REQUEST"]


def test_who_hears_nothing_more_still_moves_a_meeting_and_is_promised_no_mail(site):
    """R225: the calendar is theirs to change; no invitation goes to who said stop."""
    site.meets(CLARA)
    with httpx.Client(follow_redirects=True) as client:
        client.post(site.page(CLARA, "/stop"))
        start = offered(client.get(site.page(CLARA, "/meeting")).text)[0]
        answer = client.post(site.page(CLARA, "/meeting/move"), data={"start": start})
    assert meetings(site, CLARA)["CONFIRMED"][0].slot.start.isoformat() == start
    assert "per Mail" not in answer.text


def test_a_meeting_is_called_off_and_its_owner_hears_of_it(site):
    """R193: out of the calendar, with a cancellation by mail; a second press finds none."""
    made = site.meets(DAN)
    with httpx.Client(follow_redirects=True) as client:
        assert "called off" in client.post(site.page(DAN, "/meeting/cancel")).text
        assert "no meeting ahead" in client.post(site.page(DAN, "/meeting/cancel")).text
    assert starts(site, made) == [None]
    assert not meetings(site, DAN)["CONFIRMED"]
    with site.store.begin() as tx:
        assert [task.reason for task in tx.open_human_tasks()] == ["meeting_called_off"]
    assert invites(site, DAN) == ["CANCEL"]


def invites(site, person):
    query = select(t.messages.c.doc).where(t.messages.c.person_id == person.person_id)
    with site.store.engine.connect() as connection:
        found = [load(Message, doc) for doc in connection.execute(query).scalars()]
    return [re.findall(r"METHOD:(\w+)", message.invite)[0] for message in found if message.invite]


def test_the_header_of_a_mail_stops_and_its_look_leads_to_the_page(site):
    """R225: RFC 8058 from the very bytes of a mail; a look at the link shows the page."""
    link = UnsubscribeLink(site.url, KEYS, "t")
    mail = Mail("a@n.example", "Lena", DAN.email, "Hi", "Hello", "<1@n>", message_id="m-1",
        person_id="p-dan", is_proactive=True)  # fmt: skip
    sent = compose(mail, at=NOW, unsubscribe="x@n.example", unsubscribe_url=link(mail))
    header = message_from_bytes(sent, policy=default)["List-Unsubscribe"]
    url = re.findall(r"<(http[^>]+)>", header)[0]
    with httpx.Client() as client:
        looked = client.get(url, follow_redirects=True)
        assert "Stop everything" in looked.text
        with site.store.begin() as tx:
            assert not tx.suppressed("p-dan")
        assert client.post(url, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    with site.store.begin() as tx:
        assert tx.suppressed("p-dan") == "opt_out"
