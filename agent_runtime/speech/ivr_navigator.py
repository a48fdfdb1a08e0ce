"""Finds the way through telephone menus to a person or a department."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

from agent_runtime.speech.answer_words import authored_answers, plain
from agent_runtime.speech.phone_menu import Menu
from agent_runtime.speech.sound_alike import sameness, sound_of

_KEYPAD = dict(zip("abcdefghijklmnopqrstuvwxyz", "22233344455566677778889999", strict=True))
_LETTERS_OF_NAME = 3
_TIMES_HEARD = 3
_SOUNDS_LIKE = (0.72, 0.6, 0.53)
"""From there on a label that was misheard is taken for a topic, after one, two and more hearings.
"""
_CLEAR_LEAD = 0.08
"""Less alike is enough for a topic where no other is nearly as like."""
_KNOWN = 0.7
"""From there on a label is of some topic."""
_SAME, _SAME_ONE = 0.7, 0.9
"""From there on two hearings are of one menu: by their labels, or by the only one that both have.
"""
_MOST_WAITS = 2
_SHORT = 0.4
"""What the likeness of a phrase loses, by the number of its sounds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Goal:
    """Whom the call is for; the most exact that is known is tried first."""

    department: str = ""
    """`sales`, `support`, `billing`, `hr`, or any words that the menu may use."""
    last_name: str = ""
    extension: str = ""


@dataclass(frozen=True, slots=True)
class Step:
    """What to do in a menu: press keys, say words, wait for more, or hang up."""

    kind: Literal["press", "say", "wait", "give_up"]
    value: str = ""
    reason: str = ""


class IvrNavigator:
    """Chooses a step for each menu of one call.

    Args:
        goal: Whom to reach.
        language: Of the menus.
        max_depth: Steps after which it gives up.

    Raises:
        ValueError: there are no phrases for the language.
    """

    def __init__(self, goal: Goal, language: str = "en", *, max_depth: int = 6) -> None:
        self._goal = goal
        authored = authored_answers(language)
        self._topics: dict[str, str] = authored["goals"]
        self._phrases: dict[str, list[str]] = authored.get("topics", {})
        self._max_depth = max_depth
        self._steps = 0
        self._tried: list[tuple[Menu, str]] = []
        self._heard: Counter[str] = Counter()
        self._is_in_directory = False
        self._is_within = False
        """A key of the department was pressed: whatever is offered behind it belongs to it."""
        self._waits = 0
        self._hearings: list[Menu] = []
        """Of this menu, to its end."""

    def hear(self, menu: Menu, *, is_over: bool = True) -> Step:
        """Returns the step to take.

        Args:
            menu: All of it that has been heard.
            is_over: Whether it has been spoken to its end; before that a key is pressed only where
                it leads to the goal or to an operator by its very words.
        """
        if self._steps >= self._max_depth:
            return Step("give_up", reason=f"{self._max_depth} menus led to nobody")
        if step := self._at_once(menu, is_over=is_over):
            return step
        if menu.options:
            self._hearings.append(menu)
        if reason := self._why_wait(menu):
            return Step("wait", reason=reason)
        place = _place(menu)
        self._heard[place] += 1
        if self._heard[place] > _TIMES_HEARD:
            return Step("give_up", reason="the same menu comes again and again")
        for step in self._candidates(menu):
            if not self._is_tried(menu, step):
                return self._taken(menu, step)
        return Step("give_up", reason="no option leads to the goal")

    def _at_once(self, menu: Menu, *, is_over: bool) -> Step | None:
        if self._is_in_directory and not menu.options:
            self._is_in_directory = False
            return self._taken(menu, Step("press", _on_keypad(self._goal.last_name), "the name"))
        if step := self._direct(menu):
            return step
        return None if is_over else Step("wait", reason="the menu goes on")

    def _direct(self, menu: Menu) -> Step | None:
        """Returns the first step by which nothing that may still be offered would be missed."""
        steps = self._towards_goal(menu, is_exact=True)
        if not self._goal.department:
            steps += self._pressing(menu, "operator", is_exact=True)
        untried = [step for step in steps if not self._is_tried(menu, step)]
        return self._taken(menu, untried[0]) if untried else None

    def _is_tried(self, menu: Menu, step: Step) -> bool:
        return any(
            value == step.value and _is_same_place(menu, before) for before, value in self._tried
        )

    def _why_wait(self, menu: Menu) -> str:
        if not menu.options and not menu.spoken and not menu.takes_extension:
            return "no option yet"
        leads = self._towards_goal(menu)
        if not self._goal.department:
            leads += self._pressing(menu, "operator")
        if self._waits >= _MOST_WAITS or self._is_clear(menu) or leads:
            return ""
        self._waits += 1
        return "part of the menu was not understood; most menus are said again"

    def _is_clear(self, menu: Menu) -> bool:
        """Says whether each option was understood, so that what was not heard is not there."""
        if menu.is_guessed or not menu.is_whole:
            return False
        return not self._phrases or all(
            max(self._likely([label]).values()) >= _KNOWN for label in menu.options.values()
        )

    def _taken(self, menu: Menu, step: Step) -> Step:
        self._steps += 1
        self._waits, self._hearings = 0, []
        self._tried.append((menu, step.value))
        label = menu.options.get(step.value, "")
        department = self._goal.department
        self._is_within |= bool(department) and step.reason == department
        self._is_in_directory = bool(self._goal.last_name) and self._is_about("directory", label)
        return step

    def _candidates(self, menu: Menu) -> list[Step]:
        steps = self._towards_goal(menu)
        steps += self._pressing(menu, "operator")
        steps += self._saying(menu, "operator")
        if self._is_within and not any(_is_same_place(menu, before) for before, _ in self._tried):
            steps += [Step("press", key, "any of the department") for key in menu.options]
        return [*steps, Step("press", "0", "an operator is mostly there")]

    def _towards_goal(self, menu: Menu, *, is_exact: bool = False) -> list[Step]:
        goal, pressing = self._goal, partial(self._pressing, menu, is_exact=is_exact)
        steps: list[Step] = []
        if goal.extension and menu.takes_extension:
            steps.append(Step("press", goal.extension, "the extension"))
        if goal.last_name:
            steps += pressing(goal.last_name)
            steps += pressing("directory")
        if goal.department:
            steps += pressing(goal.department)
            steps += self._saying(menu, goal.department)
        return steps

    def _pressing(self, menu: Menu, topic: str, *, is_exact: bool = False) -> list[Step]:
        found = {key: label for key, label in menu.options.items() if self._is_about(topic, label)}
        if not found and not is_exact:
            found = self._sounding(menu, topic)
        by_length = sorted(found, key=lambda key: len(found[key]))
        return [Step("press", key, topic) for key in by_length]

    def _sounding(self, menu: Menu, topic: str) -> dict[str, str]:
        """Returns the option that sounds most like a topic, where it sounds like no other.

        The oftener a menu was heard, the less alike it must be.
        """
        least = _SOUNDS_LIKE[max(0, min(len(self._hearings), len(_SOUNDS_LIKE)) - 1)]
        leads: dict[str, float] = {}
        for key in menu.options:
            labels = [heard.options[key] for heard in self._hearings if key in heard.options]
            likely = self._likely(labels, also=topic)
            mine = likely.pop(topic)
            lead = mine - max(likely.values(), default=0.0)
            if lead > 0 and (mine >= least or mine + lead >= least + _CLEAR_LEAD):
                leads[key] = lead
        best = max(leads, key=lambda key: leads[key], default="")
        return {best: menu.options[best]} if best else {}

    def _likely(self, labels: Sequence[str], *, also: str = "") -> dict[str, float]:
        """Returns how much some hearings of one label sound like each topic."""
        phrases = (
            self._phrases
            if not also or also in self._phrases
            else self._phrases
            | {
                also: [
                    part
                    for part in self._words_of(also).split("|")
                    if part.replace(" ", "").isalpha()
                ]
            }
        )
        return {
            topic: max((_likeness(one, label) for one in said for label in labels), default=0.0)
            for topic, said in phrases.items()
        }

    def _saying(self, menu: Menu, topic: str) -> list[Step]:
        return [Step("say", word, topic) for word in menu.spoken if self._is_about(topic, word)]

    def _words_of(self, topic: str) -> str:
        """Returns the pattern of a topic, of a name or of any words."""
        return self._topics.get(topic) or "|".join(map(re.escape, plain(topic).split()))

    def _is_about(self, topic: str, label: str) -> bool:
        return re.search(rf"\b(?:{self._words_of(topic)})", label) is not None


def _likeness(phrase: str, label: str) -> float:
    """Returns how much a phrase sounds like some words of a label, and like all of it.

    Short phrases sound like much else, so that they count for less.
    """
    words, size = label.split(), len(phrase.split())
    likely = [
        _resemblance(phrase, " ".join(words[at : at + count])) - (0.04 if count > size else 0.0)
        for count in (size, size + 1)
        for at in range(len(words) - count + 1)
    ]
    within = max(likely, default=0.0)
    return (
        0.85 * within + 0.15 * _resemblance(phrase, label) - _SHORT / (len(sound_of(phrase)) or 1)
    )


def _resemblance(one: str, other: str) -> float:
    """Returns how alike words are by sound and by letters: recognisers keep whole syllables."""
    from rapidfuzz import fuzz

    return 0.6 * sameness(one, other) + 0.4 * fuzz.ratio(one, other) / 100


def _place(menu: Menu) -> str:
    return repr(sorted(menu.options.items())) if menu.options else menu.text


def _is_same_place(menu: Menu, other: Menu) -> bool:
    """Says whether one may be the other, or a part of it that has been heard so far."""
    both = menu.options.keys() & other.options.keys()
    if not both:
        return menu.text == other.text
    is_part = len(both) == min(len(menu.options), len(other.options))
    alike = sum(sameness(menu.options[key], other.options[key]) for key in both)
    return is_part and alike >= (_SAME if len(both) > 1 else _SAME_ONE) * len(both)


def _on_keypad(name: str) -> str:
    letters = [letter for letter in plain(name) if letter in _KEYPAD]
    return "".join(_KEYPAD[letter] for letter in letters[:_LETTERS_OF_NAME])
