"""Merges and splits in any order: arms stay, stops only grow, and the strictest of both binds."""

from conversation_world import NOW
from hypothesis import given, settings
from hypothesis import strategies as st

from agent_runtime.arms import binding_arm, is_held, publish_controls
from agent_runtime.contracts import Assignment
from agent_runtime.store.engine import open_engine
from agent_runtime.store.memory import MemoryStore
from agent_runtime.store.parting import follow
from agent_runtime.store.sql import SqlStore

PEOPLE = ("p1", "p2", "p3", "p4")
ARMS = {"p1": "agent", "p2": "holdout", "p3": "agent"}
WHO = st.sampled_from(PEOPLE)
ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("link"), WHO, WHO),
        st.tuples(st.just("unlink"), WHO, WHO),
        st.tuples(st.just("stop"), WHO, st.sampled_from(["opt_out", "complaint"])),
        st.tuples(st.just("import"), WHO, WHO),
    ),
    max_size=14,
)


class Links:
    """Pairs that are one by the decisions, and what the importer is told of them."""

    def __init__(self):
        self.pairs, self.once = set(), set()

    def group(self, person):
        found, waiting = {person}, [person]
        while waiting:
            one = waiting.pop()
            for pair in self.pairs:
                if one in pair:
                    waiting += [p for p in pair if p not in found]
                    found |= pair
        return found

    def into(self):
        return {p: min(self.group(p)) for p in PEOPLE if min(self.group(p)) != p}


def arms_of(tx):
    return {p: [a for a in tx.assignments(p) if a.person_id == p] for p in PEOPLE}


def play(store, acts):
    links, stopped = Links(), {p: set() for p in PEOPLE}
    with store.begin() as tx:
        publish_controls(tx, {"e": ("holdout",)})
        for person, arm in ARMS.items():
            tx.add_assignment(
                Assignment(
                    tenant_id="t", experiment_id="e", unit_id=person, person_id=person, arm=arm,
                    layer="l", spec_hash="h", assigned_at=NOW, how="hash",
                )
            )  # fmt: skip
        before = arms_of(tx)
        merged_now = {p: {p} for p in PEOPLE}
        for number, (act, one, other) in enumerate(acts):
            if act == "link" and one != other:
                links.pairs.add(frozenset((one, other)))
            elif act == "unlink":
                links.pairs.discard(frozenset((one, other)))
                links.once |= {one, other}
            elif act == "stop":
                tx.suppress(one, reason=other, source=f"s{number}", now=NOW)
                for person in merged_now[one]:
                    stopped[person].add(one)
            else:
                for person in PEOPLE:
                    for mate in merged_now[person]:
                        stopped[person] |= stopped[mate]
                follow(tx, links.into(), sorted(links.once), now=NOW)
                merged_now = {p: links.group(p) for p in PEOPLE}
                for person in PEOPLE:
                    assert set(tx.persons_of(person)) == merged_now[person]
            assert arms_of(tx) == before
            for person in PEOPLE:
                group = merged_now[person]
                is_stopped = any(stopped[mate] for mate in group)
                assert bool(tx.suppressed(person)) == is_stopped
                assert is_held(tx, person) == (
                    "holdout" in {ARMS.get(p) for p in group} or not any(p in ARMS for p in group)
                )
                if "p2" in group:
                    assert binding_arm(tx, person) == ("e", "holdout")


@settings(max_examples=80, deadline=None)
@given(ACTS)
def test_no_order_of_merges_and_splits_moves_an_arm_or_lifts_a_stop(acts):
    """R169, R172: in the store that is asked at send, in memory."""
    play(MemoryStore("t"), acts)


@settings(max_examples=15, deadline=None)
@given(ACTS)
def test_the_same_holds_in_sql(acts):
    """R169, R172: in the store that is asked at send, in SQL."""
    engine = open_engine("sqlite://")
    try:
        play(SqlStore(engine, "t"), acts)
    finally:
        engine.dispose()


def test_who_was_parted_keeps_the_stop_of_the_other():
    store = MemoryStore("t")
    with store.begin() as tx:
        tx.merge("p1", "p2", now=NOW)
        tx.suppress("p1", reason="opt_out", source="mail", now=NOW)

        assert tx.part("p1", ["p2"], now=NOW)
        assert not tx.part("p1", ["p2"], now=NOW)

        assert tx.persons_of("p2") == ("p2",)
        assert tx.suppressed("p1") == tx.suppressed("p2") == "opt_out"
