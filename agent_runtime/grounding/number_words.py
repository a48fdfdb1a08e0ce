"""Numbers that are written or said in words, in six languages: from zero to 999, and the scales."""

from collections.abc import Iterator, Mapping
from functools import cache

from agent_runtime.grounding.phrases import word_set

Words = tuple[str, ...]

SCALES: Mapping[str, int] = {
    **dict.fromkeys(("thousand", "tausend", "mil", "mille", "mila", "k"), 1_000),
    **dict.fromkeys(
        ("million", "millions", "millionen", "mio", "millones", "millon", "milhao", "milhoes"),
        1_000_000,
    ),
    **dict.fromkeys(("milione", "milioni", "mn"), 1_000_000),
    **dict.fromkeys(("billion", "billions", "bn", "milliarde", "milliarden", "mrd"), 10**9),
    **dict.fromkeys(("milliard", "milliards", "miliardo", "miliardi"), 10**9),
}
POINTS = word_set("point komma virgule coma virgula virgola")


@cache
def spelled(language: str) -> Mapping[Words, int]:
    """Returns the words of 0 to 999 with their values; other languages are read as English."""
    make = _LANGUAGES.get(language, _english)
    return dict(make())


def _listed(words: str) -> list[str]:
    return words.split()


def _english() -> Iterator[tuple[Words, int]]:
    small = _listed(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
        "fifteen sixteen seventeen eighteen nineteen"
    )
    tens = _listed("twenty thirty forty fifty sixty seventy eighty ninety")
    below: dict[int, Words] = {n: (w,) for n, w in enumerate(small)}
    for place, ten in enumerate(tens, start=2):
        for unit in range(10):
            below[place * 10 + unit] = (ten, small[unit]) if unit else (ten,)
    yield from ((words, n) for n, words in below.items())
    yield ("a", "dozen"), 12
    yield ("two", "dozen"), 24
    for hundred in range(1, 10):
        heads = [(small[hundred], "hundred")] + ([("a", "hundred")] if hundred == 1 else [])
        for head in heads:
            yield head, hundred * 100
            for rest in range(1, 100):
                yield (*head, *below[rest]), hundred * 100 + rest
                yield (*head, "and", *below[rest]), hundred * 100 + rest


def _german() -> Iterator[tuple[Words, int]]:
    small = _listed(
        "null ein zwei drei vier funf sechs sieben acht neun zehn elf zwolf dreizehn vierzehn "
        "funfzehn sechzehn siebzehn achtzehn neunzehn"
    )
    tens = _listed("zwanzig dreissig vierzig funfzig sechzig siebzig achtzig neunzig")
    below = dict(enumerate(small))
    for place, ten in enumerate(tens, start=2):
        for unit in range(10):
            below[place * 10 + unit] = f"{small[unit]}und{ten}" if unit else ten
    for form in ("eins", "eine", "einen", "einem", "einer", "eines"):
        yield (form,), 1
    yield from (((word,), n) for n, word in below.items())
    for hundred in range(1, 10):
        for head in {f"{small[hundred]}hundert"} | ({"hundert"} if hundred == 1 else set()):
            yield (head,), hundred * 100
            for rest in range(1, 100):
                yield (f"{head}{below[rest]}",), hundred * 100 + rest
                yield (f"{head}und{below[rest]}",), hundred * 100 + rest


def _romance(
    small: str, tens: str, hundreds: str, joint: str, ones: str = ""
) -> Iterator[tuple[Words, int]]:
    """Small to the last teen, tens from the first ten above, hundreds from 100, joining word."""
    units = _listed(small)
    below: dict[int, list[Words]] = {n: [(w,)] for n, w in enumerate(units)}
    first = len(units) // 10 * 10
    for place, ten in enumerate(_listed(tens)):
        base = first + place * 10
        for unit in range(10):
            if base + unit in below:
                continue
            with_unit: list[Words] = [(ten, joint, units[unit]), (ten, units[unit])]
            with_unit.append((_glued(ten, units[unit]),))
            below[base + unit] = with_unit if unit else [(ten,)]
    for one in _listed(ones):
        yield (one,), 1
    for number, ways in below.items():
        yield from ((way, number) for way in ways)
    for place, head in enumerate(_listed(hundreds), start=1):
        yield (head,), place * 100
        for number, ways in below.items():
            if 0 < number < 100:
                for way in ways:
                    yield (head, *way), place * 100 + number
                    yield (head, joint, *way), place * 100 + number


def _glued(ten: str, unit: str) -> str:
    return (ten[:-1] if unit[0] in "uo" else ten) + unit


def _spanish() -> Iterator[tuple[Words, int]]:
    yield from _romance(
        "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince "
        "dieciseis diecisiete dieciocho diecinueve veinte veintiuno veintidos veintitres "
        "veinticuatro veinticinco veintiseis veintisiete veintiocho veintinueve",
        "treinta cuarenta cincuenta sesenta setenta ochenta noventa",
        "ciento doscientos trescientos cuatrocientos quinientos seiscientos setecientos "
        "ochocientos novecientos",
        "y",
        "un una",
    )
    yield ("cien",), 100


def _portuguese() -> Iterator[tuple[Words, int]]:
    yield from _romance(
        "zero um dois tres quatro cinco seis sete oito nove dez onze doze treze quatorze quinze "
        "dezesseis dezessete dezoito dezenove",
        "vinte trinta quarenta cinquenta sessenta setenta oitenta noventa",
        "cento duzentos trezentos quatrocentos quinhentos seiscentos setecentos oitocentos "
        "novecentos",
        "e",
        "uma",
    )
    for word, number in (("cem", 100), ("duas", 2), ("catorze", 14), ("dezasseis", 16)):
        yield (word,), number
    yield from ((("dezassete",), 17), (("dezanove",), 19))


def _italian() -> Iterator[tuple[Words, int]]:
    yield from _romance(
        "zero uno due tre quattro cinque sei sette otto nove dieci undici dodici tredici "
        "quattordici quindici sedici diciassette diciotto diciannove",
        "venti trenta quaranta cinquanta sessanta settanta ottanta novanta",
        "cento duecento trecento quattrocento cinquecento seicento settecento ottocento novecento",
        "e",
        "un una",
    )


def _french() -> Iterator[tuple[Words, int]]:
    small = _listed(
        "zero un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze "
        "seize"
    )
    below: dict[int, Words] = {n: (w,) for n, w in enumerate(small)}
    below |= {17: ("dix", "sept"), 18: ("dix", "huit"), 19: ("dix", "neuf")}
    for ten, word in ((20, "vingt"), (30, "trente"), (40, "quarante"), (50, "cinquante")):
        below[ten] = (word,)
        below |= {ten + u: (word, *(("et",) if u == 1 else ()), small[u]) for u in range(1, 10)}
    below[60] = ("soixante",)
    for rest in range(1, 20):
        joint = ("et",) if rest in {1, 11} else ()
        below[60 + rest] = ("soixante", *joint, *below[rest])
        below[80 + rest] = ("quatre", "vingt", *below[rest])
    below[80] = ("quatre", "vingts")
    yield ("une",), 1
    yield from ((words, n) for n, words in below.items())
    for hundred in range(1, 10):
        head = (small[hundred], "cent") if hundred > 1 else ("cent",)
        yield head, hundred * 100
        yield (*head[:-1], "cents"), hundred * 100
        for rest in range(1, 100):
            yield (*head, *below[rest]), hundred * 100 + rest


_LANGUAGES = {
    "de": _german,
    "es": _spanish,
    "fr": _french,
    "it": _italian,
    "pt": _portuguese,
}
