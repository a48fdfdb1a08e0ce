"""The pages by which people steer: pauses and campaigns, changes, content, incidents."""

from agent_runtime.console.frame.declared import Area, Entry
from agent_runtime.console.frame.roles import EVERYBODY
from agent_runtime.console.steering import changing, incidents, tables, texts
from agent_runtime.console.steering.overview import pages

AREA = Area(
    "steering",
    (pages, tables.pages, changing.pages, texts.pages, incidents.pages),
    order=40,
    entries=(Entry("Steering", "/console/steering", "sliders-horizontal", EVERYBODY, key="s"),),
)
