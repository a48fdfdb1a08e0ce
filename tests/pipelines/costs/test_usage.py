"""What of a ledger is billed, case by case; the tables are as wide as the question needs."""

from datetime import date
from decimal import Decimal

import duckdb
import pytest

from agent_runtime.settings import Workspace
from pipelines.costs.months import Month
from pipelines.costs.price_list import load_pricing
from pipelines.costs.usage import read_usage
from pipelines.errors import PipelineError

JANUARY = Month.read("2026-01")
PLAN = load_pricing().plan(date(2026, 1, 1))
TABLES = """
create table dim_persons (tenant_id text, person_id text, is_synthetic boolean);
create table fct_costs (
    tenant_id text, thread_id text, person_id text, message_id text, item text, unit text,
    actor text, quantity double, is_program boolean, occurred_at timestamp
);
create table fct_messages (
    tenant_id text, thread_id text, message_id text, direction text, state text,
    is_sent boolean, is_bounced boolean, is_reply boolean, occurred_at timestamp
);
"""


class Book:
    """A workspace whose warehouse holds what a test writes into it."""

    def __init__(self, root):
        self.workspace = Workspace(root)
        with duckdb.connect(str(self.workspace.warehouse)) as connection:
            connection.execute(TABLES)

    def write(self, sql, *values):
        with duckdb.connect(str(self.workspace.warehouse)) as connection:
            connection.execute(sql, values)

    def mail(self, key, *, state="SENT", day="2026-01-10", actor="agent", tenant="acme", **how):
        """A message out, with the row of the ledger that the runtime writes where it was sent."""
        at, thread = f"{day} 09:00", how.get("thread", f"t-{key}")
        is_sent = state == "SENT"
        self.write(
            "insert into fct_messages values (?, ?, ?, 'out', ?, ?, ?, false, ?)",
            tenant, thread, key, state, is_sent, how.get("bounced", False), at,
        )  # fmt: skip
        if is_sent and how.get("in_ledger", True):
            self.write(
                "insert into fct_costs values (?, ?, ?, ?, 'message', ?, ?, ?, ?, ?)",
                tenant, thread, f"p-{key}", key, how.get("unit", "mail"), actor,
                how.get("quantity", 1), how.get("program", True), at,
            )  # fmt: skip
        test_person = how.get("test_person", False)
        self.write("insert into dim_persons values (?, ?, ?)", tenant, f"p-{key}", test_person)

    def answer(self, thread, *, day="2026-01-12", auto=False):
        self.write(
            "insert into fct_messages values ('acme', ?, ?, 'in', 'RECEIVED', false, false, ?, ?)",
            thread, f"in-{thread}-{day}", not auto, f"{day} 10:00",
        )  # fmt: skip

    def usage(self, month=JANUARY):
        return read_usage(self.workspace, month, tenant="acme")


@pytest.fixture
def book(tmp_path):
    made = Book(tmp_path)
    made.mail("first", thread="t1")
    return made


@pytest.mark.parametrize(
    ("why", "how"),
    [
        ("failed", {"state": "FAILED"}),
        ("failed", {"bounced": True}),
        ("failed", {"state": "FAILED", "bounced": True}),
        ("unknown", {"state": "UNKNOWN"}),
        ("unknown", {"in_ledger": False}),
        ("by_people", {"actor": "human"}),
        ("holdout", {"actor": "human", "program": False}),
        ("test_people", {"test_person": True}),
    ],
)
def test_a_message_that_is_not_billed_is_counted_once_under_its_reason(why, how, book):
    """R212, R236: failed and doubtful sends, people's own, the holdout's, tests: all are free."""
    book.mail("other", **how)
    book.answer("t-other")
    usage = book.usage()
    assert usage.billed(PLAN)["mails"] == 1
    assert usage.billed(PLAN)["conversations"] == 0
    left = {reason.name: usage.not_billed(reason.name) for reason in PLAN.not_billed}
    assert left == {name: (1 if name == why else 0) for name in left}


def test_a_conversation_is_a_thread_with_an_answer_once_a_month(book):
    book.mail("second", thread="t1", day="2026-01-20")
    book.answer("t1", day="2026-01-12")
    book.answer("t1", day="2026-01-21")
    book.mail("unanswered", thread="t2")
    book.mail("away", thread="t3")
    book.answer("t3", auto=True)
    usage = book.usage()
    assert usage.billed(PLAN)["conversations"] == 1
    assert usage.ledger()["conversation", "thread"] == {"": 1, "unanswered": 2}


def test_other_months_and_other_customers_are_not_in_it(book):
    book.mail("later", day="2026-02-01")
    book.mail("earlier", day="2025-12-31")
    book.mail("theirs", tenant="other")
    assert book.usage().billed(PLAN)["mails"] == 1
    assert book.usage(Month.read("2025-12")).billed(PLAN)["mails"] == 1


def test_texts_are_counted_by_segment(book):
    book.mail("text", unit="segment", quantity=3)
    assert book.usage().billed(PLAN)["text_segments"] == Decimal(3)


def test_a_month_within_the_run_may_be_empty(book):
    book.mail("later", day="2026-03-01")
    assert book.usage(Month.read("2026-02")).rows == ()


def test_an_empty_ledger_and_an_old_warehouse_are_one_sentence(tmp_path):
    book = Book(tmp_path)
    with pytest.raises(PipelineError, match="the ledger is empty; it fills once the agent"):
        book.usage()
    book.mail("first")
    book.write("alter table fct_costs drop column is_program")
    with pytest.raises(PipelineError, match=r"another version built it .*; build it again"):
        book.usage()
