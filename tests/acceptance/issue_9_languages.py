"""Languages of a call in real sound: told apart, no accent taken for one, a switch in mid-call."""

import asyncio
import sys
from collections import Counter
from collections.abc import Mapping

from tests.acceptance.check import Check, Result, Verdict
from tests.acceptance.discovery import REPOSITORY

OTHERS = ("es", "de", "fr", "it", "pt")
_SPANISH = 0.9
_FIRST_SEED = 50_000
"""Whoever tunes anything on what these seeds showed takes others for the check."""
_IN_A_ROW = 2
_CALLS = 50
"""Of four sentences each."""
_VARIANTS = ("m2", "m7", "f3", "f5", "Andy", "steph")


def _tell(case: str) -> Result:
    """Each held-out sentence of a language, on a telephone line, and each two in a row."""
    kind, name = case.split()
    return _accents(int(name)) if kind == "accents" else _language(name)


def _language(language: str) -> Result:
    import numpy as np

    from tests.agent_runtime.speech.foreigners import speak
    from tests.agent_runtime.speech.voices import _TAGS

    tellings = []
    for number, text in enumerate(_sentences()[language] * 2):
        rng = np.random.default_rng(_FIRST_SEED + number)
        voice = f"{_TAGS[language][number % 2]}+{rng.choice(_VARIANTS)}"
        tellings.append(_telling(speak(voice, text, int(rng.uniform(130, 165))), rng))
    alone = [_after([one]) for one in tellings]
    rows = [tellings[at : at + _IN_A_ROW] for at in range(len(tellings) - 1)]
    return {
        "language": language,
        "likeliest": sum(max(s, key=lambda one: s[one]) == language for s, _ in tellings),
        "alone": Counter(alone),
        "in_a_row": Counter(_after(row) for row in rows),
    }


def _accents(batch: int) -> Result:
    """Calls of four English sentences each by one speaker: any switch is a false one."""
    import numpy as np

    from tests.agent_runtime.speech.foreigners import ACCENTS, of_a_region, with_accent

    english, switched, said = _sentences()["en"], [], 0
    for call in range(batch * 10, batch * 10 + 10):
        rng = np.random.default_rng(_FIRST_SEED + 1000 + call)
        kind = [*ACCENTS, "region", "region"][call % (len(ACCENTS) + 2)]
        tellings = []
        for text in rng.choice(english, 4, replace=False):
            sound = (
                of_a_region(text, rng, _VARIANTS)
                if kind == "region"
                else with_accent(text, kind, rng)
            )
            tellings.append(_telling(sound, rng))
        said += len(tellings)
        if found := _after(tellings):
            switched.append([kind, found])
    return {"said": said, "switched": switched}


def _sentences() -> Mapping[str, list[str]]:
    import yaml

    path = REPOSITORY / "tests/agent_runtime/speech/sentences_by_language.yaml"
    return yaml.safe_load(path.read_text(encoding="utf-8"))["held_out"]


def _telling(sound, rng):
    """What is told of a sentence on a line of 8 kHz, and how long it is."""
    import numpy as np

    from agent_runtime.library.content import LOCALES
    from agent_runtime.speech.services import language_shares_of_sound
    from agent_runtime.speech.sound import resample

    noisy = sound + rng.normal(0, 0.5 * 10 ** (-rng.uniform(20, 35) / 20) * 0.3, len(sound))
    line = resample(np.pad(_coded(noisy), (400, 1200)).astype(np.float32), 8000, 16000)
    shares = asyncio.run(language_shares_of_sound(line, LOCALES, limit_s=120))
    return shares, len(sound) / 8000


def _coded(sound):
    from io import BytesIO

    import soundfile

    file = BytesIO()
    soundfile.write(file, sound.clip(-1, 1), 8000, format="WAV", subtype="ULAW")
    file.seek(0)
    return soundfile.read(file, dtype="float32")[0]


def _after(tellings) -> str:
    from agent_runtime.library.content import LOCALES
    from agent_runtime.speech.language_watch import LanguageWatch

    watch = LanguageWatch("en", frozenset(LOCALES))
    for shares, voiced_s in tellings:
        if found := watch.heard(shares, voiced_s=voiced_s):
            return found
    return ""


def _judge(results: Mapping[str, Result]) -> Verdict:
    told = [one for one in results.values() if "language" in one]
    accents = [one for one in results.values() if "said" in one]
    false = [one for result in accents for one in result["switched"]]
    said = sum(one["said"] for one in accents)
    parts, wrong, right = [], 0, {}
    for one in told:
        language, alone, row = one["language"], Counter(one["alone"]), Counter(one["in_a_row"])
        right[language] = row[language] / row.total()
        wrong += sum(n for found, n in row.items() if found not in ("", language))
        parts.append(
            f"{language} likeliest in {one['likeliest']}, switched to after one sentence "
            f"{alone[language]} of {alone.total()}, after two {row[language]} of {row.total()}"
        )
    figure = (
        f"{'; '.join(parts)}; to a wrong language {wrong}; "
        f"false switches on accented English: {len(false)} of {said} sentences {false or ''}"
    )
    passed = not false and right.get("es", 1.0) >= _SPANISH
    return Verdict(passed, figure, f"no false switch; Spanish after two at least {_SPANISH:.0%}")


def _switch(case: str) -> Result:
    """A whole call in sound: English, a Spanish question, and back to English."""
    from loguru import logger

    logger.remove()
    sys.path[:0] = [
        str(REPOSITORY / "tests/agent_runtime/channels/voice"),
        str(REPOSITORY / "tests/agent_runtime/runtime"),
    ]
    from spoken_call import switched_call

    return asyncio.run(switched_call(_FIRST_SEED + int(case)))


def _judge_switch(results: Mapping[str, Result]) -> Verdict:
    there = sum("es" in one["languages"] for one in results.values())
    told = sum(one["told"] for one in results.values())
    back = sum(one["languages"][-1:] == ["en"] for one in results.values())
    count = len(results)
    figure = (
        f"of {count} calls {there} went on in Spanish, {told} said again who speaks in it, "
        f"{back} came back"
    )
    return Verdict(min(there, told, back) >= 0.8 * count, figure, "at least 80% each")


CHECKS = {
    "languages": Check(
        cases=[
            *(f"tell {language}" for language in OTHERS),
            *(f"accents {batch}" for batch in range(_CALLS // 10)),
        ],
        sample=["tell es", "accents 0"],
        run=_tell,
        judge=_judge,
    ),
    "language-switch": Check(
        cases=[str(call) for call in range(10)], sample=["0"], run=_switch, judge=_judge_switch
    ),
}
