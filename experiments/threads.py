"""Work on large tables side by side: numpy and Polars let other threads run meanwhile."""

from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

_MANY_UNITS = 1_000_000
_AT_ONCE = 2
"""Each has copies of some columns, so that more would cost memory."""

Result = TypeVar("Result")


def in_threads(
    work: Callable[..., Result], arguments: Iterable[tuple[Any, ...]], *, units: int
) -> list[Result]:
    """Returns the work's result for each of the arguments, in their order.

    Args:
        work: What may run beside itself.
        arguments: Positional arguments of each call.
        units: Rows that each call looks at; for few of them threads cost more than they save.
    """
    if units < _MANY_UNITS:
        return [work(*each) for each in arguments]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return list(pool.map(lambda each: work(*each), arguments))
