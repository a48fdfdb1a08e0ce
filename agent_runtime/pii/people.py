"""Names of people that words introduce, or that stand under a closing formula."""

import re
from collections.abc import Iterator

from agent_runtime.pii.finding import Found

_NAME = r"[A-ZÀ-ÖØ-Þ][\w'’-]+"
_INTRODUCED = re.compile(
    r"(?:\b(?i:contact|ask|cc|copy|copying|colleague|(?:speak|talk|reach out|write) (?:to|with)"
    r"|hable con|hablar con|escriba a|compañer[oa]|wenden Sie sich an|sprechen Sie mit"
    r"|kolleg(?:e|in|en)|adressez-vous à|parlez à|collègue|fale com|falar com|colega"
    r"|parli con|si rivolga a|scriva a)\s+|^(?:Cc|CC):\s*)(" + _NAME + r"(?: " + _NAME + r"){1,2})",
    re.MULTILINE,
)
_SIGNED = re.compile(
    r"^[ \t]*(?i:(?:kind|best|warm) regards|regards|best(?: wishes)?|cheers|thanks|thank you"
    r"|sincerely|(?:un )?salud(?:o|os)(?: cordiales?)?|atentamente|gracias"
    r"|(?:mit )?(?:freundlichen?|besten?|vielen?|lieben?) grü(?:ß|ss)en?|vg|mfg|lg|danke"
    r"|cordialement|bien à vous|merci|(?:com os )?(?:melhores )?cumprimentos|atenciosamente"
    r"|obrigad[oa]|abraços|(?:cordiali|distinti) saluti|saluti|grazie)[,.!]?[ \t]*\n\s*("
    + _NAME
    + r"(?: "
    + _NAME
    + r"){0,2})[ \t]*$",
    re.MULTILINE,
)


def find_people(text: str) -> Iterator[Found]:
    """Yields names of which the text itself says that they are names."""
    for pattern in (_INTRODUCED, _SIGNED):
        for m in pattern.finditer(text):
            yield Found("PERSON", m.start(1), m.end(1))
