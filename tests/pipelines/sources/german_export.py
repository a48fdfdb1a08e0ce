"""An export that nobody has seen: German, cp1252, semicolons, odd dates, decimal commas, ja/nein.

Written from a seed, so that a test can count for itself what must come of it.
"""

import csv
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

COUNTRIES = (
    ("Deutschland", "Deutsch"),
    ("Frankreich", "Französisch"),
    ("Vereinigtes Königreich", "Englisch"),
    ("Vereinigte Staaten", "Englisch"),
    ("Österreich", "Deutsch"),
)
WITHOUT_CONSENT = {"Frankreich", "Vereinigtes Königreich", "Vereinigte Staaten"}
OWNERS = (("u1", "Brückner, Änne", "ja"), ("u2", "Scholz, Ole", "ja"), ("u3", "Weiß, Uwe", "nein"))
FIRST_NAMES = ("Jürgen", "Ann-Kathrin", "Zoë", "Hélène")
LAST_NAMES = ("Müller", "Groß", "O'Neill", "Lefèvre")
"""Few, so that there are many namesakes at each company, and each of them is a person."""
MAPPING = Path(__file__).parent / "german_mapping.yaml"


@dataclass(frozen=True, slots=True)
class GermanExport:
    """The people of the export as they were written."""

    people: tuple[dict[str, Any], ...]

    def may_be_written_to(self) -> set[str]:
        """Returns who passes the contact rules, counted by hand: no look at the product's code."""
        return {
            one["Kontakt-Nr"]
            for one in self.people
            if one["Werbesperre"] == "nein"
            and one["Betreuer"] != "Weiß, Uwe"
            and (one["Rechtsgrundlage"] == "Einwilligung" or one["Land"] in WITHOUT_CONSENT)
        }


def write_german_export(folder: Path, *, people: int = 400) -> GermanExport:
    """Writes users, companies, people and deals into a folder."""
    folder.mkdir(parents=True)
    draw = random.Random(7)
    firms = [
        f"{name} {kind}" for name in ("Alder", "Birken", "Dorn", "Eibe") for kind in ("GmbH", "AG")
    ]
    _write(
        folder / "Benutzer.csv",
        (
            {"Benutzer-ID": i, "Name": n, "E-Mail": f"{i}@northbeam.example", "Aktiv": a}
            for i, n, a in OWNERS
        ),
    )
    _write(
        folder / "Firmen.csv",
        (
            {
                "Firmen-Nr": f"F-{n:03d}",
                "Firmenname": firm,
                "Webseite": f"www.firma{n}.example",
                "Branche": draw.choice(["Maschinenbau", "Logistik"]),
                "Mitarbeiterzahl": f"{draw.randint(1, 9)}.{draw.randint(100, 999)}",
                "Jahresumsatz": f"{draw.randint(1, 90)}.{draw.randint(100, 999)}.000,50 €",
                "Land": "Deutschland",
            }
            for n, firm in enumerate(firms)
        ),
    )
    made = tuple(_person(draw, n, firms) for n in range(people))
    _write(folder / "Personen.csv", made)
    _write(
        folder / "Geschäfte.csv",
        (
            {
                "Vorgang": f"G-{n}",
                "Firma": draw.choice(firms),
                "Ansprechpartner": "",
                "Phase": draw.choice(["gewonnen", "verloren"]),
                "Auftragswert": f"{draw.randint(1, 90)}.{draw.randint(100, 999)},00",
                "Angelegt am": f"{draw.randint(1, 28):02d}.03.2025",
                "Abgeschlossen am": f"{draw.randint(1, 28):02d}.09.2025",
            }
            for n in range(40)
        ),
    )
    return GermanExport(made)


def _person(draw: random.Random, number: int, firms: list[str]) -> dict[str, Any]:
    country, language = draw.choice(COUNTRIES)
    return {
        "Kontakt-Nr": f"K{number:05d}",
        "Vorname": draw.choice(FIRST_NAMES),
        "Nachname": draw.choice(LAST_NAMES),
        "E-Mail-Adresse": f"kontakt{number}@firma{number % 8}.example",
        "Firma": draw.choice(firms),
        "Position": draw.choice(["Einkaufsleitung", "Geschäftsführung"]),
        "Land": country,
        "Korrespondenzsprache": language,
        "Betreuer": draw.choice(OWNERS)[1],
        "Werbesperre": draw.choice(["nein", "nein", "nein", "ja"]),
        "Rechtsgrundlage": draw.choice(["Einwilligung", "berechtigtes Interesse"]),
        "Einwilligung am": f"{draw.randint(1, 28):02d}.{draw.randint(1, 12):02d}.2025 08:15",
        "Angelegt am": f"{draw.randint(1, 28):02d}.{draw.randint(1, 12):02d}.2024 17:03",
    }


def _write(path: Path, rows: Any) -> None:
    listed = list(rows)
    with path.open("w", encoding="cp1252", newline="") as file:
        writer = csv.DictWriter(file, list(listed[0]), delimiter=";")
        writer.writeheader()
        writer.writerows(listed)
