"""A model may supply a word that no list knows; it never overrules a check."""

import json
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread

import pytest

from agent_runtime.grounding.draft import Given, ground
from agent_runtime.grounding.entailment import (
    EntailmentError,
    HttpEntailment,
    KnownPairs,
    Opinion,
)

FACT = Given("f", "Night shifts are planned by the supervisor in 20 minutes.")
HONEST = "In 20 minutes, timetables for night shifts are planned by the supervisor"
FALSE = "In 30 minutes, timetables for night shifts are planned by the supervisor"


class _Sure:
    version = "sure"

    def judge(self, premise, hypothesis):
        return Opinion(1.0, 0.0, 0.0)


def test_the_model_covers_a_common_word_and_no_wrong_number():
    """R58: deterministic checks veto first."""
    assert ground(HONEST, [FACT])[0].verdict == "blocked"
    assert ground(HONEST, [FACT], entails=_Sure())[0].verdict == "supported"
    assert ground(FALSE, [FACT], entails=_Sure())[0].verdict == "blocked"
    assert ground(HONEST, [FACT], entails=KnownPairs({}))[0].verdict == "blocked"


@pytest.mark.real
def test_a_server_of_entailment_is_asked_over_http():
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            scores = {"entailment": 0.95, "neutral": 0.04, "contradiction": 0.01}
            body = json.dumps([[{"label": k, "score": v} for k, v in scores.items()]]).encode()
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        model = HttpEntailment(f"http://127.0.0.1:{server.server_port}/predict", timeout_s=5)
        assert ground(HONEST, [FACT], entails=model)[0].verdict == "supported"
        assert asked[0]["inputs"][0][0] == FACT.text
    finally:
        server.shutdown()
        server.server_close()
    with pytest.raises(EntailmentError, match="PARLEY_ENTAILMENT_URL"):
        model.judge("a", "b")
