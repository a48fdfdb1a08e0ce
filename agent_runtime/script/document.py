"""A script that somebody wrote: openings, questions, objections with answers, hand-off rules."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from agent_runtime.script.blocks import Block, Section, blocks_of, section_of
from agent_runtime.script.pairing import Kind, Pairing, bare
from agent_runtime.script.parts import Opening, Parts
from agent_runtime.script.sentences import questions_in

_PAIRED: dict[Section | None, Kind] = {"objections": "objection", "faq": "question"}


def read_parts(markdown: str) -> Parts:
    """Returns what a written script consists of, by its headings, lists, tables and labels."""
    found = _Found()
    section: Section | None = None
    depth, title = 0, ""
    gathered: list[Block] = []
    for block in blocks_of(markdown):
        named = section_of(block.text) if block.kind == "heading" else None
        if block.kind == "heading" and (named or section is None or block.level <= depth):
            found.add(section, gathered)
            gathered = []
            section, depth = named, block.level
            title = title or (block.text if named in (None, "notes") else "")
        else:
            gathered.append(block)
    found.add(section, gathered)
    return found.parts(title)


@dataclass
class _Found:
    """What was found so far, section by section."""

    openings: list[Opening] = field(default_factory=list)
    questions: list[str] = field(default_factory=list)
    handoffs: list[str] = field(default_factory=list)
    closings: list[str] = field(default_factory=list)
    unplaced: list[str] = field(default_factory=list)
    pairings: list[Pairing] = field(default_factory=list)

    def add(self, section: Section | None, blocks: list[Block]) -> None:
        """Takes in the blocks below one heading."""
        if section in ("opener", "follow_up"):
            for part in _parts(blocks):
                self._opening(part, is_first=section == "opener")
        elif section == "questions":
            self._questions(blocks)
        elif section == "handoff":
            self.handoffs += [text for block in blocks if (text := _all_of(block))]
        elif section == "closing":
            self._closing(blocks)
        else:
            self._pair(Pairing(_PAIRED.get(section)), blocks)

    def parts(self, title: str) -> Parts:
        """Returns all of it, each text once."""
        return Parts(
            title=title,
            openings=tuple(self.openings),
            questions=_once(self.questions),
            exchanges=tuple(dict.fromkeys(e for p in self.pairings for e in p.exchanges)),
            handoffs=_once(self.handoffs),
            closings=_once(self.closings),
            unanswered=_once(text for p in self.pairings for text in p.unanswered),
            unplaced=_once([*self.unplaced, *(t for p in self.pairings for t in p.unplaced)]),
        )

    def _opening(self, part: list[Block], *, is_first: bool) -> None:
        """Of several first messages only one can be first; the others are left to people."""
        subject = next((block.text for block in part if block.label == "subject"), "")
        theirs = next((n for n, b in enumerate(part) if b.label in ("buyer", "asked")), len(part))
        said = "\n\n".join(bare(b.text) for b in part[:theirs] if b.label != "subject" and b.text)
        self._pair(Pairing(), part[theirs:])
        if said and is_first and self.openings:
            self.unplaced.append(said)
        elif said:
            self.openings.append(Opening(said, subject))

    def _questions(self, blocks: list[Block]) -> None:
        for block in blocks:
            asked = questions_in(_all_of(block))
            self.questions += [bare(question) for question in asked]
            if not asked and block.kind not in ("heading", "row") and block.label != "buyer":
                self.unplaced.append(block.text)

    def _closing(self, blocks: list[Block]) -> None:
        for block in blocks:
            if block.kind != "heading" and block.text and block.label != "buyer":
                (self.closings if "?" in block.text else self.unplaced).append(bare(block.text))

    def _pair(self, pairing: Pairing, blocks: list[Block]) -> None:
        for block in blocks:
            pairing.read(block)
        pairing.close()
        self.pairings.append(pairing)


def _parts(blocks: list[Block]) -> Iterator[list[Block]]:
    """Yields the blocks between one sub-heading and the next."""
    part: list[Block] = []
    for block in blocks:
        if block.kind == "heading":
            yield part
            part = []
        else:
            part.append(block)
    yield part


def _all_of(block: Block) -> str:
    return ": ".join(cell for cell in block.cells if cell) if block.kind == "row" else block.text


def _once(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text))
