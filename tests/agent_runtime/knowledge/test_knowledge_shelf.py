from datetime import UTC, date, datetime

import pytest
import yaml

from agent_runtime.knowledge.chunks import chunk
from agent_runtime.knowledge.document import SourceText
from agent_runtime.knowledge.passage import KnowledgeError
from agent_runtime.knowledge.shelf import Shelf

OLD = "## Backups\n\nKept for a month.\n\n## Access\n\nBy role only."
NEW = "## Backups\n\nKept for a year.\n\n## Access\n\nBy role only."


@pytest.fixture
def shelf(tmp_path):
    return Shelf(tmp_path / "knowledge")


def shelve(shelf, markdown, *, put=True, **more):
    fields = {
        "document_id": "guide",
        "locale": "en",
        "scopes": ("security",),
        "approver": "R. Haas",
        "approved_at": date(2026, 1, 5),
        "expires_at": date(2027, 1, 5),
    }
    source = SourceText(title="Guide", markdown=markdown, source="guide.md", sha256="0")
    document, change = shelf.shelve(source, chunk(markdown, title="Guide"), **(fields | more))
    if put:
        shelf.put(document)
    return document, change


def test_a_document_comes_back_from_its_file_as_it_was(shelf):
    text = "## Long\n\nFirst: paragraph with 'quotes', ümlauts and a colon.\n\n- one\n- two: 2"
    document, _ = shelve(shelf, text)

    assert shelf.documents() == (document,)


def test_a_passage_carries_who_approved_it_and_until_when(shelf):
    document, _ = shelve(shelf, OLD)

    passage = document.approved_passages[0]

    assert (passage.approver, passage.source, passage.scopes) == (
        "R. Haas",
        "guide.md",
        ("security",),
    )
    assert passage.expires == datetime(2027, 1, 5, tzinfo=UTC)
    assert passage.heading_path == ("Guide", "Backups")


def test_words_that_have_not_changed_keep_their_id_and_version(shelf):
    first, _ = shelve(shelf, OLD)
    second, change = shelve(shelf, NEW)

    assert (change.kept, change.added, change.dropped) == (1, 1, 1)
    assert second.version == 2
    assert [p.version for p in second.passages] == [2, 1]
    assert second.passages[1] == first.passages[1]
    assert second.passages[0].id != first.passages[0].id


def test_the_same_text_again_is_no_new_version(shelf):
    shelve(shelf, OLD)
    again, change = shelve(shelf, OLD, expires_at=date(2028, 1, 5))

    assert again.version == 1
    assert (change.added, change.dropped) == (0, 0)


def test_a_proposal_without_an_approver_has_nothing_to_serve(shelf):
    document, _ = shelve(shelf, OLD, approver="")

    assert not document.is_approved
    assert document.approved_passages == ()


def test_what_was_removed_comes_back_as_it_was(shelf):
    document, _ = shelve(shelf, OLD)

    shelf.remove("guide")
    assert shelf.documents() == ()

    assert shelf.restore("guide") == document
    assert shelf.documents() == (document,)


def test_restore_undoes_the_last_change_and_undoes_that_too(shelf):
    first, _ = shelve(shelf, OLD)
    second, _ = shelve(shelf, NEW)

    assert shelf.restore("guide") == first
    assert shelf.restore("guide") == second


def test_a_version_can_be_asked_for_by_its_number(shelf):
    first, _ = shelve(shelf, OLD)
    shelve(shelf, NEW)
    shelve(shelf, NEW.replace("year", "decade"))

    assert shelf.versions("guide") == (1, 2)
    assert shelf.restore("guide", 1) == first
    with pytest.raises(KnowledgeError, match="nothing to bring back; versions kept: 1, 2, 3"):
        shelf.restore("guide", 7)


def test_a_version_number_is_never_used_for_other_words(shelf):
    shelve(shelf, OLD)
    shelve(shelf, NEW)
    shelf.restore("guide")

    third, _ = shelve(shelf, OLD.replace("month", "day"))

    assert third.version == 3


def test_words_that_were_changed_by_hand_are_refused(shelf):
    shelve(shelf, OLD)
    path = shelf.folder / "guide.yaml"
    path.write_text(path.read_text().replace("a month", "for ever"))

    with pytest.raises(KnowledgeError, match=r"guide\.yaml.*not those that were approved"):
        shelf.documents()


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("locale", "nl", "field locale, the value 'nl'"),
        ("expires_at", "soon", "field expires_at, the value 'soon'"),
        ("document", "No Id", "field document, the value 'No Id'"),
        ("passages", [], "field passages"),
        ("colour", "red", "field colour, the value 'red'"),
    ],
)
def test_a_field_that_cannot_be_is_named_with_file_and_value(shelf, field, value, said):
    shelve(shelf, OLD)
    path = shelf.folder / "guide.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | {field: value}))

    with pytest.raises(KnowledgeError) as caught:
        shelf.documents()

    assert str(caught.value).startswith(f"{path}: {said}")


def test_a_file_that_is_no_yaml_is_named(shelf):
    shelve(shelf, OLD)
    (shelf.folder / "broken.yaml").write_text("a: [b")
    with pytest.raises(KnowledgeError, match=r"broken\.yaml: not YAML"):
        shelf.documents()


def test_a_translation_needs_an_id_of_its_own(shelf):
    shelve(shelf, OLD)

    with pytest.raises(KnowledgeError, match="it is there in 'en'; give the 'de' one another id"):
        shelve(shelf, OLD, locale="de", put=False)


def test_an_id_never_leads_out_of_the_folder(shelf, tmp_path):
    shelve(shelf, OLD)
    (shelf.folder / "guide.yaml").rename(tmp_path / "guide.yaml")

    with pytest.raises(KnowledgeError, match=r"'\.\./guide' is unknown"):
        shelf.remove("../guide")
    assert (tmp_path / "guide.yaml").exists()


def test_an_unknown_document_is_answered_with_those_there_are(shelf):
    with pytest.raises(KnowledgeError, match="the documents are: none yet"):
        shelf.remove("guide")
    shelve(shelf, OLD)
    with pytest.raises(KnowledgeError, match="'other' is unknown; the documents are: guide"):
        shelf.known("other")
    with pytest.raises(KnowledgeError, match="other: there is nothing to bring back"):
        shelf.restore("other")
