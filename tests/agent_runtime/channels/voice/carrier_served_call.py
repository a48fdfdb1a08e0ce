"""One whole call over a carrier, led by `parley serve` and dialled by `parley worker`."""

import json
import time
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx
from carrier_whole_call import BOOKS, CALLS, _told_at_the_end, meetings_in, transcript
from phone_apart import network_apart
from phone_vendors import SIMS
from sip_world import free_port

from agent_runtime.store.rows import Inbound
from agent_runtime.store.tables import inbound
from tests.e2e.sip_company import ANA, ANAS, NOW, OURS, OWNER, sip_company

_STARTS_S = 120.0
_AGREED = ("--purpose", "prospecting", "--words", "Call me, also by an AI", "--source", "form-1")


def served_call(vendor, direction):
    """Leads one call in real time; returns what is then found everywhere, as `whole_call` does."""
    began = time.monotonic()
    sentences = BOOKS if direction == "outbound" else CALLS
    with (
        TemporaryDirectory() as folder,
        network_apart(vendor, sentences, now=NOW, began=began, is_behind_tls=True) as phones,
        _company(Path(folder), SIMS[vendor](), phones.urls) as (company, url),
    ):
        if direction == "outbound":
            company.parley("voice", "consent", ANA.email, ANAS, *_AGREED)
            company.parley("call", "place", "--person", ANA.email, "--playbook", "icp_prospecting")
            company.start("worker", log="worker.log")
            _until(lambda: phones.report()["rings"])
            phones.settle(240)
        else:
            phones.call_us(f"{url}/carrier/voice/{vendor}/inbound", ANAS, OURS)
        told = _told_at_the_end(phones)
        rows = json.loads(company.parley("call", "list", "--json"))
        ended = json.loads(company.parley("call", "heard", "--json"))
        calendar = f"{company.calendar_url}/{OWNER.owner_id}/"
        return {
            "heard": transcript(told["recording"]),
            "said": told["said"],
            "understood": _understood(company.store),
            "state": rows[0]["state"] if rows else "",
            "outcome": rows[0]["outcome"] if rows else "",
            "rings": told["rings"],
            "ended": ended,
            "hung_up": [path for method, path in told["requests"] if method != "GET"],
            "hooks": told["hooks"],
            "meetings": meetings_in(calendar),
            "invited": [mail["rcpt_to"] for mail in company.mails()],
            "status": company.parley("status"),
            "logs": {one.name: one.read_text()[-2000:] for one in Path(folder).glob("*.log")},
            "exit_codes": company.stop(),
            "seconds": round(time.monotonic() - began, 1),
        }


def _understood(store):
    with store.begin() as tx:
        return [one.text for one in tx.all(Inbound, inbound)]


@contextmanager
def _company(folder, sim, urls):
    url = f"https://127.0.0.1:{free_port()}"
    carrier = {"vendor": sim.name, "account": sim.account, "secret": sim.secret}
    more = {
        "PARLEY_VOICE_CARRIER": json.dumps(carrier | {"regions": [{"url": urls[0]}]}),
        "PARLEY_PUBLIC_URL": url,
        "PARLEY_SIGNING_KEYS": f"1:{'ab' * 32}",
    }
    with sip_company(folder, 0, more=more) as company:
        served = company.start(
            "serve", "--no-worker", "--port", url.rsplit(":", 1)[1], log="serve.log"
        )
        _until(lambda: _answers(url.replace("https", "http")) or served.poll() is not None)
        assert served.poll() is None, (folder / "serve.log").read_text()
        yield company, url


def _answers(url):
    try:
        return httpx.get(url, timeout=2).status_code < 500
    except httpx.HTTPError:
        return False


def _until(holds):
    until = time.monotonic() + _STARTS_S
    while not holds():
        assert time.monotonic() < until, f"not within {_STARTS_S} s"
        time.sleep(0.1)
