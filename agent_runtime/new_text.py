"""What a person newly wrote: without quoted mail, greeting, sign-off and our own words."""

import re

_QUOTE_BEGINS = re.compile(
    r"^(?:-{2,} ?(?:original|ursprüngliche|mensaje|message|mensagem|messaggio).*"
    r"|_{10,}\s*|(?:From|Von|De|Da):\s.*|On .{5,120}wrote:|Am .{5,120}schrieb.{0,80}:"
    r"|El .{5,120}escribi[óo]:|Le .{5,120}a écrit ?:|(?:Em|A) .{5,120}escreveu:"
    r"|Il .{5,120}ha scritto:)[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_QUOTED_LINE = re.compile(r"^[ \t]*>.*$", re.MULTILINE)
_GREETING = re.compile(
    r"^\s*(?:hi|hello|hey|dear|good (?:morning|afternoon|day)|hola|estimad[oa]|buen[oa]s"
    r"(?: d[ií]as| tardes)?|hallo|guten (?:tag|morgen)|moin|servus|liebe[r]?|sehr geehrte[r]?|bonjour"
    r"|salut|chère?|olá|ola|oi|bom dia|boa tarde|prezad[oa]|car[oa]|ciao|buongiorno|salve|gentile)"
    r"(?:[ \t]+(?:there|all|team|both|again|everyone|zusammen|tod[oa]s|tous|à tous|a tutti|frau|herr"
    r"|monsieur|madame|señor[a]?|\[\[[A-Z_\d]+\]\]|(?-i:[A-ZÀ-Þ][\w.'’-]*))){0,3}"
    r"[ \t]*(?:[,!:]+|\n|[-–](?=\s)|(?<=\]\])(?=\s))",
    re.IGNORECASE,
)
_SIGN_OFF = re.compile(
    r"\n[ \t]*(?:--[ \t]*\n[\s\S]*|(?:(?:kind|best|warm|many)? ?(?:regards|wishes)|best|cheers"
    r"|sincerely|rgds|br|(?:un |saludos )?(?:saludos?|cordial saludo)(?: cordiales?)?|atentamente"
    r"|(?:mit )?(?:freundlichen?|besten?|viele|vielen|liebe|lieben|schöne) grü(?:ß|ss)e?n?"
    r"(?: aus [^\n]+)?|vg|mfg|lg|(?:bien )?cordialement|bien à vous|bonne journée"
    r"|(?:com os )?(?:melhores |meus )?cumprimentos|atenciosamente|abraços?"
    r"|(?:cordiali|distinti|un) saluti?o?|saluti|sent from my [^\n]*|gesendet von [^\n]*"
    r"|enviado desde [^\n]*|envoyé de [^\n]*|enviado do [^\n]*|inviato da [^\n]*)"
    r"[,.!]?[ \t]*(?:\n[\s\S]{0,300})?)$",
    re.IGNORECASE,
)
_SIGNED_NAME = re.compile(
    r"\n[ \t]*-{0,2}[ \t]*\[\[(?:FIRST_NAME|LAST_NAME|PERSON)(?:_\d+)?\]\]"
    r"(?:[ \t]\[\[(?:LAST_NAME|PERSON)(?:_\d+)?\]\])?[\s\S]{0,200}$"
)


def unquoted(text: str) -> str:
    """Returns the text up to the first quoted mail, without lines that quote."""
    begins = _QUOTE_BEGINS.search(text)
    own = text[: begins.start()] if begins else text
    return _QUOTED_LINE.sub("", own).strip()


def message_of(text: str) -> str:
    """Returns what the text says between its greeting and its sign-off, never nothing."""
    own = unquoted(text)
    bare = _GREETING.sub("", own, count=1)
    bare = _SIGN_OFF.sub("", bare)
    bare = _SIGNED_NAME.sub("", bare)
    return bare.strip() or own
