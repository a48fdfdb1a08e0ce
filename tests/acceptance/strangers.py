"""Whoever invents or bends the link of a person outside: every signed route answers them alike."""

import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from tests.acceptance.console_company import REPOSITORY

KNOWN = "p-ana"
GUESSED = "guessed-secret-" * 2


def strangers_wrong(url: str, settings: Any, store: Any, tried: list[Any]) -> Iterator[str]:
    """Yields each signed route that opened to a link that is not ours, or changed something.

    A link that is ours is tried as well, so that a server that refuses everybody is no success.
    """
    import httpx

    signed = [one for one in tried if one.declared.is_signed]
    if not signed:
        yield "no signed route was found"
    with httpx.Client(base_url=url, timeout=60) as browser:
        ours, forged = _links(url, settings, store)
        if (answer := browser.get(ours)).status_code != 200:
            yield f"our own link: {answer.status_code}"
        before = _said(store)
        for one in signed:
            for name, link in forged.items():
                path = one.path.replace("/x", link.removeprefix("/for-you"), 1)
                answer = browser.request(one.method, path, data={"kind": "erasure"})
                if answer.status_code != 404 or "set-cookie" in answer.headers:
                    yield f"{name}: {one}: {answer.status_code}"
                if "Alder" in answer.text or "alder.example" in answer.text:
                    yield f"{name}: {one}: shows somebody"
        if _said(store) != before:
            yield "a link that is not ours changed what is stored"


def _links(url: str, settings: Any, store: Any) -> tuple[str, dict[str, str]]:
    from agent_runtime.channels.email.page_links import PageLinks
    from agent_runtime.channels.email.signing import Keyring
    from agent_runtime.console.frame.opening import open_office
    from agent_runtime.console.prospects.seeing import keyring_of

    office = open_office(settings, store, host="127.0.0.1", is_demo=False)
    with store.begin() as tx:
        tx.add_contact(_ana(store.tenant_id))
    now = datetime.now(UTC)
    links = PageLinks("", keyring_of(settings, office.key), store.tenant_id)
    ours = links(KNOWN, "m-1", now)
    theirs = replace(links, keyring=Keyring((("0", GUESSED),)))
    return ours, {
        "a bare word": "/for-you/x",
        "one character more": f"{ours}x",
        "a guessed key": theirs(KNOWN, "m-1", now),
        "another tenant": replace(links, tenant_id="other")(KNOWN, "m-1", now),
        "nobody we know": links("p-nobody", "m-1", now),
    }


def _ana(tenant_id: str) -> Any:
    sys.path.append(str(REPOSITORY / "tests/agent_runtime/console"))
    from outside_world import ANA

    return replace(ANA, tenant_id=tenant_id)


def _said(store: Any) -> dict[str, list[str]]:
    """All that is stored but what the console says of itself."""
    from sqlalchemy import select

    from agent_runtime.store.tables import metadata

    with store.engine.connect() as connection:
        return {
            table.name: sorted(map(repr, connection.execute(select(table))))
            for table in metadata.sorted_tables
            if not table.name.startswith("console_")
        }
