"""Software that a buyer owns or would connect (`tool`), and rivals of ours (`competitor`)."""

import re
from collections.abc import Iterator
from functools import cache

from agent_runtime.hearing.mentions.mention import Mention, Written, listed, longest
from agent_runtime.words import read_words


def find_products(written: Written) -> list[Mention]:
    """Returns tools and competitors; the words around decide which of the two a name is."""
    words = _patterns()
    found = [*_known(written, words), *_unknown(written, words)]
    return longest(found)


def _known(written: Written, words: "_Patterns") -> Iterator[Mention]:
    for match in words.known.finditer(written.text):
        if match[0].lower() in words.also_words and not _is_a_name(written, match):
            continue
        is_rival = match[0].lower() in words.rivals
        yield Mention(_kind(written, match, words, is_rival), match.start(), match.end())


def _is_a_name(written: Written, match: re.Match[str]) -> bool:
    """A product that is a word as well has a capital, and not because a sentence begins."""
    start, _ = written.sentence(match.start())
    begins = not written.text[start : match.start()].strip()
    return match[0][0].isupper() and not begins


def _kind(written: Written, match: re.Match[str], words: "_Patterns", is_rival: bool) -> str:
    start, end = written.sentence(match.start())
    before = written.flat[start : match.start()]
    around = before + " # " + written.flat[match.end() : end]
    is_connected = bool(words.connects_right_before.search(before))
    if is_rival:
        return "tool" if is_connected and not words.instead.search(around) else "competitor"
    if is_connected:
        return "tool"
    return "competitor" if words.does_the_job.search(around) else "tool"


def _unknown(written: Written, words: "_Patterns") -> Iterator[Mention]:
    for kind, pattern in words.cues:
        for cue in pattern.finditer(written.flat):
            name = words.name.match(written.text, cue.end())
            if name and not words.no_name.fullmatch(written.flat, name.start(), name.end()):
                found = kind
                if kind == "tool" and words.does_the_job.search(written.flat, name.end()):
                    found = "competitor"
                yield Mention(found, name.start(), name.end())


class _Patterns:
    def __init__(self) -> None:
        words, names = read_words("entities/products"), read_words("entities/names")
        tools = [name.strip() for name in words["tools"].split("|")]
        rivals = [name.strip() for name in words["rivals"].split("|")]
        self.rivals = frozenset(name.lower() for name in rivals)
        self.also_words = frozenset(name.lower() for name in words["also_words"])
        by_length = sorted({*tools, *rivals}, key=lambda name: (-len(name), name))
        known = "|".join(re.escape(name) for name in by_length)
        self.known = re.compile(rf"(?<![\w@.-])(?:{known})(?![\w@]|\.\w|-\w+@)", re.IGNORECASE)
        begin, end = r"(?<![a-z])", r"(?![a-z])"
        connects = listed(words["connects"])
        self.connects_right_before = re.compile(
            rf"{begin}{connects}\s+(?:(?:our|your|the|my|unser\w*|ihr\w*|nuestr\w+|el|la|notre|le|"
            rf"o|a|nosso|il|nostro|both|either|\w+,|\w+ and|\w+ und|\w+ y|\w+ et|\w+ e)\s+)*$"
        )
        self.instead = re.compile(rf"{begin}{listed(words['instead'])}{end}")
        self.does_the_job = re.compile(_DOES_THE_JOB)
        self.cues = [
            (
                kind,
                re.compile(
                    rf"{begin}{listed(words[cue])}\s+(?:a |an |the |el |la |il |o |den |die |das )?"
                ),
            )
            for kind, cue in (
                ("competitor", "rival_before"),
                ("tool", "we_use"),
                ("tool", "connects"),
            )
        ]
        self.name = re.compile(
            r"[A-ZÀ-ÖØ-Þ][\w&+/-]*[\w](?:\.(?:io|ai|com|dev))?(?: (?:[A-ZÀ-ÖØ-Þ]\w+|\d+|[IVX]+\b))?"
        )
        nouns = "|".join(map(re.escape, names["not_names"].split()))
        places = "|".join(map(re.escape, names["places"].split()))
        self.no_name = re.compile(rf"(?:{nouns}|{places})(?:\s\w+)?", re.IGNORECASE)


_DOES_THE_JOB = (
    r"(?:for (?:this|that|it|exactly)|dafur|para (?:eso|esto|ello|isso|isto)|pour (?:ca|cela)|per questo|"
    r"does (?:this|that|it|the job|the same|exactly|all)|do the same|instead of you|macht das|"
    r"erledigt das|deckt das|ubernimmt das|hace lo mismo|nos lo hace|se encarga|fait (?:deja )?la meme|"
    r"s'en charge|s'en occupe|faz o mesmo|trata disso|faz isso|fa lo stesso|se ne occupa|fa gia|"
    r"das machen wir|lo hacemos con|on le fait avec|fazemos isso com|lo facciamo con|we do (?:this|that|it) with|"
    r"no,? thank|nein,? danke|no,? gracias|non,? merci|nao,? obrigad\w|no,? grazie|not interested|kein interesse|"
    r"takes care of (?:this|that|it)|handles (?:this|that|it)|covers (?:this|that|it))(?![a-z])"
)


@cache
def _patterns() -> _Patterns:
    return _Patterns()
