"""Makes the people of somebody else's export: what it knows of them is kept, the rest invented."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import count, islice
from pathlib import Path
from zoneinfo import available_timezones

from agent_runtime.sandbox import names
from agent_runtime.sandbox.adopted.addresses import SANDBOX_SUFFIX
from agent_runtime.sandbox.adopted.adoption import Adoption
from agent_runtime.sandbox.adopted.facts import PersonFacts, person_facts
from agent_runtime.sandbox.draw import chance, weighted
from agent_runtime.sandbox.names import FullName
from agent_runtime.sandbox.people import SENIORITY_WEIGHTS, Addresses, Person, Phones
from agent_runtime.sandbox.places import Country, countries, country_code, country_weights
from agent_runtime.sandbox.spelling import slug
from agent_runtime.sandbox.standing import BOUNCE_RATE, Basis, legal_basis


@dataclass(frozen=True, slots=True)
class AdoptedPerson:
    """A person of an adopted export, and how the export's own rows refer to them."""

    contact_ref: str
    owner_name: str
    basis: Basis
    is_synthetic: bool
    """Whether the person is invented; else only the address was moved."""
    person: Person


@dataclass(frozen=True, slots=True)
class AdoptedCrowd:
    """All people of an adopted export."""

    people: tuple[AdoptedPerson, ...]
    invented_owners: tuple[str, ...]
    without_address: int
    """Rows whose address is missing or malformed; they get no mail, so they need no buyer."""
    unknown_countries: Mapping[str, int]
    """Countries that the sandbox does not know, as spelt; it invents where these people live."""


def adopted_people(exports: Path, adoption: Adoption, seed: int) -> AdoptedCrowd:
    """Returns the people of an export in which every address is a sandbox address already."""
    crowd = _Crowd(seed, invented_owners(seed, adoption.invented_owners))
    for source in adoption.people:
        for facts in person_facts(exports, source):
            if "email" in source.columns:
                crowd.add_real(facts)
            else:
                crowd.add_invented(facts, source.per_row)
    return AdoptedCrowd(
        people=tuple(crowd.people),
        invented_owners=crowd.owners,
        without_address=crowd.without_address,
        unknown_countries=dict(crowd.unknown_countries),
    )


def invented_owners(seed: int, number: int) -> tuple[str, ...]:
    """Returns names of reps, no two alike."""
    country = countries()["US"]
    drawn = (names.person_name(seed, country, "en", "invented owner", nth) for nth in count())
    distinct = dict.fromkeys(f"{name.first} {name.last}" for name in islice(drawn, number * 2 + 20))
    return tuple(islice(distinct, number))


class _Crowd:
    def __init__(self, seed: int, owners: tuple[str, ...]) -> None:
        self.people: list[AdoptedPerson] = []
        self.owners = owners
        self.without_address = 0
        self.unknown_countries: Counter[str] = Counter()
        self._seed = seed
        self._phones = Phones()
        self._addresses = Addresses()
        self._domains: dict[str, str] = {}
        self._references: set[str] = set()

    def add_real(self, facts: PersonFacts) -> None:
        email = facts.get("email").lower()
        if not _is_sandbox_address(email):
            self.without_address += 1
        elif self._addresses.take(email) and self._is_new(facts.key):
            self._add(facts.key, facts, email)

    def add_invented(self, facts: PersonFacts, per_row: int) -> None:
        for nth in range(1, per_row + 1):
            reference = facts.key if per_row == 1 else f"{slug(facts.key)}-{nth}"
            if self._is_new(reference):
                self._add(reference, facts, email="")

    def _is_new(self, reference: str) -> bool:
        is_new = reference not in self._references
        self._references.add(reference)
        return is_new

    def _add(self, reference: str, facts: PersonFacts, email: str) -> None:
        seed = self._seed
        country = self._country(facts.get("country"), reference)
        place = country.place(seed, "adopted place", reference)
        language = facts.get("language").lower()[:2]
        language = language or country.language(seed, "adopted language", reference)
        name = _known_name(facts) or names.person_name(
            seed, country, language, "adopted name", reference
        )
        job = _job(seed, facts, reference, is_invented=not email)
        domain = email.rpartition("@")[2] or self._domain(facts.get("company"), reference)
        owner_name = facts.get("owner_name") or self._owner_in_turn()
        person = Person(
            buyer_id=f"buyer-{reference}",
            email=email or self._addresses.next(name.first, name.last, domain, language=language),
            first_name=name.first,
            last_name=name.last,
            title=job.title,
            seniority=job.seniority,
            company=facts.get("company"),
            account_key=facts.get("account_ref"),
            domain=domain,
            country=country.code,
            language=language,
            time_zone=_known_zone(facts) or place.time_zone,
            phone=facts.get("phone") or ("" if email else self._phones.next(place)),
            owner_slug=slug(owner_name),
            inbox_ok=not chance(seed, BOUNCE_RATE, "adopted bounces", reference),
            opted_out_before=False,
            in_crm=True,
        )
        self.people.append(
            AdoptedPerson(
                contact_ref=reference,
                owner_name=owner_name,
                basis=legal_basis(seed, country.code, reference),
                is_synthetic=not email,
                person=person,
            )
        )

    def _country(self, spelling: str, reference: str) -> Country:
        code = country_code(spelling)
        if code is None:
            if spelling:
                self.unknown_countries[spelling] += 1
            code = weighted(self._seed, country_weights(), "adopted country", reference)
        return countries()[code]

    def _domain(self, company: str, reference: str) -> str:
        if not company:
            return names.private_domain(self._seed, "adopted domain", reference)
        if company not in self._domains:
            taken = set(self._domains.values())
            stem = slug(company) or "company"
            hosts = (stem if nth == 1 else f"{stem}-{nth}" for nth in count(1))
            free = next(host for host in hosts if f"{host}.example" not in taken)
            self._domains[company] = f"{free}.example"
        return self._domains[company]

    def _owner_in_turn(self) -> str:
        return self.owners[len(self.people) % len(self.owners)] if self.owners else ""


@dataclass(frozen=True, slots=True)
class _Job:
    title: str
    seniority: str


def _job(seed: int, facts: PersonFacts, reference: str, *, is_invented: bool) -> _Job:
    """Returns the job as known; only invented people at a company get an invented one."""
    title, seniority = facts.get("title"), facts.get("seniority")
    if is_invented and facts.get("company") and not (title or seniority):
        seniority = weighted(seed, SENIORITY_WEIGHTS, "adopted seniority", reference)
        title = names.title(seed, seniority, "adopted title", reference)
    return _Job(title, seniority)


def _known_zone(facts: PersonFacts) -> str:
    zone = facts.get("time_zone")
    return zone if zone in _zones() else ""


@cache
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


def _known_name(facts: PersonFacts) -> FullName | None:
    first, last = facts.get("first_name"), facts.get("last_name")
    if not (first or last):
        first, _, last = facts.get("full_name").partition(" ")
    return FullName(first, last) if first or last else None


def _is_sandbox_address(email: str) -> bool:
    local, _, domain = email.rpartition("@")
    return bool(local) and "@" not in local and " " not in email and domain.endswith(SANDBOX_SUFFIX)
