"""A worker that a fork server had ready: a test that kills it twenty times need not wait for each.

What is loaded here is what every worker loads. Nothing here may start a thread, so no model is
opened before the fork.
"""

import os
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path

from agent_runtime import crash
from agent_runtime.channels.email.parse import parse
from agent_runtime.domain import Observation
from agent_runtime.hearing.entities import find_entities
from agent_runtime.hearing.safety import listen
from agent_runtime.policies.restricted import said_in
from agent_runtime.settings import load_settings
from agent_runtime.times.resolve import resolve_times
from agent_runtime.worker import main

_TEXT = "Thanks. What does it cost, and can we talk on Tuesday at 10?"


def start_forked(workspace: Path, log: Path, *, crash_at: str) -> BaseProcess:
    """Returns a running worker, forked from a process that has read the word files."""
    context = get_context("forkserver")
    context.set_forkserver_preload([__name__])
    process = context.Process(target=_live, args=(workspace, log, crash_at))
    process.start()
    return process


def _live(workspace: Path, log: Path, crash_at: str) -> None:
    with log.open("ab") as file:
        os.dup2(file.fileno(), 1)
        os.dup2(file.fileno(), 2)
    os.environ.pop(crash.VARIABLE, None)
    os.environ |= {"PARLEY_WORKSPACE": str(workspace)}
    os.environ |= {crash.VARIABLE: crash_at} if crash_at else {}
    main(load_settings())


def _read_word_files() -> None:
    mail = b"From: a@buyer.example\r\nSubject: A question\r\nMessage-ID: <1@b>\r\n\r\n"
    parse(mail + _TEXT.encode(), mailbox="us@northbeam.example")
    listen(Observation("mail", "a", datetime(2026, 1, 12, tzinfo=UTC), text=_TEXT))
    find_entities(_TEXT, "en")
    resolve_times(_TEXT, now=datetime(2026, 1, 12, tzinfo=UTC), zone="Europe/Berlin")
    for kind in ("topics", "claims", "discounts"):
        said_in(kind, _TEXT)


_read_word_files()
