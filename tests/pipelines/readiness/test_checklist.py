"""R238: what must be in place before a pilot, and each gap by name."""

from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest

from experiments.spec import load_spec
from pipelines.readiness.assess import CHECKS, assess
from pipelines.readiness.checklist import checklist, share_of
from pipelines.readiness.dns import DnsFile, NoAnswerError
from pipelines.readouts.report import Check


def states(world):
    return {item.id: item.state for item in assess(world).items}


def gaps(world):
    return {name: state for name, state in states(world).items() if state != "ready"}


def test_a_company_with_everything_in_place_may_start_a_pilot(world):
    """R220, R221, R238: nothing is missing and nothing is unknown."""
    found = assess(world)

    assert gaps(world) == {}
    assert found.may_start
    assert found.answer == "A pilot may start."
    assert not any(item.todo for item in found.items)


def test_every_item_of_the_checklist_is_looked_at_and_no_other():
    assert [rule.id for rule in checklist()] == list(CHECKS)


def with_table(world, name, *columns):
    return replace(world, tables={**world.tables, name: world.tables[name].with_columns(*columns)})


def nobody_owned(world):
    left = with_table(world, "owners", pl.lit(value=False).alias("active"))
    return left


def no_language(world):
    return with_table(world, "contacts", pl.lit(None, pl.String).alias("language"))


def everybody_twice(world):
    contacts = world.tables["contacts"]
    again = contacts.with_columns(
        pl.concat_str("contact_id", pl.lit("-again")).alias("contact_id"),
        pl.concat_str("person_id", pl.lit("-again")).alias("person_id"),
        pl.concat_str(pl.lit("other."), "email").alias("email"),
    )
    return replace(world, tables={**world.tables, "contacts": pl.concat([contacts, again])})


def nowhere(world):
    nothing = pl.lit(None, pl.String)
    return with_table(world, "contacts", nothing.alias("country"), nothing.alias("time_zone"))


def undated_consent(world):
    when = world.tables["consents"].schema["recorded_at"]
    return with_table(world, "consents", pl.lit(None, when).alias("recorded_at"))


def a_failing_suite(world):
    broken = [
        (suite, replace(verdict, passed=False, failures=("email: match regex, 3 rows",)))
        if suite.name == "addresses"
        else (suite, verdict)
        for suite, verdict in world.suites
    ]
    return replace(world, suites=tuple(broken))


def a_failing_test(world):
    failed = Check(name="no_holdout_touched", status="fail", failures=2, message="2 rows")
    return replace(world, tests=(failed,))


def old_lists(world):
    aged = tuple(
        replace(one, recorded_at=one.recorded_at - timedelta(days=45)) for one in world.listings
    )
    return replace(world, listings=aged)


def no_list_of_employees(world):
    return replace(world, listings=tuple(e for e in world.listings if e.reason != "employee"))


def expired_texts(world):
    return replace(world, now=world.now + timedelta(days=5000))


def few_people(world):
    return replace(world, eligibility=world.eligibility.head(30))


def no_holdout(world):
    path = world.settings.workspace / "all_treated.yaml"
    path.write_text(
        "id: all-treated\nlayer: outbound\nsalt: x\nmethod: hash\n"
        "arms: {agent: 0.99, holdout: 0.01}"
        "\ncontrol: holdout\nprimary: {metric: meeting, window_days: 28}\n",
        encoding="utf-8",
    )
    return replace(world, spec=load_spec(path))


def settings_without(**changed):
    return lambda world: replace(world, settings=world.settings.model_copy(update=changed))


@pytest.mark.parametrize(
    ("broken", "named"),
    [
        (nobody_owned, {"owners", "pilot"}),
        (no_language, {"fields", "content", "knowledge"}),
        (everybody_twice, {"duplicates"}),
        (nowhere, {"fields", "time_zones"}),
        (undated_consent, {"consent", "pilot"}),
        (a_failing_suite, {"rules"}),
        (a_failing_test, {"tests"}),
        (old_lists, {"suppressions"}),
        (no_list_of_employees, {"suppressions"}),
        (expired_texts, {"content", "knowledge", "suppressions", "meetings"}),
        (few_people, {"pilot"}),
        (no_holdout, {"holdout"}),
        (settings_without(caldav_url=""), {"calendar"}),
        (settings_without(dkim_domain="other.example"), {"sender", "dkim"}),
        (settings_without(dkim_key=None), {"signing", "dkim"}),
        (settings_without(public_url="http://plain.example"), {"unsubscribe"}),
        (settings_without(bounce_domain="nowhere.example"), {"mx"}),
    ],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_each_gap_is_named_with_whose_task_it_is(world, broken, named):
    """R238: the item, the figure, the task and the person; a pilot waits for it."""
    found = assess(broken(world))

    missing = {item.id for item in found.missing}
    assert named <= missing, missing
    assert missing <= named | {"meetings", "consent"}, "it names what is not broken"
    assert not found.may_start
    for item in found.missing:
        assert item.topic in found.why
        assert item.todo
        assert item.whose


@pytest.mark.parametrize(
    ("records", "named"),
    [
        ({"mail.northbeam.example": ["v=spf1 +all"]}, "spf"),
        ({"mail.northbeam.example": ["v=spf1 -all", "v=spf1 ~all"]}, "spf"),
        ({"parley._domainkey.mail.northbeam.example": ["v=DKIM1; p=AAAA"]}, "dkim"),
        ({"_dmarc.northbeam.example": ["v=DMARC1; rua=mailto:a@b.example"]}, "dmarc"),
    ],
)
def test_a_record_that_does_not_protect_is_as_good_as_none(world, tmp_path, records, named):
    import yaml

    path = tmp_path / "dns.yaml"
    path.write_text(yaml.safe_dump({n: {"TXT": texts} for n, texts in records.items()}))

    assert states(replace(world, dns=DnsFile(path)))[named] == "missing"


def test_what_nobody_looked_up_is_a_gap_too(world):
    """A pilot does not start on names that were never asked for."""
    found = assess(replace(world, dns=None))

    assert {item.id for item in found.unchecked} == {"spf", "dkim", "dmarc", "mx"}
    assert not found.may_start
    assert "Not checked: SPF, DKIM in DNS, DMARC, MX." in found.why


def test_a_resolver_that_is_silent_says_nothing_of_the_domain(world):
    class Silent:
        def records(self, name, kind):
            raise NoAnswerError("timed out")

    silent = states(replace(world, dns=Silent()))

    assert {silent[name] for name in ("spf", "dkim", "dmarc", "mx")} == {"not checked"}


def test_a_warehouse_that_was_never_tested_is_not_checked(world):
    assert gaps(replace(world, tests=())) == {"tests": "not checked"}


def test_a_share_never_rounds_up_to_a_whole():
    assert share_of(99_999, 100_000, "rows") == "99.9% (99,999 of 100,000 rows)"
