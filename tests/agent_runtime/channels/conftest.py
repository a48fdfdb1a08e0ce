import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).parents[1] / "runtime"))

from carrier_world import texting_world


@pytest.fixture
def texting(tmp_path):
    """A runtime in memory between a real carrier and its real webhooks, over loopback HTTP."""
    with texting_world(tmp_path) as world:
        yield world
