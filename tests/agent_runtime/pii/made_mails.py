"""Labelled mails for development and tests: templates filled by Faker in many locales."""

import random
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from faker import Faker

from agent_runtime.authored import load_yaml

LOCALES = {
    "en": ("en_US", "en_GB", "en_AU", "en_IN", "en_IE", "en_NZ", "en_CA"),
    "es": ("es_ES", "es_MX", "es_AR"),
    "de": ("de_DE", "de_AT", "de_CH"),
    "fr": ("fr_FR", "fr_CH", "fr_CA"),
    "pt": ("pt_PT", "pt_BR"),
    "it": ("it_IT", "it_CH"),
}
_SLOT = re.compile(r"\{+(\w+)\}+")
_IDS = {
    "en_US": ("ssn", "itin"),
    "en_IN": ("aadhaar_id", "ssn"),
    "es_ES": ("nif", "nie"),
    "pt_BR": ("cpf",),
    "es_MX": ("curp",),
    "de_DE": ("rvnr", "ssn"),
}
_PRESIDIO = {
    "credit_card_number": "card",
    "phone_number": "phone",
    "ssn": "id",
    "iban": "iban",
    "email": "email",
    "address": "address",
}


@dataclass(frozen=True)
class LabelledMail:
    """A text and where its personal data stand: kind, start, end."""

    text: str
    country: str
    spans: tuple[tuple[str, int, int], ...]


def made_mails(count: int, *, seed: int) -> list[LabelledMail]:
    """Returns mails from our own templates; the same seed gives the same mails."""
    chooser = random.Random(seed)
    templates = load_yaml((Path(__file__).parent / "mail_templates.yaml").read_text("utf-8"))
    mails = []
    for _ in range(count):
        language = chooser.choice(sorted(templates))
        locale = chooser.choice(LOCALES[language])
        mails.append(_filled(chooser.choice(templates[language]), locale, chooser))
    return mails


def presidio_mails(templates: list[str], count: int, *, seed: int) -> list[LabelledMail]:
    """Returns mails from templates of presidio-research, each filled in one locale."""
    chooser = random.Random(seed)
    locales = sorted(name for names in LOCALES.values() for name in names)
    return [
        _filled(chooser.choice(templates), chooser.choice(locales), chooser) for _ in range(count)
    ]


def _filled(template: str, locale: str, chooser: random.Random) -> LabelledMail:
    fake = _faker(locale)
    fake.seed_instance(chooser.randrange(2**32))
    parts, spans, at, length = [], [], 0, 0
    for m in _SLOT.finditer(template.replace("\\n", "\n")):
        source = template.replace("\\n", "\n")
        slot = _PRESIDIO.get(m[1], m[1])
        value = _value(fake, locale, slot, chooser)
        before = source[at : m.start()]
        length += len(before)
        spans.append((slot, length, length + len(value)))
        parts += [before, value]
        length += len(value)
        at = m.end()
    text = "".join((*parts, template.replace("\\n", "\n")[at:]))
    return LabelledMail(text, locale[-2:], tuple(spans))


def _value(fake: Faker, locale: str, slot: str, chooser: random.Random) -> str:
    if slot in ("phone", "email"):
        return fake.phone_number() if slot == "phone" else fake.email()
    if slot == "card":
        return _grouped(fake.credit_card_number(), chooser)
    if slot == "iban":
        iban = fake.iban()
        return chooser.choice((iban, iban.lower(), " ".join(re.findall(".{1,4}", iban))))
    if slot == "id":
        return str(getattr(fake, chooser.choice(_IDS.get(locale, ("ssn",))))())
    if slot == "address":
        return fake.address() if chooser.random() < 0.6 else fake.address().replace("\n", ", ")
    return _other(fake, slot)


def _other(fake: Faker, slot: str) -> str:
    plain = {
        "person": "name",
        "organization": "company",
        "date_time": "date",
        "zipcode": "postcode",
        "nationality": "country",
        "nation_woman": "country",
        "nation_plural": "country",
        "us_driver_license": "ssn",
        "ip_address": "ipv4",
        "age": "random_digit_not_null",
        "secondary_address": "building_number",
        "state_abbr": "country_code",
        "name_nonbinary": "name",
        "first_name_nonbinary": "first_name",
    }
    if slot in ("prefix", "prefix_male", "prefix_female"):
        return "Mr." if slot.endswith("male") else "Dr."
    try:
        return str(getattr(fake, plain.get(slot, slot))())
    except AttributeError:
        return fake.word()


def _grouped(number: str, chooser: random.Random) -> str:
    sign = chooser.choice(("", "", " ", "-"))
    return sign.join(re.findall(".{1,4}", number))


@cache
def _faker(locale: str) -> Faker:
    return Faker(locale)
