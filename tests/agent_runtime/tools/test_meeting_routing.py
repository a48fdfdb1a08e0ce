"""Who of a pool meets a buyer."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent_runtime.library.catalog import load_library
from agent_runtime.meetings.routing import route
from agent_runtime.meetings.template import MeetingsError, Member, Pool, load_meetings

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
