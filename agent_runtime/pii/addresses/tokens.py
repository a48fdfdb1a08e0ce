"""A text as words, numbers, signs and line ends, with what each may be in an address."""

import re

from agent_runtime.pii.addresses.vocabulary import vocabulary

_TOKEN = re.compile(
    r"(?P<n>\d+(?:[-/–]\d+)*(?:[A-Za-z](?![\w]))?(?:st|nd|rd|th|er|\.?[ºª°])?(?!\w))"
    r"|(?P<w>[^\W_]+(?:['’.\-][^\W_]+)*)|(?P<l>\n)|(?P<p>[^\s\w])",
)
_NUMBER_WORDS = frozenset(["nº", "n°", "no", "nr", "n", "num", "número", "numero", "numéro"])


class Tokens:
    """The tokens of a text; places are counted in tokens."""

    def __init__(self, text: str) -> None:
        """Reads a text."""
        found = list(_TOKEN.finditer(text))
        self.text = text
        self.kinds = "".join(m.lastgroup or "p" for m in found)
        """One letter a token: number, word, line end, punctuation."""
        self.lower = [m[0].lower() for m in found]
        self.is_lower_case = text == text.lower()
        self._names: dict[int, bool] = {}
        self._raw = [m[0] for m in found]
        self._spans = [m.span() for m in found]

    def __len__(self) -> int:
        return len(self._raw)

    def start(self, index: int) -> int:
        """Returns where a token begins in the text."""
        return self._spans[index][0]

    def end(self, index: int) -> int:
        """Returns where a token ends in the text."""
        return self._spans[index][1]

    def raw(self, index: int) -> str:
        """Returns a token as it is written; empty outside the text."""
        return self._raw[index] if 0 <= index < len(self._raw) else ""

    def kind(self, index: int) -> str:
        """Returns n, w, l or p; a blank outside the text."""
        return self.kinds[index] if 0 <= index < len(self.kinds) else " "

    def word(self, index: int) -> str:
        """Returns a token in lower case; empty outside the text."""
        return self.lower[index] if 0 <= index < len(self._raw) else ""

    def at(self, offset: int) -> int:
        """Returns the first token that begins at or after a place of the text."""
        low, high = 0, len(self._spans)
        while low < high:
            middle = (low + high) // 2
            if self._spans[middle][0] < offset:
                low = middle + 1
            else:
                high = middle
        return low

    def is_number(self, index: int) -> bool:
        """Says whether a token is a house number and no time, price, share or measure."""
        if self.kind(index) != "n":
            return False
        after = self.word(index + 1)
        is_joined = self.word(index - 1) in (".", ",") and self._touches(index - 1)
        if is_joined and self.kind(index - 2) == "n" and self._touches(index - 2):
            return False
        if after in ":%€$£" and after and self._touches(index):
            return False
        if after in ".," and after and self._touches(index) and self._touches(index + 1):
            return self.kind(index + 2) != "n"
        if self.word(index - 1) in ("€", "$", "£", ":") and self._touches(index - 1):
            return False
        return after not in vocabulary().measures or self.raw(index + 1).istitle()

    def is_capital(self, index: int) -> bool:
        """Says whether a word begins with a capital, or could in a text without any."""
        if self.kind(index) != "w":
            return False
        raw = self._raw[index]
        return (
            self.is_lower_case
            or raw[0].isupper()
            or raw[0].isdigit()
            or raw[-1].isupper()
            or ("-" in raw and not raw.islower())
        )

    def is_name(self, index: int) -> bool:
        """Says whether a word may be (part of) the name of a street or town."""
        found = self._names.get(index)
        if found is None:
            found = self._names[index] = self._reads_as_name(index)
        return found

    def _reads_as_name(self, index: int) -> bool:
        if not self.is_capital(index):
            return False
        if len(self._raw[index]) == 1 and self._raw[index].isupper() and self.has_dot(index):
            return True
        word, known = self.lower[index], vocabulary()
        if word in known.no_places or ("." in word and len(word) > 5) or self.is_unit(index):
            return False
        return word not in known.common or self._is_beside_a_name(index)

    def is_region(self, index: int) -> bool:
        """Says whether a word is a short code of a state or province: NSW, ON."""
        word, known = self.word(index), vocabulary()
        is_code = self.kind(index) == "w" and len(word) in (2, 3) and self.raw(index).isupper()
        return word in known.regions or (is_code and word not in known.no_regions)

    def is_number_word(self, index: int) -> bool:
        """Says whether a word says only that a number follows: N° 5, nº 5."""
        if self.word(index) not in _NUMBER_WORDS:
            return False
        after = index + 1
        while self.word(after) in (".", "°", "º", "#"):
            after += 1
        return self.kind(after) == "n" and self.word(index) != "#"

    def is_unit(self, index: int) -> bool:
        """Says whether a word is a room or floor with its number: Apt. 5."""
        if self.kind(index) != "w" or self.lower[index] not in vocabulary().units:
            return False
        after = index + 1
        while self.word(after) in (".", "#", ":"):
            after += 1
        return self.kind(after) == "n"

    def is_connector(self, index: int) -> bool:
        """Says whether a word joins the parts of a name: de la, am, of."""
        return self.kind(index) == "w" and self.lower[index] in vocabulary().connectors

    def is_month(self, index: int) -> bool:
        """Says whether a word is the name of a month, as in streets: XV de Novembro."""
        return self.word(index) in vocabulary().months

    def has_dot(self, index: int) -> bool:
        """Says whether a full stop follows a token at once."""
        return self.word(index + 1) == "." and self._touches(index)

    def ends_sentence(self, index: int) -> bool:
        """Says whether a full stop after this token ends a sentence."""
        if not self.has_dot(index):
            return False
        is_letter = len(self.raw(index)) == 1 and self.kind(index) == "w"
        if is_letter or self.lower[index] in vocabulary().abbreviations:
            return False
        return self.kind(index + 2) != "n" and self.word(index + 2) not in (",", "\n")

    def _is_beside_a_name(self, index: int) -> bool:
        """Says whether a word of every day has a capital and so has its neighbour: New Zealand."""
        if self.is_lower_case or not self.raw(index)[0].isupper():
            return False
        known = vocabulary()
        return any(
            self.kind(other) == "w"
            and self.raw(other)[0].isupper()
            and self.lower[other] not in known.no_places
            and self.lower[other] not in known.common
            for other in (index - 1, index + 1)
        )

    def _touches(self, index: int) -> bool:
        return index + 1 < len(self) and self._spans[index][1] == self._spans[index + 1][0]
