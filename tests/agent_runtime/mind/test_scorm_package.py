"""A playbook as a SCORM 1.2 package: whole, the same each time, completed only by its reader."""

import json
import re
import subprocess
import zipfile
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
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


@pytest.mark.parametrize("name", PLAYBOOKS)
def test_each_training_note_of_the_playbook_is_a_lesson(package, name):
    """R216: what reps and reviewers are taught goes into the company's own learning system."""
    course, playbook = package(name), load_library().playbook(name)
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


_LMS = """<!doctype html><title>A learning system</title><iframe id="lesson"></iframe><ol></ol>
<script>
const lessons = LESSONS, frame = document.getElementById("lesson");
let status, said;
window.API = {
  LMSInitialize: () => "true",
  LMSGetValue: () => status,
  LMSSetValue: (name, value) => { status = value; said.push(`${name}=${value}`); return "true"; },
  LMSCommit: () => { said.push("kept"); return "true"; },
  LMSFinish: () => { said.push("finished"); return "true"; },
};
const shown = (url) => new Promise((then) => { frame.onload = then; frame.src = url; });
const write = (line) => document.querySelector("ol")
  .appendChild(document.createElement("li")).append(line);
(async () => {
  for (const lesson of lessons) {
    [status, said] = ["not attempted", []];
    await shown(lesson);
    frame.contentDocument.getElementById("done").click();
    const answer = frame.contentDocument.getElementById("said").textContent;
    await shown("about:blank");
    write(`${lesson} ${said.join(" ")} "${answer}"`);
  }
  delete window.API;
  await shown(lessons[0]);
  frame.contentDocument.getElementById("done").click();
  write(frame.contentDocument.getElementById("said").textContent);
})();
</script>
"""
"""Plays lessons one after the other as SCORM 1.2 asks, then one with no learning system there."""


@pytest.mark.real
def test_the_learning_system_hears_of_completion_when_the_reader_says_so(
    package, need_program, tmp_path
):
    """R191: every lesson in a browser, in the order of the run-time environment, finished once."""
    course, folder = package("discovery"), tmp_path / "site"
    course.extractall(folder)
    root = ET.fromstring(course.read(MANIFEST))
    lessons = [r.get("href") for r in root.findall("cp:resources/cp:resource", NAMES)]
    (folder / "lms.html").write_text(_LMS.replace("LESSONS", json.dumps(lessons)), "utf-8")
    with served(folder) as url:
        page = browsed(need_program("chromium"), tmp_path / "profile", f"{url}/lms.html")
    heard = "cmi.core.lesson_status=incomplete cmi.core.lesson_status=completed kept finished"
    assert re.findall("<li>(.*?)</li>", page) == [
        *(f'{lesson} {heard} "Written down."' for lesson in lessons),
        "No learning system is there, so nothing was written down.",
    ]


@contextmanager
def served(folder):
    """Serves a folder: the pages of a learning system and of its courses are of one origin."""

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def browsed(chromium, profile, url):
    """Returns a page as it stands once its scripts are through."""
    quiet = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync")
    alone = ("--disable-background-networking", "--disable-component-update")
    until = ("--virtual-time-budget=8000", "--dump-dom")
    done = subprocess.run(
        [chromium, *quiet, *alone, f"--user-data-dir={profile}", *until, url],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    return done.stdout
