"""Every request of ours to HubSpot through Prism, which refuses what the vendor did not describe.

Prism stands between the client and the stand-in, with the vendor's own descriptions, and answers
an error for each request or answer that they do not allow. The tests that read and write all there
is go through it. That it watches at all is shown by wrong requests, which do not get through.
"""

import json
import os
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic, sleep

from tests.acceptance.check import Check, Result, Verdict

REPOSITORY = Path(__file__).parents[2]
DATA = Path(os.environ.get("PARLEY_TEST_DATA", REPOSITORY / "../shared/data"))
SPECS = DATA / "../specs/hubspot"
TESTS = REPOSITORY / "tests" / "agent_runtime" / "crm"
PRISM = "@stoplight/prism-cli@5.16.0"
PATIENCE_S = 120.0

THROUGH = {
    "reading": ["test_hubspot_reading.py"],
    "writing": ["test_hubspot.py::test_every_request_and_answer_is_as_the_vendor_describes_it"],
}
"""Tests that make every request there is, by case."""

SEARCH = "/crm/v3/objects/contacts/search"
WRONG: dict[str, tuple[str, str, str | None]] = {
    "no such path": ("GET", "/crm/v9/objects/contacts", None),
    "no such method": ("PUT", "/crm/v3/objects/contacts", "{}"),
    "a body without what is required": ("POST", SEARCH, '{"limit": 10}'),
    "a value of another type": (
        "POST",
        SEARCH,
        '{"limit": "ten", "after": "0", "filterGroups": [], "properties": [], "sorts": []}',
    ),
    "a parameter without what is required": (
        "POST",
        "/communication-preferences/v4/statuses/batch/read",
        '{"inputs": []}',
    ),
    "a create without properties": ("POST", "/crm/v3/objects/notes", '{"associations": []}'),
}
"""Requests that HubSpot never described: method, path, body."""


def _run(case: str) -> Result:
    sys.path.insert(0, str(TESTS))
    if not SPECS.is_dir():
        raise FileNotFoundError(f"{SPECS} is not there; set PARLEY_TEST_DATA to the shared data")
    with TemporaryDirectory() as folder, _prism(Path(folder)) as proxy:
        return _wrong(proxy) if case == "wrong" else _through(proxy, case)


def _through(proxy: "_Proxy", case: str) -> Result:
    tests = [str(TESTS / name) for name in THROUGH[case]]
    environment = {
        **os.environ,
        "HUBSPOT_PORT": str(proxy.upstream),
        "HUBSPOT_PROXY": proxy.url,
        "HUBSPOT_TIMEOUT_S": "60",
        "PYTHONPATH": str(REPOSITORY),
    }
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-n0", "-p", "no:randomly", "-q", *tests],
        cwd=REPOSITORY,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    said = proxy.log()
    return {
        "exit": done.returncode,
        "said": done.stdout[-1500:] if done.returncode else "",
        "requests": said.count("Request received"),
        "violations": re.findall(r"Violation: .*", said)[:20],
    }


def _wrong(proxy: "_Proxy") -> Result:
    from hubspot_reading import ReadableHubSpot
    from hubspot_stand_in import running

    os.environ["HUBSPOT_PORT"] = str(proxy.upstream)
    account = ReadableHubSpot()
    with running(account):
        fine = _ask(proxy.url, "GET", "/crm/v3/owners", None)
        reached = len(account.log)
        answers = {name: _ask(proxy.url, *asked) for name, asked in WRONG.items()}
        answers["no token"] = _ask(proxy.url, "GET", "/crm/v3/owners", None, token="")
        got_through = len(account.log) - reached
        empty = account.add("contacts", email="ana@x.example")
        fine_too = _ask(
            proxy.url, "GET", f"/crm/v3/objects/contacts/{empty}?properties=jobtitle", None
        )
        account.owners["9"] = {}
        account._owner = lambda number: {"id": int(number)}
        answers["an answer of another shape"] = _ask(proxy.url, "GET", "/crm/v3/owners", None)
        return {"fine": max(fine, fine_too), "answers": answers, "got_through": got_through}


def _ask(url: str, method: str, path: str, body: str | None, *, token: str = "good") -> int:
    headers = {"Content-Type": "application/json"}
    headers |= {"Authorization": f"Bearer {token}"} if token else {}
    data = None if body is None else body.encode()
    asked = urllib.request.Request(url + path, data=data, method=method, headers=headers)
    try:
        with urllib.request.urlopen(asked) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


class _Proxy:
    def __init__(self, port: int, upstream: int, output: Path) -> None:
        self.url, self.upstream = f"http://127.0.0.1:{port}", upstream
        self._output = output

    def log(self) -> str:
        """Returns what Prism has said so far."""
        return self._output.read_text(encoding="utf-8", errors="replace")


@contextmanager
def _prism(folder: Path) -> Iterator[_Proxy]:
    from hubspot_descriptions import one_description

    program = _install()
    document = folder / "hubspot.json"
    document.write_text(json.dumps(one_description(SPECS)), encoding="utf-8")
    proxy = _Proxy(_free_port(), _free_port(), folder / "prism.log")
    port = proxy.url.rpartition(":")[2]
    upstream = f"http://127.0.0.1:{proxy.upstream}"
    command = [str(program), "proxy", str(document), upstream, "--errors", "-p", port]
    with proxy._output.open("w") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
        try:
            _wait_for(process, proxy)
            yield proxy
        finally:
            process.terminate()
            process.wait()


def _install() -> Path:
    """Prism by npm into `out/prism`, once."""
    folder = REPOSITORY / "out" / "prism"
    program = folder / "node_modules" / ".bin" / "prism"
    if not program.exists():
        folder.mkdir(parents=True, exist_ok=True)
        quiet = ["--no-audit", "--no-fund", "--loglevel=error"]
        subprocess.run(["npm", "install", "--prefix", str(folder), *quiet, PRISM], check=True)
    return program


def _wait_for(process: subprocess.Popen[bytes], proxy: _Proxy) -> None:
    until = monotonic() + PATIENCE_S
    while "Prism is listening" not in proxy.log():
        if process.poll() is not None or monotonic() > until:
            raise RuntimeError(f"Prism did not start: {proxy.log()[-1500:]}")
        sleep(0.2)


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def _judge(results: Mapping[str, Result]) -> Verdict:
    bound = "no request or answer refused; every wrong request refused before it gets through"
    passed, figures = True, []
    for case, seen in results.items():
        if case == "wrong":
            refused = [name for name, status in seen["answers"].items() if status >= 400]
            passed &= len(refused) == len(seen["answers"]) and seen["got_through"] == 0
            passed &= seen["fine"] == 200
            figures.append(
                f"wrong: {len(refused)} of {len(seen['answers'])} refused, "
                f"{seen['got_through']} got through"
            )
        else:
            passed &= seen["exit"] == 0 and seen["requests"] > 0 and not seen["violations"]
            figures.append(
                f"{case}: {seen['requests']} requests, {len(seen['violations'])} violations, "
                f"exit {seen['exit']} {seen['violations'][:2] or ''}"
            )
    return Verdict(bool(passed), "; ".join(figures), bound)


CHECKS = {
    "hubspot-proxy": Check(
        cases=["reading", "writing", "wrong"],
        sample=["wrong"],
        run=_run,
        judge=_judge,
    )
}
