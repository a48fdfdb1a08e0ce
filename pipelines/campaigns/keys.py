"""Names of a campaign's assets in Dagster."""

import dagster as dg

from agent_runtime.settings import load_settings
from pipelines.campaigns.book import Page, read_book


def group_name(slug: str) -> str:
    """Returns the group of a campaign."""
    return f"campaign_{slug}"


def key_of(page: Page, name: str) -> dg.AssetKey:
    """Returns the key of an asset of a campaign."""
    return dg.AssetKey([group_name(page.slug), name])


def queue_keys() -> list[dg.AssetKey]:
    """Returns the queues of all campaigns of the workspace, for which the import waits."""
    book = read_book(load_settings().workspace.resolve())
    return [key_of(page, "queues") for page in book.pages]
