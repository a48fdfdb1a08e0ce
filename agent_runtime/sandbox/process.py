"""The sandbox process: exchanger, calendar server, buyers, reps, and the clock that drives all."""

import signal
import sys
from threading import Event
from typing import Literal

from sqlalchemy import Engine

from agent_runtime.app import Runtime, assemble
from agent_runtime.clock import read_now, start_clock
from agent_runtime.console.people.users import user_by_email
from agent_runtime.endpoints import Endpoints, write_endpoints
from agent_runtime.library.catalog import Library, company_library
from agent_runtime.lifeline import end_with_parent, only_one
from agent_runtime.models.language import ScriptedModel
from agent_runtime.newcomers import Newcomers, read_newcomers
from agent_runtime.sandbox.calendar_server import serve_calendar
from agent_runtime.sandbox.days import Days
from agent_runtime.sandbox.exchanger import Exchanger
from agent_runtime.sandbox.owners import INBOUND_ADDRESS
from agent_runtime.sandbox.rep_room import RepRoom
from agent_runtime.sandbox.simulation import read_people, read_simulation
from agent_runtime.sandbox.town import Town
from agent_runtime.settings import Settings
from agent_runtime.store.engine import open_engine
from agent_runtime.store.sql import SqlStore
from agent_runtime.tools.caldav_calendar import CalDavCalendar
from agent_runtime.tools.office_hours import office_hours

Part = Literal["days", "morning", "live"]
"""What is played: all days, the morning after them, or that and then on at the pace of the wall."""


def main(settings: Settings, part: Part = "days") -> None:
    """Plays a part of the simulation of a workspace; after a kill it goes on where it was."""
    stop = Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop.set())
    end_with_parent(stop)
    with only_one(settings.workspace / "sandbox.lock"):
        _play(settings, stop, part)


def _play(settings: Settings, stop: Event, part: Part) -> None:
    paths = settings.paths
    simulation = read_simulation(paths)
    engine = open_engine(settings.store_url or f"sqlite:///{paths.store}")
    start_clock(engine, simulation.day0)
    store = SqlStore(engine, settings.tenant_id)
    with store.begin() as tx:
        newcomers = read_newcomers(tx, settings.tenant_id)
    people = read_people(paths)
    ours = (INBOUND_ADDRESS, *(a for o in newcomers.owners for a in (o.mailbox, o.email)))
    known = {*ours, *(person.email for person in people if person.inbox_ok)}
    zones = {owner.owner_id: owner.time_zone for owner in newcomers.owners}
    with (
        Exchanger(
            paths.mail,
            paths.exchanger_log,
            lambda address: address in known or _has_account(store, address),
            lambda: read_now(engine),
            hold_250_s=simulation.hold_250_s,
        ) as exchanger,
        serve_calendar(paths.calendar, zones) as calendar,
    ):
        endpoints = Endpoints(exchanger.host, exchanger.port, calendar.url)
        write_endpoints(paths.sandbox / "endpoints.json", endpoints)
        library = company_library(paths.library)
        runtime = _runtime(store, library, newcomers, endpoints, engine)
        params = simulation.params
        reps = RepRoom(runtime, zones, seed=params.seed, grid_minutes=params.grid_minutes)
        reps.finish_meetings(now=read_now(engine))
        days = Days(
            engine=engine,
            store=store,
            exchanger=exchanger,
            town=Town(people, params),
            reps=reps,
            simulation=simulation,
            paths=paths,
            ours=ours,
        )
        if part == "days":
            days.play(stop)
        else:
            days.play_morning(stop)
        if part == "live":
            days.live(stop)
    engine.dispose()
    if stop.is_set():
        sys.exit(1)


def _has_account(store: SqlStore, address: str) -> bool:
    """Whether somebody of the console has this address; its digest has to arrive somewhere."""
    with store.begin() as tx:
        return user_by_email(tx, address) is not None


def _runtime(
    store: SqlStore, library: Library, newcomers: Newcomers, endpoints: Endpoints, engine: Engine
) -> Runtime:
    """The reps' side of the runtime: they work the human queue and never ask a model."""
    hours = office_hours(newcomers.owners)
    return assemble(
        store,
        library=library,
        model=ScriptedModel(),
        calendar=CalDavCalendar(endpoints.caldav_url, hours=hours, clock=lambda: read_now(engine)),
        newcomers=newcomers,
        worker="sandbox",
    )
