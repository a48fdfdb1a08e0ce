"""Which mail provider serves an address; providers count what we send them, whoever it is for."""

from functools import cache
from pathlib import Path

from agent_runtime.authored import load_yaml


def provider_of(address: str) -> str:
    """Returns the name of a provider, or the domain itself where none is known."""
    domain = address.rpartition("@")[2].lower()
    return _providers().get(domain, domain)


def is_free_mail(domain: str) -> bool:
    """Says whether a domain gives addresses to anybody, so that it names no company."""
    return domain.lower() in _providers()


def free_mail_domains() -> frozenset[str]:
    """Returns every domain at which anybody may have an address."""
    return frozenset(_providers())


@cache
def _providers() -> dict[str, str]:
    listed = load_yaml(Path(__file__).with_name("providers.yaml").read_text(encoding="utf-8"))
    return {domain: name for name, domains in listed.items() for domain in domains}
