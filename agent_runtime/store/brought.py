"""Contacts of the lake as one table: all that a row of the store is made of, and its hash."""

import hashlib
from collections import Counter
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from zlib import crc32

import polars as pl
import polars_hash as plh

from agent_runtime import domain
from agent_runtime.meetings.routing import turn_of
from agent_runtime.newcomers import Owner
from agent_runtime.settings import Workspace

BASES = ("consent", "legitimate_interest", "contract")
"""A yes without one of these is no basis to write, and the runtime could not read it."""
SIGNAL = ("kind", "source", "headline", "url", "published_on")
CONSENT = ("channel", "purpose", "basis", "source_text", "source", "recorded_at")
_CONTACT = (
    *("contact_id", "person_id", "account_id", "email", "first_name", "last_name", "title"),
    *("country", "language", "time_zone", "owner_id", "phone"),
)


def contacts_to_bring(workspace: Workspace, owners: Mapping[str, Owner]) -> pl.DataFrame:
    """Returns one row per contact with an address, in the order of their ids.

    Beside its own columns: `company`, `owner_id` (whoever owns or else has the turn), `is_primary`,
    `facts`, `signals`, `consents` (all granted ones of its person), and `content`, which differs
    where anything of this does, or the code that makes rows of it.

    Args:
        workspace: Whose lake is read.
        owners: Active owners by id. Whoever has none is never written to first; their own mails
            reach somebody.
    """
    canonical, lake = workspace.canonical, workspace.lake
    eligibility = pl.read_parquet(lake / "eligibility.parquet")
    accounts = pl.read_parquet(canonical / "accounts.parquet").select(
        "account_id", pl.col("name").alias("company")
    )
    frame = (
        pl.read_parquet(canonical / "contacts.parquet")
        .filter(pl.col("email").is_not_null())
        .select(_CONTACT)
        .sort("contact_id")
    )
    for other, key in (
        (accounts.unique("account_id", keep="last"), "account_id"),
        (_of_person(eligibility, "contact_id", "chosen"), "person_id"),
        (_of_person(eligibility, "owner_id", "owned_by"), "person_id"),
        (_facts(lake), "contact_id"),
        (_signals(lake), "account_id"),
        (_consents(canonical, frame), "person_id"),
    ):
        frame = frame.join(other, on=key, how="left", maintain_order="left")
    first = pl.col("contact_id").first().over("person_id")
    frame = frame.with_columns(
        (pl.coalesce("chosen", first) == pl.col("contact_id")).alias("is_primary"),
        pl.coalesce(_filled("owned_by"), _filled("owner_id")).alias("owner_id"),
    ).drop("chosen", "owned_by")
    frame = frame.with_columns(_owned(frame, owners))
    return frame.with_columns(_content(frame, owners))


def _of_person(eligibility: pl.DataFrame, column: str, name: str) -> pl.DataFrame:
    rows = eligibility.select("person_id", pl.col(column).alias(name)).drop_nulls()
    return rows.filter(pl.col("person_id").is_last_distinct())


def _filled(name: str) -> pl.Expr:
    return pl.when(pl.col(name) != "").then(pl.col(name))


def _facts(lake: Path) -> pl.DataFrame:
    path = lake / "told_facts.parquet"
    texts = pl.Schema({"contact_id": pl.String, "name": pl.String, "value": pl.String})
    told = pl.read_parquet(path) if path.is_file() else pl.DataFrame(schema=texts)
    return told.group_by("contact_id", maintain_order=True).agg(
        pl.struct("name", "value").alias("facts")
    )


def _signals(lake: Path) -> pl.DataFrame:
    """What companies made public; none where no source brings any."""
    path = lake / "public_signals.parquet"
    texts = dict.fromkeys(("account_id", *SIGNAL), pl.String()) | {"published_on": pl.Date()}
    public = pl.read_parquet(path) if path.is_file() else pl.DataFrame(schema=texts)
    return public.group_by("account_id", maintain_order=True).agg(
        pl.struct(SIGNAL).alias("signals")
    )


def _consents(canonical: Path, contacts: pl.DataFrame) -> pl.DataFrame:
    """The granted bases of each person, named by their contact or else by their address."""
    granted = pl.read_parquet(canonical / "consents.parquet").filter(
        (pl.col("status") == "granted") & pl.col("basis").is_in(BASES)
    )
    by_contact = contacts.select("contact_id", pl.col("person_id").alias("_one"))
    by_email = contacts.select("email", pl.col("person_id").alias("_other"))
    return (
        granted.join(by_contact, on="contact_id", how="left", maintain_order="left")
        .join(
            by_email.filter(pl.col("email").is_last_distinct()),
            on="email",
            how="left",
            maintain_order="left",
        )
        .with_columns(pl.coalesce("_one", "_other").alias("person_id"))
        .filter(pl.col("person_id").is_not_null())
        .group_by("person_id", maintain_order=True)
        .agg(pl.struct(CONSENT).alias("consents"))
    )


def _owned(frame: pl.DataFrame, owners: Mapping[str, Owner]) -> pl.Series:
    """The owner of each contact; of those without an active one, whose turn it is."""
    is_owned = frame.get_column("owner_id").is_in(list(owners)).fill_null(value=False)
    everybody, had = tuple(owners.values()), Counter[str]()
    turns: dict[str, str] = {}
    without = frame.filter(~is_owned).select("contact_id", "person_id", "country", "language")
    for contact_id, person_id, country, language in without.iter_rows():
        turn = turn_of(
            owners,
            country=country or "",
            language=(language or "")[:2].lower(),
            key=person_id,
            had=had.__getitem__,
        )
        owner = owners.get(turn) or everybody[crc32(person_id.encode()) % len(everybody)]
        had[owner.owner_id] += 1
        turns[contact_id] = owner.owner_id
    names = pl.DataFrame(
        {"contact_id": list(turns), "_turn": list(turns.values())},
        schema={"contact_id": pl.String, "_turn": pl.String},
    )
    joined = frame.join(names, on="contact_id", how="left", maintain_order="left")
    return joined.select(pl.coalesce("_turn", "owner_id").alias("owner_id")).to_series()


def _content(frame: pl.DataFrame, owners: Mapping[str, Owner]) -> pl.Series:
    said = {one.owner_id: f"{one.name}\x1f{one.email}\x1f{one.mailbox}" for one in owners.values()}
    owner = pl.col("owner_id").replace_strict(said, default=None, return_dtype=pl.String)
    hashed = plh.hash_rows(*frame.columns, owner, pl.lit(_code())).chash.blake3()
    return frame.select(hashed.str.slice(0, 32).alias("content")).to_series()


@lru_cache(maxsize=1)
def _code() -> str:
    """A hash of the code that makes rows of the store; other code writes all of them anew."""
    here = Path(__file__).parent
    digest = hashlib.sha256()
    for path in (
        here / "brought.py",
        here / "importing.py",
        here / "sql_batch.py",
        Path(domain.__file__),
    ):
        digest.update(path.read_bytes())
    return digest.hexdigest()
