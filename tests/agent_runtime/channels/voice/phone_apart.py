"""A telephone network in a process of its own, so that nothing of ours makes its sound late."""

import sys
import time
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing import get_context


class Apart:
    """What is told to the network, and what it tells; a call each way of the pipe."""

    def __init__(self, pipe, urls):
        self._pipe, self.urls = pipe, urls

    def call_us(self, url, frm, to):
        self._asked("call_us", url, frm, to)

    def settle(self, limit_s):
        self._asked("settle", limit_s)

    def report(self):
        return self._asked("report")

    def _asked(self, *said):
        self._pipe.send(said)
        answer = self._pipe.recv()
        if isinstance(answer, Exception):
            raise answer
        return answer


@contextmanager
def network_apart(vendor, sentences, *, now, began, ring_s=0.5, breaks="", is_behind_tls=False):
    """Yields a network on which one person answers, or calls.

    Args:
        vendor: Name of the carrier.
        sentences: What the person says.
        now: The instant at which the clock of both sides stood at `began`.
        began: `time.monotonic()` then, which all processes of a machine share.
        ring_s: How long it rings.
        breaks: Where the line breaks off: `ours`, `theirs` or `turn`; empty: it holds.
        is_behind_tls: Whether addresses of ours are those of a proxy, which is passed by.
    """
    ours, theirs = get_context("spawn").Pipe()
    said = (theirs, vendor, sentences, now, began, ring_s, breaks, is_behind_tls, list(sys.path))
    process = get_context("spawn").Process(target=_run, args=said, daemon=True)
    process.start()
    try:
        yield Apart(ours, ours.recv())
    finally:
        ours.send(("end",))
        process.join(20)


def _run(pipe, vendor, sentences, now, began, ring_s, breaks, is_behind_tls, path):
    sys.path[:] = path
    from phone_network import PhoneNetwork
    from phone_person import CutOff, Person
    from phone_vendors import SIMS

    person = CutOff(*sentences, within=breaks) if breaks else Person(*sentences)
    with PhoneNetwork(SIMS[vendor](), ring_s=ring_s) as phones:
        phones.is_behind_tls = is_behind_tls
        phones.clock = lambda: now + timedelta(seconds=time.monotonic() - began)
        phones.person = lambda call: person
        pipe.send(phones.urls)
        while (asked := pipe.recv())[0] != "end":
            try:
                pipe.send(_do(phones, person, *asked))
            except Exception as error:
                pipe.send(error)


def _do(phones, person, what, *said):
    if what == "report":
        return {
            "recording": person.recording,
            "said": person.said,
            "rings": len(phones.rings),
            "requests": phones.requests,
            "hooks": phones.hooks,
        }
    getattr(phones, what)(*said)
    return None
