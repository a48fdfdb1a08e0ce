"""Who is who: contacts that share an exact key are one person, and every merge is a record.

A person is what is randomised, suppressed and capped. Keys are the contact's own id and its
e-mail address, in any row of any source, repeats included: so a late row that gives a contact a
second address links the two. Person ids come from the first key and never change; when two persons
turn out to be one, the one known longer stays and the other is an alias in the events. What the
match or a colleague decides comes on top and can be taken back. The events are the memory: persons
are what they add up to.
"""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import polars as pl

from pipelines.schemas import INSTANT, TEXT

PERSONS = pl.Schema(
    {"tenant_id": TEXT, "person_id": TEXT, "contact_id": TEXT, "key": TEXT, "key_hash": TEXT}
)
"""One row per contact; `key` is what tied it to its person: `email`, or its own `contact_id`."""

EVENTS = pl.Schema(
    {
        "tenant_id": TEXT,
        "event_id": TEXT,
        "kind": TEXT,
        "person_id": TEXT,
        "into_person_id": TEXT,
        "contact_id": TEXT,
        "key": TEXT,
        "key_hash": TEXT,
        "occurred_at": INSTANT,
    }
)
"""created: a person; joined: a contact or key, to it; merged: it, into another; split: it, from the
one into which it had been merged. Keys are hashed; the key `decision` is no key, but an entry of
the decisions."""

DECISION = "decision"


@dataclass(frozen=True, slots=True)
class Identity:
    """Persons after this batch, and everything that ever happened to them."""

    persons: pl.DataFrame
    events: pl.DataFrame


def identify(
    contact_keys: pl.DataFrame,
    *,
    tenant_id: str,
    now: datetime,
    history: pl.DataFrame | None = None,
) -> Identity:
    """Returns a person for every contact.

    Args:
        contact_keys: `contact_id` and `email` (null where there is none), in reading order.
        tenant_id: Whose people they are; the same address at two tenants is two persons.
        now: When this batch learnt of it.
        history: Events of earlier batches; their persons keep their ids.
    """
    before = history if history is not None else pl.DataFrame(schema=EVENTS)
    ledger = _Ledger(tenant_id, now)
    ledger.replay(before)
    pairs = contact_keys.unique(maintain_order=True)
    for contact_id, email in pairs.iter_rows():
        ledger.link(contact_id, email)
    contacts = pairs.get_column("contact_id").unique(maintain_order=True)
    return Identity(ledger.persons(contacts), pl.concat([before, ledger.news()]))


def resolve(
    exact: Identity, links: Iterable[tuple[str, str]], *, tenant_id: str, now: datetime
) -> Identity:
    """Returns the persons after decisions: of those who are linked, the one known longest stays.

    Links that fell away since the last batch become `split` events, new ones `merged` events.

    Args:
        exact: Persons by exact keys, and their events, with those of earlier decisions.
        links: Pairs of persons who are one, by the decisions that stand.
        tenant_id: Whose people they are.
        now: When this batch learnt of it.
    """
    keyed = aliases(exact.events.filter(pl.col("key") != DECISION))
    wanted = _longest_known(
        [(keyed.get(one, one), keyed.get(other, other)) for one, other in links], exact.events
    )
    had = {p: q for p, q in _standing(exact.events, DECISION).items() if p not in keyed}
    news = [
        *(("split", p, q) for p, q in had.items() if wanted.get(p) != q),
        *(("merged", p, q) for p, q in wanted.items() if had.get(p) != q),
    ]
    rows = [_decided(kind, p, q, tenant_id, now) for kind, p, q in news]
    events = pl.concat([exact.events, pl.DataFrame(rows, schema=EVENTS, orient="row")])
    person = pl.col("person_id").replace(aliases(events))
    return Identity(exact.persons.with_columns(person), events)


def aliases(events: pl.DataFrame) -> dict[str, str]:
    """Returns the surviving person of every person that was merged away, and not split since."""
    into = _standing(events)
    return {person: _survivor(person, into) for person in into}


def survivors(events: pl.DataFrame, links: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Returns who stays of every person who is merged away, by exact keys or by these links."""
    exact = events.filter(pl.col("key") != DECISION)
    keyed = aliases(exact)
    pairs = [(keyed.get(one, one), keyed.get(other, other)) for one, other in links]
    into = keyed | _longest_known(pairs, exact)
    return {person: _survivor(person, into) for person in into}


def exact_persons(
    events: pl.DataFrame, contacts: Iterable[str], *, tenant_id: str
) -> dict[str, str]:
    """Returns the person of each of these contacts by exact keys alone, as events tell."""
    ledger = _Ledger(tenant_id, datetime.min)
    ledger.replay(events)
    return dict(ledger.persons(contacts).select("contact_id", "person_id").iter_rows())


def _standing(events: pl.DataFrame, key: str = "") -> dict[str, str]:
    """Into whom each person was merged, without what was split since; of one key, if any."""
    told = events.filter(pl.col("kind").is_in(["merged", "split"]))
    told = told.filter(pl.col("key") == key) if key else told
    into: dict[str, str] = {}
    for kind, person, other in told.select("kind", "person_id", "into_person_id").iter_rows():
        if kind == "merged":
            into[person] = other
        elif into.get(person) == other:
            del into[person]
    return into


def _longest_known(links: list[tuple[str, str]], events: pl.DataFrame) -> dict[str, str]:
    """Of persons who are linked, directly or not, the one who was created first; by person."""
    if not links:
        return {}
    created = events.filter(pl.col("kind") == "created").get_column("person_id")
    rank = {person: number for number, person in enumerate(created)}
    into: dict[str, str] = {}
    for link in links:
        one, other = (_survivor(person, into) for person in link)
        if one != other:
            stays, goes = sorted((one, other), key=lambda person: (rank.get(person, 0), person))
            into[goes] = stays
    return {person: _survivor(person, into) for person in into}


def _decided(
    kind: str, person: str, into: str, tenant_id: str, now: datetime
) -> tuple[object, ...]:
    pair = _hash(tenant_id, DECISION, person, into)
    event = f"e_{_hash(tenant_id, kind, person, into, now.isoformat())[:20]}"
    return (tenant_id, event, kind, person, into, None, DECISION, pair, now)


def _survivor(person: str, into: dict[str, str]) -> str:
    while person in into:
        person = into[person]
    return person


@dataclass(frozen=True, slots=True)
class _Key:
    kind: str
    hash: str


class _Ledger:
    """Keys and the person whom each belongs to, with the events of this batch."""

    def __init__(self, tenant_id: str, now: datetime) -> None:
        self._tenant_id = tenant_id
        self._now = now
        self._person_of: dict[_Key, str] = {}
        self._tie: dict[str, _Key] = {}
        self._into: dict[str, str] = {}
        self._rank: dict[str, int] = {}
        self._events: list[tuple[object, ...]] = []

    def replay(self, events: pl.DataFrame) -> None:
        """Learns again what earlier batches have learnt."""
        columns = ("kind", "person_id", "into_person_id", "contact_id", "key", "key_hash")
        told = events.filter(pl.col("key") != DECISION).select(columns)
        for kind, person, into, contact, key_kind, key_hash in told.iter_rows():
            if kind == "created":
                self._rank[person] = len(self._rank)
            elif kind == "merged":
                self._into[person] = into
            self._tie_up(contact, _Key(key_kind, key_hash), into or person)

    def link(self, contact_id: str, email: str | None) -> None:
        """Learns that a contact exists, and that the address is its own."""
        own = self._key("contact_id", contact_id)
        key = self._key("email", email) if email else own
        by_contact, by_key = self._find(own), self._find(key)
        person = by_contact or by_key
        if person is None:
            person = self._create(key, contact_id)
        elif by_contact is None or by_key is None:
            self._record("joined", person, None, contact_id, key)
        elif by_contact != by_key:
            person = self._merge(by_contact, by_key, contact_id, key)
        self._tie_up(contact_id, key, person)

    def persons(self, contacts: Iterable[str]) -> pl.DataFrame:
        """Returns the person of each of these contacts."""
        rows = [
            (self._tenant_id, self._find(tie), contact, tie.kind, tie.hash)
            for contact in contacts
            for tie in (self._tie[contact],)
        ]
        return pl.DataFrame(rows, schema=PERSONS, orient="row")

    def news(self) -> pl.DataFrame:
        """Returns the events of this batch."""
        return pl.DataFrame(self._events, schema=EVENTS, orient="row")

    def _key(self, kind: str, value: str) -> _Key:
        return _Key(kind, _hash(self._tenant_id, kind, value))

    def _find(self, key: _Key) -> str | None:
        person = self._person_of.get(key)
        return _survivor(person, self._into) if person else None

    def _tie_up(self, contact_id: str, key: _Key, person: str) -> None:
        own = self._key("contact_id", contact_id)
        self._person_of[own] = self._person_of[key] = person
        if self._tie.get(contact_id, own).kind == "contact_id":
            self._tie[contact_id] = key

    def _create(self, key: _Key, contact_id: str) -> str:
        person = f"p_{key.hash[:20]}"
        self._rank[person] = len(self._rank)
        self._record("created", person, None, contact_id, key)
        return person

    def _merge(self, one: str, other: str, contact_id: str, key: _Key) -> str:
        stays, goes = sorted((one, other), key=lambda person: self._rank[person])
        self._into[goes] = stays
        self._record("merged", goes, stays, contact_id, key)
        return stays

    def _record(self, kind: str, person: str, into: str | None, contact: str, key: _Key) -> None:
        event = f"e_{_hash(self._tenant_id, kind, person, into or '', contact, key.hash)[:20]}"
        self._events.append(
            (self._tenant_id, event, kind, person, into, contact, key.kind, key.hash, self._now)
        )


def _hash(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:32]
