"""JSON feeds over real HTTP: pages, tokens, what is new since the last pull, and busy servers."""

import json
import threading
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest

from pipelines.errors import PipelineError
from pipelines.sources.kinds.feed import FeedSource
from pipelines.sources.landing import read_landed
from pipelines.sources.pulling import check, pull
from pipelines.sources.secret import Secrets

pytestmark = pytest.mark.real

NOW = datetime(2026, 1, 12, 9, tzinfo=UTC)
SECRETS = Secrets({"FEED_TOKEN": "open-sesame"})
SINCE = {"field": "observedAt", "param": "since", "start": "2026-01-01T00:00:00Z"}


class Feed(BaseHTTPRequestHandler):
    """Signals of interest, two a page; `/list` is a list as a whole."""

    signals: list[dict]
    asked: list[str]
    busy = 0

    def do_GET(self):
        split = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(split.query).items()}
        if self.headers["Authorization"] != "Bearer open-sesame":
            return self._answer({"error": "who are you?"}, 401)
        if Feed.busy:
            Feed.busy -= 1
            return self._answer({"error": "slow down"}, 429)
        Feed.asked.append(split.query)
        if split.path == "/list":
            return self._answer([{"listId": 1}, {"listId": 2}][: len(Feed.signals)])
        rows = [s for s in Feed.signals if s["observedAt"] >= asked.get("since", "")]
        start = int(asked.get("cursor", "0"))
        following = str(start + 2) if start + 2 < len(rows) else None
        return self._answer({"data": {"items": rows[start : start + 2]}, "next": following})

    def _answer(self, document, status=200):
        body = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Retry-After", "0")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format, *args):
        pass


@pytest.fixture
def url():
    days = range(2, 7)
    Feed.signals = [{"signalId": f"s{n}", "observedAt": f"2026-01-0{n}T00:00:00Z"} for n in days]
    Feed.asked, Feed.busy = [], 0
    server = ThreadingHTTPServer(("127.0.0.1", 0), Feed)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def source(url, **more):
    intent = {
        "path": "signals",
        "rows": "data.items",
        "key": ["signalId"],
        "since": SINCE,
        "paging": {"next_cursor": "next"},
    }
    return FeedSource.model_validate(
        {
            "source": "intent",
            "kind": "feed",
            "url": url,
            "token": "FEED_TOKEN",
            "tables": {"signals": intent, "lists": {"path": "list", "key": ["listId"]}},
            **more,
        }
    )


def test_a_feed_lands_page_by_page_and_then_what_is_new(url, tmp_path):
    """R55: signals of intent come from a feed, each once."""
    found = check(source(url), SECRETS)
    assert [(c.table, c.note) for c in found] == [
        ("signals", "2 rows on the first page"),
        ("lists", "2 rows on the first page"),
    ]
    landed = pull(source(url), tmp_path, SECRETS, now=NOW)
    assert [(t.name, t.rows) for t in landed.tables] == [("signals", 5), ("lists", 2)]
    Feed.signals.append({"signalId": "s9", "observedAt": "2026-01-09T00:00:00Z", "score": 3})
    Feed.asked.clear()
    second = pull(source(url), tmp_path, SECRETS, now=NOW)
    assert (second.tables[0].new, second.tables[0].changed) == (1, 0)
    assert Feed.asked[0] == "since=2026-01-06T00%3A00%3A00Z"
    assert [(d.column, d.kind) for d in second.drift] == [("score", "new_column")]
    assert read_landed(tmp_path, "intent", "signals")["signal_id"].to_list()[-1] == "s9"


def test_a_list_that_is_read_as_a_whole_loses_who_left_it(url, tmp_path):
    pull(source(url), tmp_path, SECRETS, now=NOW)
    del Feed.signals[1:]
    landed = pull(source(url), tmp_path, SECRETS, now=NOW)
    assert (landed.tables[1].gone, landed.tables[1].rows) == (1, 1)


def test_a_busy_feed_is_asked_again_and_a_closed_one_is_a_sentence(url, tmp_path):
    """R210: 429 with Retry-After is waited for."""
    Feed.busy = 2
    assert pull(source(url), tmp_path, SECRETS, now=NOW).tables[0].rows == 5
    wrong = Secrets({"FEED_TOKEN": "guess-work"})
    with pytest.raises(PipelineError, match="401") as refused:
        pull(source(url), tmp_path, wrong, now=NOW)
    assert "guess-work" not in str(refused.value)
    with pytest.raises(PipelineError, match=r"intent\.signals: .*401"):
        check(source(url), wrong)
