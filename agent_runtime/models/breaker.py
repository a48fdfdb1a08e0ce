"""A circuit breaker around a server: who fails too often is left alone for a while.

`pybreaker` counts and remembers; here one call at a time tries a server that is to be believed
again.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from pybreaker import CircuitBreaker, CircuitBreakerError

from agent_runtime.models.oracle import BreakerState
from agent_runtime.models.reply import OUTAGES, Unanswered


class Breaker:
    """Opens after some outages in a row and tries again after a while.

    Args:
        failures: Outages in a row that open it.
        rest_s: Seconds for which it stays open.
    """

    def __init__(self, *, failures: int = 5, rest_s: float = 15.0) -> None:
        self._inner = CircuitBreaker(
            fail_max=failures,
            reset_timeout=rest_s,
            exclude=[lambda error: not _is_outage(error)],
            throw_new_error_on_trip=False,
        )
        self._is_trying = False

    @property
    def state(self) -> BreakerState:
        """Whether calls go through."""
        return cast(BreakerState, self._inner.current_state)

    @contextmanager
    def guarding(self) -> Iterator[None]:
        """Counts what becomes of a block, or does not let it begin.

        Raises:
            Unanswered: `breaker_open`, or what the block raised.
        """
        if self.state == "half-open" and self._is_trying:
            raise Unanswered("breaker_open")
        self._is_trying = True
        try:
            with self._inner.calling():
                yield
        except CircuitBreakerError:
            raise Unanswered("breaker_open") from None
        finally:
            self._is_trying = False


def _is_outage(error: BaseException) -> bool:
    return isinstance(error, Unanswered) and error.reason in OUTAGES
