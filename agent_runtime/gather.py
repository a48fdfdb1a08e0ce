"""Gathers, inside a transaction, all facts that the permit rules may ask for."""

from collections.abc import Mapping
from datetime import date, datetime

from agent_runtime.arms import arms_of, controls_of
from agent_runtime.autonomy import autonomy_of
from agent_runtime.band.keeping import bands_of
from agent_runtime.calling.known import call_facts
from agent_runtime.calling.telephony import Telephony
from agent_runtime.campaign_limits import limits_of
from agent_runtime.campaign_stage import bounds_of
from agent_runtime.domain import TEXT_CHANNELS, ChannelName, Contact, Session
from agent_runtime.drafting.reader_facts import ForReader
from agent_runtime.grounding.opinions import NO_OPINIONS, Opinions
from agent_runtime.library.catalog import Library
from agent_runtime.policies.dials import dialled
from agent_runtime.policies.facts import Facts, Limits
from agent_runtime.policies.ruleset import profile_of
from agent_runtime.ports import Tx
from agent_runtime.providers import provider_of
from agent_runtime.reach import reach
from agent_runtime.steering.pausing import ALL, EVERYTHING, flag_of
from agent_runtime.store.rows import Actor, Approval, Message
from agent_runtime.suppression import stop_of


def gather(
    tx: Tx,
    *,
    session: Session,
    contact: Contact,
    actor: Actor,
    mailbox: str,
    library: Library,
    now: datetime,
    is_proactive: bool,
    channel: ChannelName = "email",
    approval: Approval | None = None,
    task_id: str | None = None,
    message_id: str = "",
    expires_at: datetime | None = None,
    opinions: Opinions = NO_OPINIONS,
    telephony: Telephony | None = None,
) -> Facts:
    """Returns the facts about one message to `contact`, as they stand at this very moment.

    `approval` is leave that was given for these very words, recipient and channel; `opinions` are
    what a model of entailment said of them; `telephony` is what calls need, and without it none is
    dialled: what is said is said on a line that stands.
    """
    flags, playbook = tx.flags(), library.playbook(session.playbook)
    campaign, stage = limits_of(tx, session.campaign_id), bounds_of(tx, session.campaign_id)
    held = stage.why_held(contact.email)
    rules = campaign.narrowed(dialled(profile_of(flags, playbook.id), flags))
    stop = stop_of(tx, contact)
    provider = provider_of(contact.email) if channel == "email" else ""
    arms = arms_of(tx, contact.person_id)
    own = {experiment for experiment, _ in arms}
    return Facts(
        now=now,
        actor=actor,
        session=session,
        approvals=ForReader(library, contact, session, playbook),
        recipient=reach(tx, contact, channel),
        mailbox=mailbox,
        country=contact.country,
        time_zone=contact.time_zone,
        owner_id=contact.owner_id,
        arms=arms,
        controls={name: found for name, found in controls_of(tx).items() if name in own},
        consents=tx.consents(contact.person_id),
        suppressed=stop.reason,
        choices=tx.choices(contact.person_id),
        listed=stop.listed,
        paused=(*pauses(flags, session.campaign_id), *([held] if held else [])),
        autonomy=autonomy_of(flags, playbook, stage.at_most(session.autonomy), session.campaign_id),
        exploration=campaign.exploration,
        safe_band=playbook.safe_band,
        bands=bands_of(tx, playbook.id, playbook.safe_band),
        approved_by=approval.decided_by if approval else "",
        is_edited=approval is not None and approval.is_edited,
        sent=tx.sent_counts(
            person_id=contact.person_id,
            account_id=contact.account_id,
            mailbox=mailbox,
            provider=provider,
            but=message_id,
            now=now,
        )
        if is_proactive
        else None,
        limits=Limits.under(rules),
        rules=rules,
        may_meet=campaign.may_meet(playbook.meeting),
        may_draft=campaign.drafts is None,
        expires_at=expires_at,
        provider=provider,
        warm_up_day=warm_up_day(flags, mailbox, now),
        reply_hours=(playbook.on(channel).reply_from_hour, playbook.on(channel).reply_to_hour),
        last_inbound_at=tx.last_inbound_at(session.thread_id, channel)
        if channel in TEXT_CHANNELS
        else None,
        has_unknown=tx.has_unknown(session.thread_id),
        has_unread=tx.has_unread(session.thread_id),
        has_met=_has_met(tx, session),
        already_sent=task_id is not None and tx.has_left(task_id, but=message_id),
        opinions=opinions,
        call=call_facts(
            tx, contact, telephony, campaign_id=session.campaign_id, rules=rules, now=now
        )
        if channel == "voice"
        else None,
    )


def _has_met(tx: Tx, session: Session) -> bool:
    meeting = tx.meeting(session.meeting_uid) if session.meeting_uid else None
    return meeting is not None and meeting.attendance == "held"


def gather_for(
    tx: Tx,
    message: Message,
    *,
    session: Session,
    contact: Contact,
    library: Library,
    approval: Approval | None,
    now: datetime,
) -> Facts:
    """Returns the facts about a message that is written, as the permit asks for them at sending."""
    return gather(
        tx,
        session=session,
        contact=contact,
        actor=message.actor,
        mailbox=message.mailbox,
        library=library,
        channel=message.channel,
        approval=approval,
        now=now,
        is_proactive=message.touch_class == "proactive",
        task_id=message.task_id,
        message_id=message.message_id,
        expires_at=message.expires_at,
        opinions=message.opinions,
    )


def pauses(flags: Mapping[str, str], campaign_id: str) -> tuple[str, ...]:
    """Returns the flags that silence the agent in a thread: everybody's and its campaign's."""
    binding = (EVERYTHING, ALL, flag_of(campaign_id))
    return tuple(name for name in dict.fromkeys(binding) if name in flags)


def warm_up_day(flags: Mapping[str, str], mailbox: str, now: datetime) -> int | None:
    """Returns how many days a mailbox has been warming up; None for one that is not."""
    began = flags.get(f"warm_up:{mailbox.lower()}")
    return (now.date() - date.fromisoformat(began)).days if began else None
