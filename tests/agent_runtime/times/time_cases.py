"""Reads the lists of this folder, in the short notation that asked_times.yaml explains."""

from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import yaml

FOLDER = Path(__file__).parent


def read_cases(name):
    """Yields text, instant of writing, zone and wanted answers of each case of a file."""
    for group in yaml.safe_load((FOLDER / name).read_text(encoding="utf-8")):
        now = group["now"]
        for line in group["cases"].splitlines():
            text, _, wanted = line.replace("\\n", "\n").rpartition(" => ")
            yield text, now, group["zone"], answers(wanted, now.year, group["zone"])


def answers(wanted, year, zone):
    """Returns the answers as (kind, start, end), earliest first."""
    found = []
    for part in wanted.split(";"):
        kind, *words = part.split()
        if kind == "days":
            found += (_window(year, day, "09:00-17:00", zone) for day in words)
        elif kind == "window":
            found.append(_window(year, words[0], words[1], zone))
        elif kind == "slot":
            start = _instant(year, words[0], words[1], zone)
            length = int(words[2]) if len(words) > 2 else 30
            end = datetime.fromtimestamp(start.timestamp() + length * 60, start.tzinfo)
            found.append(("slot", start, end))
    return tuple(sorted(found, key=lambda answer: answer[1].timestamp()))


def _window(year, day, hours, zone):
    start, end = hours.split("-")
    return ("window", _instant(year, day, start, zone), _instant(year, day, end, zone))


def _instant(year, day, clock, zone):
    hours = timedelta(hours=int(clock[:2]), minutes=int(clock[3:]))
    dated = day if len(day) > 5 else f"{year}-{day}"
    midnight = datetime.strptime(dated, "%Y-%m-%d").replace(tzinfo=ZoneInfo(zone))
    return midnight + hours
