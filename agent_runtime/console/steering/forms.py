"""What the forms of changes hold, as the value that is meant."""

from typing import Any

from agent_runtime.policies.dials import dial_of
from agent_runtime.steering.subjects import SteeringError, names_of

UNSET = "unset"


def value_from(subject: str, text: str) -> Any:
    """Returns the value that a field of a form means.

    Raises:
        SteeringError: it is no value of this subject.
    """
    dial, said = dial_of(subject), text.strip()
    if dial is None and said == UNSET:
        return None
    if dial is None:
        return said if said in names_of(subject) else _refuse(subject, said)
    if dial.kind == "phrases":
        return [line for line in said.splitlines() if line.strip()]
    if dial.kind == "ends":
        return dict(_end(line) for line in said.splitlines() if line.strip())
    try:
        return float(said) if isinstance(dial.written, float) else int(said)
    except ValueError:
        return _refuse(subject, said)


def text_of(subject: str, value: Any) -> str:
    """Returns a value as its field shows it."""
    if value is None:
        return UNSET
    if isinstance(value, list):
        return "\n".join(value)
    if isinstance(value, dict):
        return "\n".join(f"{name}: {day}" for name, day in value.items())
    return f"{value:g}" if isinstance(value, float) else str(value)


def _end(line: str) -> tuple[str, str]:
    name, sign, day = line.partition(":")
    if not sign:
        raise SteeringError(f"{line[:80]!r}: write the id of a text, a colon and a day.")
    return name.strip(), day.strip()


def _refuse(subject: str, said: str) -> Any:
    raise SteeringError(f"{subject[:80]}, the value {said[:40]!r}: is none that it can have.")
