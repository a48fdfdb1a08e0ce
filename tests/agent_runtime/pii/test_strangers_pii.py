"""Personal data in sentences by somebody who never saw the detectors."""

import hashlib
import json
from collections import Counter
from pathlib import Path

from agent_runtime.pii import find

LINES = Path(__file__).with_name("stranger_pii.jsonl").read_text("utf-8").splitlines()
MEASURED = [
    row for row in map(json.loads, LINES) if hashlib.sha256(row["text"].encode()).digest()[0] % 2
]
"""The half that nobody looked at while the detectors were mended."""


def test_what_strangers_call_personal_is_found():
    """R60 R61: at least 95% of every kind in six languages, where the country is not known."""
    seen, found = Counter(), Counter()
    for row in MEASURED:
        hidden = find(row["text"])
        for span in row["spans"]:
            seen[span["kind"]] += 1
            meets = (f.start < span["end"] and span["start"] < f.end for f in hidden)
            found[span["kind"]] += any(meets)

    assert sum(seen.values()) > 150
    assert {kind: found[kind] for kind in seen if found[kind] < 0.95 * seen[kind]} == {}


def test_strangers_other_words_stay():
    """R61: at most 2% of the words that nobody marked are hidden."""
    words = hidden_words = 0
    for row in MEASURED:
        marked = [(span["start"], span["end"]) for span in row["spans"]]
        hidden = [(found.start, found.end) for found in find(row["text"])]
        for start, end in _words(row["text"]):
            if not _meets(start, end, marked):
                words += 1
                hidden_words += _meets(start, end, hidden)

    assert words > 1500
    assert hidden_words <= 0.02 * words


def _words(text):
    at = 0
    for word in text.split():
        at = text.index(word, at)
        yield at, at + len(word)
        at += len(word)


def _meets(start, end, pieces):
    return any(start < last and first < end for first, last in pieces)
