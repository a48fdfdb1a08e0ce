from experiments.capacity import Resource, first_to_break, utilisation

PEOPLE = Resource("Reviewers' time", 300.0, 1_200.0, "minutes")
MAILS = Resource("Mailboxes", 2_000.0, 3_000.0, "mails")
UNKNOWN = Resource("Workers", None, 10.0, "seconds")


def test_use_grows_with_volume_and_an_unknown_load_stays_unknown():
    """R166, R213: at 1, 2, 5 and 10 times the volume."""
    people, unknown = utilisation([PEOPLE, UNKNOWN]).to_dicts()
    assert [people[f"{m}x"] for m in (1, 2, 5, 10)] == [0.25, 0.5, 1.25, 2.5]
    assert people["breaks_at"] == 4.0
    assert (unknown["10x"], unknown["breaks_at"]) == (None, None)


def test_the_first_to_run_out_is_named_with_its_volume_and_what_nobody_knows():
    told = first_to_break([PEOPLE, MAILS, UNKNOWN])
    assert told.startswith("First to run out: mailboxes, at 1.5 times today's volume.")
    assert "Nobody knows yet what is needed of: Workers." in told


def test_what_is_short_today_is_said_so():
    short = Resource("Mailboxes", 4_000.0, 3_000.0, "mails")
    assert first_to_break([short]).startswith("Too little today: mailboxes; 4,000 mails a month")


def test_without_any_load_nothing_breaks():
    assert first_to_break([Resource("Mailboxes", 0.0, 10.0, "mails")]).startswith("Nothing breaks")
