from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from small_state import all_rows, write_tables

from partnerlib.panels import Panels, load_panels


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_tables(tmp_path_factory.mktemp("world") / "processed", all_rows())


@pytest.fixture(scope="session")
def panels(world: Path) -> Panels:
    return load_panels(world)


@pytest.fixture(scope="session")
def careers(panels: Panels) -> pd.DataFrame:
    return panels.careers.set_index(["mepid", "school_year"])


@pytest.fixture(scope="session")
def first_jobs(panels: Panels) -> pd.DataFrame:
    return panels.first_jobs.set_index("candidate_id")
