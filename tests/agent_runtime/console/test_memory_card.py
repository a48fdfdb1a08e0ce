"""What is remembered of a person, on the page of their thread, and the messages it comes from."""

import re
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from desk_world import Desk
from thread_world import write_thread

sys.path.insert(0, str(Path(__file__).parents[1] / "remembering"))
from story_world import STORY, staged


def card_of(page):
    """The card's part of a page."""
    return re.search(r"What we remember.*?</section>", page.text, re.DOTALL).group(0)


def places_in(card):
    """Page and entry of each link to a message."""
    return re.findall(r'href="(\?page=\d+)?#e-([^"]+)"', card)


@pytest.fixture
def desk(tmp_path):
    _, _, watching, moments = staged(tmp_path)
    assert len(tuple(watching.scenes(moments))) == len(STORY.moments)
    return Desk(tmp_path)


THREAD = "/console/threads/thread-p-one-thread"


def test_each_thing_leads_to_the_message_that_it_was_learnt_from(desk):
    """R190: a rep sees what is remembered over all channels, and where from."""
    page = desk.browser("rep").get(THREAD)
    card = card_of(page)
    for said in ("Tool in use", "HubSpot", "Maria Lopez", "By the end of March", "timing"):
        assert said in card
    assert "3 questions asked, not to be asked again" in card
    assert {way for way in ("by mail", "by chat", "by text message") if way in card} == {
        "by mail",
        "by chat",
        "by text message",
    }
    places = places_in(card)
    assert len(places) == 5 + 3 + 3
    for elsewhere, entry in places:
        assert not elsewhere
        assert f'id="e-{entry}"' in page.text


def test_a_thread_in_which_all_went_well_shows_no_trouble(desk):
    page = desk.browser("rep").get(THREAD).text
    assert "Message accepted" in page
    assert 'class="badge warn"' not in page
    assert "2 spoken messages" in page


def test_who_reads_no_names_reads_none_in_what_is_remembered(desk):
    card = card_of(desk.browser("leader").get(THREAD))
    assert "HubSpot" in card
    assert "Maria" not in card


def test_a_message_on_an_earlier_page_is_found_there(tmp_path):
    desk = Desk(tmp_path)
    browser, thread = desk.browser("rep"), f"/console/threads/{write_thread(desk.store, times=40)}"
    elsewhere = [(page, entry) for page, entry in places_in(card_of(browser.get(thread))) if page]
    assert elsewhere
    for page, entry in elsewhere:
        assert f'id="e-{entry}"' in browser.get(thread + page).text


def test_of_whom_nothing_is_known_it_says_so(tmp_path):
    desk = Desk(tmp_path)
    thread = write_thread(desk.store)
    with desk.store.begin() as tx:
        session = tx.session_of(thread.removeprefix("thread-"))
        bare = replace(session, facts_known=(), preferences=(), objections=(), contents_used=())
        tx.save_session(bare)
    assert "Nothing yet" in card_of(desk.browser("rep").get(f"/console/threads/{thread}"))
