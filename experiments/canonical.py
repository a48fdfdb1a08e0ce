"""One text for one content, so that equal things have equal hashes."""

import hashlib
import json


def canonical_json(content: object) -> str:
    """Returns the JSON of a content: sorted keys, no whitespace, nothing but finite numbers."""
    return json.dumps(
        content, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    )


def sha256(text: str) -> str:
    """Returns the SHA-256 of a text in hex."""
    return hashlib.sha256(text.encode()).hexdigest()
