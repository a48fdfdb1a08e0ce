"""Who answered and beeps, on held-out sentences, voices, noises and seeds."""

from collections import Counter
from collections.abc import Mapping

from tests.acceptance.check import Check, Result, Verdict

TOLD_APART = 0.97
PERSON_P95_S = 1.0
FOUND = 0.99
REACHED = 37 / 40
MINUTES = 30
_BATCH = 10
_FIRST_SEED = 86_000
"""Whoever tunes anything on what these seeds showed takes others for the check."""
_TOLD = ("person", "voicemail", "ivr")


def _sound(case: str) -> Result:
    """Ten starts in English, through Silero, the tone listener, Moonshine and Whisper."""
    from tests.agent_runtime.speech.judged import from_sound
    from tests.agent_runtime.speech.starts import a_start

    return _judged(case, lambda seed: a_start(seed, "held_out", with_audio=True), from_sound)


def _words(case: str) -> Result:
    """Starts of one language as words with their times."""
    from tests.agent_runtime.speech.judged import from_words
    from tests.agent_runtime.speech.starts import a_start

    language, batch = case.split()
    return _judged(batch, lambda seed: a_start(seed, "held_out", language), from_words, 200)


def _judged(batch: str, make, judge, size: int = _BATCH) -> Result:
    from loguru import logger

    logger.remove()
    starts, missed, delays, over = Counter(), [], [], []
    first = _FIRST_SEED + int(batch) * size
    for seed in range(first, first + size):
        start = make(seed)
        judged = judge(start)
        starts[start.who] += 1
        is_person = start.who == "person"
        if judged.final != start.who and not (is_person and judged.final == "uncertain"):
            missed.append([start.who, judged.final, start.about, judged.words])
        if is_person:
            delays.append(round(min(99.0, judged.person_after_s(start.first_words_end_s)), 2))
        elif judged.took_for_person:
            over.append([start.who, judged.final, start.about, judged.words])
    return {"starts": dict(starts), "missed": missed, "delays_s": delays, "spoken_over": over}


def _judge(results: Mapping[str, Result]) -> Verdict:
    starts: Counter[str] = sum((Counter(one["starts"]) for one in results.values()), Counter())
    missed = Counter(who for one in results.values() for who, *_ in one["missed"])
    over = Counter(who for one in results.values() for who, *_ in one["spoken_over"])
    delays = sorted(delay for one in results.values() for delay in one["delays_s"])
    told = sum(starts[who] for who in _TOLD)
    share = 1 - sum(missed[who] for who in _TOLD) / told
    every = 1 - missed.total() / starts.total()
    p95 = delays[int(0.95 * (len(delays) - 1) + 0.999)]
    by_kind = ", ".join(f"{who} {n - missed[who]} of {n}" for who, n in sorted(starts.items()))
    figure = (
        f"{share:.3f} of {told} persons, voicemails and menus told apart (95% interval "
        f"{_interval(share, told)}; {every:.3f} of all "
        f"{starts.total()}: {by_kind}); a person is known {delays[len(delays) // 2]:.2f} s (p50), "
        f"{p95:.2f} s (p95), {delays[-1]:.2f} s (longest) after their first words, in time of the "
        f"call; recordings for a while taken for a person or uncertain: {over.total()} "
        f"({', '.join(f'{n} {who}' for who, n in sorted(over.items())) or 'none'})"
    )
    passed = share >= TOLD_APART and p95 <= PERSON_P95_S
    return Verdict(passed, figure, f"at least {TOLD_APART:.0%}, p95 at most {PERSON_P95_S} s")


def _interval(share: float, count: int) -> str:
    """Returns the Wilson interval of a share."""
    from statsmodels.stats.proportion import proportion_confint

    low, high = proportion_confint(round(share * count), count, method="wilson")
    return f"{low:.3f} to {high:.3f}"


def _beeps(case: str) -> Result:
    from tests.agent_runtime.speech.beeps import false_friends, speech, with_beep

    kind, number = case.split()
    first = _FIRST_SEED + int(number) * _BATCH * 4
    if kind == "speech":
        heard = _heard(speech(_FIRST_SEED + int(number), "held_out").audio)
        return {"false": [tone.kind for tone in heard if tone.kind != "dtmf"],
                "keys": sum(tone.kind == "dtmf" for tone in heard)}  # fmt: skip
    if kind == "tones":
        made = [one for seed in range(10) for one in false_friends(first + seed, "held_out")]
        heard = [(kind, [t.kind for t in _heard(r.audio, is_spoken=False)]) for kind, r in made]
        wrong = [kind for kind, tones in heard if "beep" in tones]
        known = [kind for kind, tones in heard if kind in tones]
        kinds = Counter(kind for kind, _ in heard)
        return {"kinds": kinds, "known": Counter(known), "taken_for_beep": Counter(wrong)}
    missed, wrong = [], 0
    for seed in range(first, first + _BATCH * 4):
        recording = with_beep(seed, "held_out")
        start, end = recording.beep_s or (0.0, 0.0)
        beeps = [tone for tone in _heard(recording.audio) if tone.kind == "beep"]
        hits = [b for b in beeps if b.start_s < end and b.end_s > max(start, end - 0.3)]
        wrong += len(beeps) - len(hits)
        if not hits:
            missed.append(recording.about)
    return {"beeps": _BATCH * 4, "missed": missed, "false": wrong}


def _heard(audio: bytes, *, is_spoken: bool = True):
    from agent_runtime.speech.call_tones import ToneListener

    listener = ToneListener(8000)
    listener.speech_heard = is_spoken
    return [t for at in range(0, len(audio), 320) for t in listener.feed(audio[at : at + 320])]


def _judge_beeps(results: Mapping[str, Result]) -> Verdict:
    greetings = [one for one in results.values() if "beeps" in one]
    talks = [one for one in results.values() if "keys" in one]
    tones = [one for one in results.values() if "kinds" in one]
    beeps = sum(one["beeps"] for one in greetings)
    missed = sum(len(one["missed"]) for one in greetings)
    in_talk = Counter(kind for one in talks for kind in one["false"])
    kinds, known, wrong = (
        sum((Counter(one[name]) for one in tones), Counter())
        for name in ("kinds", "known", "taken_for_beep")
    )
    figure = (
        f"{beeps - missed} of {beeps} beeps found ({sum(one['false'] for one in greetings)} false "
        f"ones in these greetings); in {len(talks)} minutes of speech {in_talk['beep']} false "
        f"beeps, {in_talk.total() - in_talk['beep']} other tones, "
        f"{sum(one['keys'] for one in talks)} false keys; other tones told by kind: "
        + ", ".join(f"{kind} {known[kind]}/{n}" for kind, n in kinds.items())
        + f"; with a false beep among them: {dict(wrong) or 'none'}"
    )
    passed = missed <= (1 - FOUND) * beeps and in_talk["beep"] == 0
    return Verdict(passed, figure, f"at least {FOUND:.0%} found, none in {MINUTES} min of speech")


def _menus(case: str) -> Result:
    """Ten telephone menus in sound, walked with what the ears of a call understand of them."""
    from loguru import logger

    from tests.agent_runtime.speech.judged import menu_in_sound
    from tests.agent_runtime.speech.menu_trees import a_tree, walk

    logger.remove()
    first = _FIRST_SEED + int(case) * _BATCH
    trees = [a_tree(seed, "held_out") for seed in range(first, first + _BATCH)]
    walks = [walk(tree, menu_in_sound) for tree in trees]
    lost = [one.steps for one in walks if not one.is_reached]
    return {"trees": len(trees), "lost": lost}


def _judge_menus(results: Mapping[str, Result]) -> Verdict:
    trees = sum(one["trees"] for one in results.values())
    lost = sum(len(one["lost"]) for one in results.values())
    share = 1 - lost / trees
    figure = f"{trees - lost} of {trees} goals reached in sound (95% {_interval(share, trees)})"
    return Verdict(share >= REACHED, figure, f"at least {REACHED:.1%}")


CHECKS = {
    "phone-menus": Check(cases=["0", "1", "2", "3"], sample=["0"], run=_menus, judge=_judge_menus),
    "who-answered": Check(
        cases=[str(batch) for batch in range(24)], sample=["0", "1"], run=_sound, judge=_judge
    ),
    "who-answered-words": Check(
        cases=[f"{language} 0" for language in ("en", "es", "de", "fr", "it", "pt")],
        sample=["en 0", "es 0"],
        run=_words,
        judge=_judge,
    ),
    "beeps": Check(
        cases=[
            *[f"greetings {batch}" for batch in range(10)],
            *[f"speech {minute}" for minute in range(MINUTES)],
            *[f"tones {batch}" for batch in range(2)],
        ],
        sample=["greetings 0", "speech 0", "tones 0"],
        run=_beeps,
        judge=_judge_beeps,
    ),
}
