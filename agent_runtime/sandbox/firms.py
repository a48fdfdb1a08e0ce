"""The companies of the sandbox, as they truly are."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from agent_runtime.sandbox.draw import between, chance, weighted, whole
from agent_runtime.sandbox.names import firm_name, industry_weights
from agent_runtime.sandbox.owners import ACTIVE_OWNERS, FORMER_OWNERS, Owner
from agent_runtime.sandbox.places import Place, countries, country_weights

FORMER_OWNER_RATE = 0.03
"""Share of companies still owned by a rep who left, in territories where one did."""

Relation = Literal["stranger", "open", "lost", "customer"]
"""stranger: no deal yet; open: one running; lost: the last one lost; customer: bought."""

_RELATIONS: dict[Relation, float] = {"stranger": 76, "open": 4, "lost": 14, "customer": 6}
_HEADCOUNTS = {1: 12, 2: 15, 3: 16, 4: 15, 5: 12, 6: 9, 7: 7, 8: 5, 9: 4, 10: 3, 11: 1, 12: 1}
_EMPLOYEE_BANDS = {
    (8, 49): 2.0,
    (50, 250): 34.0,
    (251, 900): 38.0,
    (901, 2000): 18.0,
    (2001, 24000): 5.0,
}


@dataclass(frozen=True, slots=True)
class Firm:
    """A company that Northbeam could sell to."""

    account_key: str
    name: str
    domain: str
    industry: str
    employees: int
    revenue_usd: int
    country: str
    place: Place
    territory: str
    headcount: int
    """People there whom the sandbox makes."""
    relation: Relation
    has_former_owner: bool

    @property
    def owner(self) -> Owner:
        """The active rep of the territory."""
        return ACTIVE_OWNERS[self.territory]

    @property
    def owner_on_record(self) -> Owner:
        """The rep whom the CRM names, who may have left."""
        return FORMER_OWNERS[self.territory] if self.has_former_owner else self.owner


def firms(seed: int, people: int) -> Iterator[Firm]:
    """Yields companies until they hold at least this many people; a smaller world is a prefix."""
    taken: set[str] = set()
    made = index = 0
    while made < people:
        firm = _firm(seed, f"firm-{index:05d}", taken)
        yield firm
        made += firm.headcount
        index += 1


def _firm(seed: int, key: str, taken: set[str]) -> Firm:
    country = countries()[weighted(seed, country_weights(), key, "country")]
    industry = weighted(seed, industry_weights(), key, "industry")
    name = firm_name(seed, industry, country, taken, key, "name")
    employees = whole(seed, *weighted(seed, _EMPLOYEE_BANDS, key, "band"), key, "employees")
    revenue_usd = employees * between(seed, 90_000, 320_000, key, "revenue")
    former = country.territory in FORMER_OWNERS
    return Firm(
        account_key=key,
        name=name.full,
        domain=name.domain,
        industry=industry,
        employees=employees,
        revenue_usd=int(round(revenue_usd, -3)),
        country=country.code,
        place=country.place(seed, key, "place"),
        territory=country.territory,
        headcount=weighted(seed, _HEADCOUNTS, key, "headcount"),
        relation=weighted(seed, _RELATIONS, key, "relation"),
        has_former_owner=former and chance(seed, FORMER_OWNER_RATE, key, "former owner"),
    )
