"""The morning after the last day: who writes, and that it is the same after a restart."""

from datetime import timedelta
from itertools import pairwise

from sandbox_conversation import AGENT, DAY0, make_person

from agent_runtime.sandbox.mail_view import MailView
from agent_runtime.sandbox.morning import EVERY, LETTERS, morning_of
from agent_runtime.sandbox.town import Town
from agent_runtime.sandbox.truth import Params, truth_of

ENDS = DAY0 + timedelta(days=28)
PARAMS = Params(seed=3)
ZONES = {"en": "Europe/London", "de": "Europe/Berlin", "fr": "Europe/Paris"}
PEOPLE = [
    make_person(f"b-{language}-{number}", language=language, time_zone=ZONES[language])
    for number in range(40)
    for language in ZONES
]


def touched(people=PEOPLE):
    """A town in which everybody of these has read one mail."""
    town = Town(PEOPLE, PARAMS)
    town.wake(DAY0, "hello@northbeam.example")
    for person in people:
        town.read(person.email, mail_to(person, DAY0))
    return town


def mail_to(person, sent_at, nth=1):
    return MailView(
        message_id=f"<{nth}.{person.buyer_id}@mail.northbeam.example>",
        from_addr=AGENT,
        to_addr=person.email,
        subject="Relay at your firm",
        text="Would it make sense to talk?\n",
        sent_at=sent_at,
    )


def late(town):
    town.take_due(ENDS - timedelta(seconds=1))
    return [(person.email, mail) for person, mail in town.take_due(ENDS + timedelta(days=1))]


def test_a_few_who_were_silent_and_want_no_meeting_ask_something():
    """R15: what they are answered waits for a person, and what is planted stays true."""
    town = touched()
    before = late(touched())
    town.wake_late(morning_of(ENDS))
    written = [one for one in late(town) if one not in before]
    truths = {person.email: truth_of(person, PARAMS) for person in PEOPLE}
    assert len(written) == LETTERS
    assert not any(truths[address].meets_if_contacted for address, _ in written)
    assert {truths[address].temperament for address, _ in written} == {"silent"}
    assert {mail.to for _, mail in written} == {AGENT}
    assert all(mail.in_reply_to.startswith("<1.") for _, mail in written)
    dues = [mail.due_at for _, mail in written]
    assert {later - earlier for earlier, later in pairwise(dues)} == {EVERY}
    assert len({mail.kind for _, mail in written}) > 5
    languages = [person.language for a, _ in written for person in PEOPLE if person.email == a]
    assert {languages.count(language) for language in ZONES} == {LETTERS // len(ZONES)}


def test_nobody_whom_the_agent_never_wrote_to_is_among_them():
    town = touched(PEOPLE[:9])
    town.wake_late(morning_of(ENDS))
    known = {person.email for person in PEOPLE[:9]}
    assert {address for address, mail in late(town) if mail.in_reply_to} <= known


def test_what_they_wrote_already_is_not_written_again():
    first = touched()
    first.wake_late(morning_of(ENDS))
    sent = [mail.message_id for _, mail in late(first)]
    again = Town(PEOPLE, PARAMS)
    again.wake(DAY0, "hello@northbeam.example", sent=sent)
    for person in PEOPLE:
        again.read(person.email, mail_to(person, DAY0))
    again.wake_late(morning_of(ENDS))
    assert late(again) == []
