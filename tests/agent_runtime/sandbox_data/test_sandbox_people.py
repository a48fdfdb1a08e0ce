from collections import Counter
from zoneinfo import ZoneInfo

import phonenumbers
import pytest

from agent_runtime.sandbox.firms import firms
from agent_runtime.sandbox.owners import ACTIVE_OWNERS, OWNERS
from agent_runtime.sandbox.people import Person, load_people, people, write_people
from agent_runtime.sandbox.places import WHOLE_LANGUAGES, countries, country_code
from agent_runtime.sandbox.spelling import local_part


@pytest.fixture(scope="module")
def crowd() -> list[Person]:
    return people(5, 3000)


def test_a_larger_world_of_the_seed_begins_with_the_smaller(crowd):
    assert people(5, 400) == crowd[:400]
    assert people(6, 400) != crowd[:400]


def test_addresses_and_phones_belong_to_one_person_and_lead_nowhere(crowd):
    assert len({p.email for p in crowd}) == len({p.phone for p in crowd}) == len(crowd)
    assert all(p.email.endswith(".example") and p.email == p.email.lower() for p in crowd)
    assert all(p.email.isascii() and p.email.rpartition("@")[2] == p.domain for p in crowd)


def test_phones_are_valid_numbers_of_their_country(crowd):
    for person in crowd[:600]:
        number = phonenumbers.parse(person.phone)
        assert phonenumbers.is_valid_number(number), person.phone
        assert phonenumbers.region_code_for_number(number) == person.country


def test_every_country_has_zones_that_exist_and_a_territory_with_a_rep():
    for country in countries().values():
        assert country.territory in ACTIVE_OWNERS
        assert all(ZoneInfo(place.time_zone) for place in country.places)


def test_companies_have_one_to_twelve_people_and_a_domain_of_their_own(crowd):
    made = list(firms(5, 3000))
    assert len({firm.domain for firm in made}) == len(made)
    sizes = Counter(p.account_key for p in crowd).values()
    assert min(sizes) >= 1
    assert max(sizes) <= 12


def test_about_seven_in_eight_people_write_in_a_whole_language(crowd):
    share = sum(p.language in WHOLE_LANGUAGES for p in crowd) / len(crowd)
    assert 0.83 < share < 0.93
    assert set(WHOLE_LANGUAGES) < {p.language for p in crowd}
    assert len({p.time_zone for p in crowd}) > 20


def test_each_person_belongs_to_an_active_rep(crowd):
    assert {p.owner_slug for p in crowd} == {o.slug for o in OWNERS if o.is_active}


def test_people_come_back_from_the_file_as_they_were(tmp_path, crowd):
    path = tmp_path / "sandbox" / "people.parquet"
    write_people(path, crowd)
    assert load_people(path) == crowd


@pytest.mark.parametrize(
    ("first", "last", "language", "local"),
    [
        ("Jürgen", "Groß", "de", "juergen.gross"),
        ("José", "Peña", "es", "jose.pena"),
        ("Łukasz", "Wójcik", "pl", "lukasz.wojcik"),
        ("Sean", "O'Brien", "en", "sean.obrien"),
        ("Anouk", "van den Berg", "nl", "anouk.vandenberg"),
        ("Åsa", "Öberg", "sv", "asa.oberg"),
    ],
)
def test_names_become_plain_addresses(first, last, language, local):
    assert local_part(first, last, language=language) == local


@pytest.mark.parametrize(
    ("spelling", "code"),
    [
        ("Deutschland", "DE"),
        (" usa ", "US"),
        ("gb", "GB"),
        ("Philipines", "PH"),
        ("Atlantis", None),
    ],
)
def test_countries_are_known_by_many_spellings(spelling, code):
    assert country_code(spelling) == code


def test_a_rep_has_an_address_and_the_agent_a_mailbox_beside_it():
    owner = ACTIVE_OWNERS["DACH"]
    assert owner.email == "lena.vogt@northbeam.example"
    assert owner.agent_mailbox == "relay-lena-vogt@mail.northbeam.example"
