"""The invoice: what is billed and what never is, sandboxes, unknown prices, the page."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import html

from pipelines.costs.as_json import invoice_document
from pipelines.costs.invoice import make_invoice
from pipelines.costs.months import Month
from pipelines.costs.page import render_invoice
from pipelines.costs.price_list import load_pricing
from pipelines.costs.usage import Row, Usage
from pipelines.errors import PipelineError

PRICING = load_pricing()
JANUARY = Month.read("2026-01")
LEFT_OUT = ("failed", "unknown", "by_people", "holdout", "test_people")
METERS = [("message", "mail"), ("message", "segment"), ("conversation", "thread")]


def row(quantity, *, item="message", unit="mail", why="", day=5):
    return Row(date(2026, 1, day), item, unit, why, True, Decimal(quantity))


def invoice(*rows, environment="production", **options):
    return make_invoice(
        Usage(rows),
        PRICING,
        JANUARY,
        customer="acme",
        environment=environment,
        issued_on=date(2026, 2, 2),
        **options,
    )


rows = st.builds(
    lambda meter, why, quantity, day: row(quantity, item=meter[0], unit=meter[1], why=why, day=day),
    st.sampled_from(METERS),
    st.sampled_from(("", *LEFT_OUT)),
    st.integers(0, 5000),
    st.integers(1, 31),
)


@given(st.lists(rows, max_size=12), st.permutations(range(12)))
def test_nothing_failed_or_left_out_is_billed_and_order_does_not_matter(drawn, order):
    """R212: only what has no reason against it is on a line, whatever happened on which day."""
    whole = invoice(*drawn)
    billed = [r for r in drawn if not r.why_not]
    assert invoice(*billed).lines == whole.lines
    shuffled = [drawn[i] for i in order if i < len(drawn)]
    assert invoice(*shuffled).lines == whole.lines
    moved = [row(r.quantity, item=r.item, unit=r.unit, why=r.why_not, day=31) for r in drawn]
    assert invoice(*moved).cost == whole.cost


@given(st.lists(rows, max_size=12))
def test_every_item_of_the_ledger_is_billed_or_left_out_with_a_reason(drawn):
    """R215: the counts tie, to the last one."""
    made = invoice(*drawn)
    for tie in made.ties:
        assert tie.billed + sum(tie.not_billed.values()) == tie.in_ledger
    counted = {line.name: line.quantity for line in made.lines}
    names = {("message", "mail"): "mails", ("conversation", "thread"): "conversations"}
    for tie in made.ties:
        if name := names.get((tie.item, tie.unit)):
            assert counted[name] == tie.billed


def test_a_sandbox_owes_nothing_and_shows_what_production_would():
    """R212, R215: sandboxes are not billed."""
    made = invoice(row(2500), environment="sandbox")
    assert (made.due.usd, made.cost.usd) == (0, Decimal("752.00"))
    page = text_of(made)
    assert "Sample invoice" in page
    assert "sandboxes are not billed" in page
    assert "$752.00" in page
    assert invoice(row(2500)).due.usd == Decimal("752.00")


def test_an_unknown_price_is_said_and_the_total_is_at_least():
    made = invoice(row(60, item="audio", unit="second"))
    page = text_of(made)
    assert "at least $750.00" in page
    assert "No price: no voice carrier is under contract." in page
    assert "the price of seconds of speech is not known" in page
    document = invoice_document(made)
    line = next(line for line in document["lines"] if line["name"] == "audio_seconds")
    assert (line["amount_usd"], document["due_is_whole"]) == (None, False)


def test_failed_sends_stand_on_the_page_as_not_billed():
    """R236: they are shown, and cost nothing."""
    page = html.fromstring(render_invoice(invoice(row(19, why="failed"), row(3, why="unknown"))))
    [failed] = page.xpath("//tr[th[starts-with(., 'Failed sends')]]")
    assert [cell.text for cell in failed.findall("td")] == ["19", "$0.00"]


def test_a_month_without_usage_says_so_and_asks_for_what_is_due_by_contract():
    made = invoice(seats=Decimal(2))
    assert made.due.usd == 600
    page = text_of(made)
    assert "No usage was counted in this month" in page
    assert "The ledger holds nothing of this month." in page


def test_the_day_is_named_on_which_what_is_included_was_used_up():
    """R231: a spike in the middle of a month is seen, and priced like any other volume."""
    made = invoice(row(1500, day=3), row(600, day=17), row(100, day=20))
    assert made.used_up == {"mails": date(2026, 1, 17)}
    assert "used up on 17 January 2026" in text_of(made)
    assert made.cost == invoice(row(2200, day=30)).cost


def test_the_page_asks_nothing_of_the_network_and_escapes_names():
    made = make_invoice(
        Usage(()),
        PRICING,
        JANUARY,
        customer="<script>x",
        environment="production",
        issued_on=date(2026, 2, 2),
    )
    page = render_invoice(made)
    assert "<script" not in page
    assert "http" not in page


@pytest.mark.parametrize("text", ["2026-13", "January", "2026-1", "0000-01", ""])
def test_a_month_that_is_none_is_refused(text):
    with pytest.raises(PipelineError, match="this is no month; give it as 2026-01"):
        Month.read(text)


def text_of(made):
    return " ".join(html.fromstring(render_invoice(made)).text_content().split())
