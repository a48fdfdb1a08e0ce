"""What people outside see and choose on pages of their own, and that the permit obeys at once."""

import json
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from desk_world import LIBRARY
from hypothesis import given, settings
from hypothesis import strategies as st
from outside_world import ANA, BO, KEYS, NOW, Outside, session_of
from sqlalchemy import select

from agent_runtime.act import message_of
from agent_runtime.channels.email.page_links import PageLinks, reader_of
from agent_runtime.channels.email.signing import Keyring
from agent_runtime.console.prospects.seeing import PATHS, read
from agent_runtime.domain import Proposal, Slot
from agent_runtime.library.content import LOCALES
from agent_runtime.newcomers import OWNERS, Owner
from agent_runtime.policies.choices import CHANNELS, choices_of, topic_of, topics
from agent_runtime.store import tables as t
from agent_runtime.store.rows import HumanTask, Meeting

GUESSED = Keyring((("2", "guessed" * 5),))
ONE_CLICK = {"List-Unsubscribe": "One-Click"}
TABS = tuple(PATHS.values())


@pytest.fixture
def world(tmp_path):
    return Outside(tmp_path)


def everything(store):
    with store.engine.connect() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table))))
            for table in t.metadata.sorted_tables
            if not table.name.startswith("console_")
        }


def test_looking_at_any_page_changes_nothing_and_sets_no_cookie(world):
    """R225: links are fetched by scanners; only a press acts."""
    before, browser = everything(world.store), world.browser()
    for tab in (*TABS, "?said=stopped", "/survey?rating=5", "/meeting?said=moved"):
        page = browser.get(world.path(tab=tab))
        assert page.status_code == 200, tab
        assert "set-cookie" not in page.headers
        assert page.headers["referrer-policy"] == "no-referrer"
        assert "<script" not in page.text
        assert ANA.email not in page.text
        assert browser.head(world.path(tab=tab)).status_code in (200, 405)
    for tab in ("/stop", "/choices", "/meeting/move", "/meeting/cancel"):
        assert browser.get(world.path(tab=tab)).status_code in (404, 405)
    assert everything(world.store) == before


def test_one_press_stops_every_channel_at_once_and_nobody_else(world):
    """R225: the permit refuses right after, whatever the channel."""
    assert world.asked() == {}
    answer = world.browser().post(world.path(tab="/stop"), follow_redirects=False)
    assert answer.status_code == 303
    for channel in ("email", "sms", "voice", "linkedin"):
        assert world.asked(channel=channel)["suppression"] == "block"
    assert world.asked(person=BO) == {}
    page = world.browser().get(answer.headers["location"]).text
    assert "You hear nothing more from us" in page
    assert "Stop everything" not in page


def test_a_mail_program_stops_with_one_post_that_leads_nowhere_else(world):
    """R225: RFC 8058, without cookie, session or redirection; a second time changes nothing."""
    for _ in range(2):
        answer = world.browser().post(world.path(), data=ONE_CLICK, follow_redirects=False)
        assert (answer.status_code, "set-cookie" in answer.headers) == (200, False)
    assert world.asked() == {"suppression": "block"}
    with world.store.begin() as tx:
        assert [stop.source for stop in tx.stops("p-ana")] == ["m-1"]


@pytest.mark.parametrize(
    ("tick", "off", "still"),
    [
        ("channel", "email", {"channel": "linkedin"}),
        ("channel", "texts", {"channel": "email"}),
        ("topic", "getting_to_know", {"purpose": "nurture"}),
        ("topic", "articles", {"purpose": "prospecting"}),
    ],
)
def test_what_loses_its_tick_is_refused_and_the_rest_goes_on(world, tick, off, still):
    """R33, R225: by channel and by topic, from this moment on, until it is ticked again."""
    wanted = {"channel": list(CHANNELS), "topic": list(topics())}
    less = wanted | {tick: [one for one in wanted[tick] if one != off]}
    gone = {
        "email": {},
        "texts": {"channel": "sms"},
        "getting_to_know": {},
        "articles": {"purpose": "nurture"},
    }[off]
    assert "choices" not in world.asked(**gone)
    browser = world.browser()
    assert "Saved" in browser.post(world.path(tab="/choices"), data=less).text
    assert world.asked(**gone)["choices"] == "block"
    assert "choices" not in world.asked(**still)
    assert "choices" not in world.asked(person=BO, **gone)
    assert "choices" not in world.asked(**gone, touch_class="reply"), "an answer goes"
    browser.post(world.path(tab="/choices"), data=wanted)
    assert "choices" not in world.asked(**gone)


def test_a_reminder_goes_only_where_meetings_are_still_wanted(world):
    reminder = {"action": "remind", "touch_class": "transactional", "purpose": "meeting"}
    some = {"channel": list(CHANNELS), "topic": [one for one in topics() if one != "meetings"]}
    assert "choices" not in world.asked(**reminder)
    world.browser().post(world.path(tab="/choices"), data=some)
    assert world.asked(**reminder)["choices"] == "block"
    assert "choices" not in world.asked()


def test_a_draft_that_a_colleague_would_post_by_hand_is_taken_back(world):
    """R225: it passes no permit any more, so the choice itself takes it back."""
    with world.store.begin() as tx:
        sent = Proposal("send_touch", "proactive", "linkedin", "nurture", "", (), "en", 1.0)
        draft = message_of(
            session_of(ANA), ANA, sent, cause="c", actor="agent", mailbox="m", due_at=NOW
        )
        tx.add_message(draft)
        tx.settle(draft.message_id, "HANDED")
        tx.save_human_task(
            HumanTask(
                "t", draft.message_id, draft.thread_id, "p-ana", "linkedin", "owner", "r", "", NOW
            )
        )
    wanted = {"channel": [one for one in CHANNELS if one != "linkedin"], "topic": list(topics())}
    world.browser().post(world.path(tab="/choices"), data=wanted)
    with world.store.begin() as tx:
        assert tx.message(draft.message_id).state == "CANCELLED"
        assert tx.open_human_tasks() == ()


def test_who_is_one_with_another_person_has_the_choices_of_both(world):
    world.browser().post(world.path(BO, tab="/choices"), data={"channel": ["calls"]})
    with world.store.begin() as tx:
        tx.merge("p-ana", "p-bo", now=NOW)
    assert world.asked()["choices"] == "block"


@given(st.sets(st.sampled_from(list(CHANNELS))), st.sets(st.sampled_from(list(topics()))))
def test_what_is_off_is_what_has_no_tick(channels, about):
    off = choices_of(channels, about)
    assert set(off.channels_off) == {
        c for n, cs in CHANNELS.items() if n not in channels for c in cs
    }
    assert set(off.topics_off) == set(topics()) - about


def test_every_purpose_of_a_playbook_belongs_to_one_topic():
    purposes = {ch.purpose for book in LIBRARY.playbooks.values() for ch in book.channels.values()}
    assert all(topic_of(purpose) for purpose in purposes), purposes
    named = [purpose for group in topics().values() for purpose in group]
    assert len(named) == len(set(named))


@settings(max_examples=25, deadline=None)
@given(st.text(min_size=1, max_size=40), st.integers(0, 60))
def test_a_token_of_one_person_is_never_anothers(junk, at):
    """R225: changed anywhere it opens nothing, and never somebody else's page."""
    link = PageLinks("", KEYS, "t")("p-ana", "m-1", NOW).rpartition("/")[2]
    forged = link[:at] + junk + link[at + len(junk) :]
    who = reader_of(forged, KEYS)
    assert who is None or (forged == link and who.person_id == "p-ana")


@pytest.mark.parametrize(
    "forge",
    [
        lambda link: link + "x",
        lambda link: link.replace("/2.", "/9."),
        lambda link: PageLinks("http://x", GUESSED, "t")("p-ana", "m", NOW)[8:],
        lambda link: PageLinks("http://x", KEYS, "other")("p-ana", "m", NOW)[8:],
        lambda link: PageLinks("http://x", KEYS, "t")("p-nobody", "m", NOW)[8:],
    ],
)  # fmt: skip
def test_a_link_that_is_not_ours_opens_nothing_in_their_language(world, forge):
    before, browser = everything(world.store), world.browser()
    path = forge(world.path())
    for tab in TABS:
        page = browser.get(path + tab, headers={"accept-language": "it-IT,en"})
        assert (page.status_code, "non funziona" in page.text) == (404, True)
    for tab in ("", "/stop", "/choices", "/meeting/move", "/meeting/cancel", "/data", "/survey"):
        assert browser.post(path + tab, data={"kind": "erasure"}).status_code == 404
    assert everything(world.store) == before


def test_an_old_link_still_stops_and_shows_nothing_else(world):
    """R225: the way out never closes; what shows more does after a year."""
    old = {"made": NOW}
    world.later(days=366)
    browser = world.browser()
    for tab in TABS[1:]:
        assert browser.get(world.path(tab=tab, **old)).status_code == 410
    assert browser.post(world.path(tab="/data", **old), data={"kind": "access"}).status_code == 410
    assert not everything(world.store)["data_requests"]
    assert "Your rights" not in browser.get(world.path(**old)).text
    browser.post(world.path(tab="/stop", **old))
    assert world.asked()["suppression"] == "block"


@pytest.mark.parametrize("language", LOCALES)
def test_every_page_speaks_the_language_of_its_reader(tmp_path, language):
    """R244: all pages, every sentence, in six languages; another is a press away."""
    world = Outside(tmp_path, people=(replace(ANA, language=language),))
    browser = world.browser()
    for tab, path in PATHS.items():
        page = browser.get(world.path(tab=path)).text
        assert f'<html lang="{language}">' in page
        assert read(tab)[language]["title"].replace("'", "&#39;") in page
        assert "built-in" not in page
    other = "de" if language != "de" else "fr"
    assert f'<html lang="{other}">' in browser.get(f"{world.path()}?lang={other}").text


def test_words_are_whole_in_every_language():
    """R244: the same sentences, with the same places to fill."""
    for name in (*PATHS, "common"):
        words = read(name)
        assert set(words) == set(LOCALES)
        for language in LOCALES:
            assert set(words[language]) == set(words["en"]), (name, language)
            for key, text in words["en"].items():
                places = re.findall(r"{\w+}", str(text))
                assert re.findall(r"{\w+}", str(words[language][key])) == places or sorted(
                    re.findall(r"{\w+}", str(words[language][key]))
                ) == sorted(places), (name, language, key)


def test_the_page_about_us_says_who_where_from_why_since_and_how_long(world):
    """R225: source, ground, dates, controller and how long, without naming the reader."""
    text = world.browser().get(world.path(tab="/about")).text
    for said in (
        "12 Harbour Street",
        "privacy@northbeam.example",
        "A form on our website",
        "art. 6(1)(a)",
        "3 November 2025",
        "730 days",
        "Lena Vogt",
        "Articles and checklists",
    ):
        assert said in text, said
    for secret in (ANA.email, ANA.last_name, ANA.company, ANA.title):
        assert secret not in text


def test_one_question_is_answered_once(world):
    """R156: a look marks an answer, a press gives it; a second press changes nothing."""
    browser = world.browser()
    assert 'value="4" required checked' in browser.get(world.path(tab="/survey?rating=4")).text
    assert "Choose one" in browser.post(world.path(tab="/survey"), data={"rating": "9"}).text
    said = {"rating": "4", "comment": "Fine, but call me on +44 20 7946 0018, Ana"}
    for _ in range(2):
        assert "Thank you" in browser.post(world.path(tab="/survey"), data=said).text
    with world.store.engine.connect() as connection:
        docs = connection.execute(select(t.trace_events.c.doc)).scalars()
        found = [e["payload"] for e in map(json.loads, docs) if e["kind"] == "survey"]
    assert [one["rating"] for one in found] == [4]
    assert "7946" not in found[0]["comment"]
    assert "Fine" in found[0]["comment"]


def test_who_was_never_talked_with_is_asked_nothing(world):
    with world.store.begin() as tx:
        tx.save_session(replace(session_of(ANA), touches_sent=0))
    assert "We have not talked" in world.browser().get(world.path(tab="/survey")).text


def test_a_calendar_that_does_not_answer_leaves_the_meeting_where_it_is(tmp_path):
    world = Outside(tmp_path, caldav_url="http://127.0.0.1:9/none")
    slot = Slot("o-1", NOW + timedelta(days=2), NOW + timedelta(days=2, minutes=30))
    owner = Owner("o-1", "Lena Vogt", "lena@northbeam.example", ANA.mailbox, "Europe/London")
    made = Meeting("t", "m@parley", session_of(ANA).thread_id, "p-ana", slot, "agent", "CONFIRMED")
    with world.store.begin() as tx:
        tx.save_meeting(made)
        tx.publish("owners", OWNERS.dump_json((owner,)).decode())
    before, browser = everything(world.store), world.browser()
    assert "cannot see the calendar" in browser.get(world.path(tab="/meeting")).text
    said = {"start": (NOW + timedelta(days=3)).isoformat()}
    assert "cannot see" in browser.post(world.path(tab="/meeting/move"), data=said).text
    assert "cannot see" in browser.post(world.path(tab="/meeting/cancel")).text
    assert everything(world.store) == before


def test_the_log_has_every_press_by_id_and_no_token(world):
    world.browser().post(world.path(tab="/choices"), data={"channel": ["email"]})
    with world.store.engine.connect() as connection:
        rows = connection.exec_driver_sql("select * from console_audit").all()
    assert [row.result for row in rows] == ["begun", "done"]
    assert rows[-1].record == "person:p-ana"
    assert world.path()[len("/for-you/") :] not in str(rows)
