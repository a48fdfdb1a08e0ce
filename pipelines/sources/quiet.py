"""Loads dlt so that it reports to nobody and keeps nothing outside the workspace."""

import os
from types import ModuleType

SETTINGS = {
    "RUNTIME__DLTHUB_TELEMETRY": "false",
    "RUNTIME__LOG_LEVEL": "CRITICAL",
    "RESTORE_FROM_DESTINATION": "false",
}
"""What dlt reads when it starts; what goes wrong is an error of ours, so its log stays empty."""


def load_dlt() -> ModuleType:
    """Returns dlt without telemetry, also where somebody imported it before."""
    os.environ.update(SETTINGS)
    import dlt
    from dlt.common.runtime.init import initialize_runtime
    from dlt.common.runtime.telemetry import stop_telemetry

    context = dlt.current.run_context()
    settings = context.runtime_config
    if settings.dlthub_telemetry or settings.log_level != SETTINGS["RUNTIME__LOG_LEVEL"]:
        stop_telemetry()
        settings.dlthub_telemetry = False
        settings.log_level = SETTINGS["RUNTIME__LOG_LEVEL"]
        initialize_runtime(context.name, settings)
    return dlt
