from pathlib import Path

import pytest
import yaml

from agent_runtime.sandbox.adopted.adoption import Adoption, Lookup, load_adoption
from agent_runtime.sandbox.adopted.mapped_people import adoption_of_mapping

MAPPINGS = Path(__file__).parents[3] / "pipelines" / "sources" / "mappings"


def implied(name: str) -> Adoption:
    mapping = yaml.safe_load((MAPPINGS / f"{name}.yaml").read_text(encoding="utf-8"))
    return Adoption.model_validate(adoption_of_mapping(name, mapping))


@pytest.mark.parametrize("name", ["maven_crm", "x_education"])
def test_a_shipped_mapping_implies_the_shipped_adoption(name):
    assert implied(name) == load_adoption(name)


def test_people_of_several_files_are_found_with_the_names_of_their_owners():
    adoption = implied("sandbox")
    assert [source.file for source in adoption.people] == [
        "crm_contacts.csv",
        "crm_leads.csv",
        "marketing_list.csv",
    ]
    assert all(source.columns["email"] == "email" for source in adoption.people)
    owner = adoption.people[0].columns["owner_name"]
    assert isinstance(owner, Lookup)
    assert (owner.file, owner.match, owner.take) == ("crm_owners.csv", "owner_id", "name")
    assert adoption.invented_owners == 0
