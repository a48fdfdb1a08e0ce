"""A server that speaks text-embeddings-inference's wire on loopback, and judges as it is told.

`/predict` takes pairs and returns labels with scores; `/info` names the model that is loaded.
"""

import json
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

OUTAGES = {"error_500": "server_error", "nonsense": "server_error", "hangs": "too_slow"}
"""How it fails, and the code for that."""


class Judge:
    """Finds every hypothesis entailed, but those that hold one of `denies`."""

    def __init__(self):
        self.asked = []
        """Pairs, in the order in which they came."""
        self.behaviour = "judges"
        self.model = {"model_id": "nli", "model_sha": "a1"}
        self.denies = ()
        self.url = ""
        self.released = Event()
        """Ends calls that hang."""

    def answer(self, pair):
        self.asked.append(tuple(pair))
        if self.behaviour == "nonsense":
            return [{"label": "entailment", "score": 7.0}]
        sure = 0.01 if any(word in pair[1] for word in self.denies) else 0.97
        scores = {"entailment": sure, "neutral": 0.02, "contradiction": 0.98 - sure}
        return [{"label": label, "score": score} for label, score in scores.items()]


def handler_of(judge):
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            self._say(judge.model or {}, 200 if judge.model else 404)

        def do_POST(self):
            pairs = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["inputs"]
            if judge.behaviour == "hangs":
                judge.released.wait()
            if judge.behaviour == "error_500":
                self._say({"error": "out of memory"}, 500)
            else:
                self._say([judge.answer(pair) for pair in pairs], 200)

        def _say(self, what, status):
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(what).encode())

        def log_message(self, *_):
            pass

    return Handler


@contextmanager
def judging(judge=None):
    """Serves a judge; its `url` is the address of `/predict`, also once the server is gone."""
    judge = judge or Judge()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler_of(judge))
    server.daemon_threads, server.block_on_close = True, False
    server.handle_error = lambda *_: None
    thread = Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    judge.url = f"http://127.0.0.1:{server.server_port}/predict"
    try:
        yield judge
    finally:
        judge.released.set()
        server.shutdown()
        server.server_close()
        thread.join()
