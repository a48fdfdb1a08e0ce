"""A playbook as a course for a learning management system: a package of SCORM 1.2.

Layout and names are those of ADL, SCORM 1.2 Content Aggregation Model (2001), section 2.3, and the
calls those of its Run-Time Environment, section 3.
"""

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from xml.etree import ElementTree as ET

from agent_runtime.library.catalog import Library
from agent_runtime.library.page import handoff_rows
from agent_runtime.library.playbook import Playbook

CP = "http://www.imsproject.org/xsd/imscp_rootv1p1p2"
ADL = "http://www.adlnet.org/xsd/adlcp_rootv1p2"
MANIFEST, SCRIPT = "imsmanifest.xml", "completion.js"
_MADE = (1980, 1, 1, 0, 0, 0)
"""One instant for every file, so that the same playbook gives the same bytes."""


@dataclass(frozen=True, slots=True)
class Lesson:
    """One page of the course."""

    id: str
    title: str
    body: str
    """HTML."""

    @property
    def file(self) -> str:
        """Its name in the package."""
        return f"{self.id}.html"


def write_scorm(library: Library, playbook: Playbook, path: Path) -> tuple[Lesson, ...]:
    """Writes a playbook's lessons as a package; returns them.

    Args:
        library: Where its rows and texts are.
        playbook: Of which the course is.
        path: The zip file, replaced where it is there.
    """
    lessons = tuple(_lessons(library, playbook))
    files = {MANIFEST: manifest(playbook, lessons), SCRIPT: _COMPLETION}
    files |= {lesson.file: _page(playbook, lesson) for lesson in lessons}
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        for name, text in files.items():
            package.writestr(zipfile.ZipInfo(name, _MADE), text.encode(), zipfile.ZIP_DEFLATED)
    return lessons


def manifest(playbook: Playbook, lessons: Sequence[Lesson]) -> str:
    """Returns imsmanifest.xml: one organisation with an item and a resource per lesson."""
    ET.register_namespace("", CP)
    ET.register_namespace("adlcp", ADL)
    name = f"parley-{playbook.id.replace('_', '-')}"
    root = ET.Element(f"{{{CP}}}manifest", identifier=name, version=str(playbook.version))
    about = ET.SubElement(root, f"{{{CP}}}metadata")
    ET.SubElement(about, f"{{{CP}}}schema").text = "ADL SCORM"
    ET.SubElement(about, f"{{{CP}}}schemaversion").text = "1.2"
    organisations = ET.SubElement(root, f"{{{CP}}}organizations", default="course")
    course = ET.SubElement(organisations, f"{{{CP}}}organization", identifier="course")
    ET.SubElement(course, f"{{{CP}}}title").text = playbook.name
    resources = ET.SubElement(root, f"{{{CP}}}resources")
    for lesson in lessons:
        item = ET.SubElement(
            course,
            f"{{{CP}}}item",
            identifier=f"item-{lesson.id}",
            identifierref=f"file-{lesson.id}",
            isvisible="true",
        )
        ET.SubElement(item, f"{{{CP}}}title").text = lesson.title
        resource = ET.SubElement(
            resources,
            f"{{{CP}}}resource",
            {
                "identifier": f"file-{lesson.id}",
                "type": "webcontent",
                f"{{{ADL}}}scormtype": "sco",
                "href": lesson.file,
            },
        )
        for file in (lesson.file, SCRIPT):
            ET.SubElement(resource, f"{{{CP}}}file", href=file)
    ET.indent(root)
    return ET.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _lessons(library: Library, playbook: Playbook) -> Iterator[Lesson]:
    needs = _list(playbook.inputs)
    yield Lesson(
        "purpose",
        "What it is for",
        f"<p>{_text(playbook.goal)}</p><p>{_text(playbook.when_it_helps)}</p>"
        f"<h2>What it needs</h2>{needs}",
    )
    yield Lesson("agent", "What the agent does", _list(playbook.agent_actions))
    rows = [row for row in handoff_rows(library) if row["playbook"] == playbook.id]
    heard = dict.fromkeys(f"{row['heard']}: {row['to'].replace('_', ' ')}" for row in rows)
    yield Lesson(
        "handover",
        "When a person takes over",
        f"<p>{_text(playbook.handoff_rule)}</p><h2>What it hears, and who takes over</h2>"
        f"{_list(heard)}",
    )
    for number, note in enumerate(playbook.train, 1):
        yield Lesson(
            f"practice-{number}",
            f"Practice {number} of {len(playbook.train)}",
            f"<p>{_text(note)}</p><p>Say it in your own words to a colleague, with one example "
            "from your own accounts.</p>",
        )
    yield Lesson("success", "What success is", _list(playbook.success))


def _page(playbook: Playbook, lesson: Lesson) -> str:
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f"<title>{_text(lesson.title)}</title>\n"
        "<style>body{font:1.05rem/1.6 system-ui,sans-serif;max-width:42rem;margin:2rem auto;"
        "padding:0 1rem}button{font:inherit;padding:.5rem 1rem}</style>\n"
        f'<script src="{SCRIPT}"></script>\n</head>\n<body>\n<p>{_text(playbook.name)}</p>\n'
        f"<h1>{_text(lesson.title)}</h1>\n{lesson.body}\n"
        '<button id="done">I have read this</button>\n<p id="said" role="status"></p>\n'
        "</body>\n</html>\n"
    )


def _list(lines: Iterator[str] | Sequence[str] | dict[str, None]) -> str:
    return f"<ul>{''.join(f'<li>{_text(line)}</li>' for line in lines)}</ul>"


def _text(text: str) -> str:
    return escape(" ".join(text.split()))


_COMPLETION = """\
// Finds the API of SCORM 1.2 in the windows around this one, and tells it when the page was read.
function findApi(from) {
  for (let tried = 0, here = from; here && tried < 10; tried += 1, here = here.parent) {
    if (here.API) return here.API;
    if (here === here.parent) break;
  }
  return from.opener ? findApi(from.opener) : null;
}

const api = findApi(window);
let open = Boolean(api) && String(api.LMSInitialize("")) === "true";
if (open && api.LMSGetValue("cmi.core.lesson_status") === "not attempted") {
  api.LMSSetValue("cmi.core.lesson_status", "incomplete");
}

function complete() {
  const said = document.getElementById("said");
  if (!open) {
    said.textContent = "No learning system is there, so nothing was written down.";
    return;
  }
  const set = String(api.LMSSetValue("cmi.core.lesson_status", "completed")) === "true";
  said.textContent = set && String(api.LMSCommit("")) === "true"
    ? "Written down." : "The learning system did not take it; try again.";
}

function leave() {
  if (open) api.LMSFinish("");
  open = false;
}

document.addEventListener("DOMContentLoaded", () => {
  document.getElementById("done").addEventListener("click", complete);
});
window.addEventListener("pagehide", leave);
"""
