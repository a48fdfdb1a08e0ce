"""How often a vendor may be asked: in its short window and in a day, as its answers say."""

from collections import deque
from collections.abc import Callable, Mapping
from time import monotonic

PER_WINDOW = 100
WINDOW_S = 10.0
"""A private app may ask so often at the least.
https://developers.hubspot.com/docs/developer-tooling/platform/usage-guidelines, read 2026-11."""
DAY_S = 86_400.0
KEPT_BACK = 0.05
"""Part of a day's requests that is left to opt-outs and to the account's other programs."""
AGAIN_S = 1800.0
"""How long to wait where the day's share is used up: the vendor does not say when its day ends."""


class Pace:
    """Counts our own requests and reads what the vendor says is left; counts are of one process."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._asked: deque[float] = deque()
        self._most = PER_WINDOW
        self._window_s = WINDOW_S
        self._no_sooner = 0.0
        self._day = (0, 0, 0.0)

    def wait_s(self, *, is_urgent: bool = False) -> float:
        """Returns how long to wait before asking, 0 where it may be asked now.

        Args:
            is_urgent: An opt-out; it may use what is kept back of the day.
        """
        now = self._clock()
        while self._asked and self._asked[0] <= now - self._window_s:
            self._asked.popleft()
        waits = [0.0, self._no_sooner - now]
        if len(self._asked) >= self._most:
            waits.append(self._asked[0] + self._window_s - now)
        most, left, said_at = self._day
        floor = 0.0 if is_urgent else most * KEPT_BACK
        if most and left <= floor and now < said_at + AGAIN_S:
            waits.append(said_at + AGAIN_S - now)
        return max(waits)

    def asked(self) -> None:
        """Counts a request that is about to be made."""
        self._asked.append(self._clock())

    def answered(self, headers: Mapping[str, str]) -> None:
        """Reads the vendor's own figures from an answer."""
        now = self._clock()
        most, left = _number(headers, "Max"), _number(headers, "Remaining")
        window_ms = _number(headers, "Interval-Milliseconds")
        if most:
            self._most = most
        if window_ms:
            self._window_s = window_ms / 1000
        if left == 0:
            self._no_sooner = now + self._window_s
        day, day_left = _number(headers, "Daily"), _number(headers, "Daily-Remaining")
        if day and day_left is not None:
            self._day = (day, day_left, now)


def _number(headers: Mapping[str, str], name: str) -> int | None:
    said = headers.get(f"X-HubSpot-RateLimit-{name}", "")
    return int(said) if said.isdecimal() else None
