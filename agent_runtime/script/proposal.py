"""A script as a playbook, texts and scenarios that nobody has approved yet."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from agent_runtime.library.content import Locale
from agent_runtime.models.language import LanguageModel
from agent_runtime.script.handing_over import hand_off_rows
from agent_runtime.script.meaning import Meaning, may_be_answered, meaning_of, names_a_time
from agent_runtime.script.naming import Names, distinctive
from agent_runtime.script.parts import Exchange, Opening, Parts
from agent_runtime.script.wording import Claim, claims_in, worded

_DAYS_BETWEEN_TOUCHES = 4
Row = dict[str, Any]
"""A part of a YAML file, as it is written."""


@dataclass(frozen=True, slots=True)
class Text:
    """A text of the script that waits for its approver."""

    id: str
    kind: str
    body: str
    subject: str = ""
    topics: tuple[str, ...] = ()

    @property
    def claims(self) -> tuple[Claim, ...]:
        """What needs proof before it is said."""
        return claims_in(f"{self.subject}. {self.body}" if self.subject else self.body)


@dataclass(frozen=True, slots=True)
class Placed:
    """An exchange that the playbook carries out, and how the model reads what is asked."""

    exchange: Exchange
    meaning: Meaning
    text: Text


@dataclass(frozen=True, slots=True)
class Proposal:
    """All that was made of one script."""

    name: str
    language: Locale
    parts: Parts
    texts: tuple[Text, ...]
    playbook: Row
    placed: tuple[Placed, ...] = ()
    refused: tuple[tuple[Exchange, Meaning], ...] = ()
    """Exchanges that no row may carry out, or that the model cannot read."""
    left_out: tuple[str, ...] = ()
    """Sentences that the frame of every mail makes superfluous or untrue."""
    unruled: tuple[str, ...] = ()
    """Hand-off rules in which no known reason was found."""
    dated: tuple[str, ...] = ()
    """Questions that name a time to meet, which only the calendar can."""
    remarks: tuple[str, ...] = ()


def propose(name: str, parts: Parts, model: LanguageModel, *, language: Locale) -> Proposal:
    """Returns the proposal that a script makes.

    Args:
        name: Id of the playbook; its texts begin with it.
        parts: The script, taken apart.
        model: Says what a buyer's line means.
        language: The one language of the script.
    """
    return _Drafting(name, parts, model, language).proposal()


class _Drafting:
    """Turns the parts into texts and rows, in the order of the script."""

    def __init__(self, name: str, parts: Parts, model: LanguageModel, language: Locale) -> None:
        self._names = Names(name, language)
        self._name, self._parts, self._model = name, parts, model
        self._language: Locale = language
        self._left_out: list[str] = []

    def proposal(self) -> Proposal:
        openings = [self._opening(n, one) for n, one in enumerate(self._parts.openings)]
        touches = [text for text in openings if text]
        asked = [self._text("ask", "question", q) for q in self._parts.questions]
        dated = [q for q in self._parts.closings if names_a_time(q, self._language)]
        closings = [
            self._text("close", "question", q) for q in self._parts.closings if q not in dated
        ]
        questions = [text for text in (*asked, *closings) if text]
        placed, refused = self._exchanges()
        rules = hand_off_rows(self._parts.handoffs)
        texts = (*touches, *questions, *(one.text for one in placed))
        return Proposal(
            name=self._name,
            language=self._language,
            parts=self._parts,
            texts=texts,
            playbook=self._playbook(touches, questions, placed, rules.rows),
            placed=tuple(placed),
            refused=tuple(refused),
            left_out=tuple(dict.fromkeys(self._left_out)),
            unruled=rules.unruled,
            dated=tuple(dated),
            remarks=(*self._parts.remarks, *_overruled(placed, rules.rows)),
        )

    def _opening(self, number: int, opening: Opening) -> Text | None:
        kind = "follow_up" if number else "opener"
        subject = worded(opening.subject).text if opening.subject else ""
        return self._text(kind, kind, opening.text, subject=subject, is_named=False)

    def _text(
        self, prefix: str, kind: str, words: str, *, subject: str = "", is_named: bool = True
    ) -> Text | None:
        wording = worded(words)
        self._left_out += wording.left_out
        if not wording.text:
            return None
        text_id = self._names.take(prefix, wording.text if is_named else "")
        return Text(text_id, kind, wording.text, subject)

    def _exchanges(self) -> tuple[list[Placed], list[tuple[Exchange, Meaning]]]:
        read = [(one, self._meaning(one)) for one in self._parts.exchanges]
        together: dict[str, list[Exchange]] = {}
        for one, meaning in read:
            together.setdefault(meaning.intent or "", []).append(one)
        placed, refused = [], []
        for one, meaning in read:
            same = together[meaning.intent or ""]
            text = self._answer(one, same) if may_be_answered(meaning.intent) else None
            if text is None:
                refused.append((one, meaning))
            else:
                placed.append(Placed(one, meaning, text))
        return placed, refused

    def _meaning(self, one: Exchange) -> Meaning:
        is_objection = one.kind == "objection"
        return meaning_of(
            one.asked, self._model, language=self._language, is_objection=is_objection
        )

    def _answer(self, one: Exchange, same: list[Exchange]) -> Text | None:
        """Answers to the same meaning are told apart by words that only one of them is about."""
        wording = worded(one.answered)
        self._left_out += wording.left_out
        if not wording.text:
            return None
        others = [other.asked for other in same if other is not one]
        topics = distinctive(one.asked, others, self._language) if others else ()
        return Text(self._names.take("answer", one.asked), "answer", wording.text, topics=topics)

    def _playbook(
        self, touches: list[Text], questions: list[Text], placed: list[Placed], rules: list[Row]
    ) -> Row:
        parts = self._parts
        purpose = "prospecting" if touches else "inbound"
        return {
            "id": self._name,
            "version": 1,
            "name": parts.title or self._name.replace("_", " ").capitalize(),
            "goal": "A meeting with the owner, or an early and honest no.",
            "when_it_helps": "Where the imported script is used today.",
            "agent_actions": [
                *(["Opens with the words of the script."] if touches else []),
                *(["Asks the script's questions, one a mail."] if questions else []),
                *(["Answers each objection and question of the script once."] if placed else []),
                "Obeys every no and every stop.",
            ],
            "inputs": ["The imported script"],
            "train": ["How the script reads as mails, and where a person takes over"],
            "success": ["A confirmed meeting with the owner", "A no or a stop that was obeyed"],
            "kpis": ["positive_intent_rate", "meetings_set", "unsubscribe_rate"],
            "autonomy": "assistive",
            "tools": ["crm", "calendar"],
            "channels": {
                "email": {
                    "purpose": purpose,
                    "max_touches": len(touches),
                    "days_between_touches": _DAYS_BETWEEN_TOUCHES,
                    "reply_after_minutes": 10,
                }
            },
            "frame": "frame.email",
            "locales": [self._language],
            "touches": [{"say": [text.id], "next": "contacted"} for text in touches],
            "questions": [text.id for text in questions],
            "handoff_rule": " ".join(_sentence(rule) for rule in parts.handoffs)
            or "The owner takes over where every playbook hands over.",
            "handoff": rules,
            "moves": list(_moves(placed)),
        }


def _moves(placed: Iterable[Placed]) -> Iterator[Row]:
    by_intent: dict[str, list[str]] = {}
    for one in placed:
        by_intent.setdefault(one.meaning.intent or "", []).append(one.text.id)
    for intent, texts in by_intent.items():
        say = {"say": texts} if len(texts) == 1 else {"one_of": texts}
        yield {
            "intents": [intent],
            "once": True,
            "do": "answer",
            **say,
            "ask": True,
            "next": "engaged",
            "reason": f"script_{intent}",
        }


def _overruled(placed: Iterable[Placed], rules: Iterable[Row]) -> Iterator[str]:
    """A meaning that the script both answers and hands over is handed over."""
    handed = {intent for rule in rules for intent in rule.get("intents", ())}
    for one in placed:
        if one.meaning.intent in handed:
            yield (
                f"The script answers “{one.exchange.asked}”, and also hands {one.meaning.intent} "
                "over; the hand-off comes first, so delete one of the two."
            )


def _sentence(text: str) -> str:
    return text if text.rstrip()[-1:] in ".!?" else f"{text.rstrip()}."
