"""Which language a text is in, from its commonest words; six languages are whole."""

import re
from collections import Counter

_WORDS = {
    "en": "the and you your we our is are for with this that not have has do does can could would "
    "please thanks thank what when who how i i'm it's me my be on of to just there us hi "
    "hello sorry",
    "es": "el los las una que por para con gracias hola no es nos nuestro nuestra su usted ustedes "
    "pero muy como cuándo qué está estamos tenemos puede pueden me lo le al del buenos días "
    "favor ya",
    "de": "der die das und ist sind nicht ein eine wir sie ich ihr ihre mit für auf den dem uns mir "
    "danke bitte haben hat kann können wie was wann aber auch noch kein keine zum zur im am "
    "bei hallo",
    "fr": "le les des une et est nous vous je pas pour avec merci bonjour votre vos notre que qui "
    "dans sur ce cette sont avez avons peut pouvez mais aussi plus très au aux du ne quel "
    "quelle",
    "pt": "os uma que não por para com obrigado obrigada olá nós nosso nossa você vocês mas muito "
    "como quando está estamos temos pode podem ao da do dos das em bom dia já isso também "
    "favor é",
    "it": "il gli una che non per con grazie buongiorno ciao siamo nostro nostra lei voi ma molto "
    "come quando è sono abbiamo può potete del della di dei nel alla anche questo già mi ci "
    "vi sua",
    "nl": "het een en van niet wij jullie ik voor met dank bedankt graag onze maar ook hebben "
    "kunnen wat wanneer zijn naar geen mij deze dit u uw",
    "pl": "nie jest się proszę dziękuję dzień dobry czy dla nas państwo ale już jestem mamy jak "
    "oraz mnie jeszcze to na",
    "sv": "och inte är vi ni tack hej för med kan har det som på av oss vår er också jag om",
    "da": "og ikke er vi tak hej til med kan har det som på af os vores også jeg jer om",
}
_BY_WORD: dict[str, tuple[str, ...]] = {}
for _language, _words in _WORDS.items():
    for _word in _words.split():
        _BY_WORD[_word] = (*_BY_WORD.get(_word, ()), _language)

_TOKEN = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_OTHER_SCRIPT = re.compile(r"[\u0370-\u1cff\u2e80-\ud7ff]")


def detect_language(text: str, *, fallback: str) -> str:
    """Returns the two-letter code of a text's language; `fallback` when too little tells.

    A text in another script is `xx`: recognised as none of ours, for a person to read.
    """
    if len(_OTHER_SCRIPT.findall(text)) > len(text) / 4:
        return "xx"
    votes: Counter[str] = Counter()
    for token in _TOKEN.findall(text.lower().replace("’", "'")):
        for language in _BY_WORD.get(token, ()):
            votes[language] += 12 // len(_BY_WORD[token])
    if not votes:
        return fallback
    best, most = votes.most_common(1)[0]
    if votes[fallback] >= most * 0.75 or most < 18:
        return fallback
    return best
