"""What `parley serve` offers the carrier: nothing without a set-up, signed texts with one."""

import pytest
from pydantic import SecretStr
from starlette.testclient import TestClient

from agent_runtime.channels.carrier.signature import HEADER, sign
from agent_runtime.console.serve import open_app
from agent_runtime.errors import ParleyError
from agent_runtime.newcomers import OWNERS, Owner
from agent_runtime.settings import Settings
from agent_runtime.status import open_store
from agent_runtime.store.engine import open_engine

URL = "https://talk.northbeam.example"
OWNER = Owner("o-1", "Lena Vogt", "lena@n.example", "relay@n.example", "Europe/Berlin")
TEXT = {"MessageSid": "SM1", "From": "+493012345678", "To": "+15550001", "Body": "Hello"}


@pytest.fixture
def settings(tmp_path):
    open_engine(f"sqlite:///{tmp_path}/runtime.db").dispose()
    with open_store(Settings(workspace=tmp_path)).begin() as tx:
        tx.publish("owners", OWNERS.dump_json((OWNER,)).decode())
    return {"workspace": tmp_path, "carrier_account": "AC1", "public_url": URL}


def test_a_signed_text_is_stored_and_an_unsigned_one_is_not(settings):
    """R24: the served application, not a router by itself."""
    given = Settings(**settings, carrier_token=SecretStr("secret"))
    client = TestClient(open_app(given))
    assert client.post("/carrier/messages", data=TEXT).status_code == 403
    signature = sign(f"{URL}/carrier/messages", list(TEXT.items()), "secret")
    answer = client.post("/carrier/messages", data=TEXT, headers={HEADER: signature})
    assert answer.status_code == 200
    with open_store(given).begin() as tx:
        assert tx.person_at("sms", TEXT["From"])


def test_without_a_carrier_there_is_no_webhook(settings):
    given = Settings(workspace=settings["workspace"])
    assert TestClient(open_app(given)).post("/carrier/messages", data=TEXT).status_code == 404


def test_half_a_set_up_is_one_sentence(settings):
    with pytest.raises(ParleyError, match="PARLEY_CARRIER_TOKEN"):
        open_app(Settings(**settings))
