"""Plays a story through the runtime: what comes in by each channel's own way, as in production."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

from agent_runtime.channels.email.parse import parse
from agent_runtime.channels.voice.call_start import CallStart
from agent_runtime.channels.voice.rehearsal import rehearse_call
from agent_runtime.channels.voice.turns import CallTurns
from agent_runtime.clock import write_now
from agent_runtime.console.carrier_hooks import arrival_of
from agent_runtime.console.links import PARAMETER
from agent_runtime.console.room import Room
from agent_runtime.console.visitors import Visitors
from agent_runtime.errors import ParleyError
from agent_runtime.library.call_scenario import CallScenario, Step
from agent_runtime.library.call_scenario import Expected as ExpectedOfCall
from agent_runtime.policies.rest_days import rests_on
from agent_runtime.profile import Profile
from agent_runtime.remembering.story import Moment, Story
from agent_runtime.remembering.working import work
from agent_runtime.remembering.world import CHAT_PAGE, EXPERIMENT, OWNER, World, person_id_of
from agent_runtime.store.rows import Task

OURS_BY_TEXT = "+353155501234"


@dataclass(frozen=True, slots=True)
class Happened:
    """A moment that has been played."""

    number: int
    moment: Moment
    began: datetime
    ended: datetime


def first_day(story: Story, now: datetime) -> datetime:
    """Returns the midnight, in the person's zone, of the last day on which a story fits before now.

    Nobody is written to on days of rest, so it lies between them.
    """
    zone = ZoneInfo(story.person.time_zone)
    length = max(moment.day for moment in story.moments)
    day = now.astimezone(zone).date() - timedelta(days=length + 1)
    while any(
        rests_on(story.person.country, day + timedelta(days=one)) for one in range(length + 1)
    ):
        day -= timedelta(days=1)
    return datetime(day.year, day.month, day.day, tzinfo=zone)


def play(story: Story, world: World, *, first: datetime) -> Iterator[Happened]:
    """Yields the moments of a story as they have been played.

    Args:
        story: What happens.
        world: Where; its clock is set to each moment.
        first: Midnight of the first day, in the person's zone.
    """
    for number, moment in enumerate(story.moments):
        day = first.date() + timedelta(days=moment.day)
        began = datetime.combine(day, moment.at, first.tzinfo).astimezone(UTC)
        write_now(world.store.engine, began)
        ended = _Moment(story, world, number, moment, began).play()
        write_now(world.store.engine, ended)
        yield Happened(number, moment, began, ended)


@dataclass(frozen=True, slots=True)
class _Moment:
    story: Story
    world: World
    number: int
    moment: Moment
    now: datetime

    def play(self) -> datetime:
        """Lets it happen, works all that comes of it, and returns when that was done."""
        if self.moment.call:
            return work(self.world, self._call())
        if self.moment.touch:
            self._fall_due(self.moment.touch)
        elif self.moment.mail:
            self._mail()
        elif self.moment.chat:
            self._chat()
        else:
            self._text()
        return work(self.world, self.now)

    def _fall_due(self, touch: int) -> None:
        with self.world.store.begin() as tx:
            contact = tx.contact_of(person_id_of(self.story))
            assert contact is not None, "the world holds the person of its story"
            tx.add_tasks(
                [
                    Task(
                        tenant_id=contact.tenant_id,
                        task_id=f"{self.story.id}-{touch}",
                        person_id=contact.person_id,
                        contact_id=contact.contact_id,
                        account_id=contact.account_id,
                        campaign_id=self.story.id.replace("_", "-"),
                        campaign_version=1,
                        touch=touch,
                        playbook=self.story.playbook,
                        experiment_id=EXPERIMENT,
                        arm="agent",
                        mailbox=contact.mailbox,
                        expires_at=self.now + timedelta(days=20),
                        due_at=self.now,
                        autonomy="autonomous",
                    )
                ]
            )

    def _mail(self) -> None:
        """The bytes of a mail that answers our last one, read as from a server."""
        person = self.story.person
        ours = next((m for m in reversed(self.world.post.mails) if m.channel == "email"), None)
        mail = EmailMessage(policy=SMTP)
        mail["From"] = f"{person.first_name} {person.last_name} <{person.email}>"
        mail["To"] = ours.sender if ours else OWNER.mailbox
        mail["Subject"] = f"Re: {ours.subject}" if ours else "Hello"
        mail["Date"] = self.now
        mail["Message-ID"] = f"<{self.story.id}-{self.number}@{person.email.partition('@')[2]}>"
        if ours:
            mail["In-Reply-To"] = mail["References"] = ours.rfc_message_id
        mail.set_content(self.moment.mail)
        received = parse(mail.as_bytes(), mailbox=str(mail["To"]))
        self.world.runtime.inbox.receive(received, now=self.now)

    def _chat(self) -> None:
        """The link in our mail proves who opens the window."""
        room = Room(self.world.door, Visitors(self.world.door.key))
        visitor, _ = room.enter("", self._proof())
        name = f"{self.story.id}-{self.number}"
        room.say(visitor, name, self.moment.chat, profile=Profile(), page=CHAT_PAGE)

    def _proof(self) -> str:
        mails = (m.body for m in reversed(self.world.post.mails) if m.channel == "email")
        links = (word for body in mails for word in body.split() if word.startswith(CHAT_PAGE))
        link = next(links, "")
        if not link:
            raise ParleyError(
                f"{self.story.id}: moment {self.number + 1} is a chat, and no mail of ours with a "
                "link to it has left; let a mail come before it."
            )
        return parse_qs(urlsplit(link).query)[PARAMETER][0]

    def _text(self) -> None:
        """What a carrier posts to us, once its signature has been found good."""
        fields = {
            "MessageSid": f"SM-{self.story.id}-{self.number}",
            "From": self.story.person.phone,
            "To": OURS_BY_TEXT,
            "Body": self.moment.text,
        }
        arrival = arrival_of(fields)
        assert arrival is not None, "a story's number is one that people text from"
        self.world.runtime.intake.take(arrival, now=self.now)

    def _call(self) -> datetime:
        """A call from their number, in finished turns: all of it but ears, mouth and wire."""
        scenario = CallScenario(
            id=f"call.{self.story.id}",
            about=self.story.about,
            direction="inbound",
            playbook=self.story.playbook,
            language=self.story.person.language,
            call=tuple(Step(says=words) for words in self.moment.call),
            expect=ExpectedOfCall(disposition=""),
        )
        call = CallStart(
            call_id=f"call-{self.story.id}-{self.number}",
            direction="inbound",
            number=self.story.person.phone,
            own_number=OURS_BY_TEXT,
            carrier="story",
        )
        turns = CallTurns(self.world.runtime, call, mail=self.world.post)
        turns.people.join(now=self.now)
        led = rehearse_call(scenario, turns, now=self.now)
        return self.now + timedelta(seconds=led.length_s)
