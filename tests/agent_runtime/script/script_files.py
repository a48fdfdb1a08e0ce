"""Small real files: a PDF and a Word document, written byte by byte."""

import zipfile
from pathlib import Path

_FONT = b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>"
_NAMESPACE = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def write_pdf(path: Path, *pages: list[str], is_encrypted: bool = False) -> Path:
    """Writes one line of text below the other; an encrypted file wants a password nobody has."""
    objects: list[bytes] = [_FONT]
    kids = []
    catalogue = 2 + 2 * len(pages)
    for lines in pages:
        text = b"\n".join(
            b"BT /F1 11 Tf 1 0 0 1 60 %d Tm (%s) Tj ET" % (780 - 16 * n, _escaped(line))
            for n, line in enumerate(lines)
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(text), text))
        objects.append(
            b"<< /Type /Page /Parent %d 0 R /MediaBox [0 0 595 842] /Contents %d 0 R "
            b"/Resources << /Font << /F1 1 0 R >> >> >>" % (catalogue, len(objects))
        )
        kids.append(b"%d 0 R" % len(objects))
    objects.append(b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b" ".join(kids), len(kids)))
    objects.append(b"<< /Type /Catalog /Pages %d 0 R >>" % len(objects))
    trailer = b"/Root %d 0 R" % len(objects)
    if is_encrypted:
        key = b"<%s>" % (b"41" * 32)
        objects.append(b"<< /Filter /Standard /V 1 /R 2 /O %s /U %s /P -4 >>" % (key, key))
        trailer += b" /Encrypt %d 0 R /ID [<00><00>]" % len(objects)
    path.write_bytes(_assembled(objects, trailer))
    return path


def write_docx(path: Path, *paragraphs: tuple[str, str], table: list[list[str]] | None = None):
    """Writes paragraphs, each with a style: Heading1, Heading2, ListParagraph, Bold or Normal."""
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="Heading{n}">'
        f'<w:name w:val="heading {n}"/></w:style>'
        for n in (1, 2, 3)
    )
    body = "".join(_paragraph(style, text) for style, text in paragraphs)
    rows = "".join(
        "<w:tr>" + "".join(f"<w:tc>{_paragraph('Normal', cell)}</w:tc>" for cell in row) + "</w:tr>"
        for row in table or ()
    )
    body += f"<w:tbl>{rows}</w:tbl>" if rows else ""
    relations = "http://schemas.openxmlformats.org/package/2006/relationships"
    office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
    types = "application/vnd.openxmlformats-officedocument.wordprocessingml"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="rels" '
            'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/word/document.xml" ContentType="{types}.document.main+xml"/>'
            f'<Override PartName="/word/styles.xml" ContentType="{types}.styles+xml"/></Types>',
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{relations}"><Relationship Id="r1" '
            f'Type="{office}/officeDocument" Target="word/document.xml"/></Relationships>',
        )
        archive.writestr(
            "word/_rels/document.xml.rels",
            f'<Relationships xmlns="{relations}"><Relationship Id="r1" '
            f'Type="{office}/styles" Target="styles.xml"/></Relationships>',
        )
        archive.writestr("word/styles.xml", f"<w:styles {_NAMESPACE}>{styles}</w:styles>")
        archive.writestr(
            "word/document.xml",
            f"<w:document {_NAMESPACE}><w:body>{body}</w:body></w:document>",
        )
    return path


def _paragraph(style: str, text: str) -> str:
    bold = "<w:rPr><w:b/></w:rPr>" if style == "Bold" else ""
    named = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style.startswith("Heading") else ""
    safe = text.replace("&", "&amp;").replace("<", "&lt;")
    return f'<w:p>{named}<w:r>{bold}<w:t xml:space="preserve">{safe}</w:t></w:r></w:p>'


def _escaped(line: str) -> bytes:
    raw = line.encode("cp1252")
    return raw.replace(b"\\", b"\\\\").replace(b"(", b"\\(").replace(b")", b"\\)")


def _assembled(objects: list[bytes], trailer: bytes) -> bytes:
    data = b"%PDF-1.4\n"
    offsets = []
    for number, one in enumerate(objects, 1):
        offsets.append(len(data))
        data += b"%d 0 obj\n%s\nendobj\n" % (number, one)
    table = b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    return data + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer << /Size %d %s >>\nstartxref\n%d\n%%%%EOF\n"
        % (len(objects) + 1, table, len(objects) + 1, trailer, len(data))
    )
