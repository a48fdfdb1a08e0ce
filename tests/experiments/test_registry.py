import json
import os
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import pytest

from experiments import registry
from experiments.errors import RegistryDamagedError, RegistryError, SpecEditedError
from experiments.spec import Spec

NOW = datetime(2026, 1, 10, 9, 30, tzinfo=UTC)


def _spec(**changes):
    content = {
        "id": "trial",
        "salt": "layer-1",
        "arms": {"agent": 0.5, "holdout": 0.5},
        "control": "holdout",
        "primary": {"metric": "meeting"},
    }
    return Spec.model_validate(content | changes)


@pytest.fixture
def log(tmp_path):
    return tmp_path / "registry.jsonl"


@pytest.fixture
def register(log):
    def write(spec, **changes):
        given = {"approver": "Ada Roe", "code_version": "abc123", "now": NOW} | changes
        return registry.register(log, spec, **given)

    return write


@pytest.fixture
def three_lines(log, register):
    for name in ("one", "two", "three"):
        register(_spec(id=name))
    return log.read_bytes().splitlines(keepends=True)


def test_a_registration_says_who_promised_what_with_which_code_when(log, register):
    """R176: decisions are on record before anybody is assigned."""
    entry = register(_spec())

    assert (entry.spec_id, entry.version) == ("trial", 1)
    assert (entry.approver, entry.code_version) == ("Ada Roe", "abc123")
    assert entry.registered_at == NOW
    assert entry.to_spec() == _spec()
    assert registry.verify(log).registrations == (entry,)


def test_the_same_spec_is_registered_once(log, register):
    first = register(_spec())

    assert register(_spec(), approver="Bo Lee", now=NOW + timedelta(days=1)) == first
    assert log.read_text().count("\n") == 1


def test_an_edit_under_the_same_version_is_refused(log, register):
    register(_spec())

    with pytest.raises(
        SpecEditedError, match=r"trial: version 1 was registered .*raise the version to 2"
    ):
        register(_spec(primary={"metric": "reply"}))

    assert log.read_text().count("\n") == 1


def test_a_raised_version_is_a_new_registration(log, register):
    register(_spec())
    raised = _spec(version=2, primary={"metric": "reply"})

    register(raised)

    assert registry.registered(log, raised)
    assert not registry.registered(log, _spec())
    assert registry.current(log, "trial").version == 2
    assert registry.verify(log).is_intact


def test_a_lower_version_is_refused_even_if_it_was_registered_once(register):
    register(_spec())
    register(_spec(version=2))

    with pytest.raises(RegistryError, match="'version' is 1, but version 2 is registered"):
        register(_spec())


@pytest.mark.parametrize(
    "change",
    [
        {"salt": "layer-2"},
        {"unit": "account"},
        {"layer": "other"},
        {"method": "permutation", "seed": 1},
    ],
)
def test_a_raised_version_keeps_what_assignments_stand_on(register, change):
    register(_spec())

    with pytest.raises(RegistryError, match=f"the field '{next(iter(change))}'.*keep it"):
        register(_spec(version=2, **change))


def test_a_seed_is_kept_as_well(register):
    register(_spec(salt=None, method="permutation", seed=1))

    with pytest.raises(RegistryError, match="'seed' is 2"):
        register(_spec(salt=None, method="permutation", seed=2, version=2))


def test_a_hash_without_salt_cannot_assign_anybody(register):
    with pytest.raises(RegistryError, match="'salt' is missing"):
        register(_spec(salt=None))


def test_somebody_must_approve(register):
    with pytest.raises(RegistryError, match="approver is empty"):
        register(_spec(), approver=" ")


def test_a_naive_time_never_reaches_the_log(log, register):
    with pytest.raises(ValueError, match="time zone"):
        register(_spec(), now=datetime(2026, 1, 10))

    assert not log.exists()


def test_times_are_kept_in_utc(register):
    zone = timezone(timedelta(hours=5))

    assert register(_spec(), now=NOW.astimezone(zone)).registered_at.utcoffset() == timedelta(0)


def test_an_absent_log_holds_nothing_and_is_intact(log):
    assert registry.verify(log).is_intact
    assert not registry.registered(log, _spec())
    assert registry.current(log, "trial") is None


@pytest.mark.parametrize("damaged_line", [0, 1, 2])
def test_any_changed_byte_shows(log, three_lines, damaged_line):
    text = three_lines[damaged_line]
    for place in range(0, len(text) - 1, 7):
        changed = text[:place] + bytes([text[place] ^ 1]) + text[place + 1 :]
        log.write_bytes(
            b"".join([*three_lines[:damaged_line], changed, *three_lines[damaged_line + 1 :]])
        )

        assert not registry.verify(log).is_intact, f"byte {place}"


def test_a_change_that_only_json_does_not_see_shows(log, three_lines):
    log.write_bytes(b"".join([three_lines[0].replace(b'":"', b'": "', 1), *three_lines[1:]]))

    assert registry.verify(log).problems == ("line 1 was changed",)


@pytest.mark.parametrize(
    "kept", [(1, 2), (0, 2), (0, 1), (0,), (), (1, 0, 2), (0, 2, 1), (0, 0, 1, 2)]
)
def test_removed_repeated_and_reordered_lines_show(log, three_lines, kept):
    log.write_bytes(b"".join(three_lines[i] for i in kept))

    assert not registry.verify(log).is_intact


def test_a_removed_log_shows(log, three_lines):
    log.unlink()

    assert registry.verify(log).problems == ("3 of 3 lines are missing at the end",)


def test_lines_added_by_hand_show(log, three_lines):
    log.with_name("registry.jsonl.head").unlink()

    assert "added by hand" in registry.verify(log).problems[0]


def test_nothing_is_registered_in_a_damaged_log(log, three_lines, register):
    log.write_bytes(b"".join(three_lines[:2]))

    with pytest.raises(RegistryDamagedError, match="1 of 3 lines are missing"):
        register(_spec(id="four"))
    with pytest.raises(RegistryDamagedError):
        registry.registered(log, _spec(id="one"))
    assert log.read_bytes() == b"".join(three_lines[:2])


@pytest.mark.parametrize("share", [0.02, 0.5, 0.98])
def test_a_crash_while_appending_is_reported_and_mended_by_the_next_registration(
    log, register, share
):
    register(_spec(id="one"))
    before = log.read_bytes(), log.with_name("registry.jsonl.head").read_bytes()
    register(_spec(id="two"))
    line = log.read_bytes()[len(before[0]) :]
    log.write_bytes(before[0] + line[: int(len(line) * share)])
    log.with_name("registry.jsonl.head").write_bytes(before[1])

    assert "unfinished" in registry.verify(log).problems[0]
    assert not registry.registered(log, _spec(id="two"))
    mended = register(_spec(id="two"))

    assert mended.dropped_tail is not None
    assert registry.verify(log).is_intact
    assert [entry.spec_id for entry in registry.verify(log).registrations] == ["one", "two"]


def test_a_lost_line_end_of_a_confirmed_line_is_damage_not_a_crash(log, three_lines, register):
    log.write_bytes(b"".join(three_lines).rstrip(b"\n"))

    with pytest.raises(RegistryDamagedError, match="1 of 3 lines are missing"):
        register(_spec(id="four"))


def test_a_crash_between_log_and_head_loses_nothing(log, register):
    register(_spec(id="one"))
    head = log.with_name("registry.jsonl.head")
    before = head.read_bytes()
    entry = register(_spec(id="two"))
    head.write_bytes(before)

    assert registry.verify(log).is_intact
    assert register(_spec(id="two")) == entry
    assert json.loads(head.read_text())["count"] == 2


def test_registrations_from_many_threads_make_one_chain(log, register):
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda i: register(_spec(id=f"trial-{i % 20}")), range(60)))

    assert registry.verify(log).is_intact
    assert len(registry.verify(log).registrations) == 20


def test_a_registration_has_reached_the_disk_when_it_returns(register, monkeypatch):
    synced = []
    fsync = os.fsync
    monkeypatch.setattr(os, "fsync", lambda fd: (synced.append(fd), fsync(fd)))

    register(_spec())

    assert len(synced) == 3


def test_the_power_that_was_planned_is_on_record(register):
    planned = _spec(power={"baseline": 0.02, "mde_relative": 0.25})

    assert register(planned).power == {"units": {"agent": 13809, "holdout": 13809}, "days": None}
    assert register(_spec(id="unplanned")).power is None


FIRST_SEND = NOW + timedelta(days=2)


def test_a_promise_that_was_kept_has_no_deviations(log, register):
    register(_spec())
    register(_spec(version=2, hypothesis="more"), now=NOW + timedelta(days=1))

    spec = _spec(version=2, hypothesis="more")
    assert registry.deviations(log, spec, first_send=FIRST_SEND) == ()
    assert registry.deviations(log, spec, first_send=None) == ()


def test_an_edit_after_the_first_send_names_what_changed_and_by_whom(log, register):
    """R176: a question that is changed while answers come in is read with that in mind."""
    register(_spec())
    later = _spec(version=2, primary={"metric": "reply"})
    register(later, approver="Bo Lee", now=NOW + timedelta(days=3))

    (said,) = registry.deviations(log, later, first_send=FIRST_SEND)

    assert said == (
        "version 2 was registered 2026-01-13 09:30 UTC, after the first send "
        '(2026-01-12 09:30 UTC), by Bo Lee; changed: primary.metric from "meeting" to "reply"'
    )


def test_a_spec_that_is_not_the_registered_one_says_so_first(log, register):
    assert "never registered" in registry.deviations(log, _spec(), first_send=FIRST_SEND)[0]
    register(_spec(), now=NOW + timedelta(days=5))

    other = registry.deviations(log, _spec(hypothesis="x"), first_send=FIRST_SEND)

    assert "is not the registered version 1" in other[0]
    assert other[0].endswith('to "x"')
    assert "only after the first send" in other[1]


def test_a_new_version_may_not_call_another_arm_its_control(register):
    """R169: who was held out stays held out."""
    register(_spec())

    with pytest.raises(RegistryError, match="'control' is 'agent'"):
        register(_spec(version=2, control="agent"))
