"""`parley call --audio`: plays calls in sound, several at once, and tells how they went."""

import asyncio
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import typer

from agent_runtime.channels.voice.sound.rules_heard import broken_rules, words_heard
from agent_runtime.channels.voice.sound.sound_stage import call_in_sound
from agent_runtime.channels.voice.sound.sounded import Sounded
from agent_runtime.library.call_scenario import CallScenario
from agent_runtime.library.catalog import Library
from agent_runtime.models.language import LanguageModel
from agent_runtime.settings import Settings


def play_in_sound(
    chosen: Sequence[CallScenario],
    library: Library,
    model: LanguageModel,
    settings: Settings,
    *,
    clock: Callable[[], datetime],
    jobs: int = 1,
    folder: Path | None = None,
    as_json: bool = False,
) -> bool:
    """Plays calls and prints what came of each as soon as it is over.

    Args:
        chosen: The calls; those that are told as text only are skipped by name.
        library: The company's.
        model: Reads what the callers say.
        settings: Time limits of speech.
        clock: The runtime's.
        jobs: So many go on at once.
        folder: Where both tracks and the events of each call are written.
        as_json: One JSON object a call.

    Returns:
        Whether all went as their authors expect.
    """
    gate = asyncio.Semaphore(jobs)
    is_alone = len(chosen) == 1

    async def one(scenario: CallScenario) -> bool:
        if scenario.only_as_text:
            typer.echo(f"{scenario.id:<36} skipped: {scenario.only_as_text}", err=True)
            return True
        async with gate:
            typer.echo(f"{scenario.id:<36} rings", err=True)
            tell = _say_live if is_alone else _say_nothing
            call = await call_in_sound(
                scenario, library, model, clock=clock, settings=settings, progress=tell
            )
        if folder is not None:
            call.save(folder / scenario.id if not is_alone else folder)
        problems = await asyncio.to_thread(_problems, call)
        _print(call, problems, as_json=as_json)
        return not problems

    async def every() -> list[bool]:
        return await asyncio.gather(*(one(scenario) for scenario in chosen))

    return all(asyncio.run(every()))


def _problems(call: Sounded) -> list[str]:
    return [*call.problems(), *broken_rules(call, words_heard(call))]


def _say_live(at_s: float, what: str) -> None:
    typer.echo(f"{at_s:6.1f}  {what}", err=True)


def _say_nothing(at_s: float, what: str) -> None:
    pass


def _print(call: Sounded, problems: Sequence[str], *, as_json: bool) -> None:
    if as_json:
        told = call.as_json() | {"problems": list(problems)}
        typer.echo(json.dumps(told, default=str, ensure_ascii=False))
        return
    mark = "failed" if problems else "as expected"
    typer.echo(
        f"{call.scenario.id:<36} {call.outcome.disposition:<16} {call.length_s:5.0f} s  {mark}"
    )
    for turn in call.turns:
        if turn.first_word_ms is not None:
            typer.echo(
                f"  {turn.voice.end_s:6.1f}  {turn.first_word_ms:5.0f} ms to the first word"
                f" after {turn.said!r}"
            )
    for one in call.barge_ins:
        if one.silent_ms is not None:
            typer.echo(f"  {one.onset_s:6.1f}  {one.silent_ms:5.0f} ms to silence, spoken into")
    for remark in call.remarks():
        typer.echo(f"  (by the way) {remark}")
    for problem in problems:
        typer.echo(f"  {problem}", err=True)
