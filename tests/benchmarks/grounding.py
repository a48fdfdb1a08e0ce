"""Milliseconds a sentence of a draft on its facts, from text to verdict, none seen before.

The facts of a turn are read once, as in a conversation. The named alternative is a comparison of
word sets, which checks nothing.
"""

import sys
from pathlib import Path
from time import perf_counter

from agent_runtime.grounding.draft import ground
from agent_runtime.grounding.reading import read
from agent_runtime.grounding.sentences import split_sentences

sys.path.insert(0, str(Path(__file__).parents[1] / "agent_runtime" / "grounding"))


def measure():
    from labelled_drafts import SETS, drafts

    every = [draft for name in SETS for draft in drafts(name)]
    for draft in every[::20]:
        ground(draft.text, draft.facts)
    read.cache_clear()
    times, plain_s = [], 0.0
    for draft in every:
        ground("Thanks.", draft.facts)
        for sentence in split_sentences(draft.text):
            began = perf_counter()
            ground(sentence, draft.facts)
            times.append(perf_counter() - began)
            began = perf_counter()
            words = set(sentence.lower().split())
            any(words <= set(fact.text.lower().split()) for fact in draft.facts)
            plain_s += perf_counter() - began
    times.sort()
    return {
        "sentences": len(times),
        "median_ms": round(1e3 * times[len(times) // 2], 2),
        "p95_ms": round(1e3 * times[int(0.95 * len(times))], 2),
        "worst_ms": round(1e3 * times[-1], 2),
        "bound_p95_ms": 15,
        "ratio_to_word_sets": round(sum(times) / plain_s, 1),
    }
