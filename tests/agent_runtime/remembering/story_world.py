"""The story of one person, staged in a folder with a model that reads her by heart."""

from datetime import UTC, datetime

from agent_runtime.library.catalog import load_library
from agent_runtime.models.language import ScriptedModel
from agent_runtime.remembering.play import first_day, play
from agent_runtime.remembering.story import STORIES, read_story
from agent_runtime.remembering.watching import Watching
from agent_runtime.remembering.world import fresh_store, open_world
from agent_runtime.settings import Settings

LIBRARY = load_library()
STORY = read_story(STORIES / "one_thread.yaml")
NOW = datetime(2026, 6, 12, 16, 0, tzinfo=UTC)
MEANINGS = {
    "interesting": "interested",
    "What exactly": "product_question",
    "no time": "objection_timing",
    "March": "not_now",
    "second one": "propose_time",
}
"""What a model that reads well makes of her words."""


def staged(folder, story=STORY, **changed):
    """The world of a story in a folder, and what watches it."""
    settings, model = Settings(workspace=folder, tenant_id="t"), ScriptedModel(MEANINGS)
    first = first_day(story, NOW)
    store = fresh_store(settings, story)
    world = open_world(settings, story, store, LIBRARY, model, now=first, **changed)
    watching = Watching(story, world, LIBRARY, model)
    return settings, world, watching, play(story, world, first=first)
