"""A later export of the same CRM brings its deals and changes nobody."""

from datetime import timedelta

import polars as pl

from agent_runtime.sandbox.company import export_later_deals, write_company
from agent_runtime.sandbox.world import LAUNCH_AT, world
from agent_runtime.settings import Workspace
from pipelines.ingest import run_ingest

END = LAUNCH_AT + timedelta(days=28)


def test_a_later_export_brings_new_deals_and_says_as_of_when_it_tells(tmp_path):
    """R151: the windows have ended before the CRM was read, so that a zero is one."""
    paths = Workspace(tmp_path)
    write_company(paths.exports, paths.sandbox, 4, 120)
    run_ingest(paths.exports, "sandbox", paths, now=LAUNCH_AT, has_checks=False)
    persons = pl.read_parquet(paths.lake / "persons.parquet")
    known = pl.read_parquet(paths.canonical / "opportunities.parquet")["opportunity_id"]
    held = {p.buyer_id: LAUNCH_AT + timedelta(days=7) for p in world(4, 120).people}

    export_later_deals(paths.exports, 4, 120, held, now=END)
    run_ingest(paths.exports, "sandbox", paths, now=END, has_checks=False)

    deals = pl.read_parquet(paths.canonical / "opportunities.parquet")
    new = deals.filter(~pl.col("opportunity_id").is_in(known.to_list()))
    contacts = pl.read_parquet(paths.canonical / "contacts.parquet")["contact_id"].to_list()
    assert new.height > 30
    assert (new["opened_at"] > LAUNCH_AT).all()
    assert new["contact_id"].is_in(contacts).mean() > 0.9
    assert new["amount_usd"].is_not_null().mean() > 0.95
    assert pl.read_parquet(paths.lake / "persons.parquet").equals(persons)
    read = pl.read_parquet(paths.lake / "crm_reads.parquet")
    assert read["read_at"].to_list() == [END]
