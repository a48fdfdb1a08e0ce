"""The settings of nginx that ship, in a real nginx before two servers: one prefix, one server."""

import asyncio
import os
import re
import shutil
import socket
import subprocess
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep
from urllib.parse import urlsplit

import pytest

from agent_runtime.models.retry_budget import RetryBudget
from agent_runtime.models.vllm import VllmModel, VllmOptions
from tests.agent_runtime.models.prompts_asked import prompt
from tests.agent_runtime.models.vllm_stand_in import MODEL, serve

SHIPPED = Path(__file__).parents[2] / "deploy" / "vllm" / "nginx.conf"
NGINX = os.environ.get("PARLEY_NGINX") or shutil.which("nginx")
PLAYBOOKS = ("inbound_response", "icp_prospecting")
LANGUAGES = ("en", "de", "fr", "es")

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not NGINX, reason="nginx is not installed (package nginx-light)"),
]


@contextmanager
def running(folder, servers):
    """Starts nginx with the shipped file, its ports replaced; gives its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    text = SHIPPED.read_text("utf-8").replace("127.0.0.1:8000", f"127.0.0.1:{port}")
    for written, server in zip(("8001", "8002"), servers, strict=True):
        own = urlsplit(server.url).port
        text = text.replace(f"127.0.0.1:{written}", f"127.0.0.1:{own}")
    paths = " ".join(
        f"{kind}_temp_path {folder}/{kind};"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    (folder / "nginx.conf").write_text(
        f"daemon off; pid {folder}/pid; error_log {folder}/errors;\n"
        f"events {{}}\nhttp {{ access_log off; {paths}\n{text}\n}}\n"
    )
    command = [NGINX, "-p", str(folder), "-c", str(folder / "nginx.conf")]
    process = subprocess.Popen([*command, "-e", str(folder / "errors")])
    try:
        until = monotonic() + 10
        while monotonic() < until and process.poll() is None:
            with socket.socket() as there:
                if not there.connect_ex(("127.0.0.1", port)):
                    break
            sleep(0.05)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait(timeout=10)


@pytest.fixture
def world(tmp_path):
    with serve() as one, serve() as other, running(tmp_path, (one, other)) as url:
        yield url, one, other


def ask(url, questions):
    async def asked():
        options = VllmOptions(url, MODEL, total_s=30.0, first_token_s=20.0)
        model = VllmModel(options, budget=RetryBudget(0, 0))
        try:
            return [await model.ask(question) for question in questions]
        finally:
            await model.close()

    return asyncio.run(asked())


def questions():
    kinds = [(p, language) for p in PLAYBOOKS for language in LANGUAGES]
    return [
        prompt(f"What is it {n}?", playbook=p, language=of) for n in range(3) for p, of in kinds
    ]


def test_prompts_that_begin_alike_go_to_one_server(world):
    """R205: to the one whose cache has read that beginning; both servers have work."""
    url, one, other = world
    replies = ask(url, questions())
    assert {reply.failure for reply in replies} == {""}
    where = [Counter(server.beginnings) for server in (one, other)]
    assert not where[0].keys() & where[1].keys()
    assert set((where[0] + where[1]).values()) == {3}


@pytest.mark.parametrize("behaviour", ["gone", "error_500", "busy_503"])
def test_a_server_that_is_gone_or_drained_costs_no_answer(world, behaviour):
    """R230: the other one is asked instead, also while one is drained for a new version."""
    url, one, other = world
    if behaviour == "gone":
        one.stop()
    else:
        one.behaviour = behaviour
    replies = ask(url, questions())
    assert {reply.failure for reply in replies} == {""}
    assert len(other.asked) >= len(replies)


def test_an_answer_that_has_begun_is_not_begun_anew(world):
    """R230: half of it may have been spoken; the failure has its name instead."""
    url, one, other = world
    one.behaviour = other.behaviour = "cut_off"
    (reply,) = ask(url, [prompt()])
    assert reply.failure == "broke_off"
    assert len(one.asked) + len(other.asked) == 1


def test_the_shipped_file_names_the_header_that_the_client_sends():
    """Nginx writes a header's name in small letters with underscores."""
    from agent_runtime.models.vllm import PREFIX_HEADER

    named = re.search(r"hash \$http_(\w+) consistent;", SHIPPED.read_text("utf-8"))
    assert named
    assert named[1] == PREFIX_HEADER.lower().replace("-", "_")
