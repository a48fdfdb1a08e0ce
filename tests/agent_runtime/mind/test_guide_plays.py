"""What the guide asks of each play of its library, by playing it (P3 to P13)."""

import pytest
from talks import LIBRARY, OBJECTIONS, done, read, said, talk

from agent_runtime.library.content import LOCALES
from agent_runtime.library.playbook import INTENTS
from agent_runtime.policies.tone import slips_in

ASKS = ("pricing_question", "security_question", "product_question", "integration_question")
TRIAL = {"milestone": "Salesforce is connected", "next_milestone": "connect Stripe"}
DAY = {"event": "Relay Day", "event_date": "12 March", "attendance": "attended"}
RENEWS = {"renewal_date": "30 June", "usage": "12 comparisons", "feature": "alerts"}
LOST = {"product": "Relay", "lost_reason": "no connector to SAP"}


class TestDiscovery:
    def test_questions_come_from_the_bank_in_its_order_and_end_in_a_verdict(self, contact):
        """R97: question bank, reasons to disqualify and stages are what the talk goes by."""
        turns = ("interested: hi", *[f"{intent}: ?" for intent in ASKS])
        bank = [question.say for question in LIBRARY.playbook("discovery").questions]
        asked = [said(one)[-1] for one in talk(contact, "discovery", *turns, title="")]
        assert asked == bank[: len(asked)]
        asked = [said(one)[-1] for one in talk(contact, "discovery", *turns)]
        assert asked == [one for one in bank if one != "disc.role"], "the CRM has their role"
        known = talk(contact, "discovery", "interested: hi", "pricing_question: we use SAP")
        assert said(known[-1])[-1] == "disc.blockers", "the tool is known and not asked for"
        first, last = talk(contact, "discovery", "objection_need: no", "objection_need: no")
        assert (first.best.action, first.best.next_state) == ("ask", "discovering")
        assert (last.best.action, last.best.next_state) == ("disqualify", "disqualified")
        assert last.best.reason == "nothing_has_to_agree"

    @pytest.mark.parametrize("before", [(), ("interested: hi",), ("objection_need: no",) * 2])
    def test_requirements_and_exceptions_on_the_price_are_the_owners(self, contact, before):
        """R98: at every stage, with nothing promised."""
        for intent, reason in (
            ("detailed_requirements", "detailed_requirements"),
            ("discount_request", "pricing_exception"),
        ):
            last = talk(contact, "discovery", *before, f"{intent}: x")[-1]
            assert done(last)[:3] == ("hand_off", reason, "owner")
            assert said(last) == ("handoff.owner",)


class TestNurture:
    @pytest.mark.parametrize(
        ("touch", "facts", "text"),
        [
            (1, {"milestone": "a demo", "next_milestone": "a trial"}, "nurt.summary"),
            (1, {"milestone": "a demo"}, "nurt.step"),
            (1, {}, None),
            (2, {"article": "How two ledgers agree"}, "nurt.article"),
            (2, {}, "nurt.checklist"),
            (3, {"lost_reason": "no SAP", "feature": "a connector to SAP"}, "nurt.feature"),
            (3, {"event": "Relay Day", "event_date": "12 March"}, "nurt.event"),
            (3, {"trigger": "a new CFO"}, "nurt.trigger"),
            (3, {"lost_reason": "no SAP"}, None),
        ],
    )
    def test_a_nudge_has_its_reason_in_the_crm_or_is_not_made(self, contact, touch, facts, text):
        """R100, R101: last step, asset by interest, a lost deal only with its reason and news."""
        (played,) = talk(contact, "nurture", touch, facts=facts)
        assert said(played) == ((text,) if text else ())
        assert played.best.action == ("send_touch" if text else "none")
        if text:
            assert all(value in read(played, contact, facts) for value in facts.values())


class TestObjections:
    @pytest.mark.parametrize("language", LOCALES)
    @pytest.mark.parametrize("intent", [*OBJECTIONS, "security_question"])
    def test_an_objection_gets_one_short_answer_and_a_question(self, contact, intent, language):
        """R104, R105: recognised by theme; one approved text, then whether that settles it."""
        (played,) = talk(contact, "objection_handling", 1, f"{intent}: x", language=language)[1:]
        *opening, answer, question = said(played)
        assert opening == []
        assert played.best.action == "answer"
        assert question == "obj.settled"
        words = LIBRARY.contents[answer, language].body
        assert len(words.split()) <= 60
        assert "?" not in words
        assert played.draft.count("?") == 1

    def test_each_theme_has_an_answer_of_its_own(self, contact):
        """R105: the library of objections has no answer that serves two themes."""
        answers = [
            said(talk(contact, "objection_handling", 1, f"{one}: x")[-1])[0] for one in OBJECTIONS
        ]
        assert len(set(answers)) == len(OBJECTIONS)

    @pytest.mark.parametrize("intent", [*OBJECTIONS, "security_question"])
    def test_nobody_argues_twice_and_the_loop_is_closed(self, contact, intent):
        """R107: a second time ends in a person or in peace; a point that is settled in a step."""
        first, second = talk(contact, "objection_handling", 1, *[f"{intent}: no"] * 2)[1:]
        assert second.best.action in ("hand_off", "close", "pause")
        assert set(said(first)).isdisjoint(said(second))
        settled = talk(contact, "objection_handling", 1, f"{intent}: no", "thanks_bye: yes")[-1]
        assert (settled.best.action, said(settled)) == ("ask", ("question.next_step",))
        assert not any(slips_in(one.draft, "en") for one in (first, second, settled))


@pytest.mark.parametrize("intent", INTENTS)
def test_a_brief_supports_the_rep_and_speaks_to_no_buyer(contact, intent):
    """R114: whatever somebody writes, it is the rep's; only a stop is confirmed."""
    (played,) = talk(contact, "account_research", f"{intent}: x")
    quiet = {"out_of_office": "none", "unsubscribe": "confirm_stop", "angry": "hand_off"}
    assert played.best.action == quiet.get(intent, "hand_off")
    assert played.best.route_to in ("owner", "")
    if intent not in quiet:
        assert said(played) == ()


class TestTrial:
    def test_goals_come_first_and_then_one_step_at_a_time(self, contact):
        """R116, R119: goal, set-up, what the account shows, one next step; the others wait."""
        facts = {**TRIAL, "usage": "two comparisons a week"}
        turns = (1, "interested: the revenue figure", 2, 3)
        goals, answer, step, usage = talk(contact, "demo_prep", *turns, facts=facts)
        assert said(goals) == ("trial.goals",)
        assert answer.best.reason == "goal_confirmed"
        assert said(answer)[0] == "trial.setup"
        assert said(step) == ("trial.next_step",)
        assert said(usage) == ("trial.usage_next",)
        assert "two comparisons a week" in read(usage, contact, facts)
        for nudge in (step, usage):
            assert read(nudge, contact, facts).count("connect Stripe") == 1
            assert nudge.draft.count("?") == 1

    def test_without_signals_nothing_is_made_up(self, contact):
        """R116: no step is named that the account's own list does not have."""
        assert said(talk(contact, "demo_prep", 2)[0]) == ()
        only = talk(contact, "demo_prep", 2, facts={"next_milestone": "connect Stripe"})[0]
        assert said(only) == ("trial.first_step",)

    @pytest.mark.parametrize("before", [(1,), (1, "interested: x"), (1, "interested: x", 2)])
    def test_a_blocker_goes_to_the_specialist(self, contact, before):
        """R118: as does a configuration of their own; the owner is told."""
        for intent, reason in (
            ("support_issue", "trial_blocker"),
            ("detailed_requirements", "custom_configuration"),
        ):
            last = talk(contact, "demo_prep", *before, f"{intent}: x", facts=TRIAL)[-1]
            assert done(last) == ("hand_off", reason, "implementation", ("owner",))


class TestEvents:
    def test_who_comes_is_noted_and_asked_one_question(self, contact):
        """R120, R123: attendance, logistics, and which figure they would like to get right."""
        _, comes, how, cannot = talk(
            contact,
            "events",
            1,
            "interested: yes",
            "product_question: where?",
            "cancel_meeting: sorry",
            facts=DAY,
        )
        assert (comes.best.next_state, said(comes)) == (
            "attending",
            ("event.see_you", "event.intent"),
        )
        assert (how.best.reason, said(how)) == ("asked_logistics", ("event.logistics",))
        assert "12 March" in read(how, contact, DAY)
        assert (cannot.best.next_state, said(cannot)) == ("absent", ("event.cannot",))

    def test_a_follow_up_names_the_session_that_they_attended_and_no_other(self, contact):
        """R120, R123: specific, or in general words, and never about what they did not see."""
        facts = {**DAY, "session": "Closing in a day"}
        (seen,) = talk(contact, "events", 3, facts=facts)
        assert said(seen) == ("event.sessions",)
        assert "Closing in a day" in read(seen, contact, facts)
        assert said(talk(contact, "events", 3, facts=DAY)[0]) == ("event.recap",)
        absent = {**DAY, "attendance": ""}
        assert said(talk(contact, "events", 3, facts=absent)[0]) == ()

    @pytest.mark.parametrize("before", [(1,), (1, "interested: yes"), (1, 3)])
    @pytest.mark.parametrize(
        ("words", "reason"),
        [
            ("product_question: please call me on [[PHONE_1]]", "asks_for_a_call"),
            ("product_question: our board wants it live this year", "shares_a_project"),
            ("detailed_requirements: x", "shares_a_project"),
        ],
    )
    def test_a_call_or_a_project_is_on_the_fast_track(self, contact, before, words, reason):
        """R122: the owner has it before everything else, at every stage."""
        last = talk(contact, "events", *before, words, facts=DAY)[-1]
        assert done(last)[:3] == ("hand_off", reason, "owner")
        assert last.best.priority == "fast"

    def test_interest_after_the_event_is_routed_at_once(self, contact):
        """R120: hot interest is no confirmation of attendance any more."""
        last = talk(contact, "events", 3, "interested: yes", facts=DAY)[-1]
        assert (done(last)[:3], last.best.priority) == (
            ("hand_off", "hot_interest", "owner"),
            "fast",
        )


class TestRenewal:
    @pytest.mark.parametrize("intent", ["interested", "already_customer"])
    def test_an_advocate_is_thanked_and_offered_a_review(self, contact, intent):
        """R127: who speaks well of us is recognised, and nothing is sold to them."""
        last = talk(contact, "renewal", 1, f"{intent}: we love it", facts=RENEWS)[-1]
        assert (last.best.reason, said(last)) == ("good_news", ("renew.thanks", "renew.ask_review"))

    @pytest.mark.parametrize("intent", ["not_interested", "uses_competitor", "objection_need"])
    def test_a_no_is_noted_and_never_argued_with(self, contact, intent):
        """R127: no pressure; the owner hears of it and nothing is asked of the customer."""
        last = talk(contact, "renewal", 1, 2, 3, f"{intent}: no", facts=RENEWS)[-1]
        assert done(last)[:3] == ("hand_off", "renewal_at_risk", "owner")
        assert "?" not in last.draft

    @pytest.mark.parametrize("language", LOCALES)
    def test_no_touch_counts_down_or_threatens(self, contact, language):
        """R127: what we see, one thing that could help, an offer."""
        for played in talk(contact, "renewal", 1, 2, 3, facts=RENEWS, language=language):
            assert played.best.action == "send_touch"
            assert not slips_in(played.draft, language)


@pytest.mark.parametrize(
    ("facts", "title", "text"),
    [
        ({"target_product": "Relay Alerts"}, "Head of Sales", "cross.alerts"),
        ({"target_product": "Relay Alerts", "usage": "x"}, "Head of Sales", "cross.alerts_usage"),
        ({"target_product": "Relay Audit"}, "CFO", "cross.audit_finance"),
        ({"target_product": "Relay Audit"}, "Head of Sales", "cross.audit"),
        ({"target_product": "Relay Unheard"}, "CFO", None),
        ({}, "CFO", None),
    ],
)
def test_the_matrix_of_product_role_and_usage_decides_what_is_told(contact, facts, title, text):
    """R129: what is not in it is told to nobody."""
    known = {"product": "Relay", **facts}
    (played,) = talk(contact, "cross_sell", 1, facts=known, title=title)
    assert said(played) == ((text,) if text else ())


HELP = "northbeam.example/help/alerts"


@pytest.mark.parametrize("story", ["", "northbeam.example/stories/alerts"])
@pytest.mark.parametrize("article", ["", HELP])
def test_a_story_of_another_customer_is_shared_once_where_there_is_one(contact, story, article):
    """R129: the story that the CRM names; without one the owning team, whatever else is known."""
    facts = {"product": "Relay", "target_product": "Relay Alerts"}
    facts |= {"story": story, "article": article}
    turns = (1, "product_question: what?", "send_info: who has it?", "send_info: who else?")
    _, _, third, last = talk(contact, "cross_sell", *turns, facts=facts)
    if story:
        assert (third.best.action, said(third)) == ("share_asset", ("cross.story",))
        assert story in read(third, contact, facts)
    else:
        assert third.best.route_to == "product_team"
    assert HELP not in read(third, contact, facts)
    assert last.best.action == "hand_off"


@pytest.mark.parametrize("language", LOCALES)
@pytest.mark.parametrize("target", ["Relay Alerts", "Relay Audit"])
def test_permission_is_asked_for_in_two_lines_after_one_outcome(contact, target, language):
    """R131: one crisp sentence about one product, a question, and that a no is welcome."""
    facts = {"product": "Relay", "target_product": target}
    (played,) = talk(contact, "cross_sell", 1, facts=facts, language=language)
    (text,) = said(played)
    *value, ask = LIBRARY.contents[text, language].body.strip().split("\n\n")
    question, welcome = ask.splitlines()
    assert question.endswith("?")
    assert welcome.endswith(".")
    assert "?" not in "".join(value)
    assert sum("{target_product}" in line for line in value) == 1
    assert len(value[-1].split()) <= 30


class TestWinBack:
    def test_without_a_trigger_nobody_is_written_to_again(self, contact):
        """R133: a trigger from the list, an approved script for it, and two notes at the most."""
        assert said(talk(contact, "win_back", 1, facts=LOST)[0]) == ()
        for kind in ("leadership_change", "funding", "tool_sunset", "feature_launch"):
            news = "feature" if kind == "feature_launch" else "trigger"
            facts = {**LOST, "trigger_kind": kind, news: "something new"}
            first, second, third = talk(contact, "win_back", 1, 2, 3, facts=facts)
            assert "something new" in read(first, contact, facts)
            assert "last note" in second.draft
            assert said(third) == ()

    def test_the_earlier_decision_is_cited_and_its_reason_only_where_it_is_met(self, contact):
        """R135: respected, never argued with, and no reason is held against anybody."""
        news = {**LOST, "trigger_kind": "feature_launch", "feature": "a connector to SAP"}
        met = read(talk(contact, "win_back", 1, facts=news)[0], contact, news)
        assert "no connector to SAP" in met
        assert "fair decision" in met
        other = {**LOST, "trigger_kind": "funding", "trigger": "a new round"}
        unmet = read(talk(contact, "win_back", 1, facts=other)[0], contact, other)
        assert "no connector to SAP" not in unmet
        assert "it stands" in unmet
        assert not slips_in(met, "en") + slips_in(unmet, "en")


class TestSupportBoundary:
    @pytest.mark.parametrize("intent", [*ASKS, "book_meeting", "interested", "objection_price"])
    def test_support_never_sells(self, contact, intent):
        """R139: what is for sales goes back to the rep, unanswered."""
        (played,) = talk(contact, "support_triage", f"{intent}: x")
        assert done(played)[:3] == ("hand_off", "for_sales", "owner")
        assert said(played) == ("handoff.owner",)

    @pytest.mark.parametrize("playbook", sorted(LIBRARY.playbooks))
    def test_sales_never_debugs(self, contact, playbook):
        """R139: something that does not work is no sales talk, whatever the play."""
        (played,) = talk(contact, playbook, "support_issue: the export hangs")
        people = {played.best.route_to, *played.best.inform}
        assert played.best.action == "hand_off"
        assert people & {"support", "implementation"}
        assert "owner" in people
