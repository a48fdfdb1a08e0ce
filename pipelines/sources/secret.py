"""Secrets of sources: a YAML names a variable of the environment, never the secret itself."""

import re
from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator

from pipelines.errors import PipelineError

_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*")


def _variable(name: str) -> str:
    if not _VARIABLE.fullmatch(name):
        raise ValueError(
            "this is where the name of a variable of the environment belongs, such as "
            "WAREHOUSE_PASSWORD; a secret is never written into the file"
        )
    return name


def _without_password(url: str) -> str:
    if urlsplit(url).password:
        raise ValueError(
            "the address holds a password; take it out, and name the variable of the environment "
            "that has it as `password`"
        )
    return url


SecretName = Annotated[str, AfterValidator(_variable)]
"""Name of a variable of the environment that holds a secret."""

Address = Annotated[str, AfterValidator(_without_password)]
"""A URL without a password in it."""


class Secrets:
    """Looks secrets up by the names of their variables, and keeps them out of what is said."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self._used: set[str] = set()

    def __getitem__(self, name: str) -> str:
        """Returns a secret.

        Raises:
            PipelineError: the environment has no such variable, or it is empty.
        """
        value = self._environment.get(name, "")
        if not value:
            raise PipelineError(
                f"{name}: the environment has no such variable, or it is empty; set it to the "
                "secret that the source names by it."
            )
        self._used.add(value)
        return value

    def hidden_in(self, text: str) -> str:
        """Returns a text in which every secret that was looked up is three stars."""
        for value in sorted(self._used, key=len, reverse=True):
            text = text.replace(value, "***")
        return text
