"""A playbook as a SCORM 1.2 package: whole, the same each time, completed only by its reader."""

import shutil
import subprocess
import zipfile
from xml.etree import ElementTree as ET

import pytest
from typer.testing import CliRunner

from agent_runtime.library.catalog import load_library
from agent_runtime.library.cli import app
from agent_runtime.library.scorm import ADL, CP, MANIFEST, SCRIPT, write_scorm

PLAYBOOKS = sorted(load_library().playbooks)
NAMES = {"cp": CP, "adlcp": ADL}


@pytest.fixture
def package(tmp_path):
    """A package by the command, opened."""

    def make(playbook, name="course.zip"):
        path = tmp_path / name
        done = CliRunner().invoke(app, ["export", playbook, "--scorm", str(path)])
        assert done.exit_code == 0, done.exception
        return zipfile.ZipFile(path)

    return make


@pytest.mark.parametrize("playbook", PLAYBOOKS)
def test_every_item_has_a_resource_and_every_resource_its_files(package, playbook):
    """R191: the structure of imscp_rootv1p1p2 and adlcp_rootv1p2, in the order they ask for."""
    course = package(playbook)
    root = ET.fromstring(course.read(MANIFEST))
    assert [child.tag for child in root] == [
        f"{{{CP}}}{name}" for name in ("metadata", "organizations", "resources")
    ]
    assert root.findtext("cp:metadata/cp:schema", namespaces=NAMES) == "ADL SCORM"
    assert root.findtext("cp:metadata/cp:schemaversion", namespaces=NAMES) == "1.2"
    every = [one.get("identifier") for one in root.iter() if one.get("identifier")]
    assert len(every) == len(set(every))
    (course_of,) = root.findall("cp:organizations/cp:organization", NAMES)
    assert root.find("cp:organizations", NAMES).get("default") == course_of.get("identifier")
    resources = {r.get("identifier"): r for r in root.findall("cp:resources/cp:resource", NAMES)}
    items = course_of.findall("cp:item", NAMES)
    assert [item.get("identifierref") for item in items] == list(resources)
    assert all(item.findtext("cp:title", namespaces=NAMES) for item in items)
    named = {MANIFEST}
    for one in resources.values():
        assert (one.get("type"), one.get(f"{{{ADL}}}scormtype")) == ("webcontent", "sco")
        files = [file.get("href") for file in one.findall("cp:file", NAMES)]
        assert one.get("href") in files
        named |= set(files)
    assert named == set(course.namelist())


def test_each_training_note_of_the_playbook_is_a_lesson(package):
    course, playbook = package("discovery"), load_library().playbook("discovery")
    pages = [name for name in course.namelist() if name.startswith("practice-")]
    assert len(pages) == len(playbook.train)
    assert all(f'src="{SCRIPT}"' in course.read(page).decode() for page in pages)


def test_the_same_playbook_gives_the_same_bytes_and_markup_in_it_stays_text(tmp_path):
    library = load_library()
    playbook = library.playbook("discovery").model_copy(update={"goal": "<script>x</script> & so"})
    for name in ("a.zip", "b.zip"):
        write_scorm(library, playbook, tmp_path / name)
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    page = zipfile.ZipFile(tmp_path / "a.zip").read("purpose.html").decode()
    assert "&lt;script&gt;x&lt;/script&gt; &amp; so" in page


_LMS = """
const said = [], listeners = {}, status = { textContent: "" };
const button = { addEventListener: (name, call) => { listeners.click = call; } };
global.document = {
  addEventListener: (name, call) => call(),
  getElementById: (id) => (id === "done" ? button : status),
};
const top = { API: {
  LMSInitialize: () => "true", LMSGetValue: () => "not attempted", LMSCommit: () => "true",
  LMSSetValue: (name, value) => { said.push(`${name}=${value}`); return "true"; },
  LMSFinish: () => { said.push("finished"); return "true"; },
} };
top.parent = top;
global.window = { parent: top, addEventListener: (name, call) => { listeners[name] = call; } };
(0, eval)(require("fs").readFileSync(0, "utf8"));
listeners.click();
listeners.pagehide();
listeners.pagehide();
console.log([...said, status.textContent].join("|"));
"""


@pytest.mark.skipif(shutil.which("node") is None, reason="no Node.js")
def test_the_learning_system_hears_of_completion_when_the_reader_says_so(package):
    """R191: in the order of the run-time environment, and finished once."""
    script = package("discovery").read(SCRIPT)
    done = subprocess.run(["node", "-e", _LMS], input=script, capture_output=True, check=True)
    assert done.stdout.decode().strip() == (
        "cmi.core.lesson_status=incomplete|cmi.core.lesson_status=completed|finished|Written down."
    )
