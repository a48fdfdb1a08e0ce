"""Whose records may be written: by owner and by territory, and whether an owner may change."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter, ValidationError
from yaml import YAMLError

from agent_runtime.authored import load_yaml
from agent_runtime.errors import ParleyError

Say = Literal["write", "leave"]


class OwnerRulesError(ParleyError):
    """A file of owner rules that cannot be read."""


@dataclass(frozen=True, slots=True)
class CrmOwner:
    """Whose a record is, as the CRM says."""

    email: str
    territories: tuple[str, ...] = ()
    """Teams of the owner."""


@dataclass(frozen=True, slots=True)
class OwnerRules:
    """What a company says; the person's own rule first, then the territory's, then the rest's."""

    people: Mapping[str, Say] = field(default_factory=dict)
    """By the owner's e-mail address."""
    territories: Mapping[str, Say] = field(default_factory=dict)
    """By the name of the owner's team."""
    others: Say = "write"
    unowned: Say = "write"
    change: Literal["never", "allowed"] = "never"
    """Whether the owner of a record may be changed at all; then it must be on the list too."""

    @property
    def asks_who(self) -> bool:
        """Says whether anything hangs on who the owner is."""
        return bool(self.people or self.territories) or self.others == "leave"

    def why_not(self, owner: CrmOwner | None) -> str:
        """Returns why a record of this owner is left alone, or empty; None: it has no owner."""
        if owner is None:
            return "it has no owner there, and such records are left" * (self.unowned == "leave")
        said = {address.lower(): say for address, say in self.people.items()}
        own = said.get(owner.email.lower())
        if own is not None:
            return f"its owner {owner.email} keeps their own records" * (own == "leave")
        named = [t for t in owner.territories if t in self.territories]
        left = next((t for t in named if self.territories[t] == "leave"), "")
        if left:
            return f"its owner {owner.email} is of {left}, whose records are left alone"
        if named or self.others == "write":
            return ""
        return f"its owner {owner.email} is of no territory that may be written"


def read_owner_rules(path: Path | None) -> OwnerRules:
    """Returns the rules of a YAML file; without one every record may be written.

    Raises:
        OwnerRulesError: the file is not there, or is not as it must be.
    """
    if path is None:
        return OwnerRules()
    try:
        return TypeAdapter(OwnerRules).validate_python(load_yaml(path.read_text("utf-8")) or {})
    except OSError as error:
        raise OwnerRulesError(f"{path}: {error.strerror}; name a YAML file.") from None
    except YAMLError as error:
        raise OwnerRulesError(f"{path}: not YAML ({error}); mend it.") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise OwnerRulesError(
            f"{path}: field {where!r} is {first['input']!r}: {first['msg']}; mend it."
        ) from None
