"""Names of people, companies, cities and posts, by country, from which contacts are made up."""

from dataclasses import dataclass
from functools import cache
from importlib import import_module

LOCALES = {
    "US": ("en_US", "+1", 0.22),
    "GB": ("en_GB", "+44", 0.14),
    "DE": ("de_DE", "+49", 0.18),
    "FR": ("fr_FR", "+33", 0.1),
    "ES": ("es_ES", "+34", 0.1),
    "IT": ("it_IT", "+39", 0.08),
    "NL": ("nl_NL", "+31", 0.06),
    "SE": ("sv_SE", "+46", 0.05),
    "RU": ("ru_RU", "+7", 0.04),
    "GR": ("el_GR", "+30", 0.03),
}
"""Faker's locale, calling code, and share of the contacts."""

CITIES = {
    "US": ("New York", "Chicago", "Austin", "Boston", "Denver", "Seattle", "Atlanta", "Portland"),
    "GB": ("London", "Leeds", "Bristol", "Manchester", "Glasgow", "Cardiff"),
    "DE": ("München", "Köln", "Berlin", "Hamburg", "Nürnberg", "Düsseldorf", "Leipzig"),
    "FR": ("Paris", "Lyon", "Nantes", "Bordeaux", "Besançon", "Saint-Étienne"),
    "ES": ("Madrid", "Barcelona", "Málaga", "Sevilla", "A Coruña", "Valencia"),
    "IT": ("Milano", "Roma", "Torino", "Bologna", "Forlì"),
    "NL": ("Amsterdam", "Rotterdam", "Utrecht", "Eindhoven"),
    "SE": ("Stockholm", "Göteborg", "Malmö", "Örebro"),
    "RU": ("Москва", "Казань", "Самара", "Томск"),
    "GR": ("Αθήνα", "Πάτρα", "Λάρισα"),
}
FORMS = {
    "US": ("Inc.", "LLC", "Corp."),
    "GB": ("Ltd", "Limited", "PLC"),
    "DE": ("GmbH", "AG", "GmbH & Co. KG"),
    "FR": ("SARL", "S.A.S.", "SA"),
    "ES": ("S.L.", "S.A."),
    "IT": ("S.r.l.", "S.p.A."),
    "NL": ("B.V.", "N.V."),
    "SE": ("AB",),
    "RU": ("OOO", "АО"),
    "GR": ("A.E.", "EPE"),
}
TRADES = (
    *("Data", "Systems", "Logistics", "Foods", "Energy", "Robotics", "Media", "Health", "Textiles"),
    *("Motors", "Analytics", "Software", "Bank", "Insurance", "Chemicals", "Packaging", "Optics"),
    *("Tools", "Retail", "Travel", "Networks", "Partners", "Consulting", "Furniture", "Paper"),
)
TITLES = (
    *("Head of Sales", "Sales Manager", "VP Sales", "Account Executive", "Marketing Manager"),
    *("Head of Marketing", "CEO", "Managing Director", "Geschäftsführer", "Vertriebsleiter"),
    *("Directeur commercial", "Director de ventas", "Responsabile vendite", "CTO", "IT Manager"),
    *("Head of Data", "Data Engineer", "CFO", "Controller", "Procurement Manager", "Buyer"),
    *("Einkaufsleiter", "Head of Operations", "COO", "HR Manager", "Consultant", "Engineer"),
    *("Product Manager", "Software Engineer", "Office Manager", "Customer Success Manager"),
)
FREE_MAIL = ("gmail.com", "outlook.com", "gmx.de", "web.de", "orange.fr", "libero.it", "yahoo.com")
SHORT_NAMES = {
    "Robert": "Bob", "William": "Bill", "Elizabeth": "Liz", "Michael": "Mike", "James": "Jim",
    "Richard": "Dick", "Margaret": "Peggy", "Katherine": "Kate", "Thomas": "Tom", "David": "Dave",
    "Jennifer": "Jen", "Christopher": "Chris", "Daniel": "Dan", "Matthew": "Matt", "Joseph": "Joe",
    "Andrew": "Andy", "Steven": "Steve", "Edward": "Ted", "Patricia": "Trish", "Susan": "Sue",
    "Rebecca": "Becky", "Samantha": "Sam", "Nicholas": "Nick", "Anthony": "Tony", "Timothy": "Tim",
    "Alexander": "Alex", "Johannes": "Hannes", "Maximilian": "Max", "Katharina": "Kathi",
    "Sebastian": "Basti", "Francisco": "Paco", "José": "Pepe", "Giuseppe": "Beppe",
    "Guadalupe": "Lupe", "Manuel": "Manolo", "Concepción": "Concha", "Frédéric": "Fred",
    "Александр": "Саша", "Дмитрий": "Дима", "Κωνσταντίνος": "Κώστας", "Γεώργιος": "Γιώργος",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Names:
    """First names and family names of one country, the commoner the earlier."""

    men: tuple[str, ...]
    women: tuple[str, ...]
    families: tuple[str, ...]


@cache
def names_of(country: str) -> Names:
    """Returns the names that Faker knows for a country."""
    person = import_module(f"faker.providers.person.{LOCALES[country][0]}").Provider
    families = person.last_names or person.last_names_male
    return Names(
        tuple(dict.fromkeys(person.first_names_male)),
        tuple(dict.fromkeys(person.first_names_female)),
        tuple(dict.fromkeys(families)),
    )
