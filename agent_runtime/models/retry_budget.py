"""How many calls may be made again: a bounded share of all, so that retries never pile up.

After Finagle's RetryBudget: every call earns a share of a retry, and every retry costs a whole one.
"""

from threading import Lock


class RetryBudget:
    """Earns `share` of a retry a call, from `reserve` retries on and never more than that.

    Args:
        share: Retries per call in the long run.
        reserve: Retries that are there at the beginning; more are never saved up.
    """

    def __init__(self, share: float = 0.1, reserve: float = 5.0) -> None:
        self._share, self._reserve = share, reserve
        self._left = reserve
        self._lock = Lock()

    def take(self) -> bool:
        """Counts one call; True when it may be made again once, which is paid for now."""
        with self._lock:
            self._left = min(self._left + self._share, self._reserve)
            if self._left < 1.0:
                return False
            self._left -= 1.0
            return True

    def give_back(self) -> None:
        """Takes back the price of a retry that was not needed."""
        with self._lock:
            self._left = min(self._left + 1.0, self._reserve)
