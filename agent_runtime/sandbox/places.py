"""The countries of the sandbox: where people live, which language they work in, who sells there."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from agent_runtime.authored import load_yaml
from agent_runtime.sandbox.draw import weighted

NAMES_DIR = Path(__file__).parent / "names"
WHOLE_LANGUAGES = ("en", "es", "de", "fr", "pt", "it")
"""Languages in which Parley writes; people of any other are handed to a person."""


@dataclass(frozen=True, slots=True)
class Place:
    """A part of a country with one time zone."""

    time_zone: str
    weight: float
    phone_prefixes: tuple[str, ...]
    phone_digits: int

    def phone(self, nth: int) -> str:
        """Returns the nth number here, in E.164; no two are the same until all are used."""
        prefix = self.phone_prefixes[nth % len(self.phone_prefixes)]
        # 7919 is prime to 10, so the product runs through all endings before one comes back.
        ending = (nth // len(self.phone_prefixes) * 7919 + 1234) % 10**self.phone_digits
        return f"{prefix}{ending:0{self.phone_digits}d}"


@dataclass(frozen=True, slots=True)
class Country:
    """A country, with the weights by which people and companies in it are made."""

    code: str
    name: str
    weight: float
    territory: str
    languages: Mapping[str, float]
    cultures: Mapping[str, float]
    """Whose names people bear; empty means that the name follows the language."""
    legal_forms: tuple[str, ...]
    places: tuple[Place, ...]
    aliases: tuple[str, ...] = ()

    def language(self, seed: int, *keys: str | int) -> str:
        """Returns a working language, by how common it is here."""
        return weighted(seed, self.languages, *keys)

    def place(self, seed: int, *keys: str | int) -> Place:
        """Returns a part of the country, by how many work there."""
        numbers = {index: place.weight for index, place in enumerate(self.places)}
        return self.places[weighted(seed, numbers, *keys)]


@cache
def countries() -> Mapping[str, Country]:
    """Returns all countries by ISO code."""
    entries = load_yaml((NAMES_DIR / "countries.yaml").read_text(encoding="utf-8"))
    return {code: _country(code, entry) for code, entry in entries.items()}


@cache
def country_weights() -> Mapping[str, float]:
    """Returns the share of companies by ISO code, without countries that have none."""
    return {code: country.weight for code, country in countries().items() if country.weight}


def country_code(text: str) -> str | None:
    """Returns the ISO code of a country spelt in any known way, or None."""
    return _codes_by_spelling().get(text.strip().casefold())


@cache
def _codes_by_spelling() -> Mapping[str, str]:
    return {
        spelling.casefold(): country.code
        for country in countries().values()
        for spelling in (country.code, country.name, *country.aliases)
    }


def _country(code: str, entry: Mapping) -> Country:
    return Country(
        code=code,
        name=entry["name"],
        weight=entry["weight"],
        territory=entry["territory"],
        languages=entry["languages"],
        cultures=entry.get("names", {}),
        legal_forms=tuple(entry["legal_forms"]),
        aliases=tuple(entry.get("aliases", ())),
        places=tuple(
            Place(
                time_zone=place["time_zone"],
                weight=place["weight"],
                phone_prefixes=tuple(place["phones"]),
                phone_digits=place["digits"],
            )
            for place in entry["places"]
        ),
    )
