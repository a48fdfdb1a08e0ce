"""Which campaigns a workspace has: the files of its folder `campaigns`, or the one that ships."""

import re
from dataclasses import dataclass
from pathlib import Path

from agent_runtime.errors import ParleyError
from experiments.errors import ExperimentError
from pipelines.campaign import SHIPPED, Campaign, load_campaign
from pipelines.documents import did_you_mean
from pipelines.errors import PipelineError
from pipelines.transforms.segment import SHIPPED as SHIPPED_SEGMENTS
from pipelines.transforms.segment import own_segments, segment_path

EXAMPLE = "prospecting"
"""The shipped campaign that a workspace without a folder of its own has."""

FOLDER = "campaigns"
"""Of a workspace, in which its campaigns lie; their segments may lie in `segments` beside it."""


@dataclass(frozen=True, slots=True)
class Page:
    """One campaign and the file in which it stands."""

    path: Path
    campaign: Campaign

    @property
    def slug(self) -> str:
        """The campaign's id as a word: of its group, jobs and schedule in Dagster."""
        return slug_of(self.campaign.id)


@dataclass(frozen=True, slots=True)
class Fault:
    """A file that is no campaign, with the one sentence that says why."""

    path: Path
    why: str


@dataclass(frozen=True, slots=True)
class Book:
    """All campaigns of a workspace; a file with a mistake is beside them, not in their way."""

    pages: tuple[Page, ...]
    faults: tuple[Fault, ...] = ()

    def page(self, name: str) -> Page:
        """Returns the campaign of that id or file name.

        Raises:
            PipelineError: there is none, or its file has a mistake.
        """
        for page in self.pages:
            if name in {page.campaign.id, page.slug, page.path.stem, str(page.path)}:
                return page
        for fault in self.faults:
            if name in {fault.path.stem, str(fault.path)}:
                raise PipelineError(fault.why)
        known = [page.campaign.id for page in self.pages]
        raise PipelineError(
            f"campaign {name!r} is not known here{did_you_mean(name, known)}; use one of "
            f"{', '.join(known) or 'none'}, or put a YAML file into the folder of campaigns."
        )


def slug_of(name: str) -> str:
    """Returns a name as Dagster takes it: letters, digits and `_`."""
    return re.sub(r"[^A-Za-z0-9_]", "_", name)


def folder_of(root: Path) -> Path:
    """Returns where a workspace keeps its campaigns."""
    return root / FOLDER


def read_book(root: Path) -> Book:
    """Returns the campaigns of a workspace; reads nothing but YAML."""
    files = sorted(folder_of(root).glob("*.yaml")) or [SHIPPED / f"{EXAMPLE}.yaml"]
    pages: dict[str, Page] = {}
    faults: list[Fault] = []
    for path in files:
        try:
            page = Page(path, open_campaign(path))
        except (PipelineError, ParleyError, ExperimentError) as error:
            faults.append(Fault(path, str(error)))
            continue
        other = pages.get(page.slug)
        if other is None:
            pages[page.slug] = page
        else:
            why = f"{path.name}: id = {page.campaign.id!r} is the id of {other.path.name} too."
            faults.append(Fault(path, why))
    return Book(tuple(pages.values()), tuple(faults))


def open_campaign(path: Path) -> Campaign:
    """Returns the campaign in a file; documents that it names may lie beside it.

    Segments may also stand, by name, in the folder `segments` of the campaign's workspace.

    Raises:
        PipelineError: the file is no campaign, or names a segment that is nowhere.
    """
    campaign = load_campaign(str(path))
    return campaign.model_copy(
        update={
            "segments": tuple(_segment(path, name) for name in campaign.segments),
            "experiment": _beside(path, campaign.experiment),
        }
    )


def _segment(path: Path, name: str) -> str:
    beside = _beside(path, name)
    if beside != name or path.parent.name != FOLDER:
        return beside
    found = segment_path(name, own_segments(path.parent.parent))
    return name if found.parent == SHIPPED_SEGMENTS else str(found)


def _beside(path: Path, name: str) -> str:
    own = path.parent / name
    return str(own) if own.suffix in {".yaml", ".yml"} and own.is_file() else name
