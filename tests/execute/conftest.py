from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.execute import gitworld
from tests.execute.gitserver import Server, serving
from tests.execute.gitworld import World


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> World:
    return gitworld.make(tmp_path_factory.mktemp("world"))


@pytest.fixture
def world(template: World, tmp_path: Path) -> World:
    return template.copy(tmp_path)


@pytest.fixture
def server(world: World) -> Iterator[Server]:
    with serving(world.mirror) as server:
        yield server
