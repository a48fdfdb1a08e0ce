"""What time it is: the wall clock, or the sandbox's clock when the store has one."""

from datetime import UTC, datetime

from sqlalchemy import Engine, select
from sqlalchemy.dialects import postgresql, sqlite

from agent_runtime.store.tables import clock

_SANDBOX = "sandbox"


def read_now(engine: Engine) -> datetime:
    """Returns the simulated instant, or the real one when nobody simulates."""
    with engine.connect() as connection:
        row = connection.execute(select(clock.c.now).where(clock.c.name == _SANDBOX)).first()
    return row.now if row else datetime.now(UTC)


def write_now(engine: Engine, now: datetime) -> None:
    """Sets the simulated instant; only the sandbox does this."""
    dialect = postgresql if engine.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(clock).values(name=_SANDBOX, now=now)
    with engine.begin() as connection:
        connection.execute(
            statement.on_conflict_do_update(index_elements=["name"], set_={"now": now})
        )


def start_clock(engine: Engine, now: datetime) -> None:
    """Sets the simulated clock unless it runs already."""
    with engine.connect() as connection:
        row = connection.execute(select(clock.c.now).where(clock.c.name == _SANDBOX)).first()
    if row is None:
        write_now(engine, now)
