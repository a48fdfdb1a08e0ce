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
from pipelines.transforms.keys import (
    HASH_CHARS,
    KINDS,
    SEPARATOR,
    created,
    hashed,
    key_hash,
    persons_by_key,
)

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
    pairs = hashed(contact_keys.unique(maintain_order=True), tenant_id)
    exact = before.filter(pl.col("key").is_in(KINDS))
    known = persons_by_key(exact, tenant_id, aliases(exact))
    ledger = _Ledger(tenant_id, now, len(created(exact)))
    news = pairs.join(known.rename({"hash": "own", "person": "by_own"}), on="own", how="left")
    news = news.join(known.rename({"hash": "key", "person": "by_key"}), on="key", how="left")
    # Whose contact and key already lead to one person has nothing to tell, whatever comes before.
    news = news.filter(~(pl.col("by_own") == pl.col("by_key")).fill_null(value=False)).sort("place")
    ledger.learn(news, created(exact))
    for contact_id, kind, own, key in news.select("contact_id", "kind", "own", "key").iter_rows():
        ledger.link(contact_id, kind, own, key)
    events = pl.concat([before, ledger.news()])
    contacts = pairs.filter(pl.col("contact_id").is_first_distinct())
    keyed = events.filter(pl.col("key").is_in(KINDS))
    return Identity(_persons(contacts, keyed, tenant_id), events)


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
    ids = pl.DataFrame({"contact_id": list(contacts)}, schema={"contact_id": TEXT})
    own = key_hash(tenant_id, "contact_id", pl.col("contact_id")).alias("own")
    keyed = events.filter(pl.col("key").is_in(KINDS))
    found = _persons(ids.with_columns(own), keyed, tenant_id)
    return dict(found.select("contact_id", "person_id").iter_rows())


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
    people = [person for link in links for person in link]
    ranked = created(events).filter(pl.col("person_id").is_in(people))
    rank = dict(ranked.iter_rows())
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


def _persons(contacts: pl.DataFrame, events: pl.DataFrame, tenant_id: str) -> pl.DataFrame:
    """The person of each contact, and the first address that tied it, or else its own id."""
    addresses = events.filter(pl.col("key") == "email").select("contact_id", "key", "key_hash")
    addresses = addresses.filter(pl.col("contact_id").is_first_distinct())
    ties = contacts.select("contact_id", "own").join(
        addresses,
        on="contact_id",
        how="left",
        maintain_order="left",
    )
    ties = ties.with_columns(
        pl.col("key").fill_null("contact_id"), pl.col("key_hash").fill_null(pl.col("own"))
    )
    known = persons_by_key(events, tenant_id, aliases(events))
    return (
        ties.join(known, left_on="key_hash", right_on="hash", how="left", maintain_order="left")
        .with_columns(pl.lit(tenant_id).alias("tenant_id"), pl.col("person").alias("person_id"))
        .select(list(PERSONS))
    )


class _Ledger:
    """Keys and the person whom each belongs to, with the events of this batch."""

    def __init__(self, tenant_id: str, now: datetime, people: int) -> None:
        self._tenant_id = tenant_id
        self._now = now
        self._people = people
        self._person_of: dict[str, str] = {}
        self._into: dict[str, str] = {}
        self._rank: dict[str, int] = {}
        self._events: list[tuple[object, ...]] = []

    def learn(self, news: pl.DataFrame, known: pl.DataFrame) -> None:
        """Learns what earlier batches know of the keys of this one, and who is known longer."""
        for key, person in (("own", "by_own"), ("key", "by_key")):
            led = news.filter(pl.col(person).is_not_null()).select(key, person)
            self._person_of |= dict(led.iter_rows())
        people = set(self._person_of.values())
        ranks = known.filter(pl.col("person_id").is_in(people)).select("person_id", "rank")
        self._rank = dict(ranks.iter_rows())

    def link(self, contact_id: str, kind: str, own: str, key: str) -> None:
        """Learns that a contact exists, and that the key of this kind is its own."""
        by_contact, by_key = self._find(own), self._find(key)
        person = by_contact or by_key
        if person is None:
            person = self._create(kind, key, contact_id)
        elif by_contact is None or by_key is None:
            self._record("joined", person, None, contact_id, kind, key)
        elif by_contact != by_key:
            person = self._merge(by_contact, by_key, contact_id, kind, key)
        self._person_of[own] = self._person_of[key] = person

    def news(self) -> pl.DataFrame:
        """Returns the events of this batch."""
        return pl.DataFrame(self._events, schema=EVENTS, orient="row")

    def _find(self, key: str) -> str | None:
        person = self._person_of.get(key)
        return _survivor(person, self._into) if person else None

    def _create(self, kind: str, key: str, contact_id: str) -> str:
        person = f"p_{key[:20]}"
        self._rank[person] = self._people
        self._people += 1
        self._record("created", person, None, contact_id, kind, key)
        return person

    def _merge(self, one: str, other: str, contact_id: str, kind: str, key: str) -> str:
        stays, goes = sorted((one, other), key=lambda person: self._rank[person])
        self._into[goes] = stays
        self._record("merged", goes, stays, contact_id, kind, key)
        return stays

    def _record(
        self, what: str, person: str, into: str | None, contact: str, kind: str, key: str
    ) -> None:
        event = f"e_{_hash(self._tenant_id, what, person, into or '', contact, key)[:20]}"
        self._events.append(
            (self._tenant_id, event, what, person, into, contact, kind, key, self._now)
        )


def _hash(*parts: str) -> str:
    return hashlib.sha256(SEPARATOR.join(parts).encode()).hexdigest()[:HASH_CHARS]
