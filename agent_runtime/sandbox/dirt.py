"""What goes wrong between the truth and an export: rules at known rates, applied and counted."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from agent_runtime.sandbox.draw import chance, pick
from agent_runtime.sandbox.exports.layout import Row

Spoil = Callable[[int, str], str | None]
"""Given a number from 0 up and a good value, returns a bad one, or None for a null."""

ODD_NULL_RATE = 0.2
"""Share of nulls that are spelt out."""
NULL_SPELLINGS = ("NULL", "n/a", "-")


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of dirt in one column of one file; a cell is struck by one rule at most."""

    kind: str
    file: str
    column: str
    rate: float
    spoil: Spoil


@dataclass(frozen=True, slots=True)
class DirtCount:
    """How often a kind of dirt was applied, to how many rows that could have had it."""

    kind: str
    file: str
    column: str | None
    rate: float
    of: int
    rows: int


@dataclass(frozen=True, slots=True)
class Soiled:
    """Rows of a file as exported, and the dirt in them."""

    rows: list[Row]
    dirt: list[DirtCount]


def soil(seed: int, file: str, clean: Iterable[Row], *, spell_nulls: bool = True) -> Soiled:
    """Returns the rows of a file and their dirt: bad cells, nulls in words, late and repeated."""
    tally = _Tally(seed, file)
    rows = [tally.spoilt(nth, row) for nth, row in enumerate(clean)]
    if spell_nulls:
        rows = [tally.with_nulls_spelt(nth, row) for nth, row in enumerate(rows)]
    return Soiled(tally.repeated(tally.with_late_rows_last(rows)), tally.counts())


def _malformed(nth: int, email: str) -> str:
    local, _, domain = email.partition("@")
    return (
        f"{local}.{domain}",
        f"{local}@",
        f"{local}@@{domain}",
        f"{local}(at){domain}",
        f"{local} @{domain.removesuffix('.example')}",
    )[nth % 5]


def _untidy(nth: int, email: str) -> str:
    return (email.upper(), f"  {email}", f"{email} ", email.title())[nth % 4]


def _grouped(nth: int, phone: str) -> str:
    """Returns the number as people write it; it still means the same."""
    separator = (" ", "-", ".")[nth % 3]
    groups = [phone[start : start + 3] for start in range(3, len(phone), 3)]
    return phone[:3] + " " + separator.join(groups)


def _one_of(*bad: str) -> Spoil:
    return lambda nth, _: bad[nth % len(bad)]


def _null(_: int, __: str) -> None:
    return None


def _far_future(_: int, moment: str) -> str:
    return f"2062{moment[4:]}"


_BAD_PHONE = _one_of("call reception", "12", "+00 000", "ask Sandra", "0")
_NO_TIME = _one_of("yesterday", "2025-13-45T99:00:00Z", "soon")

RULES = (
    Rule("wrong_type", "crm_accounts.csv", "employees", 0.008, _one_of("unknown", "10-50", "many")),
    Rule("wrong_type", "crm_accounts.csv", "annual_revenue_usd", 0.005, _one_of("confidential")),
    Rule("missing_owner", "crm_accounts.csv", "owner_id", 0.02, _null),
    Rule("missing_value", "crm_accounts.csv", "industry", 0.01, _null),
    Rule("malformed_email", "crm_contacts.csv", "email", 0.015, _malformed),
    Rule("missing_value", "crm_contacts.csv", "email", 0.005, _null),
    Rule("untidy_email", "crm_contacts.csv", "email", 0.08, _untidy),
    Rule("bad_phone", "crm_contacts.csv", "phone", 0.03, _BAD_PHONE),
    Rule("missing_value", "crm_contacts.csv", "phone", 0.12, _null),
    Rule("untidy_phone", "crm_contacts.csv", "phone", 0.25, _grouped),
    Rule("missing_owner", "crm_contacts.csv", "owner_id", 0.015, _null),
    Rule("missing_value", "crm_contacts.csv", "title", 0.02, _null),
    Rule("missing_value", "crm_contacts.csv", "seniority", 0.015, _null),
    Rule("missing_value", "crm_contacts.csv", "language", 0.01, _null),
    Rule("missing_value", "crm_contacts.csv", "time_zone", 0.04, _null),
    Rule("missing_value", "crm_contacts.csv", "do_not_contact", 0.01, _null),
    Rule("malformed_email", "crm_leads.csv", "email", 0.03, _malformed),
    Rule("untidy_email", "crm_leads.csv", "email", 0.15, _untidy),
    Rule("bad_phone", "crm_leads.csv", "phone", 0.05, _BAD_PHONE),
    Rule("missing_value", "crm_leads.csv", "phone", 0.3, _null),
    Rule("missing_owner", "crm_leads.csv", "owner_id", 0.08, _null),
    Rule("missing_value", "crm_leads.csv", "language", 0.05, _null),
    Rule("missing_value", "crm_opportunities.csv", "account_id", 0.01, _null),
    Rule("wrong_type", "crm_opportunities.csv", "amount_usd", 0.01, _one_of("tbd", "call me")),
    Rule("missing_owner", "crm_opportunities.csv", "owner_id", 0.02, _null),
    Rule("wrong_type", "crm_activities.csv", "occurred_at", 0.005, _NO_TIME),
    Rule("future_date", "crm_activities.csv", "occurred_at", 0.002, _far_future),
    Rule("missing_owner", "crm_activities.csv", "owner_id", 0.02, _null),
    Rule("untidy_email", "crm_consents.csv", "email", 0.05, _untidy),
    Rule("malformed_email", "marketing_list.csv", "email", 0.02, _malformed),
    Rule("untidy_email", "marketing_list.csv", "email", 0.4, _untidy),
    Rule("missing_value", "marketing_list.csv", "company", 0.1, _null),
    Rule("missing_value", "marketing_list.csv", "language", 0.3, _null),
    Rule("missing_value", "usage_daily.parquet", "value", 0.005, _null),
    Rule("wrong_type", "usage_milestones.csv", "reached_at", 0.01, _NO_TIME),
    Rule("wrong_type", "intent_signals.csv", "score", 0.01, _one_of("high", "hot")),
    Rule("wrong_type", "form_fills.csv", "submitted_at", 0.01, _NO_TIME),
    Rule("untidy_email", "form_fills.csv", "email", 0.15, _untidy),
    Rule("wrong_type", "event_registrations.csv", "sessions_attended", 0.01, _one_of("two", "all")),
    Rule("untidy_email", "event_registrations.csv", "email", 0.1, _untidy),
)

LATE_RATES = {
    "crm_activities.csv": 0.02,
    "intent_signals.csv": 0.02,
    "form_fills.csv": 0.02,
    "usage_daily.parquet": 0.01,
}
"""Share of rows that come after all others, out of their order."""

REPEAT_RATES = {
    "crm_accounts.csv": 0.005,
    "crm_contacts.csv": 0.01,
    "crm_leads.csv": 0.01,
    "crm_opportunities.csv": 0.01,
    "crm_activities.csv": 0.01,
    "crm_consents.csv": 0.01,
    "marketing_list.csv": 0.02,
    "usage_daily.parquet": 0.005,
    "intent_signals.csv": 0.01,
    "form_fills.csv": 0.02,
    "event_registrations.csv": 0.01,
}
"""Share of rows that stand in the file a second time, cell by cell the same."""


class _Tally:
    """Applies the dirt of one file and counts it."""

    def __init__(self, seed: int, file: str) -> None:
        self._seed = seed
        self._file = file
        self._rules = [rule for rule in RULES if rule.file == file]
        self._of: Counter[tuple[str, str | None, float]] = Counter()
        self._rows: Counter[tuple[str, str | None, float]] = Counter()

    def spoilt(self, nth: int, row: Row) -> Row:
        struck: set[str] = set()
        for rule in self._rules:
            value = row[rule.column]
            if value is None or rule.column in struck:
                continue
            if self._strikes(rule.kind, rule.column, rule.rate, nth):
                struck.add(rule.column)
                row = row | {rule.column: rule.spoil(nth, str(value))}
        return row

    def with_nulls_spelt(self, nth: int, row: Row) -> Row:
        spelt = {
            column: pick(self._seed, NULL_SPELLINGS, "null", self._file, nth, column)
            for column, value in row.items()
            if value is None and self._strikes("odd_null", None, ODD_NULL_RATE, nth, column)
        }
        return row | spelt

    def with_late_rows_last(self, rows: list[Row]) -> list[Row]:
        rate = LATE_RATES.get(self._file)
        if rate is None:
            return rows
        late = [self._strikes("late_row", None, rate, nth) for nth in range(len(rows))]
        # Reversed, so that late rows are out of order among themselves too.
        tail = [row for row, is_late in zip(rows, late, strict=True) if is_late][::-1]
        return [row for row, is_late in zip(rows, late, strict=True) if not is_late] + tail

    def repeated(self, rows: list[Row]) -> list[Row]:
        rate = REPEAT_RATES.get(self._file)
        if rate is None:
            return rows
        again = [row for n, row in enumerate(rows) if self._strikes("repeated_row", None, rate, n)]
        return rows + again

    def counts(self) -> list[DirtCount]:
        return [
            DirtCount(kind, self._file, column, rate, of, self._rows[kind, column, rate])
            for (kind, column, rate), of in self._of.items()
        ]

    def _strikes(self, kind: str, column: str | None, rate: float, nth: int, *keys: str) -> bool:
        dirt = (kind, column, rate)
        self._of[dirt] += 1
        strikes = chance(self._seed, rate, "dirt", kind, self._file, column or "", nth, *keys)
        self._rows[dirt] += strikes
        return strikes
