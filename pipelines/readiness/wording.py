"""Items about what the agent may say: approved texts and the knowledge base."""

from datetime import UTC, date, datetime, time, timedelta

from agent_runtime.knowledge.shelf import Shelf
from agent_runtime.library.catalog import Library
from agent_runtime.library.checks import SPOKEN_BY_CODE
from agent_runtime.library.playbook import Playbook
from pipelines.readiness.checklist import Detail, Found, Rule, found_by
from pipelines.readiness.world import World


def texts_of(library: Library, playbook: Playbook) -> tuple[str, ...]:
    """Returns the id of every text that a thread of the playbook may need."""
    rows = [move for _, move in library.moves(playbook)]
    said = (text for move in rows for text in (*move.say, *move.one_of))
    spoken = (playbook.wording(text) for text in SPOKEN_BY_CODE)
    frames = (playbook.frame_on(touch.channel) for touch in playbook.touches)
    return tuple(dict.fromkeys((*playbook.content_ids, *said, *spoken, *frames)))


def content(world: World, rule: Rule) -> Found:
    """Texts by language that are written, approved by somebody, and live to the end."""
    playbook = world.library.playbook(world.campaign.playbook)
    ends = world.now + timedelta(days=world.campaign.window_days)
    wanted = texts_of(world.library, playbook)
    details: list[Detail] = []
    ready = 0
    for language in world.languages:
        gaps: list[str] = []
        for text in wanted:
            written = world.library.contents.get((text, language))
            if written is None:
                gaps.append(f"{text} is not written")
            elif written.expires <= ends:
                gaps.append(f"{text} expires on {written.expires_at}")
            elif not written.approver.strip():
                gaps.append(f"{text} has no approver")
        ready += len(wanted) - len(gaps)
        said = ", ".join(gaps[:3]) + (f" and {len(gaps) - 3} more" if len(gaps) > 3 else "")
        details.append(Detail(language, said or f"{len(wanted)} texts", is_gap=bool(gaps)))
    total = len(wanted) * len(world.languages)
    if not total:
        return found_by(is_ready=False, figure="No language of the people is the playbook's")
    figure = f"{playbook.label}: {ready:,} of {total:,} texts in {len(world.languages)} languages"
    return found_by(ready == total, figure, tuple(details))


def knowledge(world: World, rule: Rule) -> Found:
    """Approved answers and passages of documents, by language; the least of them counts."""
    documents = [
        document
        for document in Shelf(world.settings.paths.knowledge).documents()
        if document.approver and _is_live(document.expires_at, world.now)
    ]
    counted: dict[str, int] = {}
    details: list[Detail] = []
    for language in world.languages:
        answers = sum(
            one.locale == language and one.kind == "answer" and world.now < one.expires
            for one in world.library.contents.values()
        )
        passages = sum(len(d.passages) for d in documents if d.locale == language)
        counted[language] = answers + passages
        details.append(
            Detail(
                language,
                f"{answers} answers, {passages} passages of documents",
                is_gap=counted[language] < rule.limit,
            )
        )
    least = min(counted.values(), default=0)
    return found_by(
        least >= rule.limit,
        f"{least} approved answers in the language that has least",
        tuple(details),
    )


def _is_live(expires_on: date | None, now: datetime) -> bool:
    """A document without a last day is never served."""
    return expires_on is not None and now < datetime.combine(expires_on, time(), UTC)
