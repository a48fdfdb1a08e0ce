"""Addresses of machines: IPv4, IPv6 and MAC."""

import ipaddress
import re
from collections.abc import Iterator

from agent_runtime.pii.finding import Found, Reading

_IPV4 = re.compile(r"(?<![\w.])(?:\d{1,3}\.){3}\d{1,3}(?![\w/]|\.\d)")
_IPV6 = re.compile(r"(?<![\w:])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4}(?![\w:])")
_MAC = re.compile(r"(?<![\w:-])[0-9A-Fa-f]{2}(?:[:-][0-9A-Fa-f]{2}){5}(?![\w:-])")
_VERSION = re.compile(r"(?:\bv|version|release|firmware|build)\W*$", re.IGNORECASE)


def find_network(reading: Reading) -> Iterator[Found]:
    """Yields addresses of machines; version numbers, blocks (/28), clock times are none."""
    text = reading.text
    if text.count(".") >= 3:
        for m in _IPV4.finditer(text):
            is_version = _VERSION.search(text[max(0, m.start() - 12) : m.start()])
            if _is_address(m[0]) and not is_version:
                yield Found("IP", m.start(), m.end())
    if text.count(":") >= 2:
        for m in _IPV6.finditer(text):
            if len(m[0]) > 6 and _is_address(m[0]):
                yield Found("IP", m.start(), m.end())
    if text.count(":") >= 5 or text.count("-") >= 5:
        yield from (Found("IP", m.start(), m.end()) for m in _MAC.finditer(text))


def _is_address(text: str) -> bool:
    try:
        return not ipaddress.ip_address(text).is_loopback
    except ValueError:
        return False
