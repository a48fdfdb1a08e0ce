"""What a call shows of how we sell: how it was opened, what was asked and answered."""

from agent_runtime.models.language import LanguageModel
from agent_runtime.placeholders import TOKEN
from agent_runtime.script.meaning import is_asked, meaning_of, names_a_time
from agent_runtime.script.parts import Exchange, Opening, Parts
from agent_runtime.script.people import Hiding, says_who_speaks
from agent_runtime.script.sentences import questions_in, sentences
from agent_runtime.script.transcript import Call
from agent_runtime.script.wording import worded

_LEAST_WORDS = 4
"""A shorter question ("Right?") asks nothing that a playbook could ask again."""

_OPENING_WORDS = 8


def parts_of_call(call: Call, hiding: Hiding, model: LanguageModel, *, language: str) -> Parts:
    """Returns what a call consists of, in placeholder text.

    What the buyer said is paired with what was answered where the model reads a question or an
    objection in it; a question of ours that names a time is how the call was closed.
    """
    turns = [(turn.is_ours, hiding.hide(turn.text)) for turn in call.turns]
    exchanges: list[Exchange] = []
    unanswered: list[str] = []
    for number, (is_ours, text) in enumerate(turns):
        meant = None if is_ours else meaning_of(text, model, language=language)
        if meant is None or not is_asked(meant.intent):
            continue
        answers = [said for ours, said in turns[number + 1 : number + 2] if ours]
        answered = " ".join(s for said in answers for s in sentences(said) if _says_something(s))
        asked_for = _clearest(text, meant.intent, model, language)
        if answered:
            kind = "objection" if meant.is_objection else "question"
            exchanges.append(Exchange(asked_for, answered, kind))
        else:
            unanswered.append(asked_for)
    ours = [text for is_ours, text in turns if is_ours]
    asked = [q for text in ours for q in questions_in(text) if _asks_something(q)]
    closings = [question for question in asked if names_a_time(question, language)]
    return Parts(
        openings=_opening(ours),
        questions=tuple(dict.fromkeys(q for q in asked if q not in closings)),
        exchanges=tuple(exchanges),
        closings=tuple(dict.fromkeys(closings)),
        unanswered=tuple(unanswered),
        dialogue=tuple(text for is_ours, text in turns if not is_ours),
        remarks=tuple(hiding.hide(r.replace("[[SPEAKER]]", call.ours)) for r in call.remarks),
    )


def _opening(ours: list[str]) -> tuple[Opening, ...]:
    for text in ours[:2]:
        if len(worded(text).text.split()) >= _OPENING_WORDS:
            return (Opening(text),)
    return ()


def _clearest(text: str, intent: str | None, model: LanguageModel, language: str) -> str:
    """Returns the sentence that says it; the rest of a turn often says other things as well."""
    read = [(s, meaning_of(s, model, language=language)) for s in sentences(text)]
    saying = [(meant.confidence, s) for s, meant in read if meant.intent == intent]
    return max(saying)[1] if saying else text


def _says_something(sentence: str) -> bool:
    """A "Right." or "Thanks, Anna." answers nothing."""
    own = TOKEN.sub("", sentence).strip(" .,!").split()
    return not sentence.endswith("?") and len(own) > 1


def _asks_something(question: str) -> bool:
    return len(question.split()) >= _LEAST_WORDS and not says_who_speaks(question)
