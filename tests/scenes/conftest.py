"""One stage for all picture tests: a graphics engine starts once a process."""

from collections.abc import Iterator

import pytest

from scenes.stage import Stage


@pytest.fixture(scope="session")
def stage() -> Iterator[Stage]:
    made = Stage()
    yield made
    made.close()
