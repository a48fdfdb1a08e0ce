"""Typed settings of the runtime and the layout of a workspace; no logic."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from agent_runtime.channels.voice.sip.setup import SipSetup
from agent_runtime.errors import ParleyError

LANDING_DAYS = 30
"""How long a row that a source has deleted stays in landing, unless the settings say otherwise:
as long as a full pull that went wrong may take to be noticed."""
RECORDING_DAYS = 90
"""How long the sound of a call is kept, unless the settings say otherwise: until people have
listened to it who learn from it."""


@dataclass(frozen=True, slots=True)
class Workspace:
    """All files of one run lie below `root`; batch code and runtime share the layout."""

    root: Path

    @property
    def exports(self) -> Path:
        """What the CRM exported."""
        return self.root / "exports"

    @property
    def sources(self) -> Path:
        """One YAML file per system that is pulled."""
        return self.root / "sources"

    @property
    def lake(self) -> Path:
        """Parquet tables of batch code and the traces."""
        return self.root / "lake"

    @property
    def canonical(self) -> Path:
        """One Parquet file per canonical table."""
        return self.lake / "canonical"

    @property
    def quarantine(self) -> Path:
        """Rows that were refused, with the reason."""
        return self.lake / "quarantine"

    @property
    def traces(self) -> Path:
        """Daily partitions of trace events."""
        return self.lake / "traces"

    @property
    def metrics(self) -> Path:
        """Published metric tables."""
        return self.lake / "metrics"

    @property
    def registry(self) -> Path:
        """Append-only, hash-chained log of experiment specs."""
        return self.root / "registry.jsonl"

    @property
    def store(self) -> Path:
        """SQLite file of the runtime store."""
        return self.root / "runtime.db"

    @property
    def mail(self) -> Path:
        """Maildirs of the sandbox exchanger, one per address."""
        return self.root / "mail"

    @property
    def exchanger_log(self) -> Path:
        """One line per mail that the exchanger accepted."""
        return self.root / "exchanger.jsonl"

    @property
    def calendar(self) -> Path:
        """Folder of the sandbox calendar server."""
        return self.root / "calendar"

    @property
    def sandbox(self) -> Path:
        """What only the sandbox knows: its people and their truth."""
        return self.root / "sandbox"

    @property
    def warehouse(self) -> Path:
        """DuckDB file that dbt builds."""
        return self.root / "warehouse.duckdb"

    @property
    def proposals(self) -> Path:
        """Imported scripts that wait for a person's approval; nothing here is ever loaded."""
        return self.root / "proposals"

    @property
    def library(self) -> Path:
        """The company's own approved libraries, one folder each, on top of the product's."""
        return self.root / "library"

    @property
    def knowledge(self) -> Path:
        """Documents cut into passages, one file each, with who approved them."""
        return self.root / "knowledge"

    @property
    def index(self) -> Path:
        """The search index over the passages; a cache of `knowledge`."""
        return self.root / "index"

    @property
    def recordings(self) -> Path:
        """Sound of calls, a folder each, where leave was given or none was needed."""
        return self.root / "recordings"

    @property
    def page(self) -> Path:
        """The dashboard of the run."""
        return self.root / "index.html"

    @property
    def report(self) -> Path:
        """The figures of the run, as JSON."""
        return self.root / "report.json"


class ImapAccount(BaseModel):
    """One mailbox on an IMAP server."""

    address: str
    """Whose mail it is."""
    host: str
    port: int = 993
    user: str
    password: SecretStr
    tls: Literal["none", "starttls", "tls"] = "tls"
    folders: tuple[str, ...] = ("INBOX",)
    poll_s: float = 2.0
    """How often to look where the server does not tell of new mail by itself (IDLE): a stop that
    lies in the mailbox counts within five seconds."""


class VoiceNumber(BaseModel):
    """One number of ours from which calls go out."""

    number: str = Field(pattern=r"^\+[1-9]\d{6,14}$")
    """E.164."""
    countries: tuple[str, ...] = ()
    """ISO 3166 codes of the countries to which it may be shown; `*` for all."""
    registered: bool = False
    """Whether the carrier knows it as ours and signs for it."""


class VoiceRegion(BaseModel):
    """One base URL of a carrier's API."""

    url: str = Field(pattern=r"^https?://[^/?#]+(/[^?#]*)?$")
    secret: SecretStr = SecretStr("")
    """Its own auth token, as Twilio's regions have; empty: that of the account."""


class VoiceCarrier(BaseModel):
    """The carrier by which calls are placed and taken."""

    vendor: Literal["twilio", "telnyx", "plivo"]
    account: str = Field(min_length=1)
    """Account SID, Telnyx's account id, or Plivo's auth id."""
    secret: SecretStr = Field(min_length=8)
    """Auth token, or Telnyx's API key."""
    application: str = ""
    """Telnyx: id of the TeXML application."""
    public_key: str = ""
    """Telnyx: the account's public key, in base64."""
    regions: tuple[VoiceRegion, ...] = ()
    """In the order in which they are tried; empty: the vendor's own address."""
    shares_log: bool = False
    """Whether each region knows the calls of all the others."""
    detects_machines: bool = False
    """Whether the carrier is asked who answered, beside our own ears."""
    transfers: dict[str, Annotated[str, Field(pattern=r"^\+[1-9]\d{6,14}$")]] = {}
    """By role of ours, or `*` for any: the number of who is called to take a call over."""


class Settings(BaseSettings):
    """Settings from the environment (`PARLEY_…`) or `.env`."""

    model_config = SettingsConfigDict(env_prefix="PARLEY_", env_file=".env", extra="ignore")

    workspace: Path = Path("out/demo")
    tenant_id: str = "northbeam"
    exports: str = ""
    """Folder of the export that scheduled batches read; empty means the workspace's."""
    mapping: str = "sandbox"
    """Mapping of that export: a shipped name, or the path of a YAML file."""
    review_sample: int = Field(default=4, ge=0, le=100)
    """Threads of each playbook that are drawn each day for reviewers to read; 0: none."""
    landing_days: int = Field(default=LANDING_DAYS, ge=0)
    """Days for which a landed row is kept that its source has deleted."""
    store_url: str = ""
    """SQLAlchemy URL; empty means SQLite in the workspace."""
    smtp_host: str = "127.0.0.1"
    smtp_port: int = 0
    smtp_tls: Literal["none", "starttls", "tls"] = "none"
    smtp_user: str = ""
    smtp_password: SecretStr = SecretStr("")
    weekly_digest: bool = True
    """Whether the worker sends the leaders of the console the week's figures, on Mondays."""
    digest_from: str = ""
    """Address of ours that digests come from; empty means where strangers write to."""
    public_url: str = ""
    """Where `parley serve` is reached from outside; empty leaves one-click unsubscribe out."""
    chat_page: str = ""
    """A page of ours that carries the chat, to which mails link; empty leaves the link out."""
    signing_keys: SecretStr = SecretStr("")
    """`VERSION:SECRET` pairs after commas: the first signs, all are believed."""
    bounce_domain: str = ""
    """Domain of return paths that name the message; empty means that bounces go to the sender."""
    dkim_domain: str = ""
    dkim_selector: str = "parley"
    dkim_key: Path | None = None
    """Private key as PEM; without it mail leaves unsigned."""
    imap: tuple[ImapAccount, ...] = ()
    """Mailboxes to read, as JSON; empty means the Maildirs of the workspace."""
    caldav_url: str = ""
    google_token: SecretStr = SecretStr("")
    """OAuth access token with the calendar.events scope."""
    google_url: str = "https://www.googleapis.com/calendar/v3"
    hubspot_url: str = "https://api.hubapi.com"
    hubspot_token: SecretStr = SecretStr("")
    """Access token of a private app; empty means that what is in the store is the CRM."""
    hubspot_secret: SecretStr = SecretStr("")
    """Client secret of the app, by which HubSpot signs its webhooks; empty: none is served."""
    hubspot_portal: str = ""
    """Number of the account whose events count; empty: of every account that has the app."""
    hubspot_lists: tuple[str, ...] = ()
    """Names of lists of contacts whose members are read, as a JSON list: `["Webinar March"]`."""
    salesforce_url: str = ""
    """Address of the org, `https://name.my.salesforce.com`."""
    salesforce_token: SecretStr = SecretStr("")
    """OAuth access token; used where no token of HubSpot is set."""
    salesforce_client_id: str = ""
    """Consumer key of a connected app, by which a session is opened, and renewed when it ends."""
    salesforce_client_secret: SecretStr = SecretStr("")
    crm_owner_rules: Path | None = None
    """YAML file that says whose records in the CRM may be written; without one, everybody's."""
    llm_url: str = ""
    """A vLLM server's API, `http://host:8000/v1`; empty: only the models that ship read and write.
    """
    llm_model: str = ""
    """Name under which it serves the model, or the LoRA adapter of this tenant."""
    llm_key: SecretStr = SecretStr("none")
    llm_total_s: float = Field(default=20.0, gt=0, le=120)
    """Seconds until an answer must be whole; then the models that ship answer instead."""
    llm_first_token_s: float = Field(default=8.0, gt=0, le=120)
    """Seconds until its first words must come."""
    chat_llm_s: float = Field(default=4.0, gt=0, le=30)
    """Seconds until an answer must be whole for which somebody waits, in a chat or on the line."""
    llm_max_tokens: int = Field(default=1024, ge=128, le=8192)
    llm_at_once: int = Field(default=16, ge=1, le=256)
    """Questions under way at the same time in one process."""
    llm_opens_after: int = Field(default=5, ge=1, le=100)
    """Outages in a row after which the server is left alone for a while."""
    llm_rests_s: float = Field(default=15.0, gt=0, le=600)
    """How long that is, in seconds; then one question tries."""
    webhook_key: str = ""
    """Signs the notices that go to a webhook of ours."""
    enrichment_url: str = ""
    """Where the source of company data that is asked over HTTP answers."""
    entailment_url: str = ""
    """Endpoint of a model that gives grounding a second opinion; empty means checks alone."""
    entailment_s: float = Field(default=1.0, gt=0, le=10)
    """Seconds for its opinions on all sentences of an answer; what has none by then waits."""
    console_key: str = ""
    """Signs chat windows and links in mails; empty means one that is kept in the workspace."""
    console_origins: str = ""
    """Web pages that may embed the chat and send forms, as `https://host`, with commas between."""
    oidc_issuer: str = ""
    """OpenID provider by which people sign in to the console, `https://login.company.com`."""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr = SecretStr("")
    oidc_claim: str = "groups"
    """Claim of the id token that names somebody's groups."""
    oidc_roles: dict[str, str] = Field(default_factory=dict)
    """Group to role of the console, as JSON: who is in one gets an account by signing in."""
    session_idle_min: int = Field(default=60, ge=5, le=1440)
    """Minutes without use after which somebody signs in to the console again."""
    session_hours: int = Field(default=12, ge=1, le=168)
    """Hours after which they do so in any case."""
    form_key: str = ""
    """Signs the forms that servers send; empty means that none is accepted."""
    carrier_url: str = "https://api.twilio.com"
    """Base URL of the carrier's API, for text messages."""
    carrier_account: str = ""
    """Account SID; empty means that no carrier is set up."""
    carrier_token: SecretStr = SecretStr("")
    sms_number: str = ""
    """Number of ours in E.164, from which SMS go out."""
    whatsapp_number: str = ""
    speech_url: str = ""
    """Our speech server, such as `http://127.0.0.1:8790`; empty means that calls are heard and
    spoken with what is installed."""
    speech_token: SecretStr = SecretStr("")
    """What the speech server wants of its clients, where it was started with one."""
    speech_interim_s: float = Field(default=0.4, ge=0.1, le=5)
    """Seconds between two decodes of what a caller is still saying."""
    speech_hearing_limit_s: float = Field(default=4.0, gt=0, le=30)
    """Seconds until what was said must be decoded; then it is lost, and said to be."""
    speech_speaking_limit_s: float = Field(default=2.0, gt=0, le=30)
    """Seconds until a voice must begin a sentence, or go on with it."""
    voice_numbers: tuple[VoiceNumber, ...] = ()
    """Numbers from which calls go out, as JSON; empty means that nobody is called."""
    voice_languages: tuple[str, ...] = ()
    """Languages in which calls are led, as JSON; nobody is called in any other."""
    call_recording_days: int = Field(default=RECORDING_DAYS, ge=1)
    """Days for which the sound of a call is kept."""
    voice_ring_s: float = Field(default=25.0, ge=15, le=120)
    """How long a telephone rings before nobody has answered; the law asks for 15 s."""
    voice_longest_s: float = Field(default=900.0, ge=30, le=7200)
    """Seconds after which a call is over."""
    voice_records: bool = False
    """Whether calls are recorded, where leave is given or the law of the place wants none."""
    voice_carrier: VoiceCarrier | None = None
    """The carrier of calls, as JSON; without one nothing is dialled."""
    sip: SipSetup | None = None
    """Trunks of `parley call sip`, as JSON."""
    calls_key: SecretStr = SecretStr("")
    """Signs requests to place a call, `POST /calls`; empty means that none is accepted."""
    executor_id: str = "worker-1"
    cache: Path = Path("out/cache")
    """Vectors and trained models; safe to delete."""

    @property
    def paths(self) -> Workspace:
        """The layout of the workspace."""
        return Workspace(self.workspace)

    @property
    def has_pages(self) -> bool:
        """Whether mails link to pages for their reader: a public address, and keys to sign by."""
        return bool(self.public_url and self.signing_keys.get_secret_value())

    @property
    def has_salesforce(self) -> bool:
        """Whether Salesforce is the CRM: an address, and a token or a connected app."""
        given = self.salesforce_token.get_secret_value() or self.salesforce_client_id
        return bool(self.salesforce_url and given and not self.hubspot_token.get_secret_value())


def load_settings(workspace: Path | None = None) -> Settings:
    """Returns the settings, with the workspace of the command line if one was given.

    Raises:
        ParleyError: a variable cannot be read; the sentence names it, its value and the rule.
    """
    try:
        return Settings(workspace=workspace) if workspace else Settings()
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = f"PARLEY_{'_'.join(map(str, first['loc'])).upper()}"
        raise ParleyError(
            f"{name} = {first['input']!r}: {first['msg']}; mend or unset it."
        ) from None
