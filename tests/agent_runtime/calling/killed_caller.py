"""A worker of its own process that dials one call and is killed on the way; run by a test.

Usage: python killed_caller.py STORE SINK, with PARLEY_CRASH_AT set.
"""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "runtime"))

from dialling_world import World

from agent_runtime.calling.dialler import CallReceipt
from agent_runtime.store.engine import open_engine
from agent_runtime.store.sql import SqlStore


class Network:
    """Rings: one line in a file that the test reads."""

    def __init__(self, sink):
        self.sink, self.orders = sink, []

    def place(self, order, permit):
        with self.sink.open("a") as file:
            file.write(f"{order.call_id} {order.attempt}\n")
        return CallReceipt("placed", "CA1")


if __name__ == "__main__":
    store = SqlStore(open_engine(f"sqlite:///{sys.argv[1]}"), "t")
    World(store, dialler=Network(Path(sys.argv[2]))).work()
