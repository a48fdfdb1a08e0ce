import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[2] / "agent_runtime" / "crm"))

NOW = datetime(2026, 1, 13, 10, tzinfo=UTC)


@pytest.fixture
def account():
    """A HubSpot account that can be read and edited."""
    from hubspot_reading import ReadableHubSpot

    return ReadableHubSpot()


@pytest.fixture
def address(account):
    from hubspot_stand_in import running

    with running(account) as url:
        yield url


@pytest.fixture
def pull(account, address, tmp_path):
    """Pulls the account into the landing folder `pull.landing`, without waiting between tries."""
    from pipelines.sources.hubspot.pull import pull_hubspot
    from pipelines.sources.hubspot.reader import HubSpotReader, Patience

    class Pull:
        landing = tmp_path / "landing"
        now = NOW

        def __call__(self, *, token="good", timeout_s=5.0, tries=60, **asked):
            patience = Patience(backoff=0.0, tries=tries)
            account.log.clear()
            with HubSpotReader(
                address, token, patience=patience, searches_a_second=1e6, timeout_s=timeout_s
            ) as reader:
                return pull_hubspot(reader, self.landing, now=self.now, **asked)

    return Pull()
