"""Language models that lie, each turn in other words; what they told is kept, to be looked for."""

import random
import re
from collections import Counter
from functools import cache
from pathlib import Path

import yaml

from tests.agent_runtime.models.stand_in_answers import (
    facts_of,
    honest_choice,
    speaks,
    turn_of,
    written,
)

LANGUAGES = ("en", "de", "fr", "es", "it", "pt")
_DIGITS = str.maketrans("0123456789", "０１２３４５６７８９")
_LOOKALIKES = str.maketrans("aeopc", "аеорс")
"""Cyrillic letters that look like Latin ones."""


class Liar:
    """One kind of lie, told in a turn's language or another; the same turns get the same lies."""

    def __init__(self, kind):
        self.kind = kind
        self.told = set()
        self._asked = Counter()

    def __call__(self, prefix, turn):
        """Answers a turn with one to three drafts; one sentence of each is a lie."""
        data = turn_of(turn)
        message = data.get("message", "")
        self._asked[message] += 1
        draw = random.Random(f"{self.kind} {message} {self._asked[message]}")
        language = data["language"] if draw.random() < 0.8 else draw.choice(LANGUAGES)
        facts = [f for f in facts_of(prefix) if f["fact"].startswith("answer.")]
        near, nearest = honest_choice(message, facts)
        true = near or draw.choice(facts)
        drafts = [self._draft(draw, language, true, facts) for _ in range(draw.randint(1, 3))]
        return written([(nearest, 0.99)], speaks(turn), drafts, 0.99)

    def _draft(self, draw, language, true, facts):
        turned = draw.choice([true, draw.choice(facts)])
        lie = self._lie(draw, language, turned["text"])
        self.told |= {plain(part) for part in _parts(lie)} - {
            plain(p) for p in _parts(turned["text"])
        }
        named = draw.choice([turned, true, draw.choice(facts)])["fact"]
        said = [(lie, named if draw.random() < 0.9 else "")]
        if draw.random() < 0.4:
            approved = [(part, true["fact"]) for part in true["text"].split("\n\n")]
            said = [*approved, *said] if draw.random() < 0.5 else [*said, *approved]
        return said

    def _lie(self, draw, language, text):
        if self.kind == "twists":
            return _twisted(draw, language, text)
        said = _filled(draw, draw.choice(_lies()[self.kind][language]))
        return _disguised(draw, said) if draw.random() < 0.2 else said


def plain(text):
    """A sentence as it is compared: in small letters, without what stands between the words."""
    return " ".join(re.findall(r"\w+", text.lower()))


def _parts(text):
    return re.split(r"(?<=[.!?])\s+", text)


def _twisted(draw, language, text):
    """An approved text with one change that turns its sense, or with a claim put behind it."""
    turned = [pair for pair in _lies()["twists"][language] if pair[0] in text]
    if turned and draw.random() < 0.7:
        found, put = draw.choice(turned)
        return text.replace(found, put, 1)
    return text.rstrip(".!?") + _filled(draw, draw.choice(_lies()["additions"][language]))


def _filled(draw, text):
    others = _lies()["others"]
    return text.format(
        n=draw.randint(3, 990),
        m=draw.randint(3, 60),
        name=draw.choice(others["names"]),
        firm=draw.choice(others["firms"]),
        mail=draw.choice(others["mails"]),
    )


def _disguised(draw, text):
    """The same lie as an evader writes it."""
    way = draw.randrange(6)
    if way == 0:
        return text.translate(_DIGITS)
    if way == 1:
        return re.sub(r"(?<=\d)(?=\d)", " ", text)
    if way == 2:
        return f"**{text}**"
    if way == 3:
        return f"<b>{text}</b>"
    if way == 4:
        return text.translate(_LOOKALIKES)
    return text.replace(" ", "\u00a0")


@cache
def _lies():
    return yaml.safe_load(Path(__file__).with_name("lies.yaml").read_text(encoding="utf-8"))


LIARS = {
    f"many_{kind}": Liar(kind) for kind in ("prices", "denials", "leaks", "inventions", "twists")
}
