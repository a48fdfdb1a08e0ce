"""Adds to a mapping the files by which the sandbox gives an export people to write to."""

from pathlib import Path

from pipelines.sources.mapping import FileMapping, Mapping, load_mapping

HEADERS = {
    "owners.csv": "owner_id,name,email,territory,team,active",
    "people.csv": (
        "contact_ref,account_ref,first_name,last_name,email,phone,title,seniority,country,"
        "language,time_zone,owner_name,basis,synthetic"
    ),
}
"""First line of each file as the sandbox writes it; with another one it is somebody else's."""


def with_adopted_files(mapping: Mapping, folder: Path) -> Mapping:
    """Returns the mapping with the sandbox's files, where they are there and it names none."""
    named = {file.path for file in mapping.files}
    added = tuple(
        file
        for file in load_mapping("adopted").files
        if file.path not in named and _is_adopted(folder, file)
    )
    return mapping.model_copy(update={"files": (*mapping.files, *added)}) if added else mapping


def _is_adopted(folder: Path, file: FileMapping) -> bool:
    path = folder / file.path
    if not path.is_file():
        return False
    with path.open("rb") as lines:
        return lines.readline().strip() == HEADERS[file.path].encode()
