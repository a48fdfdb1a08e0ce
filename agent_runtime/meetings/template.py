"""Meeting templates and pools as people write them, in YAML."""

from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from agent_runtime.authored import load_yaml
from agent_runtime.domain import Room
from agent_runtime.errors import ParleyError

FOLDER = Path(__file__).parent


class MeetingsError(ParleyError):
    """A template or pool that cannot be used."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Template(_Part):
    """A kind of meeting: how long, with what room around it, what it is about, with whom."""

    id: str
    title: str
    minutes: int = Field(ge=10, le=480)
    buffer_before: int = Field(default=0, ge=0, le=240)
    buffer_after: int = Field(default=0, ge=0, le=240)
    agenda: str
    """Id of the approved text."""
    prepare: tuple[str, ...] = ()
    """Ids of approved texts."""
    pool: str
    meetings_a_day: int = Field(default=0, ge=0, le=50)
    """No more meetings are offered on a day that has as many; 0: no cap."""
    hold_hours: int = Field(default=0, ge=0, le=168)
    """An offered time is kept so long. 0: not at all, since every offer blocks three times."""
    holds_a_day: int = Field(default=12, ge=0, le=200)
    """No more offered times are kept within a day in one calendar."""


class Member(_Part):
    """A person of a pool; no territories or languages: all of them."""

    owner_id: str
    territories: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()

    def serves(self, territory: str, language: str) -> bool:
        """Whether a buyer of this territory and language may be met; unknown is not served."""
        return (not self.territories or territory in self.territories) and (
            not self.languages or language in self.languages
        )


class Pool(_Part):
    """People who share meetings by round robin."""

    id: str
    account_owner_first: bool = True
    members: tuple[Member, ...] = ()


_POOLS = TypeAdapter(tuple[Pool, ...])
_TERRITORIES = TypeAdapter(dict[str, tuple[str, ...]])
_NO_TEMPLATES = ("pools.yaml", "territories.yaml")


@cache
def load_meetings(folder: Path = FOLDER) -> tuple[dict[str, Template], dict[str, Pool]]:
    """Returns templates and pools by id.

    Raises:
        MeetingsError: a file breaks the schema, or a template names a pool that is not there.
    """
    templates: dict[str, Template] = {}
    path = folder / "pools.yaml"
    try:
        pools = {
            pool.id: pool for pool in _POOLS.validate_python(load_yaml(path.read_text("utf-8")))
        }
        for path in sorted(folder.glob("*.yaml")):
            if path.name not in _NO_TEMPLATES:
                template = Template.model_validate(load_yaml(path.read_text("utf-8")))
                templates[template.id] = template
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(map(str, first["loc"]))
        raise MeetingsError(f"{path}: {name} = {first['input']!r}: {first['msg']}.") from None
    for template in templates.values():
        if template.pool not in pools:
            raise MeetingsError(
                f"meeting {template.id}: pool = {template.pool!r} is not in {path.parent}; "
                f"known: {', '.join(sorted(pools))}."
            )
    return templates, pools


@cache
def _territories(folder: Path = FOLDER) -> dict[str, str]:
    text = (folder / "territories.yaml").read_text("utf-8")
    found = _TERRITORIES.validate_python(load_yaml(text))
    return {country: territory for territory, countries in found.items() for country in countries}


def territory_of(country: str) -> str:
    """Returns the territory of a country (ISO 3166, two letters); empty where it is nobody's."""
    return _territories().get(country, "")


def template_of(template_id: str) -> Template:
    """Returns a template.

    Raises:
        MeetingsError: there is no such template.
    """
    templates, _ = load_meetings()
    if template_id not in templates:
        known = ", ".join(sorted(templates))
        raise MeetingsError(f"meeting {template_id!r}: there is no such template; known: {known}.")
    return templates[template_id]


def room_of(template_id: str) -> Room:
    """Returns what is kept free around meetings of a template."""
    template = template_of(template_id)
    return Room(template.buffer_before, template.buffer_after)


def minutes_of(template_id: str) -> int:
    """Returns how long meetings of a template are."""
    return template_of(template_id).minutes
