"""Values of one conversation turn. Standard library only; everything is frozen."""

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

TouchClass = Literal["proactive", "reply", "transactional"]
"""proactive: we start; reply: they wrote; transactional: implied by something they did."""

Decision = Literal["allow", "revise", "defer", "block", "escalate", "end"]
"""What a rule says of a proposal; the first rule that does not allow decides."""

MessageState = Literal[
    "READY", "SENDING", "HANDED", "SENT", "UNKNOWN", "BLOCKED", "CANCELLED", "FAILED"
]
"""UNKNOWN: the server may have accepted it; it is never sent again automatically.
HANDED: a person of ours has it before them, to post by hand."""

ActionKind = Literal[
    "send_touch",
    "brief",
    "answer",
    "ask",
    "share_asset",
    "propose_times",
    "book",
    "confirm_stop",
    "confirm_start",
    "confirm_consent",
    "confirm_request",
    "explain",
    "remind",
    "suppress",
    "escalate",
    "hand_off",
    "pause",
    "disqualify",
    "close",
    "none",
]


SPEAKS: tuple[ActionKind, ...] = ("answer", "ask", "share_asset")
"""What a generating model may draft; after any other action the playbook's own texts speak."""

ChannelName = Literal["email", "form", "chat", "sms", "whatsapp", "linkedin", "voice"]
"""By what a message travels. A form brings requests in; they are answered by e-mail."""


def answered_on(channel: ChannelName) -> ChannelName:
    """Returns where a message is answered: a form has nobody on its other side."""
    return "email" if channel == "form" else channel


TEXT_CHANNELS: frozenset[ChannelName] = frozenset({"sms", "whatsapp"})
"""Channels of a carrier, where words such as STOP and HELP are commands."""

BRIEF_CHANNELS = frozenset({"chat", "sms", "whatsapp", "voice"})
"""Channels without subject and signature: who writes is said once, at the beginning."""

Cue = Literal["", "stop", "help", "start", "media"]
"""What a channel itself makes of a message, before anybody reads it: a carrier's word of command,
or a picture or sound that nobody here can read."""

Autonomy = Literal["assistive", "supervised", "autonomous"]
"""assistive: a person sends; supervised: sure things go by themselves; autonomous: all go."""

LEVELS: tuple[Autonomy, ...] = ("assistive", "supervised", "autonomous")
"""From the strictest to the freest."""


@dataclass(frozen=True, slots=True)
class SafeBand:
    """What a supervised agent may send without asking (R72, R227)."""

    min_confidence: float = 0.8
    actions: tuple[ActionKind, ...] = (
        "send_touch",
        "answer",
        "ask",
        "share_asset",
        "propose_times",
        "hand_off",
        "pause",
        "close",
    )
    review: tuple[str, ...] = ("answer.pricing", "answer.security", "kb.*", "reader.*")
    """Texts, by id or `prefix.*`, that a person reads first, however sure the agent is.

    Passages of documents (`kb.*`) are approved words, but that they answer is a judgement; so it is
    whether a reader likes to hear what we know of their account (`reader.*`).
    """
    most_errors: float = 0.05
    """At most so many of the messages that go without a person may be wrong."""
    audit_share: float = 0.15
    """Share of what could go that a person reads first all the same, drawn at random."""
    unheard: int = 40
    """Messages that may go after the last one that a person has judged."""
    needs_calibration: bool = False
    """Whether a person reads everything until judged messages show a band to be safe; otherwise
    the numbers above hold alone until then."""


@dataclass(frozen=True, slots=True)
class PublicSignal:
    """Something that a company has made public; what may be named is on an allow-list."""

    kind: str
    """`press_release`, `job_posting`: see `channels/public_signals.yaml`."""
    source: str
    headline: str
    url: str
    published_on: date


@dataclass(frozen=True, slots=True)
class Contact:
    """One way to reach a person, as the CRM mirror has it."""

    tenant_id: str
    contact_id: str
    person_id: str
    account_id: str | None
    email: str
    first_name: str
    last_name: str
    title: str
    company: str
    country: str
    language: str
    time_zone: str
    """IANA name; empty when the CRM does not know, then every zone of the country counts."""
    owner_id: str
    owner_name: str
    mailbox: str
    """The agent mailbox that serves this contact's owner."""
    owner_email: str = ""
    """Where the owner, a person, writes from."""
    is_primary: bool = True
    """Whether this is the contact by which the person is written to."""
    facts: tuple[tuple[str, str], ...] = ()
    """What else the CRM knows of the person or account: name of the fact and its value."""

    signals: tuple[PublicSignal, ...] = ()
    """What their company has made public."""

    def fact(self, name: str) -> str:
        """Returns the value of a fact, empty when the CRM does not know it."""
        return next((value for known, value in self.facts if known == name), "")


OptIn = Literal["recorded", "given", "requested", "confirmed"]
"""How a consent is known. recorded: a system of record says so and keeps the proof; given: a box
was ticked here; requested: it was ticked here and is to be confirmed; confirmed: that was done."""


@dataclass(frozen=True, slots=True)
class Consent:
    """A recorded basis to write: who, which channel and purpose, where it came from."""

    channel: str
    purpose: str
    basis: Literal["consent", "legitimate_interest", "contract", "none"]
    source: str
    recorded_at: datetime
    state: OptIn = "recorded"
    words: str = ""
    """What was agreed to, as the person read it."""
    request: str = ""
    """Names the one question by which it is confirmed; nobody can guess it."""
    ask_until: datetime | None = None
    """When the question expires."""
    confirmed_at: datetime | None = None
    proof: str = ""
    """By what it was confirmed: the link of the question, or the id of a message."""
    page: str = ""
    """On which page of ours it was given."""
    address: str = ""
    """For which address, as it was then; never in a trace."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person has told us by themselves not to send, short of stopping everything."""

    channels_off: tuple[ChannelName, ...] = ()
    topics_off: tuple[str, ...] = ()
    """Names of `policies/topics.yaml`."""

    def joined(self, other: "Choices") -> "Choices":
        """Returns what either turns off."""
        return Choices(
            tuple(sorted({*self.channels_off, *other.channels_off})),
            tuple(sorted({*self.topics_off, *other.topics_off})),
        )


@dataclass(frozen=True, slots=True)
class Slot:
    """A bookable stretch of an owner's calendar; instants are UTC."""

    owner_id: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Room:
    """What is kept free around a meeting, beyond what its owner always keeps; minutes."""

    before: int = 0
    after: int = 0


NO_ROOM = Room()


@dataclass(frozen=True, slots=True)
class Session:
    """All that the runtime remembers of one person's thread."""

    tenant_id: str
    thread_id: str
    person_id: str
    contact_id: str
    playbook: str
    state: str
    speaker: Literal["agent", "human"] = "agent"
    subject: str = ""
    channel: ChannelName = "email"
    """Where the buyer last was; they are answered there."""
    disclosed_on: tuple[ChannelName, ...] = ()
    """Channels without a signature on which they have been told that an AI writes."""
    language: str = ""
    """The language that the buyer last wrote in; empty until they have written."""
    touches_sent: int = 0
    buyer_turns: int = 0
    agent_turns: int = 0
    offered: tuple[Slot, ...] = ()
    wanted: Slot | None = None
    """The time that they have chosen and that waits for an e-mail address to invite."""
    facts_known: tuple[tuple[str, str], ...] = ()
    """Entities that the buyer gave, name and verbatim span; asked once, never again."""
    preferences: tuple[tuple[str, str], ...] = ()
    """How they like it: channel, language, time of day; the latest of each name."""
    objections: tuple[str, ...] = ()
    """Themes that they have raised, each once."""
    offered_before: tuple[Slot, ...] = ()
    """Times that were on offer earlier and not taken."""
    contents_used: tuple[str, ...] = ()
    rfc_references: tuple[str, ...] = ()
    meeting_uid: str = ""
    autonomy: Autonomy | Literal[""] = ""
    """What the campaign allows that last touched this person; it binds the answers too."""
    campaign_id: str = ""
    """That campaign; while it is paused the agent is silent here."""
    opened_by: Literal["agent", "buyer"] = "agent"
    request_at: datetime | None = None
    """When a request came in that nobody has answered yet; the clock of the first response."""
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Observation:
    """What the loop reacts to: a due touch or an inbound message, in placeholder text."""

    kind: Literal["due", "mail"]
    observation_id: str
    occurred_at: datetime
    text: str = ""
    subject: str = ""
    channel: ChannelName = "email"
    touch: int | None = None
    task_id: str | None = None
    auto_submitted: bool = False
    cue: Cue = ""
    bounce_of: str = ""
    """Message-ID of our mail that a delivery report speaks of."""
    proposes: datetime | None = None
    """When the buyer's calendar would have the meeting begin instead."""
    plain_means: str = ""
    """What a bare yes or no means as the answer to what we have just asked; else empty."""


@dataclass(frozen=True, slots=True)
class Guess:
    """One label with its calibrated confidence in [0, 1]."""

    name: str
    confidence: float


@dataclass(frozen=True, slots=True)
class Perception:
    """What the buyer's new text means, by the words of `conventions.md`."""

    primary: str
    confidence: float
    abstain: bool
    intents: tuple[Guess, ...] = ()
    signals: tuple[str, ...] = ()
    entities: tuple[tuple[str, str], ...] = ()
    objections: tuple[str, ...] = ()
    language: str = "en"
    opt_out: bool = False
    rules: tuple[str, ...] = ()
    """Ids of the safety rules that spoke, which run before any model."""
    slot_choice: int | None = None
    """Index into the offered slots that the buyer accepted."""
    proposes: datetime | None = None
    """When the buyer's calendar would have the meeting begin instead."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One fact for this turn; `text` of content is approved wording."""

    fact_id: str
    version: int
    kind: Literal["content", "crm", "thread", "calendar"]
    text: str
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence of a draft and the facts that it stands on."""

    text: str
    facts: tuple[str, ...]
    """`content_id@version`; empty means ungrounded, and the permit stops it."""


@dataclass(frozen=True, slots=True)
class Template:
    """A text that a carrier has approved too, as WhatsApp asks outside of a conversation."""

    name: str
    values: tuple[str, ...] = ()
    """What fills its places, in the order of the approved text; placeholders until the wire."""


@dataclass(frozen=True, slots=True)
class Proposal:
    """A message that the agent would like to send. Placeholders are not yet filled."""

    action: ActionKind
    touch_class: TouchClass
    channel: ChannelName
    purpose: str
    subject: str
    sentences: tuple[Sentence, ...]
    language: str
    confidence: float
    slots: tuple[Slot, ...] = ()
    content_ids: tuple[str, ...] = ()
    template: Template | None = None
    """Reads as the sentences do; None where the carrier knows none for them."""
    is_drafted: bool = False
    """Written by a generating model, not put together from approved texts."""

    @property
    def body(self) -> str:
        """The text of the message, one paragraph per sentence group."""
        return "\n\n".join(s.text for s in self.sentences)


@dataclass(frozen=True, slots=True)
class ToolCall:
    """Something to be done beside talking: a field to write, a ticket to open."""

    tool: str
    """`crm.update`, `tickets.open`; a model may name anything, the gate knows what there is."""
    target: str
    """`contact:<id>`, `account:<id>`, `deal:<id>`: what it concerns."""
    values: tuple[tuple[str, str], ...] = ()
    """Names and values, in placeholder text."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Drafted:
    """What a generating model would say and do; judged like every other proposal."""

    sentences: tuple[Sentence, ...]
    confidence: float
    calls: tuple[ToolCall, ...] = ()


@dataclass(frozen=True, slots=True)
class ModelUse:
    """Which model a turn read and drafted with, what that took, and why not the other one."""

    answered_by: str
    why_not: str = ""
    """Why a language model that is set up did not answer; empty where it did."""
    question: str = ""
    """Hash of model, prompt version and prompt, under which the answer is kept."""
    prompt: str = ""
    """Version of the prompt."""
    asked: str = ""
    """Which language model was asked."""
    prompt_tokens: int = 0
    cached_tokens: int = 0
    """Of the prompt's tokens, those that the server had read before."""
    completion_tokens: int = 0
    first_token_ms: float = 0.0
    latency_ms: float = 0.0
    retries: int = 0
    dropped: tuple[str, ...] = ()
    """Why parts of the answer were left out."""
    actions: tuple[Guess, ...] = ()
    """What the language model would do next, best first."""
    text: str = ""
    """Its answer as it wrote it, by which the turn can be replayed."""
    second: str = ""
    """Which model of entailment gave opinions on the drafts; they stand among the turn's facts."""
    second_why_not: str = ""
    """Why it gave none of some sentence; empty where nothing was missing."""


@dataclass(frozen=True, slots=True)
class Merit:
    """One part of what a draft is worth."""

    name: str
    points: float
    most: float
    """What it may give."""
    why: str
    """In words, for a reviewer."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A next-best action that was considered, with why and how likely it was chosen."""

    action: ActionKind
    reason: str
    """A reason code, kept in the trace whether or not it was chosen."""
    score: float
    propensity: float
    next_state: str
    proposal: Proposal | None = None
    book: Slot | None = None
    wants: Slot | None = None
    """A time that was chosen and is booked once there is somebody to invite."""
    route_to: str = ""
    """For hand-offs: the role of the human queue."""
    inform: tuple[str, ...] = ()
    """Roles that are told as well."""
    priority: str = "usual"
    contents: tuple[str, ...] = ()
    """Ids of the texts of a brief, which is for people of ours and has no proposal."""
    records: tuple[tuple[str, str], ...] = ()
    """Facts to record on the deal, name and value: what blocks it, for example."""
    calls: tuple[ToolCall, ...] = ()
    """What a generating model would like to do as well."""
    is_drafted: bool = False
    """Written by a generating model, not put together from approved texts."""
    merits: tuple[Merit, ...] = ()
    """By which drafts of a model are ranked; `score` is 2 and their points."""
    slips: tuple[str, ...] = ()
    """Where a draft departs from the style guide; with one it is not carried out."""
    is_for_others: bool = False
    """Whether its text was made for readers with another job."""


@dataclass(frozen=True, slots=True)
class Exploration:
    """How a candidate was chosen among those that could have been, as places among them all."""

    share: float
    """Of turns such as this one, in which chance picks one of the pool; 0: the best is taken."""
    draw: float
    """In [0, 1), a hash of thread and turn."""
    chosen: int
    pool: tuple[int, ...]
    """All that the rules allowed and that could have been tried, the best first."""
    chances: tuple[float, ...]
    """How likely each of the pool was; they sum to 1."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one rule said; evaluated and traced for every rule."""

    rule: str
    version: int
    decision: Decision
    reason: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Weighed:
    """Something that could be said, and what the rules said of it."""

    candidate: Candidate
    decision: Decision
    hits: tuple[Verdict, ...] = ()
    """The rules that did not allow it; all others did."""
    waits_for_approval: bool = False

    @property
    def may_be_chosen(self) -> bool:
        """Whether a person may let it go."""
        return self.decision == "allow" or self.waits_for_approval


@dataclass(frozen=True, slots=True)
class Action:
    """The chosen next-best action after the permit rules have spoken."""

    candidate: Candidate
    verdicts: tuple[Verdict, ...]
    decision: Decision
    until: datetime | None = None
    refused: tuple[tuple[Candidate, tuple[Verdict, ...]], ...] = ()
    """Drafts of a model that the rules stopped, and by what; the next best took their place."""
    weighed: tuple[Weighed, ...] = ()
    """What else could be said, judged as well: all drafts of a model and, where a person is to
    choose, every other text; best first."""
    waits_for_approval: bool = False
    """Nothing but the leave of a person is missing."""
    free_slots: tuple[Slot, ...] = ()
    """Free times of the owner that the turn looked at."""
    considered: tuple[Candidate, ...] = ()
    exploration: Exploration | None = None
    """How the candidate was chosen; None where it is none of those that were considered."""
    perception: Perception | None = None
    evidence: tuple[Evidence, ...] = ()
    model_use: ModelUse | None = None
    """None where no language model is set up."""
    latency_ms: tuple[tuple[str, float], ...] = field(default=(), compare=False)
