"""All pages for people outside, below an address of their own."""

from agent_runtime.console.frame.declared import Area
from agent_runtime.console.prospects import (
    about_page,
    choices_page,
    data_page,
    meeting_page,
    survey_page,
)
from agent_runtime.console.prospects.seeing import ROOT, fault

AREA = Area(
    "prospects",
    (
        data_page.pages,
        meeting_page.pages,
        about_page.pages,
        survey_page.pages,
        choices_page.pages,
    ),
    order=80,
    root=ROOT,
    fault=fault,
)
