"""A link in a mail, taken from a real exchanger, opens the same thread in the chat."""

import re
from datetime import timedelta

import httpx
import pytest
from conversation_world import ANA, LIBRARY, NOW
from test_double_opt_in_real import PAGE, running

from agent_runtime.channels.email.chat_links import ChatLinks, open_chat_links
from agent_runtime.console.links import VALID_FOR
from agent_runtime.crm_request import request_of
from agent_runtime.errors import ParleyError
from agent_runtime.library.content import LOCALES
from agent_runtime.settings import Settings
from agent_runtime.store import tables as t
from agent_runtime.store.rows import Push

LINKS = ChatLinks("https://www.northbeam.example/talk?from=mail", "t", "k" * 40)
LINE = "this page knows our thread"


@pytest.fixture
def world(tmp_path):
    yield from running(tmp_path, chat_link=LINKS)


def answered(world):
    """Kim asks by form and gets an answer by mail."""
    world.post(news_consent="off")
    world.work(timedelta(minutes=10))
    (mail,) = world.mails()
    return mail


def words_of(mail, kind="plain"):
    return mail.get_body((kind,)).get_content().replace("\r\n", "\n")


def proof_in(mail):
    (link,) = re.findall(r"https://www\.northbeam\.example/talk\?\S+", words_of(mail))
    return link.partition("pt=")[2]


def open_chat(world, proof):
    said = httpx.post(f"{world.url}/chat/hello", json={"pt": proof}, headers=PAGE).json()
    return said, {**PAGE, "authorization": f"Bearer {said['token']}"}


def say(world, headers, text):
    line = {"id": "m1", "text": text}
    answer = httpx.post(f"{world.url}/chat/messages", json=line, headers=headers)
    assert answer.status_code == 200, answer.text
    with world.store.begin() as tx:
        heard = [tx.inbound(row.key) for row in tx.rows(t.inbound).all()]
    (line,) = (one for one in heard if one.channel == "chat")
    return line


def test_the_chat_that_a_mail_opens_goes_on_in_the_same_thread(world):
    """R22 R29: mail by the real exchanger, its link, the chat behind it: one thread."""
    mail = answered(world)
    said, headers = open_chat(world, proof_in(mail))
    assert said["link_used"] is True
    kim = world.person()
    heard = say(world, headers, "Und was ist der price?")
    assert (heard.person_id, heard.thread_id) == (kim.person_id, f"thread-{kim.person_id}")
    with world.store.begin() as tx:
        people = {row.person_id for row in tx.rows(t.contacts).all()}
    assert people == {kim.person_id}, "nobody new was made of the visitor"


def test_the_link_stands_where_the_approved_footer_has_it_and_can_be_clicked(world):
    mail = answered(world)
    stop, chat, address = words_of(mail).strip().split("\n\n")[-3:]
    assert "reply 'stop'" in stop
    assert LINE in chat
    assert "Harbour Street" in address
    assert f'href="{LINKS.page}&amp;pt=' in words_of(mail, "html")


@pytest.mark.parametrize("change", [lambda p: p[:-2] + p[-1] * 3, lambda p: ""])
def test_a_proof_that_was_changed_opens_a_strangers_chat(world, change):
    proof = change(proof_in(answered(world)))
    _, headers = open_chat(world, proof)
    assert say(world, headers, "Hallo").person_id != world.person().person_id


def test_a_link_opens_its_readers_thread_and_nobody_elses(world):
    with world.store.begin() as tx:
        tx.add_contact(ANA)
    proof = proof_in(answered(world))
    said, headers = open_chat(world, proof)
    assert say(world, headers, "Hallo").person_id == world.person().person_id != ANA.person_id
    assert said["lines"] == []


def test_a_link_expires(world):
    proof = proof_in(answered(world))
    world.now += VALID_FOR
    _, headers = open_chat(world, proof)
    assert say(world, headers, "Hallo").person_id != world.person().person_id


def test_the_proof_is_kept_nowhere_not_even_when_an_answer_quotes_it(world):
    """Store, traces, vault and CRM: whoever reads them could else chat as the buyer."""
    mail = answered(world)
    proof = proof_in(mail)
    quoted = "\n".join(f"> {line}" for line in words_of(mail).splitlines())
    world.reply(f"Danke! Was ist der price?\n\n{quoted}", to=mail)
    _, headers = open_chat(world, proof)
    wrapped = f"https%3A%2F%2Fwww.northbeam.example%2Ftalk%3Ffrom%3Dmail%26pt%3D{proof}"
    said = f"https://www.northbeam.example/talk?pt={proof} https://safe.example/?url={wrapped}&d=1"
    say(world, headers, f"I came from {said}")
    kim = world.person()
    with world.store.begin() as tx:
        for row in tx.rows(t.messages).all():
            told = request_of(tx, Push("t", "sent", row.message_id, world.now), kim)
            assert "CHAT_LINK" not in str(told)
            assert "pt=" not in str(told)
    world.store.engine.dispose()
    kept = b"".join(path.read_bytes() for path in world.folder.glob("runtime.db*"))
    assert b"CHAT_LINK" in kept, "the place of the link is kept"
    for part in proof.split(".")[1:]:
        assert part.encode() not in kept


def test_the_mail_that_asks_for_a_consent_has_no_link_to_the_chat(world):
    """It offers nothing but the question."""
    world.post()
    world.work(timedelta(minutes=10))
    (asked,) = world.asking()
    assert "talk?" not in words_of(asked)


def test_without_a_page_the_footer_says_nothing_of_a_chat(tmp_path):
    for world in running(tmp_path):
        mail = answered(world)
        assert LINE not in words_of(mail)
        assert "Harbour Street" in words_of(mail)


@pytest.mark.parametrize("language", LOCALES)
def test_the_line_stands_in_six_languages_and_only_where_there_is_a_chat(language):
    footer = LIBRARY.contents["frame.email", language]
    assert footer.slots >= {"chat_link"}
    assert "chat_link" not in LIBRARY.live("frame.email", language=language, now=NOW).slots


def test_a_page_that_is_not_safe_is_refused_in_one_sentence(tmp_path):
    assert open_chat_links(Settings(workspace=tmp_path)) is None
    with pytest.raises(ParleyError, match=r"PARLEY_CHAT_PAGE = 'http://n\.example'"):
        open_chat_links(Settings(workspace=tmp_path, chat_page="http://n.example"))
    made = open_chat_links(Settings(workspace=tmp_path, chat_page="https://n.example"))
    again = open_chat_links(Settings(workspace=tmp_path, chat_page="https://n.example"))
    assert made is not None
    assert made == again, "the workspace keeps one key"
