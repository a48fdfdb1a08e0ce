"""Telephone menus that can be walked: a key leads to another menu, to a department, or nowhere."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import yaml

from agent_runtime.speech.ivr_navigator import Goal, IvrNavigator
from agent_runtime.speech.phone_menu import menu_of
from tests.agent_runtime.speech.sounds import silence
from tests.agent_runtime.speech.telephone_line import Line, a_line, through
from tests.agent_runtime.speech.voices import Split, Voice, say, voice

_AUTHORED = yaml.safe_load(Path(__file__).with_suffix(".yaml").read_text("utf-8"))
_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_MOST_PROMPTS = 9
DEPARTMENTS = ("sales", "support", "billing", "hr")


@dataclass(frozen=True, slots=True)
class Place:
    """A menu, or a department where somebody picks up."""

    prompt: tuple[str, ...] = ()
    """Sentences; empty where somebody picks up."""
    keys: Mapping[str, "Place"] = field(default_factory=dict)
    name: str = ""


@dataclass(frozen=True, slots=True)
class Tree:
    """A menu with whom to reach in it; `reaches` are the places that count as that."""

    root: Place
    goal: Goal
    reaches: frozenset[str]
    wrong: str
    speaker: Voice
    line: Line
    seed: int


@dataclass(frozen=True, slots=True)
class Walk:
    """How a tree was walked."""

    is_reached: bool
    steps: tuple[str, ...]


def a_tree(seed: int, split: Split) -> Tree:
    """Draws a tree of one or two menus, and a department; where it is missing, the operator."""
    rng = np.random.default_rng((seed, split == "held_out", 5))
    authored = _AUTHORED[split]
    wanted = str(rng.choice(DEPARTMENTS))
    topics = [str(one) for one in rng.permutation(DEPARTMENTS)[: rng.integers(2, 5)]]
    others = [str(one) for one in rng.choice(authored["others"], 2, replace=False)]
    labels = [(topic, _one(rng, authored["labels"][topic])) for topic in topics]
    labels.insert(int(rng.integers(len(labels) + 1)), ("", others[0]))
    style = _one(rng, authored["styles"])
    places: dict[str, Place] = {}
    prompt = [_one(rng, authored["greetings"]).format(firm=_one(rng, authored["firm"]))]
    for number, (topic, label) in enumerate(labels, 1):
        places[str(number)] = _behind(rng, topic or label, authored)
        prompt.append(_option(rng, style, label, number))
    zero = "0" if rng.random() < 0.7 else str(len(labels) + 1)
    places[zero] = Place(name="operator")
    prompt.append(_option(rng, style, _one(rng, authored["labels"]["operator"]), int(zero)))
    speaker = voice(rng, split, clear=rng.random() < 0.6)
    line = a_line(rng, split, (14, 35))
    reaches = frozenset({wanted} if wanted in topics else {"operator"})
    root = Place(tuple(prompt), places)
    goal = Goal(department=wanted)
    return Tree(root, goal, reaches, authored["wrong"], speaker, line, seed)


def _behind(rng: np.random.Generator, topic: str, authored) -> Place:
    if topic not in authored["deeper"] or rng.random() < 0.6:
        return Place(name=topic)
    style = _one(rng, authored["styles"])
    labels = [*authored["deeper"][topic], _one(rng, authored["labels"][topic])]
    prompt = tuple(_option(rng, style, label, number) for number, label in enumerate(labels, 1))
    return Place(prompt, {str(key): Place(name=topic) for key in range(1, 4)})


def _option(rng: np.random.Generator, style: str, label: str, number: int) -> str:
    return style.format(label=label, key=_DIGITS[number])


def _one(rng: np.random.Generator, among) -> str:
    return str(rng.choice(among))


def walk(tree: Tree, heard: Callable[[bytes], Iterable[str]]) -> Walk:
    """Walks a tree as a call does: a menu that was not understood is heard again.

    Args:
        tree: Where to walk.
        heard: Returns the words of 16-bit sound at 8 kHz, as each ear of a call understands them.
    """
    navigator = IvrNavigator(tree.goal)
    place, before = tree.root, ()
    steps: list[str] = []
    for number in range(_MOST_PROMPTS):
        menu = menu_of(heard(_sound(tree, (*before, *place.prompt), number)), is_over=True)
        step = navigator.hear(menu)
        steps.append(f"{menu.text} -> {step.kind} {step.value} ({step.reason})")
        before = ()
        if step.kind == "give_up":
            break
        if step.kind != "press":
            continue
        after = place.keys.get(step.value)
        if after is None:
            before = (tree.wrong,)
        elif not after.prompt:
            return Walk(after.name in tree.reaches, tuple(steps))
        else:
            place = after
    return Walk(False, tuple(steps))


def _sound(tree: Tree, sentences: tuple[str, ...], number: int) -> bytes:
    rng = np.random.default_rng((tree.seed, number, 6))
    parts = [silence(0.4)]
    for sentence in sentences:
        parts += [say(tree.speaker, sentence), silence(float(rng.uniform(0.25, 0.6)))]
    clean = np.concatenate([*parts, silence(1.0)])
    return through(tree.line, clean, rng, 0.008)
