"""Who of a pool meets a buyer."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.authored import load_yaml
from agent_runtime.library.catalog import load_library
from agent_runtime.meetings.routing import route, turn_of
from agent_runtime.meetings.template import (
    FOLDER,
    MeetingsError,
    Member,
    Pool,
    load_meetings,
    template_of,
)

POOL = Pool(
    id="p",
    members=(
        Member(owner_id="a", territories=("DACH",), languages=("de", "en")),
        Member(owner_id="b", territories=("DACH", "UKI"), languages=("en",)),
        Member(owner_id="c"),
    ),
)


def routed(pool=POOL, ahead=None, **words):
    asked = {"owner_id": "", "territory": "DACH", "language": "en", "key": "k"} | words
    return route(pool, meetings_ahead=lambda owner: (ahead or {}).get(owner, 0), **asked)


def test_the_owner_of_the_account_comes_before_any_turn():
    """R67 R108: ownership is respected."""
    assert routed(owner_id="z").owner_ids == ("z",)


def test_territory_and_language_are_respected():
    """R67 R109: territories of the pool."""
    assert set(routed(language="de").owner_ids) == {"a", "c"}
    assert set(routed(territory="UKI").owner_ids) == {"b", "c"}
    nobody = routed(Pool(id="p", members=POOL.members[:2]), territory="AMER")
    assert (nobody.owner_ids, nobody.reason) == ((), "nobody_serves_this_territory_and_language")


@given(st.lists(st.integers(0, 9**9), min_size=30, max_size=60, unique=True))
def test_turns_are_even_whoever_asks(keys):
    """R54: round robin."""
    had = Counter()
    for key in keys:
        had[routed(ahead=had, key=str(key)).owner_ids[0]] += 1
    assert max(had.values()) - min(had[o] for o in "abc") <= 1


def test_among_equals_no_name_is_first_by_its_letters():
    first = Counter(routed(key=str(n)).owner_ids[0] for n in range(300))
    assert min(first[o] for o in "abc") > 60


def test_shipped_templates_say_only_what_is_approved():
    """R109: meeting templates and pools are data."""
    templates, pools = load_meetings()
    library = load_library()
    assert templates
    assert pools
    for template in templates.values():
        for content in (template.agenda, *template.prepare):
            assert (content, "en") in library.contents


LENA, MATEO, MAYA, OLIVER = (f"005NB000000000{n}" for n in (3, 4, 1, 2))
EVERYBODY = (LENA, MATEO, MAYA, OLIVER)


def turns(country, count=40, owners=EVERYBODY, language=""):
    had = Counter()
    for n in range(count):
        had[
            turn_of(owners, country=country, language=language, key=str(n), had=had.__getitem__)
        ] += 1
    return had


@pytest.mark.parametrize(
    ("country", "shares"),
    [
        ("DE", {LENA: 40}),
        ("US", {MAYA: 40}),
        ("SE", {LENA: 20, OLIVER: 20}),
        ("NL", {LENA: 20, MATEO: 20}),
        ("JP", {MAYA: 20, OLIVER: 20}),
        ("", {"": 40}),
        ("XX", {"": 40}),
    ],
)
def test_who_has_no_owner_comes_to_who_has_their_territory_in_turns(country, shares):
    """R67 R109: the shipped map and pool; a country that is nobody's is served by nobody."""
    assert turns(country) == shares


def test_members_whom_the_crm_does_not_know_are_passed_over():
    assert turns("SE", owners=(LENA, "o-1")) == {LENA: 40}


def test_playbooks_name_their_template_and_what_they_hold():
    """R109: a demonstration is longer than a first meeting, and its times are kept."""
    library = load_library()
    templates = {name: template_of(p.meeting) for name, p in library.playbooks.items()}
    assert templates["demo_prep"].minutes == 60
    assert {name for name, t in templates.items() if t.hold_hours} == {"demo_prep", "scheduling"}


def test_no_country_belongs_to_two_territories():
    text = (FOLDER / "territories.yaml").read_text("utf-8")
    listed = [country for countries in load_yaml(text).values() for country in countries]
    assert len(listed) == len(set(listed))
    assert all(isinstance(country, str) and len(country) == 2 for country in listed)


@pytest.mark.parametrize(
    ("pools", "template", "says"),
    [
        ("- id: p", "id: m\ntitle: M\nminutes: 5\nagenda: a\npool: p", "minutes = 5"),
        ("- id: p", "id: m\ntitle: M\nminutes: 30\nagenda: a\npool: q", "pool = 'q'"),
        ("- id: p\n  turns: x", "id: m\ntitle: M\nminutes: 30\nagenda: a\npool: p", "turns = 'x'"),
    ],
)
def test_a_broken_file_is_named_with_its_field(tmp_path, pools, template, says):
    (tmp_path / "pools.yaml").write_text(pools)
    (tmp_path / "m.yaml").write_text(template)
    with pytest.raises(MeetingsError, match=says):
        load_meetings(tmp_path)
