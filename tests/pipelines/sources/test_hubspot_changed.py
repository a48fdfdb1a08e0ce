"""The window of the search misses no record, whatever happens between two pages."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from hubspot_reading import ReadableHubSpot
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.errors import PipelineError
from pipelines.sources.hubspot.changed import ChangedPages, search_for_changes

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
MODIFIED = "hs_lastmodifieddate"


def walk(account, *, page, between=lambda: None):
    """Yields the pages of companies as the reader gets them, with edits in between."""
    window = ChangedPages(MODIFIED)
    body = search_for_changes(MODIFIED, ("hs_object_id", MODIFIED), BEGIN, page=page)
    asked = SimpleNamespace(json=body)
    for _ in range(10_000):
        status, answer = account._search("companies", asked.json)
        assert status == 200
        yield answer["results"]
        window.update_state(SimpleNamespace(json=lambda said=answer: said), answer["results"])
        window.update_request(asked)
        if not window.has_next_page:
            return
        between()
    raise AssertionError("the window does not move")


@settings(max_examples=150)
@given(data=st.data(), ticks=st.lists(st.integers(0, 1), max_size=40), page=st.integers(1, 5))
def test_no_record_is_missed_while_others_are_edited_and_made(data, ticks, page):
    """Ties at a seam, edits that move records to the end, and new ones: each is seen as it is."""
    account = ReadableHubSpot(BEGIN)
    for tick in ticks:
        account.tick = timedelta(milliseconds=tick)
        account.add("companies", name="x")
    account.tick = timedelta(milliseconds=1)
    edits = iter(data.draw(st.lists(st.integers(0, 60), max_size=12)))

    def between():
        number = next(edits, None)
        known = [*account.objects["companies"]]
        if number is not None and number < len(known):
            account.edit("companies", known[number], name="y")
        elif number is not None:
            account.add("companies", name="new")

    seen = {}
    for found in walk(account, page=page, between=between):
        seen |= {row["id"]: row["properties"][MODIFIED] for row in found}
    assert seen == {n: held[MODIFIED] for n, held in account.objects["companies"].items()}


def test_more_than_ten_thousand_records_are_read_also_where_most_changed_at_one_instant():
    account = ReadableHubSpot(BEGIN)
    for number in range(10_500):
        account.tick = timedelta(milliseconds=int(number < 100 or number > 10_400))
        account.add("companies", name="x")
    pages = [[row["id"] for row in page] for page in walk(account, page=200)]
    assert {one for page in pages for one in page} == set(account.objects["companies"])
    # A tie is asked for once by time, which is when it is found, and once by id.
    assert sum(map(len, pages)) <= 10_500 + 2 * 200


def test_an_answer_in_another_order_is_not_used():
    account = ReadableHubSpot(BEGIN)
    account.add("companies"), account.add("companies")
    account.is_shuffled = True
    with pytest.raises(PipelineError, match="out of order"):
        list(walk(account, page=10))
