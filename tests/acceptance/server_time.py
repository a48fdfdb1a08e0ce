"""How long a server works for an answer, from the request to the last byte that it sends.

The client lives in the same process. What it costs itself, a loop and threads of its own for each
request unless one portal is kept open, is nobody's wait, and stands outside of what is measured.
"""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from statistics import quantiles
from typing import Any

Times = list[tuple[float, float]]
"""Milliseconds of each answer: by the clock, and of the processor."""


@contextmanager
def timed(desk: Any, browser: Any) -> Iterator[Times]:
    """Yields what grows by one entry with each request of a browser of a desk."""
    from agent_runtime.console.settled import settle

    times: Times = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        wall, cpu = time.perf_counter(), time.process_time()
        await desk.app(scope, receive, send)
        if scope["type"] == "http":
            took = time.perf_counter() - wall, time.process_time() - cpu
            times.append((1e3 * took[0], 1e3 * took[1]))

    browser.app = browser._transport.app = app
    settle()  # as `parley serve` does
    with browser:
        yield times


def p95_by_path(times: Times, paths: Sequence[str]) -> tuple[dict[str, float], dict[str, float]]:
    """Returns p95 of each path that was asked for in turn: by the clock, and of the processor.

    The first requests of a process load templates and statistics: they are not counted.
    """
    by_clock, of_processor = (
        {
            path: round(quantiles([t[which] for t in times[at :: len(paths)]][1:], n=20)[-1], 1)
            for at, path in enumerate(paths)
        }
        for which in (0, 1)
    )
    return by_clock, of_processor
