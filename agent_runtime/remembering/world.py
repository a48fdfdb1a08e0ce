"""Where a story is played: a workspace with one person, whose rest is what every workspace has."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from agent_runtime.app import Runtime, assemble
from agent_runtime.arms import add_controls
from agent_runtime.channels.chat_window import ChatWindow
from agent_runtime.channels.email.chat_links import ChatLinks
from agent_runtime.channels.router import Router
from agent_runtime.channels.voice.stage import Postman
from agent_runtime.clock import read_now, write_now
from agent_runtime.console.door import Door
from agent_runtime.console.keeping import chat_key
from agent_runtime.contracts import Assignment
from agent_runtime.domain import TEXT_CHANNELS, Consent, Contact
from agent_runtime.errors import ParleyError
from agent_runtime.library.catalog import Library
from agent_runtime.lifeline import at_work
from agent_runtime.models.language import LanguageModel
from agent_runtime.newcomers import OWNERS, Newcomers, Owner
from agent_runtime.policies.arms import HOLDOUT
from agent_runtime.remembering.mark import PLAN, STORY, is_story, person_id
from agent_runtime.remembering.story import Story
from agent_runtime.settings import Settings
from agent_runtime.store.engine import open_engine
from agent_runtime.store.sql import SqlStore
from agent_runtime.tools.memory_calendar import MemoryCalendar
from agent_runtime.tools.office_hours import office_hours

EXPERIMENT = "story"
"""The experiment of its only person."""
CHAT_PAGE = "https://www.northbeam.example/chat"
OWNER = Owner(
    "owner-story",
    "Kim Novak",
    "kim.novak@northbeam.example",
    "relay-kim-novak@mail.northbeam.example",
    "Europe/Dublin",
)


@dataclass(frozen=True, slots=True)
class World:
    """The runtime of a story, with what carries its messages."""

    store: SqlStore
    runtime: Runtime
    door: Door
    post: Postman
    """Takes the mails and text messages in place of a mail server and a carrier."""
    channel: Router

    @property
    def clock(self) -> Callable[[], datetime]:
        """The workspace's clock, which the story sets."""
        return self.door.clock


def fresh_store(settings: Settings, story: Story) -> SqlStore:
    """Returns an empty store; a workspace in which a story was played begins anew.

    Raises:
        ParleyError: something else lies in this workspace, or somebody is at work in it.
    """
    paths, plan = settings.paths, settings.workspace / PLAN
    if settings.store_url:
        raise ParleyError(
            "PARLEY_STORE_URL is set: a story has a store of its own, so unset it for this command."
        )
    if (paths.store.exists() or plan.exists()) and not is_story(settings):
        raise ParleyError(
            f"--workspace {settings.workspace}: another run lies there, and a story begins with an "
            "empty one; name another folder."
        )
    if names := at_work(settings.workspace):
        raise ParleyError(
            f"--workspace {settings.workspace}: somebody is at work there: {', '.join(names)}; "
            "end it first, or name another folder."
        )
    settings.workspace.mkdir(parents=True, exist_ok=True)
    for suffix in ("", "-wal", "-shm"):
        paths.store.with_name(paths.store.name + suffix).unlink(missing_ok=True)
    told = json.dumps({"data": "", "story": story.id}) + "\n"
    (settings.workspace / STORY).write_text(told, encoding="utf-8")
    return SqlStore(open_engine(f"sqlite:///{paths.store}"), settings.tenant_id)


def open_world(
    settings: Settings,
    story: Story,
    store: SqlStore,
    library: Library,
    model: LanguageModel,
    *,
    now: datetime,
    arm: str = "agent",
) -> World:
    """Returns the runtime on a fresh store with the person of a story and their leave.

    Args:
        settings: Whose workspace.
        story: Who the person is.
        store: As `fresh_store` made it.
        library: What may be said; its mails link to the chat.
        model: Reads what the person writes.
        now: When the story begins.
        arm: The person's arm; in a holdout nobody is written to.
    """
    library = replace(library, has_chat=True)
    write_now(store.engine, now)
    newcomers = Newcomers(settings.tenant_id, (OWNER,), None)
    with store.begin() as tx:
        tx.publish("owners", OWNERS.dump_json((OWNER,)).decode())
        add_controls(tx, {EXPERIMENT: (HOLDOUT,)})
        person = _person(story, settings.tenant_id)
        tx.add_contact(person)
        tx.add_assignment(_assigned(person, arm, now))
        tx.add_consents(person.person_id, _leave(story, now))
        for channel in sorted(TEXT_CHANNELS & {one.channel for one in story.person.leave}):
            tx.add_address(channel, story.person.phone, person.person_id, now=now)
    key = chat_key(settings)
    runtime = assemble(
        store,
        library=library,
        model=model,
        calendar=MemoryCalendar(office_hours((OWNER,))),
        newcomers=newcomers,
        chat_link=ChatLinks(CHAT_PAGE, settings.tenant_id, key),
    )
    door = Door(
        store=store,
        intake=runtime.intake,
        versions=runtime.outbox.versions,
        clock=lambda: read_now(store.engine),
        key=key,
        library=lambda: library,
    )
    post = Postman()
    return World(
        store, runtime, door, post, Router({"email": post, "sms": post, "chat": ChatWindow()})
    )


def person_id_of(story: Story) -> str:
    """Returns by which id the person of a story is known."""
    return person_id(story.id)


def _person(story: Story, tenant_id: str) -> Contact:
    told, key = story.person, story.id.replace("_", "-")
    return Contact(
        tenant_id=tenant_id,
        contact_id=f"c-{key}",
        person_id=person_id_of(story),
        account_id=f"a-{key}",
        email=told.email,
        first_name=told.first_name,
        last_name=told.last_name,
        title=told.title,
        company=told.company,
        country=told.country,
        language=told.language,
        time_zone=told.time_zone,
        owner_id=OWNER.owner_id,
        owner_name=OWNER.name,
        mailbox=OWNER.mailbox,
        owner_email=OWNER.email,
    )


def _leave(story: Story, now: datetime) -> list[Consent]:
    return [
        Consent(one.channel, one.purpose, "consent", one.source, now, words=one.words)
        for one in story.person.leave
    ]


def _assigned(person: Contact, arm: str, now: datetime) -> Assignment:
    return Assignment(
        tenant_id=person.tenant_id,
        experiment_id=EXPERIMENT,
        unit_id=person.person_id,
        person_id=person.person_id,
        arm=arm,
        layer=EXPERIMENT,
        spec_hash="",
        assigned_at=now,
        how="hash",
    )
