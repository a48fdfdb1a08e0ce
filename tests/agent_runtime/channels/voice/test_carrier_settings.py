"""One setting sets a carrier up; what is missing is said in a sentence, and nothing dials then."""

import json

import pytest
from carrier_calls import account_for
from phone_network import PhoneNetwork
from phone_vendors import SIMS, TwilioSim

from agent_runtime.calling.dialler import NoDialler
from agent_runtime.channels.voice.carrier.account import Region
from agent_runtime.channels.voice.carrier.dialler import CarrierDialler
from agent_runtime.channels.voice.carrier.self_test import check_regions
from agent_runtime.channels.voice.carrier.vendors import account_of
from agent_runtime.errors import ParleyError
from agent_runtime.neighbours import open_dialler
from agent_runtime.settings import load_settings

TWILIO = {"vendor": "twilio", "account": "AC1", "secret": "a-long-secret"}
PUBLIC = "https://calls.example.com"


def settings(monkeypatch, carrier=None, public_url=PUBLIC):
    monkeypatch.setenv("PARLEY_PUBLIC_URL", public_url)
    if carrier is not None:
        monkeypatch.setenv("PARLEY_VOICE_CARRIER", json.dumps(carrier))
    return load_settings()


def test_without_a_carrier_nothing_dials(monkeypatch):
    assert isinstance(open_dialler(settings(monkeypatch), clock=lambda: None), NoDialler)


def test_who_takes_calls_over_is_a_number(monkeypatch):
    carrier = TWILIO | {"transfers": {"owner": "+493012340000"}}
    assert account_of(settings(monkeypatch, carrier)).transfers == {"owner": "+493012340000"}
    with pytest.raises(ParleyError, match="TRANSFERS_OWNER"):
        settings(monkeypatch, TWILIO | {"transfers": {"owner": "sip:lena@pbx.example"}})


def test_regions_keep_their_order_and_their_own_secrets(monkeypatch):
    """R270."""
    near = {"url": "https://api.dublin.ie1.twilio.com/", "secret": "another-secret"}
    carrier = TWILIO | {"regions": [near, {"url": "https://api.twilio.com"}]}
    found = settings(monkeypatch, carrier)
    account = account_of(found)
    assert account.regions == (
        Region("https://api.dublin.ie1.twilio.com", "another-secret"),
        Region("https://api.twilio.com", "a-long-secret"),
    )
    assert "secret" not in repr(account)
    dialler = open_dialler(found, clock=lambda: None)
    assert isinstance(dialler, CarrierDialler)
    dialler.close()


def test_a_vendor_has_one_region_of_its_own(monkeypatch):
    account = account_of(settings(monkeypatch, TWILIO))
    assert [region.url for region in account.regions] == ["https://api.twilio.com"]


@pytest.mark.parametrize(
    ("carrier", "public_url", "names"),
    [
        (TWILIO, "", "PARLEY_PUBLIC_URL"),
        (TWILIO | {"vendor": "telnyx"}, PUBLIC, "application"),
        (TWILIO | {"vendor": "other"}, PUBLIC, "PARLEY_VOICE_CARRIER_VENDOR"),
        (TWILIO | {"regions": [{"url": "api.twilio.com"}]}, PUBLIC, "REGIONS_0_URL"),
    ],
)
def test_what_is_missing_is_named(monkeypatch, carrier, public_url, names):
    with pytest.raises(ParleyError, match=names):
        account_of(settings(monkeypatch, carrier, public_url))


@pytest.mark.real
@pytest.mark.parametrize("vendor", list(SIMS))
def test_the_self_test_asks_every_region_and_dials_nothing(vendor):
    with PhoneNetwork(SIMS[vendor](), 2) as phones:
        account = account_for(phones.vendor, phones.urls, PUBLIC)
        state, says = check_regions(account)
        assert (state, says.count("127.0.0.1")) == ("ok", 2)
        assert {method for method, _ in phones.requests} == {"GET"}


@pytest.mark.real
def test_the_self_test_says_which_region_does_not_take_our_key():
    with PhoneNetwork(TwilioSim(), 1) as phones:
        sim = TwilioSim()
        sim.secret = "not-the-secret"
        state, says = check_regions(account_for(sim, phones.urls, PUBLIC))
        assert state == "failed"
        assert f"{phones.urls[0]}: the carrier answered 401" in says
