"""A worker that a fork server had ready: a test that kills it twenty times need not wait for each.

What is loaded here is what every worker loads. Nothing here may start a thread, so no model is
opened before the fork.
"""

import os
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path

from agent_runtime import crash
from agent_runtime.prepare import read_word_files
from agent_runtime.settings import load_settings
from agent_runtime.worker import main


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


read_word_files()
