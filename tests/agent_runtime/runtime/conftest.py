import pytest
from postgres import running_postgres


@pytest.fixture(scope="session")
def postgres_url(need_program):
    """A Postgres server for all tests of the session that want one."""
    with running_postgres(need_program("initdb")) as url:
        yield url
