"""Judgements of all rules on one real touch, against the same loop with no rule to ask."""

from datetime import UTC, datetime
from time import perf_counter

from agent_runtime.domain import Consent, Proposal, Sentence, Session
from agent_runtime.library.catalog import load_library
from agent_runtime.policies.facts import Facts, Sent
from agent_runtime.policies.permit import authorise

TIMES = 5_000
NOW = datetime(2026, 1, 13, 10, 0, tzinfo=UTC)


def measure():
    library = load_library()
    content = library.contents["icp.opener", "en"]
    frame = library.contents["frame.email", "en"]
    from agent_runtime.library.content import SLOT_VALUES

    sentences = [Sentence(p.format_map(SLOT_VALUES), (content.fact,)) for p in content.paragraphs]
    sentences += [Sentence(p.format_map(SLOT_VALUES), (frame.fact,)) for p in frame.paragraphs]
    proposal = Proposal(
        action="send_touch",
        touch_class="proactive",
        channel="email",
        purpose="prospecting",
        subject="A question",
        sentences=tuple(sentences),
        language="en",
        confidence=1.0,
    )
    facts = Facts(
        now=NOW,
        actor="agent",
        session=Session("t", "thread-p", "p", "c", "icp_prospecting", "new"),
        approvals=library,
        recipient="a@b.example",
        mailbox="m@n.example",
        country="GB",
        time_zone="Europe/London",
        owner_id="o",
        arms=(("e", "agent"),),
        controls={"e": ("holdout",)},
        consents=(Consent("email", "prospecting", "consent", "form", NOW),),
        autonomy="autonomous",
        sent=Sent(),
    )
    judgement = authorise(proposal, facts)
    assert judgement.permit is not None, judgement.hits
    all_s = _time(lambda: authorise(proposal, facts))
    none_s = _time(lambda: authorise(proposal, facts, rules=()))
    verdicts = len(judgement.verdicts) * TIMES / all_s
    return {
        "verdicts_a_second": round(verdicts),
        "judgements_a_second": round(TIMES / all_s),
        "ratio_to_no_rules": round(all_s / none_s, 1),
    }


def _time(work):
    began = perf_counter()
    for _ in range(TIMES):
        work()
    return perf_counter() - began
