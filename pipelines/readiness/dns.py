"""Answers for the names of a mail domain: a port, live lookups, and a file in their place."""

from pathlib import Path
from typing import Literal, Protocol

import yaml
from pydantic import TypeAdapter, ValidationError

from agent_runtime.authored import load_yaml
from pipelines.errors import PipelineError

Kind = Literal["TXT", "MX"]
_TIMEOUT_S = 5.0
_RECORDS = TypeAdapter(dict[str, dict[Kind, tuple[str, ...]]])


class NoAnswerError(Exception):
    """No server answered, so nothing is known of the name."""


class Dns(Protocol):
    """Looks names up."""

    def records(self, name: str, kind: Kind) -> tuple[str, ...]:
        """Returns the records of a name, none where there are none.

        Raises:
            NoAnswerError: no server answered.
        """
        ...


class DnsFile:
    """Records as a YAML file has them: `mail.example.com: {TXT: ["v=spf1 -all"]}`."""

    def __init__(self, path: Path) -> None:
        try:
            read = _RECORDS.validate_python(load_yaml(path.read_text(encoding="utf-8")) or {})
        except OSError as error:
            raise PipelineError(f"{path}: it cannot be read ({error.strerror}).") from None
        except (ValidationError, yaml.YAMLError) as error:
            raise PipelineError(
                f"{path}: write names with TXT and MX lists, as "
                f'mail.example.com: {{TXT: ["v=spf1 -all"]}} ({str(error).splitlines()[0]}).'
            ) from None
        self._records = {name.lower().rstrip("."): kinds for name, kinds in read.items()}

    def records(self, name: str, kind: Kind) -> tuple[str, ...]:
        """Returns what the file says."""
        return self._records.get(name.lower(), {}).get(kind, ())


class LiveDns:
    """Asks the machine's resolver."""

    def records(self, name: str, kind: Kind) -> tuple[str, ...]:
        """Returns what the resolver says; the pieces of one TXT record are joined."""
        from dns import exception, resolver

        try:
            answer = resolver.resolve(name, kind, lifetime=_TIMEOUT_S)
        except (resolver.NXDOMAIN, resolver.NoAnswer):
            return ()
        except exception.DNSException as error:
            raise NoAnswerError(str(error) or type(error).__name__) from error
        if kind == "MX":
            return tuple(str(record.exchange).rstrip(".") for record in answer)
        return tuple(b"".join(record.strings).decode("utf-8", "replace") for record in answer)
