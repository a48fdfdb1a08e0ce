"""Threads of several turns whose truth is known, logged by a policy that looks at the buyer.

What the logging policy looks at also decides what comes of a turn, and so does something that
nobody logs; threads of one cluster share it.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np
import polars as pl

START = datetime(2026, 1, 5, tzinfo=UTC)
NOW = datetime(2026, 6, 1, tzinfo=UTC)
KNOWN = ("x0", "x1", "x2")


@dataclass(frozen=True)
class World:
    """How threads come about, who logs them, and which other policy is asked about."""

    threads: int = 3000
    turns: int = 3
    texts: int = 3
    explore: float = 0.2
    is_soft: bool = False
    """Whether the logging policy chooses by lot everywhere, and not only where it explores."""
    asks: str = "other"
    """other: another rule by the buyer; last: always the last text; best: never explores;
    even: by lot; few: another text where the third trait is high; new: a text nobody logged."""
    rate: float = 0.08
    effect: float = 0.8
    cluster: int = 1
    unseen: float = 0.5
    seen: tuple[str, ...] = KNOWN
    """Traits that the outcome model gets; none of them makes it wrong."""


@dataclass(frozen=True)
class Logged:
    """A log as tables, and what it was drawn from."""

    turns: pl.DataFrame
    options: pl.DataFrame
    outcomes: pl.DataFrame


def log_of(world: World, seed: int) -> Logged:
    rows, clusters = _play(world, np.random.default_rng(seed), world.threads, is_logged=True)
    texts = world.texts
    turns, options, outcomes = [], [], []
    for step, row in enumerate(rows):
        count = len(row.thread)
        names = row.thread * 100 + step
        at = START + step * timedelta(days=3)
        turns.append(
            pl.DataFrame(
                {
                    "turn": names,
                    "thread": row.thread,
                    "cluster": clusters[row.thread],
                    **{name: row.traits[:, i] for i, name in enumerate(KNOWN)},
                }
            ).with_columns(pl.lit(at).alias("at"))
        )
        options.append(
            pl.DataFrame(
                {
                    "turn": np.repeat(names, texts),
                    "action": np.tile([f"text-{k}" for k in range(texts)], count),
                    "logged": row.logged.ravel(),
                    "policy": row.asked.ravel(),
                    "is_chosen": (np.arange(texts) == row.chosen[:, None]).ravel(),
                }
            )
        )
        came = row.thread[row.came]
        outcomes.append(
            pl.DataFrame({"thread": came}).with_columns(
                pl.lit("reply").alias("reward"), pl.lit(at + timedelta(days=1)).alias("at")
            )
        )
    options = pl.concat(options)
    if world.asks == "new":
        options = _with_a_new_text(options)
    return Logged(pl.concat(turns), options, pl.concat(outcomes))


@cache
def truth_of(world: World, threads: int = 400_000) -> tuple[float, float]:
    """Returns the value of the other policy and of the logged one, a thread."""
    return (
        _value(world, threads, is_logged=False),
        _value(world, threads, is_logged=True),
    )


def _value(world: World, threads: int, *, is_logged: bool) -> float:
    part = 100_000
    total = 0.0
    for seed in range(threads // part):
        rows, _ = _play(world, np.random.default_rng([7, seed]), part, is_logged=is_logged)
        total += sum(row.came.sum() for row in rows) / part
    return total / (threads // part)


@dataclass(frozen=True)
class _Row:
    thread: np.ndarray
    traits: np.ndarray
    chosen: np.ndarray
    logged: np.ndarray
    asked: np.ndarray
    came: np.ndarray


def _play(world, random, threads, *, is_logged):
    clusters = np.arange(threads) // world.cluster
    count = clusters[-1] + 1
    unseen = (random.normal(size=count) * world.unseen)[clusters]
    traits = random.normal(size=(count, 3))[clusters] * 0.6 + random.normal(size=(threads, 3)) * 0.8
    alive, rows = np.arange(threads), []
    for step in range(world.turns):
        here = traits[alive]
        logged, asked = _logging(world, here), _asked(world, here)
        by = logged if is_logged else asked
        chosen = (by.cumsum(axis=1) > random.random((len(alive), 1)) * by.sum(1)[:, None]).argmax(1)
        base = np.log(world.rate / (1 - world.rate))
        drawn = base + 0.9 * here[:, 0] - 0.25 * here[:, 0] ** 2 + 0.5 * np.sin(2 * here[:, 1])
        drawn += unseen[alive] + world.effect * np.cos(1.5 * chosen + here[:, 2]) + 0.15 * step
        came = random.random(len(alive)) < 1 / (1 + np.exp(-drawn))
        rows.append(_Row(alive, here, chosen, logged, asked, came))
        goes_on = ~came & (random.random(len(alive)) < 0.45 + 0.25 * (chosen == 0))
        traits = traits.copy()
        traits[alive] = here * 0.8 + random.normal(size=here.shape) * 0.4
        traits[alive] += 0.2 * (chosen[:, None] == 1)
        alive = alive[goes_on]
        if not len(alive):
            break
    return rows, clusters


def _logging(world, traits):
    """By the buyer's first two traits, which also move what comes of it."""
    places = np.arange(world.texts)
    scores = 1.2 * traits[:, :1] * (places - (world.texts - 1) / 2)
    scores = scores + 0.3 * np.sin(2 * traits[:, 1:2] + places)
    if world.is_soft:
        soft = np.exp(scores - scores.max(axis=1, keepdims=True))
        best = soft / soft.sum(axis=1, keepdims=True)
    else:
        best = np.eye(world.texts)[scores.argmax(axis=1)]
    return (1 - world.explore) * best + world.explore / world.texts


def _asked(world, traits):
    texts = np.eye(world.texts)
    if world.asks in ("last", "new"):
        return np.tile(texts[-1], (len(traits), 1))
    if world.asks == "even":
        return np.full((len(traits), world.texts), 1 / world.texts)
    if world.asks == "best":
        return _logging(_still(world), traits)
    if world.asks == "few":
        chances = _logging(world, traits)
        chances[traits[:, 2] > 1.0] = texts[0]
        return chances
    return texts[((traits[:, 1] > 0).astype(int) + (traits[:, 2] > 0)) % world.texts]


def _still(world):
    from dataclasses import replace

    return replace(world, explore=0.0)


def _with_a_new_text(options: pl.DataFrame) -> pl.DataFrame:
    new = options.select(
        pl.col("turn").unique(maintain_order=True),
    ).with_columns(
        pl.lit("text-new").alias("action"),
        pl.lit(0.0).alias("logged"),
        pl.lit(1.0).alias("policy"),
        pl.lit(False).alias("is_chosen"),
    )
    return pl.concat([options.with_columns(pl.lit(0.0).alias("policy")), new])
