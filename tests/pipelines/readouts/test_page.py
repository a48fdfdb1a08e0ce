"""The page: one file, no network, the truth in words, nothing that a buyer wrote as markup."""

import re
from html.parser import HTMLParser

import pytest

from pipelines.errors import PipelineError
from pipelines.readouts import words
from pipelines.readouts.page import build_page, render_page
from pipelines.readouts.report import Report


@pytest.fixture(scope="module")
def report(ran) -> Report:
    return Report.model_validate_json(ran.report.read_text())


@pytest.fixture(scope="module")
def html(ran) -> str:
    return ran.page.read_text()


class _Elements(HTMLParser):
    """Collects tags with their attributes, and the text outside scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self._open = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._open = tag

    def handle_endtag(self, tag: str) -> None:
        self._open = ""

    def handle_data(self, data: str) -> None:
        if self._open not in {"script", "style"}:
            self.text.append(data)


def parsed(html: str) -> _Elements:
    elements = _Elements()
    elements.feed(html)
    return elements


def test_the_page_loads_nothing_from_elsewhere(html):
    """It opens from a file, without a server or a network."""
    for tag, attributes in parsed(html).tags:
        assert tag not in {"link", "iframe", "img"}
        assert "src" not in attributes, tag
        assert not (attributes.get("href") or "#").startswith(("http", "//")), tag
    styles = re.findall(r"<style>(.*?)</style>", html, re.DOTALL)
    assert not any("@import" in style or "url(" in style for style in styles)


def test_plotly_is_in_the_page_once(html):
    assert html.count("plotly.js v") == 1


def test_every_figure_has_words_and_every_table_a_caption(html):
    tags = parsed(html).tags
    plots = [a for tag, a in tags if tag == "div" and a.get("class") == "plot"]
    assert len(plots) == 4
    assert all(a["role"] == "img" and len(a["aria-label"] or "") > 20 for a in plots)
    names = [tag for tag, _ in tags]
    assert names.count("table") == names.count("caption") > 2


def test_every_metric_is_shown_with_its_definition(html, report):
    """R182, R243: the definition is one click away."""
    text = " ".join(" ".join(parsed(html).text).split())
    for row in report.metrics:
        assert row.label in text
        assert row.formula in text


def test_what_a_buyer_writes_is_never_markup(report):
    """A reply with a script in it is shown as text."""
    thread = report.threads[0]
    line = thread.lines[0].model_copy(update={"text": "<script>alert(1)</script> [[FIRST_NAME]]"})
    spoilt = report.model_copy(update={"threads": (thread.model_copy(update={"lines": (line,)}),)})
    html = render_page(spoilt)
    assert "<script>alert(1)" not in html
    assert "&lt;script&gt;alert(1)" in html
    assert '<span class="placeholder">first name</span>' in html


def changed(report: Report, **lift: float | None) -> Report:
    return report.model_copy(update={"lift": report.lift.model_copy(update=lift)})


@pytest.mark.parametrize(
    ("low", "high", "verdict"),
    [(0.01, 0.05, "Yes."), (-0.05, -0.01, "No."), (-0.01, 0.05, "Not shown.")],
)
def test_the_headline_follows_the_interval(low, high, verdict, report):
    assert words.answer(changed(report, ci_low=low, ci_high=high))[0] == verdict


def test_an_interval_that_cannot_be_drawn_is_said(report):
    spoken = words.answer(changed(report, ci_low=None, ci_high=None))
    assert spoken[0] == "Nothing can be said yet."


def test_a_send_to_the_holdout_takes_the_headline(report):
    """R169: with contamination there is no result, however good it looks."""
    spoilt = report.model_copy(update={"holdout_sends": 3})
    assert words.answer(spoilt)[0] == "Do not use this result."
    assert "3 messages of the agent went to the holdout" in render_page(spoilt)


def test_a_page_without_sandbox_names_no_truth(report):
    plain = report.model_copy(update={"planted": None, "records": (), "threads": ()})
    text = " ".join(parsed(render_page(plain)).text)
    assert "planted" not in text
    assert "Data that came in" not in text


def test_a_workspace_without_report_says_what_is_missing(tmp_path):
    from agent_runtime.settings import Workspace

    with pytest.raises(PipelineError, match=r"report\.json: there is no such file"):
        build_page(Workspace(tmp_path))
