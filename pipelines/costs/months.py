"""Calendar months, in which invoices are written."""

import calendar
import re
from dataclasses import dataclass
from datetime import date

from pipelines.errors import PipelineError

_TEXT = re.compile(r"(\d{4})-(0[1-9]|1[0-2])")


@dataclass(frozen=True, slots=True, order=True)
class Month:
    """A month of a year, such as 2026-01."""

    year: int
    number: int

    def __str__(self) -> str:
        """Returns it as 2026-01."""
        return f"{self.year:04d}-{self.number:02d}"

    @classmethod
    def of(cls, day: date) -> "Month":
        """Returns the month of a day."""
        return cls(day.year, day.month)

    @classmethod
    def read(cls, text: str) -> "Month":
        """Returns the month that a text such as 2026-01 means.

        Raises:
            PipelineError: It is no month.
        """
        found = _TEXT.fullmatch(text)
        if not found or not int(found[1]):
            raise PipelineError(f"--month {text!r}: this is no month; give it as 2026-01.")
        return cls(int(found[1]), int(found[2]))

    @property
    def first_day(self) -> date:
        """The day from which it is billed, and whose prices hold for all of it."""
        return date(self.year, self.number, 1)

    @property
    def last_day(self) -> date:
        """The last day that is in it."""
        return date(self.year, self.number, calendar.monthrange(self.year, self.number)[1])
