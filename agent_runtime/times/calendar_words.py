"""Words for days, months and hours in the six whole languages; nothing but data."""

WEEKDAYS: dict[str, tuple[str, ...]] = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "es": ("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
    "de": ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"),
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    "pt": (
        *("segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira"),
        *("sábado", "domingo"),
    ),
    "it": ("lunedì", "martedì", "mercoledì", "giovedì", "venerdì", "sabato", "domenica"),
}

MONTHS: dict[str, tuple[str, ...]] = {
    "en": (
        *("January", "February", "March", "April", "May", "June", "July", "August"),
        *("September", "October", "November", "December"),
    ),
    "es": (
        *("enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto"),
        *("septiembre", "octubre", "noviembre", "diciembre"),
    ),
    "de": (
        *("Januar", "Februar", "März", "April", "Mai", "Juni", "Juli", "August"),
        *("September", "Oktober", "November", "Dezember"),
    ),
    "fr": (
        *("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août"),
        *("septembre", "octobre", "novembre", "décembre"),
    ),
    "pt": (
        *("janeiro", "fevereiro", "março", "abril", "maio", "junho", "julho", "agosto"),
        *("setembro", "outubro", "novembro", "dezembro"),
    ),
    "it": (
        *("gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto"),
        *("settembre", "ottobre", "novembre", "dicembre"),
    ),
}

DAY_FORMS: dict[str, tuple[tuple[str, ...], ...]] = {
    "en": (
        *(("mon",), ("tue", "tues"), ("wed", "weds"), ("thu", "thur", "thurs"), ("fri",)),
        *(("sat",), ("sun",)),
    ),
    "es": ((), (), ("miercoles",), (), (), ("sabado",), ()),
    "de": ((), (), (), (), (), ("sonnabend",), ()),
    "fr": ((), (), (), (), (), (), ()),
    "pt": (
        *(("segunda", "2ª"), ("terça", "terca", "terca-feira"), ("quarta",), ("quinta",)),
        *(("sexta",), ("sabado",), ()),
    ),
    "it": (*(("lunedi",), ("martedi",), ("mercoledi",), ("giovedi",), ("venerdi",), (), ()),),
}
"""Other spellings of each weekday, Monday first; full names are in `WEEKDAYS`."""

ORDINALS: dict[str, dict[str, int]] = {
    "en": {
        **{"first": 0, "1st": 0, "former": 0, "earliest": 0, "second": 1, "2nd": 1, "middle": 1},
        **{"third": 2, "3rd": 2, "last": -1, "latter": -1, "final": -1, "latest": -1},
    },
    "es": {
        **{"primero": 0, "primera": 0, "primer": 0, "segundo": 1, "segunda": 1, "tercero": 2},
        **{"tercera": 2, "tercer": 2, "último": -1, "última": -1, "ultimo": -1, "ultima": -1},
    },
    "de": {
        **{"erste": 0, "ersten": 0, "erster": 0, "erstere": 0, "zweite": 1, "zweiten": 1},
        **{"zweiter": 1, "dritte": 2, "dritten": 2, "dritter": 2, "letzte": -1, "letzten": -1},
        **{"letzter": -1, "letztere": -1},
    },
    "fr": {
        **{"premier": 0, "première": 0, "premiere": 0, "1er": 0, "deuxième": 1, "deuxieme": 1},
        **{"second": 1, "seconde": 1, "2e": 1, "2ème": 1, "troisième": 2, "troisieme": 2},
        **{"3e": 2, "3ème": 2, "dernier": -1, "dernière": -1, "derniere": -1},
    },
    "pt": {
        **{"primeiro": 0, "primeira": 0, "segundo": 1, "segunda": 1, "terceiro": 2},
        **{"terceira": 2, "último": -1, "última": -1, "ultimo": -1, "ultima": -1},
    },
    "it": {
        **{"primo": 0, "prima": 0, "secondo": 1, "seconda": 1, "terzo": 2, "terza": 2},
        **{"ultimo": -1, "ultima": -1},
    },
}
"""Which of the offered times an ordinal means; -1 is the last."""
