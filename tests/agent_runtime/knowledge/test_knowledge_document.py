import pytest
from office_files import docx, pdf

from agent_runtime.knowledge.chunks import chunk
from agent_runtime.knowledge.document import read_document
from agent_runtime.knowledge.passage import KnowledgeError

SENTENCE = "Our SOC 2 report of Type II covers the twelve months from October to September."


@pytest.fixture
def file(tmp_path):
    def write(name, content):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def test_the_headings_of_a_pdf_become_headings(file):
    lines = ["Security overview", "", "1. Certificates", "Our SOC 2 report of Type II covers the"]
    pages = [[*lines, "twelve months from Octo-", "ber to September."]]

    source = read_document(file("overview.pdf", pdf(pages)))

    assert source.title == "Security overview"
    assert [(c.heading_path, c.text) for c in chunk(source.markdown, title=source.title)] == [
        (("Security overview", "1. Certificates"), SENTENCE)
    ]


def test_a_lone_line_of_a_pdf_that_no_text_follows_is_not_lost(file):
    lines = ["Price sheet", "", "Team costs 720 euro", "", "Growth costs 1520 euro", "", "Prices"]
    pages = [[*lines, "", "All prices are without value added tax."]]

    source = read_document(file("prices.pdf", pdf(pages)))

    told = " ".join(c.text for c in chunk(source.markdown, title=source.title))
    assert "Team costs 720 euro" in told
    assert "Growth costs 1520 euro" in told


def test_running_headers_and_page_numbers_of_a_pdf_are_left_out(file):
    pages = [
        [
            "Northbeam confidential",
            "",
            f"Part {n} of the text begins here and ends.",
            "",
            f"{n} / 3",
        ]
        for n in (1, 2, 3)
    ]

    markdown = read_document(file("long.pdf", pdf(pages))).markdown

    assert "confidential" not in markdown
    assert "/ 3" not in markdown
    assert [f"Part {n} of" in markdown for n in (1, 2, 3)] == [True, True, True]


def test_the_headings_of_a_word_file_are_kept(file):
    content = docx([("Heading1", "Security"), ("Heading2", "SOC 2"), ("Normal", SENTENCE)])

    source = read_document(file("security.docx", content))

    assert source.title == "Security"
    assert chunk(source.markdown, title=source.title)[0].heading_path == ("Security", "SOC 2")


def test_what_surrounds_a_web_page_is_left_out(file):
    page = (
        "<html><head><title>Trust</title><script>track()</script></head><body><nav>Home</nav>"
        f"<h1>Trust centre</h1><p>{SENTENCE}</p><footer>Imprint</footer></body></html>"
    )

    source = read_document(file("trust.html", page))

    assert source.title == "Trust centre"
    assert SENTENCE in source.markdown
    assert not any(word in source.markdown for word in ("Home", "Imprint", "track"))


def test_front_matter_of_markdown_names_the_document_and_is_no_text(file):
    source = read_document(file("a.md", f"---\ntitle: Trust\nowner: us\n---\n\n{SENTENCE}\n"))

    assert source.title == "Trust"
    assert source.markdown == SENTENCE


def test_a_file_without_a_title_is_called_by_its_name(file):
    assert read_document(file("our-security_notes.md", SENTENCE)).title == "Our security notes"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.xlsx", b"PK", "is not read; use .pdf, .docx, .html, .htm, .md, .markdown"),
        ("a", b"text", "no suffix is not read"),
        ("a.md", b"  \n ", "the file is empty"),
        ("a.md", b"Hello you.", "there is hardly a word in it"),
        ("a.md", b"caf\xe9 au lait", "is not UTF-8"),
        ("a.html", b"caf\xe9 au lait", "is not UTF-8"),
        ("a.pdf", b"%PDF-1.4 and then nothing of use", "the file is broken"),
        ("a.pdf", b"<html>not a pdf</html>", "this is no PDF inside"),
        ("a.pdf", pdf([[]]), "only pictures of pages; run text recognition"),
        ("a.pdf", pdf([[SENTENCE]], encrypted=True), "the file is encrypted"),
        ("a.docx", b"PK\x03\x04 broken", "the file is broken"),
        ("a.docx", b"\xd0\xcf\x11\xe0 whatever follows", "encrypted or from before Word 2007"),
    ],
)
def test_what_cannot_be_read_is_one_sentence_that_names_the_file(file, name, content, said):
    path = file(name, content)

    with pytest.raises(KnowledgeError) as caught:
        read_document(path)

    assert str(caught.value).startswith(f"{path}: ")
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_is_not_there_is_one_sentence(tmp_path):
    with pytest.raises(KnowledgeError, match="there is no such file; mend the path"):
        read_document(tmp_path / "gone.pdf")
    (tmp_path / "folder.md").mkdir()
    with pytest.raises(KnowledgeError, match="cannot be read"):
        read_document(tmp_path / "folder.md")
