"""Finds the way through telephone menus to a person or a department."""

import re
from collections import Counter
from dataclasses import dataclass
from functools import partial
from typing import Literal

from agent_runtime.speech.answer_words import authored_answers, plain
from agent_runtime.speech.phone_menu import Menu
from agent_runtime.speech.sound_alike import sameness

_KEYPAD = dict(zip("abcdefghijklmnopqrstuvwxyz", "22233344455566677778889999", strict=True))
_LETTERS_OF_NAME = 3
_TIMES_HEARD = 3
_SOUNDS_LIKE = 0.82
"""From there on a label that was misheard is taken for a topic."""


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
        self._topics: dict[str, str] = authored_answers(language)["goals"]
        self._max_depth = max_depth
        self._steps = 0
        self._tried: list[tuple[Menu, str]] = []
        self._heard: Counter[str] = Counter()
        self._is_in_directory = False
        self._has_waited = False

    def hear(self, menu: Menu, *, is_over: bool = True) -> Step:
        """Returns the step to take.

        Args:
            menu: All of it that has been heard.
            is_over: Whether it has been spoken to its end; before that a key is pressed only where
                it leads to the goal or to an operator by its very words.
        """
        if self._steps >= self._max_depth:
            return Step("give_up", reason=f"{self._max_depth} menus led to nobody")
        if self._is_in_directory and not menu.options:
            self._is_in_directory = False
            return self._taken(menu, Step("press", _on_keypad(self._goal.last_name), "the name"))
        if not is_over:
            return self._direct(menu) or Step("wait", reason="the menu goes on")
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

    def _direct(self, menu: Menu) -> Step | None:
        """Returns the first step by which nothing that may still be offered would be missed."""
        steps = self._towards_goal(menu, is_exact=True)
        if not self._goal.department:
            steps += self._pressing(menu, self._topics["operator"], "an operator", is_exact=True)
        untried = [step for step in steps if not self._is_tried(menu, step)]
        return self._taken(menu, untried[0]) if untried else None

    def _is_tried(self, menu: Menu, step: Step) -> bool:
        return any(
            value == step.value and _is_same_place(menu, before) for before, value in self._tried
        )

    def _why_wait(self, menu: Menu) -> str:
        if not menu.options and not menu.spoken and not menu.takes_extension:
            return "no option yet"
        if self._has_waited or menu.is_whole or self._towards_goal(menu):
            return ""
        self._has_waited = True
        return "part of the menu was not understood; most menus are said again"

    def _taken(self, menu: Menu, step: Step) -> Step:
        self._steps += 1
        self._has_waited = False
        self._tried.append((menu, step.value))
        label = menu.options.get(step.value, "")
        self._is_in_directory = bool(self._goal.last_name) and self._is_about("directory", label)
        return step

    def _candidates(self, menu: Menu) -> list[Step]:
        steps = self._towards_goal(menu)
        steps += self._pressing(menu, self._topics["operator"], "an operator")
        steps += self._saying(menu, self._topics["operator"], "an operator")
        return [*steps, Step("press", "0", "an operator is mostly there")]

    def _towards_goal(self, menu: Menu, *, is_exact: bool = False) -> list[Step]:
        goal, pressing = self._goal, partial(self._pressing, menu, is_exact=is_exact)
        steps: list[Step] = []
        if goal.extension and menu.takes_extension:
            steps.append(Step("press", goal.extension, "the extension"))
        if goal.last_name:
            steps += pressing(re.escape(plain(goal.last_name)), "the name")
            steps += pressing(self._topics["directory"], "the directory")
        if goal.department:
            topic = self._topics.get(goal.department) or _words(goal.department)
            steps += pressing(topic, goal.department)
            steps += self._saying(menu, topic, goal.department)
        return steps

    def _pressing(
        self, menu: Menu, topic: str, reason: str, *, is_exact: bool = False
    ) -> list[Step]:
        found = {
            key: label for key, label in menu.options.items() if re.search(rf"\b(?:{topic})", label)
        }
        if not found and not is_exact:
            found = self._sounding(menu, topic)
        return [
            Step("press", key, reason) for key, _ in sorted(found.items(), key=lambda f: len(f[1]))
        ]

    def _sounding(self, menu: Menu, topic: str) -> dict[str, str]:
        """Returns the option whose words sound most like the topic, where one does."""
        phrases = [part for part in topic.split("|") if part.replace(" ", "").isalpha()]
        likely = {
            key: max((_likeness(phrase, label) for phrase in phrases), default=0.0)
            for key, label in menu.options.items()
        }
        best = max(likely, key=lambda key: likely[key], default="")
        is_like = best and likely[best] >= _SOUNDS_LIKE
        return {best: menu.options[best]} if is_like else {}

    def _saying(self, menu: Menu, topic: str, reason: str) -> list[Step]:
        return [
            Step("say", word, reason) for word in menu.spoken if re.search(rf"\b(?:{topic})", word)
        ]

    def _is_about(self, topic: str, label: str) -> bool:
        return re.search(rf"\b(?:{self._topics[topic]})", label) is not None


def _likeness(phrase: str, label: str) -> float:
    """Returns how much a phrase sounds like some words of a label that follow each other."""
    words, size = label.split(), len(phrase.split())
    likely = [
        sameness(phrase, " ".join(words[at : at + count])) - (0.04 if count > size else 0.0)
        for count in (size, size + 1)
        for at in range(len(words) - count + 1)
    ]
    return max(likely, default=0.0)


def _place(menu: Menu) -> str:
    return repr(sorted(menu.options.items())) if menu.options else menu.text


def _is_same_place(menu: Menu, other: Menu) -> bool:
    """Says whether one may be the other, or a part of it that has been heard so far."""
    both = menu.options.keys() & other.options.keys()
    if not both:
        return menu.text == other.text
    is_part = len(both) == min(len(menu.options), len(other.options))
    return is_part and all(
        sameness(menu.options[key], other.options[key]) >= _SOUNDS_LIKE for key in both
    )


def _words(department: str) -> str:
    return "|".join(map(re.escape, plain(department).split()))


def _on_keypad(name: str) -> str:
    letters = [letter for letter in plain(name) if letter in _KEYPAD]
    return "".join(_KEYPAD[letter] for letter in letters[:_LETTERS_OF_NAME])
