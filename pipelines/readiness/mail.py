"""Items about the mail domain: what the settings say, and what DNS answers for it."""

import re
from base64 import b64encode

from agent_runtime.channels.email.dkim_signature import read_signer
from agent_runtime.channels.email.outgoing import open_stamps
from agent_runtime.errors import ParleyError
from pipelines.readiness.checklist import Detail, Found, Rule, found_by, not_checked
from pipelines.readiness.dns import Kind, NoAnswerError
from pipelines.readiness.world import World

_STRICT = ("-all", "~all")
_OFF = "was not looked up; `--dns` asks the resolver, `--dns-file FILE` a file"


def sending_domain(world: World) -> str:
    """Returns the domain that the campaign's mail comes from."""
    return world.campaign.mailbox.rpartition("@")[2]


def sender(world: World, rule: Rule) -> Found:
    """The mailbox's domain against the signing one: equal, or below it (relaxed alignment)."""
    domain, signs = sending_domain(world), world.settings.dkim_domain.lower().rstrip(".")
    if not signs:
        return found_by(is_ready=False, figure=f"{domain}, and PARLEY_DKIM_DOMAIN is empty")
    is_aligned = domain == signs or domain.endswith(f".{signs}")
    return found_by(is_aligned, f"{domain}, signed by {signs}")


def signing(world: World, rule: Rule) -> Found:
    """The private key."""
    settings = world.settings
    if settings.dkim_key is None:
        return found_by(is_ready=False, figure="PARLEY_DKIM_KEY is empty, mail leaves unsigned")
    try:
        read_signer(settings.dkim_domain, settings.dkim_selector, settings.dkim_key)
    except ParleyError as error:
        return found_by(is_ready=False, figure=str(error))
    return found_by(is_ready=True, figure=f"{settings.dkim_selector}, {settings.dkim_key.name}")


def unsubscribe(world: World, rule: Rule) -> Found:
    """Where one click goes."""
    if not world.settings.public_url:
        return found_by(is_ready=False, figure="PARLEY_PUBLIC_URL is empty")
    try:
        open_stamps(world.settings)
    except ParleyError as error:
        return found_by(is_ready=False, figure=str(error))
    return found_by(is_ready=True, figure=world.settings.public_url)


def spf(world: World, rule: Rule) -> Found:
    """RFC 7208: exactly one record; ?all and +all let everybody send."""
    domain = sending_domain(world)
    records = _records(world, domain, "TXT")
    if isinstance(records, Found):
        return records
    ours = [text for text in records if text.lower().split(" ", 1)[0] == "v=spf1"]
    if len(ours) != 1:
        number = f"{len(ours)} SPF records" if ours else "no SPF record"
        return found_by(is_ready=False, figure=f"{domain} has {number}")
    return found_by(ours[0].lower().split()[-1].endswith(_STRICT), ours[0])


def dkim(world: World, rule: Rule) -> Found:
    """RFC 6376: the public key at the selector, equal to that of our private key."""
    settings = world.settings
    if not settings.dkim_domain:
        return found_by(is_ready=False, figure="PARLEY_DKIM_DOMAIN is empty, so no name is known")
    name = f"{settings.dkim_selector}._domainkey.{settings.dkim_domain}"
    records = _records(world, name, "TXT")
    if isinstance(records, Found):
        return records
    published = next((p for text in records if (p := _tags(text).get("p"))), "")
    if not published:
        return found_by(is_ready=False, figure=f"{name} has no public key")
    own = _public_key(world)
    if own and own != re.sub(r"\s", "", published):
        return found_by(is_ready=False, figure=f"{name} has the public half of another key")
    return found_by(bool(own), name if own else f"{name} is there, and our own key is not")


def dmarc(world: World, rule: Rule) -> Found:
    """RFC 7489: at the domain itself, or at one above it."""
    labels = sending_domain(world).split(".")
    for start in range(len(labels) - 1):
        name = f"_dmarc.{'.'.join(labels[start:])}"
        records = _records(world, name, "TXT")
        if isinstance(records, Found):
            return records
        for text in records:
            tags = _tags(text)
            if tags.get("v") == "DMARC1":
                policy = tags.get("p", "")
                is_policy = policy in {"none", "quarantine", "reject"}
                return found_by(is_policy, f"{name}: p={policy or 'missing'}")
    return found_by(is_ready=False, figure=f"_dmarc.{'.'.join(labels)} has no DMARC record")


def mx(world: World, rule: Rule) -> Found:
    """Where answers go, and where bounces go."""
    wanted = dict.fromkeys(
        name for name in (sending_domain(world), world.settings.bounce_domain.lower()) if name
    )
    details: list[Detail] = []
    for name in wanted:
        records = _records(world, name, "MX")
        if isinstance(records, Found):
            return records
        hosts = [host for host in records if host not in {"", "."}]
        details.append(Detail(name, ", ".join(hosts) or "no MX record", is_gap=not hosts))
    missing = [detail.name for detail in details if detail.is_gap]
    figure = f"none for {', '.join(missing)}" if missing else ", ".join(wanted)
    return found_by(not missing, figure, tuple(details))


def _records(world: World, name: str, kind: Kind) -> tuple[str, ...] | Found:
    if world.dns is None:
        return not_checked(f"{name} {_OFF}")
    try:
        return world.dns.records(name, kind)
    except NoAnswerError as error:
        return not_checked(f"no server answered for {name} ({error})")


def _tags(text: str) -> dict[str, str]:
    parts = (part.partition("=") for part in text.split(";"))
    return {name.strip().lower(): value.strip() for name, _, value in parts}


def _public_key(world: World) -> str:
    """Returns the public half of our key as DNS has it; empty where there is no key."""
    from cryptography.hazmat.primitives import serialization

    try:
        if world.settings.dkim_key is None:
            return ""
        private = serialization.load_pem_private_key(world.settings.dkim_key.read_bytes(), None)
    except (OSError, ValueError, TypeError):
        return ""
    public = private.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return b64encode(public).decode()
