"""Serves a cross-encoder on loopback by the wire of text-embeddings-inference's `/predict`.

Runs in the environment of the training: `python serve.py FOLDER PORT`. Pairs come as `inputs`;
for each the three labels with their scores go back.
"""

import json
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

LABELS = ("entailment", "neutral", "contradiction")
MAX_TOKENS = 256


class Judge:
    """A model in memory; one batch at a time, since two would only wait for the same cores."""

    def __init__(self, folder: str) -> None:
        self._tokenizer = AutoTokenizer.from_pretrained(folder)
        self._model = AutoModelForSequenceClassification.from_pretrained(folder).eval()
        self._lock = Lock()

    def judge(self, pairs: list[list[str]]) -> list[list[dict]]:
        """Returns labels with probabilities for each pair of premise and hypothesis."""
        premises, hypotheses = [p for p, _ in pairs], [h for _, h in pairs]
        told = self._tokenizer(
            premises,
            hypotheses,
            truncation="only_first",
            max_length=MAX_TOKENS,
            padding=True,
            return_tensors="pt",
        )
        with self._lock, torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
            scores = torch.softmax(self._model(**told).logits.float(), -1).tolist()
        return [
            [{"label": label, "score": s} for label, s in zip(LABELS, row, strict=True)]
            for row in scores
        ]


def handler_of(judge: Judge) -> type[BaseHTTPRequestHandler]:
    """Returns the handler of a server that asks this model."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self._answer(200 if self.path == "/health" else 404, [])

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            try:
                pairs = json.loads(body)["inputs"]
                self._answer(200, judge.judge(pairs))
            except (ValueError, KeyError, TypeError) as error:
                self._answer(422, {"error": repr(error)})

        def _answer(self, status: int, what: object) -> None:
            body = json.dumps(what).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    return Handler


if __name__ == "__main__":
    torch.set_num_threads(2)
    folder, port = sys.argv[1], int(sys.argv[2])
    ThreadingHTTPServer(("127.0.0.1", port), handler_of(Judge(folder))).serve_forever()
