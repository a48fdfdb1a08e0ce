"""Writes the files of a pilot, each with a line on what every field is for."""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from agent_runtime.library.catalog import load_library
from pipelines.campaigns.book import folder_of, open_campaign
from pipelines.coherence import check_campaign
from pipelines.documents import did_you_mean
from pipelines.errors import PipelineError
from pipelines.transforms.segment import load_segment

HERE = Path(__file__).parent
STARTS = {"inbound": "inbound_response", "stalled": "nurture", "interest": "icp_prospecting"}
"""The playbook of each way to begin. inbound: people who write first are answered; stalled: threads
that stopped after a step, which asks for a consent to `nurture` of its own; interest: people who
were in touch once and are quiet."""
SHORTEST, LONGEST = 30, 60
"""Days of a pilot."""

FILES = {
    "pilot.yaml": "{kind}pilot.yaml.txt",
    "pilot-segment.yml": "{start}.yaml.txt",
    "pilot-experiment.yml": "{kind}experiment.yaml.txt",
}


@dataclass(frozen=True, slots=True)
class Answers:
    """What somebody has said about their pilot."""

    author: str
    domain: str
    """From which mail is sent, such as mail.example.com."""
    time_zone: str = "UTC"
    days: int = SHORTEST
    start: str = "inbound"
    """One of `STARTS`."""


def write_pilot(root: Path, answers: Answers) -> tuple[Path, ...]:
    """Writes campaign, segment and experiment of a pilot into a workspace; returns the files.

    Args:
        root: The workspace; it is made where it is not there.
        answers: What they are about.

    Raises:
        PipelineError: an answer cannot be, or a file is there already; nothing was written.
    """
    _check(answers)
    folder = folder_of(root)
    targets = tuple(folder / name for name in FILES)
    there = [path for path in targets if path.exists()]
    if there:
        raise PipelineError(
            f"{there[0]}: it is there already and is not overwritten; move it away, or name "
            "another folder."
        )
    folder.mkdir(parents=True, exist_ok=True)
    words = _words(root, answers)
    for path, template in zip(targets, FILES.values(), strict=True):
        kind = "inbound-" if answers.start == "inbound" else ""
        text = (HERE / template.format(start=answers.start, kind=kind)).read_text(encoding="utf-8")
        with path.open("x", encoding="utf-8") as file:
            file.write(text if path.name == "pilot-segment.yml" else text.format(**words))
    campaign = open_campaign(targets[0])
    check_campaign(campaign, [load_segment(name).id for name in campaign.segments])
    return targets


def _words(root: Path, answers: Answers) -> dict[str, object]:
    key = f"{root.resolve().name}\x1f{answers.domain}\x1f{answers.author}"
    return {
        "author": json.dumps(answers.author, ensure_ascii=False),
        "domain": answers.domain.lower(),
        "time_zone": answers.time_zone,
        "days": answers.days,
        "playbook": STARTS[answers.start],
        "version": load_library().playbook(STARTS[answers.start]).version,
        "salt": f"pilot-{hashlib.sha256(key.encode()).hexdigest()[:8]}",
    }


def _check(answers: Answers) -> None:
    if answers.start not in STARTS:
        raise PipelineError(f"--start = {answers.start!r}: use one of {', '.join(STARTS)}.")
    if not answers.author.strip() or not answers.author.isprintable():
        raise PipelineError(
            f"--author = {answers.author!r}: name who answers for the pilot, such as Ada Roe."
        )
    parts = answers.domain.lower().split(".")
    if len(parts) < 2 or not all(p.replace("-", "").isalnum() and p.isascii() for p in parts):
        raise PipelineError(
            f"--domain = {answers.domain!r}: name the domain from which mail is sent, such as "
            "mail.example.com."
        )
    if not SHORTEST <= answers.days <= LONGEST:
        raise PipelineError(f"--days = {answers.days}: a pilot takes {SHORTEST} to {LONGEST} days.")
    try:
        ZoneInfo(answers.time_zone)
    except (ValueError, OSError, KeyError):
        close = did_you_mean(answers.time_zone, available_timezones())
        raise PipelineError(
            f"--time-zone = {answers.time_zone!r}: it is no zone of the IANA list{close}; write "
            "one such as Europe/Berlin."
        ) from None
