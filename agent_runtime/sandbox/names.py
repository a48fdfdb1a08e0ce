"""Names of people and companies, drawn by culture and industry."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from agent_runtime.authored import load_yaml
from agent_runtime.sandbox.draw import pick, weighted
from agent_runtime.sandbox.places import NAMES_DIR, Country
from agent_runtime.sandbox.spelling import slug

# After so many names already taken, a company gets a second first word.
_SHORT_NAME_TRIES = 4


@dataclass(frozen=True, slots=True)
class FullName:
    """A person's name."""

    first: str
    last: str


@dataclass(frozen=True, slots=True)
class FirmName:
    """A company's name and the host name made from it."""

    full: str
    domain: str


def person_name(seed: int, country: Country, language: str, *keys: str | int) -> FullName:
    """Returns a name as people of this country and language bear it."""
    names = _people()
    culture = weighted(seed, country.cultures or {language: 1}, *keys, "culture")
    return FullName(
        first=pick(seed, names[culture]["first"], *keys, "first"),
        last=pick(seed, names[culture]["last"], *keys, "last"),
    )


def firm_name(
    seed: int, industry: str, country: Country, taken: set[str], *keys: str | int
) -> FirmName:
    """Returns a company name whose domain is not taken yet, and takes it."""
    words = _companies()
    trade = pick(seed, words["industries"][industry]["trades"], *keys, "trade")
    attempt = 0
    while True:
        first = pick(seed, words["first"], *keys, "word", attempt)
        if attempt >= _SHORT_NAME_TRIES:
            first = f"{first} {pick(seed, words['first'], *keys, 'second word', attempt)}"
        domain = f"{slug(f'{first} {trade}')}.example"
        if domain not in taken:
            taken.add(domain)
            form = pick(seed, country.legal_forms, *keys, "form")
            return FirmName(full=f"{first} {trade} {form}", domain=domain)
        attempt += 1


def title(seed: int, seniority: str, *keys: str | int) -> str:
    """Returns a job title of this seniority."""
    return pick(seed, _companies()["titles"][seniority], *keys)


def private_domain(seed: int, *keys: str | int) -> str:
    """Returns the mail domain of somebody who writes from no company; few share one."""
    words = _companies()
    first = pick(seed, words["first"], *keys, "word")
    return f"{slug(first)}-{pick(seed, words['mail_words'], *keys, 'kind')}.example"


@cache
def industry_weights() -> Mapping[str, float]:
    """Returns the share of companies by industry."""
    return {name: entry["weight"] for name, entry in _companies()["industries"].items()}


@cache
def _people() -> Mapping[str, Mapping[str, list[str]]]:
    return load_yaml((NAMES_DIR / "people.yaml").read_text(encoding="utf-8"))


@cache
def _companies() -> Mapping:
    return load_yaml((NAMES_DIR / "companies.yaml").read_text(encoding="utf-8"))
