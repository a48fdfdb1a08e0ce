"""The pages of coaching: samples, agreement, proposed changes, lessons."""

from agent_runtime.console.coaching import changes, desk, figures, lessons, suggesting
from agent_runtime.console.coaching.sample import pages as sample
from agent_runtime.console.coaching.who import COACHES
from agent_runtime.console.frame.declared import Area, Entry
from agent_runtime.console.frame.roles import EVERYBODY

AREA = Area(
    "coaching",
    (desk.pages, figures.pages, changes.pages, sample, suggesting.pages, lessons.pages),
    order=30,
    entries=(
        Entry("Coaching", "/console/coaching", "graduation-cap", COACHES, key="c"),
        Entry("Lessons", "/console/lessons", "book-open", EVERYBODY, key="e"),
    ),
)
