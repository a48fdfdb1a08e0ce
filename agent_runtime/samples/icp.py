"""Who the sample threads are written to: job titles, languages and what the CRM knows of them."""

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from agent_runtime.authored import load_yaml
from agent_runtime.errors import ParleyError
from agent_runtime.library.content import Locale, sentence_of


class IcpError(ParleyError):
    """An ICP that cannot be read, or for which nothing can be shown."""


class Icp(BaseModel):
    """The readers of the samples; every field has a default, so that one option is enough."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    titles: tuple[str, ...] = Field(default=("Head of Revenue Operations",), min_length=1)
    languages: tuple[Locale, ...] = Field(default=("en",), min_length=1)
    companies: tuple[str, ...] = Field(
        default=("Alder Logistics", "Brightwater Foods", "Corvin Medical"), min_length=1
    )
    """Names to show; the texts hold a placeholder for them."""
    facts: dict[str, str] = Field(default_factory=dict)
    """What the CRM knows of each of them: `trigger: a merger`, `product: Relay`."""


def read_icp(path: Path) -> Icp:
    """Returns the ICP of a YAML file, or says in a sentence what is wrong with it."""
    try:
        return Icp.model_validate(load_yaml(path.read_text(encoding="utf-8")) or {})
    except (OSError, UnicodeDecodeError) as error:
        raise IcpError(f"{path} cannot be read as UTF-8 text: {error}.") from None
    except yaml.YAMLError as error:
        raise IcpError(f"{path}: not YAML ({' '.join(str(error).split())[:160]}).") from None
    except ValidationError as error:
        raise IcpError(f"{path}: {sentence_of(error)}") from None
