import re

from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.knowledge.chunks import MAX_WORDS, TARGET_WORDS, chunk


def words(count, word="word"):
    return " ".join(f"{word}{n}" for n in range(count))


def sentences(count, length=10):
    return " ".join(f"S{n} {words(length - 2)} end." for n in range(count))


def test_a_passage_knows_the_headings_above_it():
    markdown = "# Guide\n\n## Storage\n\n### Backups\n\nKept for a month.\n\n## Access\n\nBy role."

    assert [(c.heading_path, c.text) for c in chunk(markdown, title="Guide")] == [
        (("Guide", "Storage", "Backups"), "Kept for a month."),
        (("Guide", "Access"), "By role."),
    ]


def test_no_passage_spans_two_headings():
    markdown = "\n\n".join(f"## Topic {n}\n\n{words(8)}" for n in range(5))

    assert len(chunk(markdown, title="T")) == 5


def test_short_paragraphs_are_put_together_until_the_passage_is_long_enough():
    paragraphs = "\n\n".join(words(25, f"p{n}x") for n in range(6))

    counts = [len(c.text.split()) for c in chunk(paragraphs, title="T")]

    assert counts == [75, 75]
    assert min(counts) >= TARGET_WORDS


def test_a_stub_joins_the_passage_before_it():
    found = chunk(f"{words(80)}\n\n{words(10, 'stub')}", title="T")

    assert len(found) == 1
    assert found[0].text.endswith("stub9")


def test_a_long_paragraph_is_cut_at_the_ends_of_sentences():
    found = chunk(sentences(60), title="T")

    assert len(found) > 3
    assert all(c.text.endswith("end.") for c in found)
    assert all(TARGET_WORDS <= len(c.text.split()) <= MAX_WORDS for c in found)


def test_a_sentence_without_an_end_is_cut_all_the_same():
    found = chunk(words(500), title="T")

    assert " ".join(c.text for c in found) == words(500)
    assert all(len(c.text.split()) <= MAX_WORDS for c in found)


def test_rows_of_a_table_repeat_what_their_columns_are():
    table = (
        "| Plan | Price | Seats |\n| --- | --- | --- |\n| Team | 720 | 15 |\n| Growth | 1520 | |"
    )

    assert [c.text for c in chunk(table, title="T")] == [
        "Plan Team: Price: 720; Seats: 15\nPlan Growth: Price: 1520"
    ]


def test_a_list_stays_with_the_line_that_introduces_it():
    markdown = f"{words(70)}\n\nThe plan has:\n\n* one\n  more of one\n* two"

    found = chunk(markdown, title="T")

    assert "The plan has:\n- one more of one\n- two" in found[-1].text


def test_marks_leave_and_addresses_stay():
    markdown = (
        "See **the [trust page](https://t.example/a)** and `keys` in [here](#x). ![pic](a.png)"
    )

    assert chunk(markdown, title="T")[0].text == (
        "See the trust page (https://t.example/a) and keys in here."
    )


def test_underlined_and_bold_lines_are_headings_and_a_fence_is_not():
    markdown = (
        "Backups\n-------\n\nEvery night.\n\n**Restores**\n\nRehearsed.\n\n```\n# no heading\n```"
    )

    assert [(c.heading_path, c.text) for c in chunk(markdown, title="T")] == [
        (("T", "Backups"), "Every night."),
        (("T", "Backups", "Restores"), "Rehearsed.\n\n# no heading"),
    ]


def test_the_same_words_twice_under_a_heading_are_one_passage():
    markdown = "## A\n\nTwice said.\n\n## A\n\nTwice said."

    assert len(chunk(markdown, title="T")) == 1


@given(st.text(alphabet="abc .#\n|-*_[]()!`>:=1", max_size=400))
def test_no_text_breaks_the_chunking_and_no_passage_is_empty_or_too_long(markdown):
    for found in chunk(markdown, title="T"):
        assert found.text.strip()
        assert len(found.text.split()) <= MAX_WORDS
        assert found.heading_path[0] == "T"


@given(st.lists(st.integers(1, 120), min_size=1, max_size=12))
def test_no_word_is_lost(lengths):
    markdown = "\n\n".join(
        f"## H{n}\n\n{words(length, f'a{n}x')}." for n, length in enumerate(lengths)
    )

    kept = re.findall(r"a\d+x\d+", " ".join(c.text for c in chunk(markdown, title="T")))

    assert kept == re.findall(r"a\d+x\d+", markdown)
