"""Runs every benchmark and prints one JSON line each, with the load of the machine beside it."""

import json
import os
import sys

from tests.benchmarks import assignment, permit, reading, redaction, sending, trimming, turns

if __name__ == "__main__":
    for benchmark in (assignment, permit, reading, redaction, sending, trimming, turns):
        figures = benchmark.measure()
        line = {"benchmark": benchmark.__name__.rpartition(".")[2], **figures}
        sys.stdout.write(json.dumps({**line, "load": round(os.getloadavg()[0], 1)}) + "\n")
        sys.stdout.flush()
