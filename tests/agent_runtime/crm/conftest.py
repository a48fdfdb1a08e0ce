import pytest
from crm_world import ANA, new_store, opened
from hubspot_stand_in import HubSpot, running


@pytest.fixture(autouse=True)
def _closed():
    yield
    while opened:
        opened.pop().close()


@pytest.fixture
def store(tmp_path, _closed):
    made = new_store(tmp_path)
    yield made
    made.engine.dispose()


@pytest.fixture
def hubspot():
    """An account that knows Ana, her company and a deal of hers, and another's deal."""
    account = HubSpot()
    account.add("companies", domain="alder.example")
    account.add("contacts", email=ANA.email)
    account.add("contacts", email="somebody@else.example")
    account.objects["0-3"] |= {"77": {"dealname": "Alder"}, "78": {"dealname": "Else"}}
    account.link("contacts", "102", "companies", "101", 1)
    account.link("0-3", "77", "contacts", "102", 3)
    account.link("0-3", "78", "contacts", "103", 3)
    return account


@pytest.fixture
def url(hubspot):
    with running(hubspot) as address:
        yield address
