"""The routing table: YAML that people write, read and checked."""

from datetime import date
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from agent_runtime.authored import load_yaml
from agent_runtime.errors import ParleyError

Way = Literal["task", "mail", "webhook"]
PACKAGED = Path(__file__).with_name("routes.yaml")


class RoutingError(ParleyError):
    """A routing table that cannot be used."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class Absence(_Part):
    """Days on which somebody is out of office, both included."""

    first: date = Field(alias="from")
    last: date = Field(alias="to")


class Colleague(_Part):
    """A person of ours."""

    name: str = Field(min_length=1)
    email: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    roles: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    away: tuple[Absence, ...] = ()

    def is_away(self, day: date) -> bool:
        """Says whether they are out of office on a day."""
        return any(absence.first <= day <= absence.last for absence in self.away)


class Route(_Part):
    """How one role is reached, and whose turn it is when it does not answer in time."""

    by: tuple[Way, ...] = Field(min_length=1)
    answer_within_minutes: int = Field(ge=1)
    then: str = ""


class RoutingTable(_Part):
    """All roles and people; every role that another names is there."""

    version: int = Field(ge=1)
    people: tuple[Colleague, ...] = ()
    routes: dict[str, Route]
    webhook: str = ""

    @model_validator(mode="after")
    def _is_whole(self) -> "RoutingTable":
        named = {route.then for route in self.routes.values() if route.then}
        named |= {role for person in self.people for role in person.roles}
        if missing := sorted(named - self.routes.keys()):
            raise ValueError(f"no route for {', '.join(missing)}; write one under routes")
        for start in self.routes:
            self._ends(start)
        if "owner" not in self.routes:
            raise ValueError("no route for owner; every thread has one")
        if any("webhook" in route.by for route in self.routes.values()) and not self.webhook:
            raise ValueError("a route goes by webhook, and the address `webhook` is empty")
        return self

    def _ends(self, start: str) -> None:
        seen, role = [start], self.routes[start].then
        while role:
            if role in seen:
                raise ValueError(f"routes {' -> '.join([*seen, role])} go round in a circle")
            seen.append(role)
            role = self.routes[role].then

    def colleague(self, email: str) -> Colleague | None:
        """Returns the person with this address."""
        return next((p for p in self.people if p.email.lower() == email.lower()), None)


def read_routing(path: Path = PACKAGED) -> RoutingTable:
    """Returns the table of a file.

    Raises:
        RoutingError: it is not YAML, or breaks a rule; the sentence names field and value.
    """
    try:
        return RoutingTable.model_validate(load_yaml(path.read_text(encoding="utf-8")))
    except yaml.YAMLError as error:
        raise RoutingError(f"{path}: not YAML ({' '.join(str(error).split())[:120]}).") from None
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(map(str, first["loc"])) or "the table"
        raise RoutingError(f"{path}: field {field}: {first['msg']}.") from None


def routing_of(workspace: Path) -> RoutingTable:
    """Returns the company's own table where there is one, else the packaged one."""
    own = workspace / "routing.yaml"
    return read_routing(own if own.exists() else PACKAGED)
