import pytest
from script_files import write_docx, write_pdf

from agent_runtime.script.document import read_parts
from agent_runtime.script.parts import ScriptError
from agent_runtime.script.reading import MAX_BYTES, read_script

LINES = [
    "Outbound call script",
    "",
    "1. Opening",
    "Closing the books takes many finance teams too long, and somebody pays for it.",
    "How do you reconcile billing and CRM today?",
    "",
    "OBJECTIONS",
    '"It is too expensive."',
    "I understand. It pays only where reconciling by hand costs more than the connection",
    "that replaces it.",
    '"We already have a tool."',
    "That makes sense. It runs beside what you have.",
    "FAQ",
    "Does it work with SAP?",
    "Yes, through the API.",
    "Page 1 of 1",
]


def test_a_pdf_is_read_line_by_line(tmp_path):
    """R268: a script as PDF, without any mark of what is a heading."""
    parts = read_parts(read_script(write_pdf(tmp_path / "script.pdf", LINES)))

    assert parts.openings[0].text.startswith("Closing the books takes many finance teams")
    assert [(one.asked, one.kind) for one in parts.exchanges] == [
        ("It is too expensive.", "objection"),
        ("We already have a tool.", "objection"),
        ("Does it work with SAP?", "question"),
    ]
    assert parts.exchanges[0].answered.endswith("than the connection that replaces it.")
    assert parts.exchanges[2].answered == "Yes, through the API."


def test_a_section_goes_on_over_pages(tmp_path):
    pages = (["Objections", '"Too expensive."', "It pays"], ["where the work costs more."])
    parts = read_parts(read_script(write_pdf(tmp_path / "script.pdf", *pages)))

    assert parts.exchanges[0].answered == "It pays where the work costs more."


def test_a_word_document_is_read_with_headings_bold_and_tables(tmp_path):
    """R268: a script as Word document."""
    path = write_docx(
        tmp_path / "script.docx",
        ("Heading1", "Our script"),
        ("Heading2", "Opening"),
        ("Normal", "Closing the books takes too long. How do you do it?"),
        ("Heading2", "FAQ"),
        ("Bold", "Where is the data stored?"),
        ("Normal", "In the EU or the US, as you choose."),
        ("Heading2", "Objections"),
        table=[["Objection", "Answer"], ["Too expensive", "It pays where work costs more."]],
    )
    parts = read_parts(read_script(path))

    assert parts.title == "Our script"
    assert parts.openings[0].text == "Closing the books takes too long. How do you do it?"
    assert {(one.asked, one.answered) for one in parts.exchanges} == {
        ("Where is the data stored?", "In the EU or the US, as you choose."),
        ("Too expensive", "It pays where work costs more."),
    }


def test_subtitles_become_lines_with_speakers(tmp_path):
    path = tmp_path / "call.vtt"
    path.write_text(
        "WEBVTT\n\n1\n00:00:00.000 --> 00:00:02.000\n<v Anna Berg>Hello.</v>\n\n"
        "2\n00:00:02.000 --> 00:00:04.000\n<v Sara>Hello Anna.</v>\n",
        encoding="utf-8",
    )

    assert read_script(path).split("\n\n\n")[-1].strip() == "Sara: Hello Anna."
    assert "Anna Berg: Hello." in read_script(path)
    assert "-->" not in read_script(path)


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.md", b"", "the file is empty"),
        ("a.md", b"  \n\n", "the file is empty"),
        ("a.md", b"1. 2. 3.", "not a word in it"),
        ("a.md", b"\xff\xfeabc", "not UTF-8"),
        ("a.xlsx", b"x", r"\.xlsx is not read; use \.pdf"),
        ("script", b"x", "no suffix is not read"),
        ("a.pdf", b"hello", "no PDF inside"),
        ("a.pdf", b"%PDF-1.4\nbroken", "the file is broken"),
        ("a.docx", b"PK\x03\x04broken", "the file is broken"),
        ("a.docx", b"\xd0\xcf\x11\xe0rest", "encrypted or from before Word 2007"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_sentence(tmp_path, name, content, said):
    path = tmp_path / name
    path.write_bytes(content)

    with pytest.raises(ScriptError, match=said):
        read_script(path)


def test_a_scan_an_encrypted_and_a_missing_file_are_told_apart(tmp_path):
    with pytest.raises(ScriptError, match="only pictures of pages; run text recognition"):
        read_script(write_pdf(tmp_path / "scan.pdf", []))
    with pytest.raises(ScriptError, match="the file is encrypted; save a copy"):
        read_script(write_pdf(tmp_path / "shut.pdf", LINES, is_encrypted=True))
    with pytest.raises(ScriptError, match="there is no such file"):
        read_script(tmp_path / "nowhere.pdf")
    (tmp_path / "folder.md").mkdir()
    with pytest.raises(ScriptError, match="cannot be read"):
        read_script(tmp_path / "folder.md")


def test_a_file_that_is_no_script_by_its_size_is_refused(tmp_path):
    path = tmp_path / "long.md"
    path.write_bytes(b"a " * (MAX_BYTES // 2 + 1))

    with pytest.raises(ScriptError, match="20 MB are more than the 20 MB"):
        read_script(path)
