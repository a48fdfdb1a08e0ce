"""A playbook: the dialogue map that people without Python write, read and train on."""

from collections.abc import Iterable
from functools import cached_property
from typing import Literal, Self, get_args

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from agent_runtime.domain import BRIEF_CHANNELS, ActionKind, Autonomy, ChannelName, SafeBand
from agent_runtime.library.content import LOCALES, Locale
from agent_runtime.library.voice_style import StageTone

Intent = Literal[
    "interested",
    "book_meeting",
    "propose_time",
    "reschedule",
    "cancel_meeting",
    "pricing_question",
    "security_question",
    "product_question",
    "integration_question",
    "send_info",
    "not_interested",
    "not_now",
    "wrong_person",
    "referral",
    "already_customer",
    "uses_competitor",
    "objection_price",
    "objection_timing",
    "objection_trust",
    "objection_need",
    "procurement_legal",
    "detailed_requirements",
    "discount_request",
    "contract_change",
    "support_issue",
    "unsubscribe",
    "are_you_a_bot",
    "off_topic",
    "angry",
    "thanks_bye",
    "out_of_office",
    "unclear",
]
"""What a buyer's words can mean."""

INTENTS: tuple[Intent, ...] = get_args(Intent)

Signal = Literal["wants_human", "call_request", "custom_request", "data_request", "strategic"]
"""Flagged beside the intents, because hand-offs hang on them."""

Role = Literal["", "owner", "support", "privacy", "implementation", "prior_owner", "product_team"]
"""Whose human queue takes over; empty when nobody has to.

implementation: the specialist who sets a trial up; prior_owner: whoever had the account before it
was lost; product_team: the team that owns the product on offer.
"""

Ahead = Literal["day", "hour"]
"""How long before a meeting."""

Priority = Literal["usual", "fast"]
"""fast: a person answers before everything else in their queue."""

KPI = Literal[
    "first_response_time",
    "coverage_rate",
    "conversation_depth",
    "positive_intent_rate",
    "qualified_discovery_yield",
    "meetings_set",
    "acceptance_rate",
    "show_rate",
    "objection_resolution_rate",
    "compliance_pass_rate",
    "unsubscribe_rate",
    "cost_per_touch",
    "cost_per_meeting",
]
"""Names of metrics by which a playbook is judged."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class State(_Part):
    """A stage of the conversation: what may be done in it and where it may lead."""

    about: str
    actions: tuple[ActionKind, ...]
    exits: tuple[str, ...] = ()
    """`*` leads to every state of the playbook."""
    is_closed: bool = False
    """No touch is made in a closed state; a buyer who writes again is still answered."""


class Move(_Part):
    """One row of the table: what the agent does when it hears this, and why.

    A row fits when one of its intents, signals or rules was heard, in one of its states. It fits
    only where the state allows its action.
    """

    intents: tuple[Intent, ...] = ()
    signals: tuple[Signal, ...] = ()
    rules: tuple[str, ...] = ()
    """Ids of safety rules."""
    learned: bool = False
    """Fits when the buyer gave what a question of the playbook asks for."""
    answered: bool = False
    """Fits when the buyer gave just what our last mail asked for, whatever else it reads like."""
    slot_chosen: bool = False
    """Fits when the buyer accepted one of the offered times."""
    unsure: bool = False
    """Fits when perception abstained."""
    states: tuple[str, ...] = ()
    """Empty: in every state that allows the action."""
    once: bool = False
    """Fits only while none of its texts has been used in the thread."""
    known: tuple[str, ...] = ()
    """Fits only when all of these are known: what the buyer said, or facts of the CRM."""
    unknown: tuple[str, ...] = ()
    """Fits only while none of these is known."""
    unless: tuple[Intent | Signal, ...] = ()
    """Does not fit when one of these was heard as well."""
    do: ActionKind
    say: tuple[str, ...] = ()
    """Ids of the texts, in the order in which they are written."""
    one_of: tuple[str, ...] = ()
    """Ids of texts of which one is written before the others: the one about what the buyer named.

    The row fits only when there is such a text and, where it is `once`, when it was not used.
    """
    look_up: bool = False
    """Whether passages of the knowledge base that answer the question are quoted instead."""
    ask: bool = False
    """Whether the next unused question of the playbook ends the mail."""
    next: str = "same"
    reason: str = Field(pattern=r"^[a-z_]+$")
    route_to: Role = ""
    inform: tuple[Role, ...] = ()
    """Who is told as well, without having to act."""
    records: str = ""
    """Name of the fact that is recorded on the deal, such as `blocker`.

    Its value is the text that `one_of` chose, or else the row's reason.
    """
    priority: Priority = "usual"


class Channel(_Part):
    """Limits of one channel."""

    purpose: str
    max_touches: int = Field(ge=0)
    days_between_touches: int = Field(ge=1)
    reply_after_minutes: int = Field(ge=0)
    reply_from_hour: int = Field(default=0, ge=0, le=23)
    reply_to_hour: int = Field(default=24, ge=1, le=24)
    """Answers go out between these local hours; the defaults are any hour."""


class Calling(_Part):
    """How often a call is tried, and what becomes of one that nobody takes or that drops."""

    max_attempts: int = Field(default=3, ge=1, le=10)
    """Times that the number is dialled at most, callbacks among them."""
    hours_between: float = Field(default=20.0, ge=1, le=24 * 14)
    """Hours until the next attempt where nobody answered or a machine did."""
    busy_minutes: int = Field(default=30, ge=5, le=24 * 60)
    """Minutes until the next attempt where the line was busy."""
    voicemail: Literal["hang_up", "leave_message"] = "hang_up"
    """hang_up: a machine is no answer, and the call is tried again."""
    calls_back: bool = False
    """Whether a call that dropped is taken up again, once."""
    back_after_minutes: int = Field(default=2, ge=1, le=60)


class Touch(_Part):
    """One proactive touch: texts to choose from, the first that suits the reader wins.

    A text whose slots or `needs` are not known cannot be chosen, and a touch without a text that
    can be chosen is not made: evidence decides, not the calendar.
    """

    channel: ChannelName = "email"
    """linkedin: a draft for the owner to post by hand."""
    do: Literal["send_touch", "brief"] = "send_touch"
    """brief: nothing leaves; the owner gets a research brief."""
    say: tuple[str, ...] = Field(min_length=1)
    next: str
    drafts: Literal["approved", "model"] = "approved"
    """model: a language model, where one is set up, may write it on the facts of the playbook; the
    approved text goes out where it does not, or where the rules stop what it wrote."""
    after_answer: bool = False
    """Made even when the buyer has written, as long as the state is open."""

    @model_validator(mode="after")
    def _is_written_here(self) -> Self:
        if self.drafts == "model" and (
            self.channel not in ("email", "linkedin") or self.do == "brief"
        ):
            raise ValueError("drafts: model writes mails and LinkedIn notes, and no briefs")
        return self


class Question(_Part):
    """A question of the playbook, and what its answer teaches."""

    say: str
    learns: str = ""
    """Name of the entity; the question is not asked once that is known."""


class MoveTable(_Part):
    """Moves that several playbooks share."""

    id: str
    version: int = Field(ge=1)
    states: dict[str, State] = Field(default_factory=dict)
    """States of every playbook that uses this table; a playbook's own of that name come first."""
    first: tuple[Move, ...] = ()
    """Come before everything that a playbook says: safety, and a time that was accepted."""
    handoff: tuple[Move, ...] = ()
    """Come after the playbook's own hand-off rules."""
    moves: tuple[Move, ...] = ()
    """Come after the playbook's own moves."""


class Playbook(_Part):
    """One use case, whole: when it helps, what the agent does, when a person takes over."""

    id: str = Field(pattern=r"^[a-z_]+$")
    version: int = Field(ge=1)
    name: str
    goal: str
    when_it_helps: str
    agent_actions: tuple[str, ...] = Field(min_length=1)
    inputs: tuple[str, ...] = Field(min_length=1)
    train: tuple[str, ...] = Field(min_length=1)
    success: tuple[str, ...] = Field(min_length=1)
    kpis: tuple[KPI, ...] = Field(min_length=1)
    autonomy: Autonomy
    """The default of this use case; `parley autonomy` and campaigns may say otherwise."""
    safe_band: SafeBand = SafeBand()
    tools: tuple[Literal["crm", "calendar", "tickets"], ...]
    channels: dict[ChannelName, Channel]
    frame: str
    """Id of the text that greets, signs and says that an AI writes, in mails."""
    takes_over: Role = "owner"
    """Who takes over where the shared table's `handoff` and `moves` say the owner, who is told."""
    meets: Literal["owner", "specialist"] = "owner"
    """Whose calendar meetings go into: the owner's, or that of the CRM facts `specialist` and
    `specialist_id`."""
    meeting: str = "intro"
    """Id of the meeting template: how long its meetings are."""
    hold_hours: int | None = Field(default=None, ge=0, le=168)
    """Offered times are kept so long for the buyer; None: as the template says."""
    instead: dict[str, str] = Field(default_factory=dict)
    """Shared texts and the texts of its own that this playbook says in their place."""
    opening: str = ""
    """Id of the text that begins the first answer to a buyer who wrote first."""
    confirms_with: str = ""
    """Id of the text that goes with the confirmation of a meeting: what to prepare."""
    reminds: tuple[Ahead, ...] = ()
    """How long before a confirmed meeting its guest is reminded of it, once each."""
    touches: tuple[Touch, ...] = ()
    calling: Calling = Calling()
    """How its touches by voice are tried."""
    tones: dict[str, StageTone] = Field(default_factory=dict)
    """How it sounds on the telephone, by state; in any other as the style guide says."""
    questions: tuple[Question, ...] = ()
    scopes: tuple[str, ...] = ()
    """Topics of the knowledge base that may answer a question here, also one off the track; empty:
    none."""
    redlines: tuple[str, ...] = ()
    """Facts of the CRM that are off limits here, whatever a text would like to say.

    `*` stands for anything: `private_*`.
    """
    locales: tuple[Locale, ...] = LOCALES
    """Languages in which its own texts are written. In any other no touch is made, and where a
    text of its own would be the answer a person takes over."""
    start: str = "new"
    states: dict[str, State] = Field(default_factory=dict)
    handoff_rule: str
    """In one sentence, for people: when who takes over."""
    handoff: tuple[Move, ...] = ()
    moves: tuple[Move, ...] = ()
    table: str = "standard"

    @field_validator("questions", mode="before")
    @classmethod
    def _may_be_names(cls, value: object) -> object:
        """A question that teaches nothing in particular is written as the id of its text."""
        if not isinstance(value, list | tuple):
            return value
        return [{"say": entry} if isinstance(entry, str) else entry for entry in value]

    @property
    def label(self) -> str:
        """Id and version, as traces name it."""
        return f"{self.id}@{self.version}"

    def on(self, channel: ChannelName) -> Channel:
        """Returns the limits of a channel; one that is not written down is answered as mail is."""
        return self.channels.get(channel) or self.channels["email"]

    def frame_on(self, channel: ChannelName) -> str:
        """Returns the id of the text that greets and discloses on a channel."""
        if channel in BRIEF_CHANNELS:
            return f"frame.{channel}" if channel in ("chat", "voice") else "frame.sms"
        return "frame.linkedin" if channel == "linkedin" else self.frame

    def is_closed(self, state: str) -> bool:
        """Says whether no further touch is made in a state."""
        return self.states[state].is_closed

    @cached_property
    def content_ids(self) -> tuple[str, ...]:
        """Every text that this playbook's own rows may use, without the shared table's."""
        rows = (*self.handoff, *self.moves)
        spoken: Iterable[str] = (text for row in (*rows, *self.touches) for text in row.say)
        chosen = (text for row in rows for text in row.one_of)
        asked = (question.say for question in self.questions)
        own = (self.frame, self.opening, self.confirms_with, *asked, *spoken, *chosen)
        return tuple(dict.fromkeys(text for text in (*own, *self.instead.values()) if text))

    def wording(self, text: str) -> str:
        """Returns the id of the text that this playbook says where others say `text`."""
        return self.instead.get(text, text)
