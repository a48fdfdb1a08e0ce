from dataclasses import dataclass
from pathlib import Path

import pytest
from exported_rows import read_rows

from agent_runtime.sandbox.company import CompanyReport, write_company


@dataclass(frozen=True)
class Box:
    """A written company."""

    exports: Path
    sandbox: Path
    report: CompanyReport

    def rows(self, name: str) -> list[dict[str, str]]:
        return read_rows(self.exports / name)


@pytest.fixture(scope="session")
def box(tmp_path_factory: pytest.TempPathFactory) -> Box:
    root = tmp_path_factory.mktemp("company")
    report = write_company(root / "exports", root / "sandbox", 11, 3600)
    return Box(root / "exports", root / "sandbox", report)
