"""Runs an exchanger until it is killed: `python exchanger_process.py FOLDER HOLD_S`."""

import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

from agent_runtime.sandbox.exchanger import Exchanger

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    with Exchanger(
        folder / "mail",
        folder / "exchanger.jsonl",
        known=lambda address: True,
        clock=lambda: datetime(2026, 1, 12, tzinfo=UTC),
        hold_250_s=float(sys.argv[2]),
    ) as exchanger:
        print(exchanger.port, flush=True)
        threading.Event().wait()
