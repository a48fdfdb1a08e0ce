"""How pages write instants, lengths of time, numbers and codes, in the words of a person."""

from datetime import UTC, datetime, timedelta

from markupsafe import Markup

_STEPS = ((timedelta(days=1), "d"), (timedelta(hours=1), "h"), (timedelta(minutes=1), "min"))


def length(delta: timedelta) -> str:
    """Returns a length of time in its two largest units.

    >>> length(timedelta(hours=26, minutes=5))
    '1 d 2 h'
    """
    rest, parts = max(delta, timedelta()), []
    for unit, name in _STEPS:
        count, rest = divmod(rest, unit)
        if count:
            parts.append(f"{count} {name}")
    return " ".join(parts[:2]) or "under 1 min"


def ago(at: datetime, *, now: datetime) -> Markup:
    """Returns how long ago an instant was, with the instant itself for who wants it."""
    said = "in " + length(at - now) if at > now else length(now - at) + " ago"
    return _time(at, said)


def wait(at: datetime, *, now: datetime) -> Markup:
    """Returns for how long something has waited."""
    return _time(at, length(now - at))


def moment(at: datetime) -> Markup:
    """Returns an instant as day and hour, in UTC."""
    return _time(at, f"{at.astimezone(UTC):%-d %b %Y, %H:%M}")


def day(at: datetime) -> Markup:
    """Returns the day of an instant, in UTC."""
    return _time(at, f"{at.astimezone(UTC):%-d %b %Y}")


def number(value: float) -> str:
    """Returns a number with its thousands apart.

    >>> number(12345)
    '12,345'
    """
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}"


def percent(share: float) -> str:
    """Returns a share of one in per cent.

    >>> percent(0.925)
    '92.5%'
    """
    return f"{100 * share:.1f}".removesuffix(".0") + "%"


def plain(code: str) -> str:
    """Returns a code as words.

    >>> plain("icp_prospecting")
    'Icp prospecting'
    """
    words = code.replace("_", " ").replace("-", " ").replace(".", " ").strip()
    return words[:1].upper() + words[1:]


def sentence(words: str) -> str:
    """Returns words with a capital at their beginning, and nothing else changed.

    >>> sentence("speaks of answer.pricing")
    'Speaks of answer.pricing'
    """
    return words[:1].upper() + words[1:]


def initials(name: str) -> str:
    """Returns the letters that stand for somebody.

    >>> initials("Maya Chen")
    'MC'
    """
    parts = [part for part in name.replace("@", " ").replace(".", " ").split() if part]
    return "".join(part[0] for part in parts[:2]).upper() or "?"


def _time(at: datetime, said: str) -> Markup:
    instant = at.astimezone(UTC)
    return Markup('<time datetime="{}" title="{}">{}</time>').format(
        instant.isoformat(), f"{instant:%Y-%m-%d %H:%M} UTC", said
    )
