"""Every campaign of the workspace as a group; a file with a mistake as a group that says so."""

from importlib import import_module

import dagster as dg


@dg.definitions
def campaigns() -> dg.Definitions:
    """Returns one group per YAML file; adding one takes no Python."""
    # Read at each load, so that a file that came since is found.
    book = import_module("pipelines.campaigns.book")
    group = import_module("pipelines.campaigns.group")
    keys = import_module("pipelines.campaigns.keys")
    settings = import_module("agent_runtime.settings").load_settings()
    found = book.read_book(settings.workspace.resolve())
    groups = [group.group_of(page) for page in found.pages]
    faults = [
        dg.AssetSpec(
            [keys.group_name(book.slug_of(fault.path.stem)), "faults"],
            group_name=keys.group_name(book.slug_of(fault.path.stem)),
            description=f"{fault.why} Source: {fault.path}",
            kinds={"yaml"},
        )
        for fault in found.faults
    ]
    return dg.Definitions.merge(dg.Definitions(assets=faults), *groups)
