"""Runs the benchmarks, all or those that are named; prints one JSON line each.

Figures of time stand beside the machine's load. `--units N` sets the size of the large ones,
`--events N` that of the warehouse, `--contacts N` that of the daily batch.
"""

import argparse
import inspect
import json
import os
import sys
from importlib import import_module

NAMES = (
    *(
        "assignment",
        "calls",
        "daily",
        "definitions",
        "experiments",
        "grounding",
        "identity",
        "permit",
        "reading",
    ),
    *("redaction", "sending", "speech", "tokens", "trimming", "turns", "warehouse"),
)

if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(NAMES)}")
    parser.add_argument("--units", type=int, help="ids and units, instead of 10 million each")
    parser.add_argument("--events", type=int, help="message-level events, instead of 1 million")
    parser.add_argument("--contacts", type=int, help="contacts of a day, instead of 100 thousand")
    parser.add_argument("--turns", type=int, help="turns on the telephone, instead of 100")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(NAMES):
        parser.error(f"{min(unknown)!r} is no benchmark; there are {', '.join(NAMES)}")
    for name in asked.names or NAMES:
        measure = import_module(f"tests.benchmarks.{name}").measure
        sizes = {"ids": asked.units, "units": asked.units, "events": asked.events}
        sizes |= {"contacts": asked.contacts, "turns": asked.turns}
        given = {p: sizes.get(p) for p in inspect.signature(measure).parameters}
        figures = measure(**{name: size for name, size in given.items() if size is not None})
        line = {"benchmark": name, **figures, "load": round(os.getloadavg()[0], 1)}
        sys.stdout.write(json.dumps(line) + "\n")
        sys.stdout.flush()
