"""Which language a text is in, from its commonest words; six languages are whole."""

import re
from collections import Counter
from functools import lru_cache

from agent_runtime.words import read_words

_BY_WORD: dict[str, tuple[str, ...]] = {}
for _language, _words in read_words("languages").items():
    for _word in _words.split():
        _BY_WORD[_word] = (*_BY_WORD.get(_word, ()), _language)

_TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_OTHER_SCRIPT = re.compile(r"[\u0370-\u1cff\u2e80-\ud7ff]")


@lru_cache(maxsize=8192)
def detect_language(text: str, *, fallback: str) -> str:
    """Returns the two-letter code of a text's language; `fallback` when too little tells.

    A text in another script is `xx`: recognised as none of ours, for a person to read.
    """
    if len(_OTHER_SCRIPT.findall(text)) > len(text) / 4:
        return "xx"
    votes: Counter[str] = Counter()
    for token in _TOKEN.findall(text.lower().replace("’", "'")):
        for language in _BY_WORD.get(token, ()):
            votes[language] += 12 // len(_BY_WORD[token])
    if not votes:
        return fallback
    best, most = votes.most_common(1)[0]
    if votes[fallback] >= most * 0.75 or most < 18:
        return fallback
    return best
