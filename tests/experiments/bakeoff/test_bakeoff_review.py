"""The daily review: which threads are read, what reviewers see, and what they hand in."""

import json
import stat
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score

from experiments.bakeoff import rubric
from experiments.bakeoff.agreement import agreements
from experiments.bakeoff.blinding import HIDDEN, blinding
from experiments.bakeoff.marks import filled_sheets, read_keys, read_marks, unread
from experiments.bakeoff.sampling import draw_threads
from experiments.bakeoff.sheets import threads_read_before, write_sheets
from experiments.bakeoff.threads import read_threads, with_candidates
from experiments.errors import BakeOffError

DAY = date(2026, 3, 9)


def as_it_is(_, text):
    return text


def test_ten_threads_of_each_are_drawn_and_always_the_same(plan, threads):
    """R223: ten a day of each candidate, strata as in the whole."""
    first = draw_threads(plan, threads(30), DAY, blind=as_it_is)
    turned = {name: mine[::-1] for name, mine in threads(30).items()}
    assert {d.thread_id for d in first} == {
        d.thread_id for d in draw_threads(plan, turned, DAY, blind=as_it_is)
    }
    for name in plan.names:
        mine = [d for d in first if d.candidate == name]
        answered = sum(any(t.by == "buyer" for t in d.turns) for d in mine)
        assert len(mine) == 10
        assert answered in (3, 4)


def test_nothing_after_the_day_is_shown(plan, threads):
    for drawn in draw_threads(plan, threads(12), DAY, blind=as_it_is):
        assert "Tomorrow's mail" not in [turn.text for turn in drawn.turns]


def test_codes_and_their_order_tell_no_candidate(plan, threads):
    drawn = draw_threads(plan, threads(30), DAY, blind=as_it_is)
    halves = [sum(d.candidate == "alpha" for d in part) for part in (drawn[:10], drawn[10:])]
    assert all(2 <= count <= 8 for count in halves)
    assert not any(name in d.code for d in drawn for name in plan.names)


def test_other_threads_come_first_on_the_next_day(plan, threads):
    first = {d.thread_id for d in draw_threads(plan, threads(15), DAY, blind=as_it_is)}
    second = draw_threads(
        plan, threads(15), DAY + timedelta(days=1), read_before=first, blind=as_it_is
    )
    mine = [d.thread_id for d in second if d.candidate == "alpha"]
    assert len(mine) == 10
    assert sum(thread not in first for thread in mine) == 5


def test_a_day_without_threads_is_told_with_the_days_there_are(plan, threads):
    with pytest.raises(BakeOffError, match="they wrote from 2026-03-09 to 2026-03-10"):
        draw_threads(plan, threads(3), date(2025, 1, 1), blind=as_it_is)


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        ("Acme AI writes; acme ai signs", f"{HIDDEN} writes; {HIDDEN} signs"),
        ("acmeology is no mark", "acmeology is no mark"),
        ("Mail bot@acme.example or https://acme.example/x", f"Mail {HIDDEN} or {HIDDEN}"),
        ("Hi [[FIRST_NAME]] at [[COMPANY_2]]", f"Hi {HIDDEN} at {HIDDEN}"),
        ("it is c++", f"it is {HIDDEN}"),
    ],
)
def test_what_would_tell_a_candidate_is_hidden(text, seen):
    assert blinding(["Acme AI", "acme", "c++"])(text) == seen


@settings(max_examples=40)
@given(st.text(max_size=40), st.text(alphabet="abcdefgh.+*(", min_size=3, max_size=8))
def test_no_mark_stands_alone_in_a_hidden_text(before, mark):
    hidden = blinding([mark])(f"{before} {mark} end")
    assert f" {mark} end" not in hidden


@pytest.fixture
def handed_out(plan, threads, plan_file):
    folder = plan_file.parent / "qa"
    drawn = draw_threads(plan, threads(12, text="<script>alert(1)</script>"), DAY, blind=as_it_is)
    return folder, write_sheets(plan, DAY, drawn, folder)


def filled(number, row):
    return {"reviewer": "Ada", "accuracy": 4, "tone": 3, "adherence": 5, "objection": "none"}


def test_sheets_and_page_name_no_candidate_and_the_key_is_shut(handed_out, plan):
    folder, files = handed_out
    for path in (files.page, *files.sheets):
        assert not any(name in path.read_text() for name in plan.names)
    assert stat.S_IMODE(files.key.stat().st_mode) == 0o600
    assert len(json.loads(files.key.read_text())["threads"]) == 20
    assert len(threads_read_before(folder, DAY + timedelta(days=1))) == 20
    orders = [path.read_text().split() for path in files.sheets]
    assert orders[0] != orders[1]
    assert sorted(orders[0]) == sorted(orders[1])


def test_what_strangers_wrote_is_no_markup(handed_out):
    page = handed_out[1].page.read_text()
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert" in page


def test_a_filled_sheet_outlives_a_second_draw(handed_out, plan, threads, refill):
    folder, files = handed_out
    refill(files.sheets[0], filled)
    again = draw_threads(plan, threads(12, text="<script>alert(1)</script>"), DAY, blind=as_it_is)
    write_sheets(plan, DAY, again, folder)
    assert filled_sheets(folder) == [files.sheets[0]]
    with pytest.raises(BakeOffError, match="was drawn before, from other threads"):
        write_sheets(plan, DAY, again[:3], folder)


def test_marks_are_opened_with_the_key(handed_out, plan, refill):
    folder, files = handed_out
    refill(files.sheets[0], filled)
    keys = read_keys(plan, folder)
    marks = read_marks(plan, [files.sheets[0]], keys)
    assert dict(marks.group_by("candidate").len().iter_rows()) == {"alpha": 10, "beta": 10}
    assert len(unread(marks, keys, 2)) == 20


@pytest.mark.parametrize(
    ("edit", "says"),
    [
        ({"accuracy": ""}, "line 2: the field 'accuracy' is ''"),
        ({"tone": "6"}, "the field 'tone' is '6', but must be a whole number from 1 to 5"),
        ({"tone": "3.5"}, "the field 'tone' is '3.5'"),
        ({"objection": "perhaps"}, "must be one of handled, missed, none"),
        ({"reviewer": " "}, "the field 'reviewer' is empty"),
        ({"code": "0101-99"}, "was never handed out"),
    ],
)
def test_a_bad_mark_is_one_sentence(edit, says, handed_out, plan, refill):
    folder, files = handed_out
    refill(files.sheets[0], lambda n, row: filled(n, row) | (edit if n == 0 else {}))
    with pytest.raises(BakeOffError) as error:
        read_marks(plan, [files.sheets[0]], read_keys(plan, folder))
    assert says in str(error.value)


def test_one_person_is_not_two_reviewers(handed_out, plan, refill):
    folder, files = handed_out
    for sheet, name in zip(files.sheets, ("Ada", "ada "), strict=True):
        refill(sheet, lambda n, row, name=name: filled(n, row) | {"reviewer": name})
    with pytest.raises(BakeOffError, match="two reviewers are two people"):
        read_marks(plan, list(files.sheets), read_keys(plan, folder))


def test_agreement_is_cohens_weighted_kappa(handed_out, plan, refill):
    """Against the formula over the whole table, and against scikit-learn on plain numbers."""
    folder, files = handed_out
    given_marks = {"Ada": [1, 2, 3, 4, 5], "Ben": [1, 3, 3, 5, 4]}
    for sheet, name in zip(files.sheets, given_marks, strict=True):
        refill(
            sheet,
            lambda n, row, name=name: (
                filled(n, row)
                | {"reviewer": name, "accuracy": given_marks[name][int(row["code"][-2:]) % 5]}
            ),
        )
    found = {
        one.dimension: one
        for one in agreements(read_marks(plan, list(files.sheets), read_keys(plan, folder)))
    }
    ada, ben = (given_marks[name] * 4 for name in ("Ada", "Ben"))
    apart = sum((a - b) ** 2 for a, b in zip(ada, ben, strict=True)) / len(ada)
    by_chance = sum((a - b) ** 2 for a in ada for b in ben) / len(ada) ** 2
    assert found["accuracy"].kappa == pytest.approx(1 - apart / by_chance)
    assert found["accuracy"].kappa == pytest.approx(
        cohen_kappa_score(ada, ben, weights="quadratic")
    )
    assert found["accuracy"].same == pytest.approx(0.4)
    assert found["tone"].kappa is None
    assert "all marks are 3" in found["tone"].reason


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("{", "this is no JSON"),
        ('{"thread_id": "t", "unit_id": "p1", "turns": []}', "'turns'"),
        (
            '{"thread_id": "t", "unit_id": "p1", "turns": [{"at": "x", "from": "agent", "text":'
            ' ""}]}',
            "turns.0.at",
        ),
        (
            '{"thread_id": "t", "unit_id": "p1", "turns": [{"at": "2026-03-09", "from": "bot",'
            ' "text": ""}]}',
            "turns.0.from",
        ),
    ],
)
def test_a_bad_thread_is_one_sentence(line, says, tmp_path):
    path = tmp_path / "threads.jsonl"
    path.write_text(line + "\n")
    with pytest.raises(BakeOffError) as error:
        read_threads(path)
    assert says in str(error.value)
    assert "line 1" in str(error.value)


def test_the_draw_decides_whose_thread_it_is(threads):
    mine = threads(2)["alpha"]
    found = with_candidates(
        mine, {"alpha-p0": "beta", "alpha-p1": "holdout"}, ("alpha", "beta"), source="f"
    )
    assert [t.thread_id for t in found["beta"]] == ["alpha-0"]
    assert found["alpha"] == []
    with pytest.raises(BakeOffError, match="whom the bake-off did not draw"):
        with_candidates(mine, {}, ("alpha", "beta"), source="f")
    told = [mine[0].model_copy(update={"candidate": "alpha"})]
    with pytest.raises(BakeOffError, match="the arms are blurred"):
        with_candidates(told, {"alpha-p0": "beta"}, ("alpha", "beta"), source="f")


def test_threads_of_parquet_are_those_of_json_lines(tmp_path, threads):
    import polars as pl

    rows = [t.model_dump(by_alias=True, exclude_none=True) for t in threads(4)["alpha"]]
    pl.DataFrame(rows).write_parquet(tmp_path / "t.parquet")
    (tmp_path / "t.jsonl").write_text(
        "".join(
            json.dumps(t.model_dump(mode="json", by_alias=True, exclude_none=True)) + "\n"
            for t in threads(4)["alpha"]
        )
    )
    assert read_threads(tmp_path / "t.parquet") == read_threads(tmp_path / "t.jsonl")


def test_points_run_from_nothing_to_a_hundred():
    assert [rubric.points("tone", str(mark)) for mark in rubric.SCALE] == [0, 25, 50, 75, 100]
