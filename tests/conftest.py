"""What every test may ask for."""

from __future__ import annotations

import pytest

from duban.plan import Plan
from tests.support.plans import load


@pytest.fixture(scope="session")
def haian() -> Plan:
    """海安市药品“净网2018”专项行动 (seed 001)."""
    return load("haian-2018")
