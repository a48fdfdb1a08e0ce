"""The people of the sandbox, as they truly are, and the file that keeps them."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from operator import attrgetter
from pathlib import Path

import polars as pl

from agent_runtime.sandbox import names
from agent_runtime.sandbox.draw import chance, weighted
from agent_runtime.sandbox.firms import Firm, firms
from agent_runtime.sandbox.places import Place, countries, country_weights
from agent_runtime.sandbox.spelling import local_part
from agent_runtime.sandbox.standing import BOUNCE_RATE, standing

SENIORITY_WEIGHTS = {"c_level": 9, "vp": 16, "director": 28, "manager": 38, "individual": 9}

_AT_HEAD_OFFICE_COUNTRY = 0.93
_AT_HEAD_OFFICE = 0.8


@dataclass(frozen=True, slots=True)
class Person:
    """One human being; what exports say of them may be wrong, this is not."""

    buyer_id: str
    email: str
    first_name: str
    last_name: str
    title: str
    seniority: str
    company: str
    account_key: str
    domain: str
    country: str
    language: str
    time_zone: str
    phone: str
    owner_slug: str
    inbox_ok: bool
    """Whether the exchanger takes mail for the address; else it bounces."""
    opted_out_before: bool
    in_crm: bool


def people(seed: int, size: int) -> list[Person]:
    """Returns the first `size` people of the seed's world; more people never change the earlier."""
    made = _People(seed)
    crowd = (person for firm in firms(seed, size) for person in made.of_firm(firm))
    return [person for person, _ in zip(crowd, range(size), strict=False)]


def write_people(path: Path, crowd: Iterable[Person]) -> None:
    """Writes the people as Parquet."""
    rows = list(crowd)
    path.parent.mkdir(parents=True, exist_ok=True)
    schema = {
        field.name: pl.Boolean if field.type is bool else pl.String for field in fields(Person)
    }
    columns = {name: list(map(attrgetter(name), rows)) for name in schema}
    pl.DataFrame(columns, schema=schema).write_parquet(path)


def load_people(path: Path) -> list[Person]:
    """Returns the people that `write_people` wrote."""
    return [Person(*row) for row in pl.read_parquet(path).iter_rows()]


class Phones:
    """Hands out numbers, no number twice."""

    def __init__(self) -> None:
        self._given: defaultdict[str, int] = defaultdict(int)

    def next(self, place: Place) -> str:
        """Returns the next free number at the place."""
        nth = self._given[place.phone_prefixes[0]]
        self._given[place.phone_prefixes[0]] += 1
        return place.phone(nth)


class Addresses:
    """Hands out mail addresses, no address twice."""

    def __init__(self) -> None:
        self._given: set[str] = set()

    def next(self, first_name: str, last_name: str, domain: str, *, language: str = "") -> str:
        """Returns `first.last@domain`, numbered where an earlier person has it."""
        local = local_part(first_name, last_name, language=language)
        address, number = f"{local}@{domain}", 1
        while not self.take(address):
            number += 1
            address = f"{local}{number}@{domain}"
        return address

    def take(self, address: str) -> bool:
        """Takes the address if it is free, and returns whether it was."""
        is_free = address not in self._given
        self._given.add(address)
        return is_free


class _People:
    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._phones = Phones()
        self._addresses = Addresses()
        self._count = 0

    def of_firm(self, firm: Firm) -> Iterator[Person]:
        for _ in range(firm.headcount):
            yield self._person(firm, f"buyer-{self._count:06d}")
            self._count += 1

    def _person(self, firm: Firm, key: str) -> Person:
        seed = self._seed
        stays = chance(seed, _AT_HEAD_OFFICE_COUNTRY, "person country", key)
        code = firm.country if stays else weighted(seed, country_weights(), "person abroad", key)
        country = countries()[code]
        at_head_office = code == firm.country and chance(seed, _AT_HEAD_OFFICE, "office", key)
        place = firm.place if at_head_office else country.place(seed, "person place", key)
        language = country.language(seed, "person language", key)
        name = names.person_name(seed, country, language, "person name", key)
        seniority = weighted(seed, SENIORITY_WEIGHTS, "person seniority", key)
        stands = standing(seed, key, code)
        return Person(
            buyer_id=key,
            email=self._addresses.next(name.first, name.last, firm.domain, language=language),
            first_name=name.first,
            last_name=name.last,
            title=names.title(seed, seniority, "person title", key),
            seniority=seniority,
            company=firm.name,
            account_key=firm.account_key,
            domain=firm.domain,
            country=code,
            language=language,
            time_zone=place.time_zone,
            phone=self._phones.next(place),
            owner_slug=firm.owner.slug,
            inbox_ok=not chance(seed, BOUNCE_RATE, "person bounces", key),
            opted_out_before=stands.is_opted_out,
            in_crm=stands.in_crm,
        )
