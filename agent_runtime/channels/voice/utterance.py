"""Permitted words on their way to the ear, and how far they got."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from agent_runtime.domain import Sentence
from agent_runtime.grounding.sentences import split_sentences
from agent_runtime.library.voice_style import has_figures
from agent_runtime.speech.tones import PLAIN, Tone


@dataclass(frozen=True, slots=True)
class Utterance:
    """What one permit covers, in words that a voice can say."""

    text_id: str
    """The message, or the id of the approved text of a set phrase."""
    paragraphs: tuple[str, ...]
    """As permitted, personal data filled in."""
    language: str
    is_message: bool = True
    """False for a set phrase, which is no message of the thread."""
    content_ids: tuple[str, ...] = field(default=(), compare=False)
    tone: Tone = field(default=PLAIN, compare=False)
    """How it is said, by the style guide and the stage of the conversation."""
    tone_of_figures: Tone = field(default=PLAIN, compare=False)
    """How a sentence of it is said in which a figure stands."""

    def tone_of(self, piece: str) -> Tone:
        """Returns how one of its sentences is said."""
        return self.tone_of_figures if has_figures(piece) else self.tone

    @property
    def text(self) -> str:
        """All of it in one line."""
        return " ".join(_line(p) for p in self.paragraphs)

    @property
    def pieces(self) -> tuple[str, ...]:
        """What is given to the voice at a time: a sentence, so that the first is heard early."""
        return split_sentences(self.text)

    def after(self, heard: str) -> tuple[str, ...]:
        """Returns the sentences of which not everything was heard, for going on after a cough."""
        left, pieces = len(heard), list(self.pieces)
        while pieces and left >= len(pieces[0]):
            left -= len(pieces.pop(0)) + 1
        return tuple(pieces)


def as_heard(said: Sequence[Sentence], spoken: Utterance, heard: str) -> tuple[Sentence, ...]:
    """Returns the sentences of a message as far as they were heard.

    A sentence of which less than half was heard has told nothing: it stands on no fact any more.

    Args:
        said: The sentences of the message, in placeholder text, one a paragraph.
        spoken: What was made of it for the voice.
        heard: The beginning of its text that the listener heard.
    """
    found: list[Sentence] = []
    left = len(heard)
    for sentence, paragraph in zip(said, spoken.paragraphs, strict=True):
        line = _line(paragraph)
        if left <= 0:
            break
        if left >= len(line):
            found.append(sentence)
        else:
            facts = sentence.facts if 2 * left >= len(line) else ()
            found.append(Sentence(line[:left].rstrip(), facts))
        left -= len(line) + 1
    return tuple(found)


def _line(paragraph: str) -> str:
    return " ".join(paragraph.split())
