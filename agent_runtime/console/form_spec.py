"""A web form as YAML: what each field fills, which boxes give consent, what the agent reads."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal

import phonenumbers
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from agent_runtime.authored import load_yaml
from agent_runtime.console.problems import problem
from agent_runtime.domain import ChannelName
from agent_runtime.errors import ParleyError
from agent_runtime.library.content import LOCALES, Locale
from agent_runtime.opt_in import Agreed
from agent_runtime.profile import Profile

FORMS = Path(__file__).parents[1] / "forms"
ALWAYS = frozenset({"submission_id", "visitor"})
"""Fields that every form may carry: an id that makes a repeat the same, the chat's token."""

Fills = Literal[
    "email",
    "first_name",
    "last_name",
    "company",
    "title",
    "country",
    "language",
    "time_zone",
    "phone",
    "text",
]

_ADDRESS = re.compile(r"[\w.+%-]{1,64}@[\w-]+(?:\.[\w-]+)+")
_TICKED = frozenset({"on", "true", "1", "yes"})
_UNTICKED = frozenset({"", "off", "false", "0", "no"})


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class FormField(_Part):
    """One field of the page."""

    fills: Fills
    required: bool = False
    max_length: int = Field(200, ge=1, le=4000)


class ConsentBox(_Part):
    """A box that nobody ticks for the buyer; `wording` is the version of the words beside it."""

    channel: ChannelName
    purpose: str = Field(min_length=1)
    wording: str = Field(min_length=1)
    words: dict[Locale, str]
    """What stands beside the box, by language; kept with the consent."""
    in_chat: bool = False
    """Whether the chat shows it as well, where it asks for an e-mail address."""

    @model_validator(mode="after")
    def _is_whole(self) -> "ConsentBox":
        missing = set(LOCALES) - set(self.words)
        if missing:
            raise ValueError(f"words: {', '.join(sorted(missing))} is missing")
        return self

    def agreed(self, form: str, language: str) -> Agreed:
        """Returns what is agreed to by ticking the box of a form, in the page's language."""
        said = next((w for name, w in self.words.items() if name == language), self.words["en"])
        return Agreed(self.channel, self.purpose, f"{form}, {self.wording}", said)


class FormSpec(_Part):
    """One form of the company's web pages."""

    id: str = Field(pattern=r"^[a-z_]+$")
    version: int = Field(ge=1)
    name: str
    subject: str
    fields: dict[str, FormField]
    without_text: dict[Locale, str]
    """What the agent reads where the buyer wrote nothing of their own, by language."""
    consents: dict[str, ConsentBox] = Field(default_factory=dict)
    honeypot: str = ""
    """A field that people do not see; whoever fills it in is a machine."""

    @model_validator(mode="after")
    def _is_whole(self) -> "FormSpec":
        if [f.fills for f in self.fields.values()].count("email") != 1:
            raise ValueError("fields: exactly one field must fill email")
        missing = set(LOCALES) - set(self.without_text)
        if missing:
            raise ValueError(f"without_text: {', '.join(sorted(missing))} is missing")
        return self

    @property
    def label(self) -> str:
        """Id and version, as consents name it."""
        return f"{self.id}@{self.version}"


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as somebody sent it, checked."""

    profile: Profile
    text: str
    phone: str
    """E.164, or empty."""
    consents: tuple[ConsentBox, ...]
    is_machine: bool
    submission_id: str
    visitor: str


@cache
def load_forms(folder: Path = FORMS) -> dict[str, FormSpec]:
    """Returns the forms of a folder by id.

    Raises:
        ParleyError: a file is no form; the sentence names file, field, value and rule.
    """
    found: dict[str, FormSpec] = {}
    for path in sorted(folder.glob("*.yaml")):
        try:
            spec = FormSpec.model_validate(load_yaml(path.read_text(encoding="utf-8")))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(map(str, first["loc"])) or "form"
            raise ParleyError(
                f"{path.name}: {where} = {str(first.get('input'))[:40]!r}: {first['msg']}."
            ) from None
        found[spec.id] = spec
    return found


def chat_box(forms: Mapping[str, FormSpec]) -> tuple[str, str, ConsentBox] | None:
    """Returns the box that the chat shows, with the names of form and box; None for none."""
    for spec in forms.values():
        for name, box in spec.consents.items():
            if box.in_chat:
                return spec.id, name, box
    return None


def read_form(spec: FormSpec, sent: Mapping[str, str]) -> Filled:
    """Returns what a form says.

    Raises:
        Problem: a field is unknown, missing, too long, or no address or number.
    """
    known = {*spec.fields, *spec.consents, *ALWAYS, *([spec.honeypot] if spec.honeypot else [])}
    for name in sent:
        if name not in known:
            fields = ", ".join(sorted({*spec.fields, *spec.consents}))
            raise problem(name[:60], sent[name][:40], f"is no field of {spec.id}; it has {fields}")
    values: dict[str, str] = {}
    for name, rule in spec.fields.items():
        value = sent.get(name, "").strip()
        if rule.required and not value:
            raise problem(name, value, "must be filled in")
        if len(value) > rule.max_length:
            raise problem(name, value[:40], f"must be at most {rule.max_length} characters")
        values[rule.fills] = value
    email = values.pop("email")
    if not _ADDRESS.fullmatch(email) or len(email) > 200:
        raise problem("email", email[:60], "must be an e-mail address such as ada@example.com")
    text, phone = values.pop("text", ""), values.pop("phone", "")
    profile = Profile(email=email, **values)
    language = profile.cleaned().language
    standard = spec.without_text["en"]
    return Filled(
        profile=profile,
        text=text or next((t for k, t in spec.without_text.items() if k == language), standard),
        phone=_e164(phone, profile.country) if phone else "",
        consents=tuple(box for name, box in spec.consents.items() if _is_ticked(name, sent)),
        is_machine=bool(spec.honeypot and sent.get(spec.honeypot, "").strip()),
        submission_id=sent.get("submission_id", "")[:100],
        visitor=sent.get("visitor", ""),
    )


def _is_ticked(name: str, sent: Mapping[str, str]) -> bool:
    value = sent.get(name, "").strip().lower()
    if value not in _TICKED | _UNTICKED:
        raise problem(name, value[:40], "must be on or off")
    return value in _TICKED


def _e164(typed: str, country: str) -> str:
    try:
        number = phonenumbers.parse(typed, country.strip().upper() or None)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_valid_number(number):
        raise problem("phone", typed[:40], "must be a telephone number such as +44 20 7946 0958")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
