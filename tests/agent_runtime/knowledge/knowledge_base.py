"""A knowledge base of an invented company: templates and facts in `corpus/`, built the same way
every time and cut by the product's own chunking."""

import hashlib
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import yaml

from agent_runtime.knowledge.chunks import chunk
from agent_runtime.knowledge.passage import Passage, passage_id

CORPUS = Path(__file__).parent / "corpus"


@dataclass(frozen=True)
class Written:
    """A document before it is cut."""

    document: str
    title: str
    parts: tuple[tuple[str, str], ...]
    scopes: tuple[str, ...]
    approver: str
    approved_at: date
    expires_at: date
    locale: str = "en"

    @property
    def markdown(self) -> str:
        sections = (f"## {heading}\n\n{text}" for heading, text in self.parts)
        return "\n\n".join((f"# {self.title}", *sections))


@cache
def knowledge_base() -> tuple[Passage, ...]:
    """Every passage of the corpus, in the order of its files."""
    return tuple(passage for written in documents() for passage in passages_of(written))


@cache
def documents() -> tuple[Written, ...]:
    found = []
    for path in sorted(CORPUS.glob("*.yaml")):
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
        if isinstance(content, list):
            found += [_written(one, one["parts"]) for one in content]
        elif "codes" in content:
            found.append(_written(content, content["codes"]))
        else:
            found += _family(content)
    return tuple(found)


def passages_of(written: Written) -> list[Passage]:
    return [
        Passage(
            id=passage_id(written.document, piece.heading_path, piece.text, locale=written.locale),
            version=1,
            document=written.document,
            heading_path=piece.heading_path,
            text=piece.text,
            source=f"{written.document}.md",
            locale=written.locale,
            scopes=written.scopes,
            approver=written.approver,
            approved_at=written.approved_at,
            expires_at=written.expires_at,
        )
        for piece in chunk(written.markdown, title=written.title)
    ]


def label_of(passage: Passage) -> str:
    """How a question names the passage that answers it."""
    return f"{passage.document}#{passage.heading_path[-1]}"


def _family(family: dict) -> list[Written]:
    editions = family.get("editions", {"": {}})
    found = []
    for variant in family["variants"]:
        for edition, approval in editions.items():
            values = _values(variant, edition, approval.get("col", ""))
            sections = family.get("sections") or [
                {"heading": heading, "text": [text]} for heading, text in variant["parts"]
            ]
            parts = []
            for section in sections:
                wording = section["text"][_pick(variant["id"], len(section["text"]))]
                parts.append([section["heading"], _filled(wording, values, variant, approval)])
            whole = {**family, **approval}
            names = ("document", "title")
            whole |= {name: family[name].format_map(values) for name in names}
            found.append(_written(whole, parts))
    return found


def _values(variant: dict, edition: str, column: str) -> dict:
    chosen = {
        name: value[column] if isinstance(value, dict) and column in value else value
        for name, value in variant.items()
    }
    return {**chosen, "edition": edition}


def _filled(wording: str, values: dict, variant: dict, approval: dict) -> str:
    if "v" in variant:
        return wording.format(*variant["v"][approval["col"]])
    return wording.format_map(values)


def _pick(name: str, count: int) -> int:
    return hashlib.sha256(name.encode()).digest()[0] % count


def _written(fields: dict, parts: list) -> Written:
    return Written(
        document=fields["document"],
        title=fields["title"],
        parts=tuple((str(heading), text) for heading, text in parts),
        scopes=tuple(fields["scopes"]),
        approver=fields["approver"],
        approved_at=fields["approved_at"],
        expires_at=fields["expires_at"],
        locale=fields.get("locale", "en"),
    )
