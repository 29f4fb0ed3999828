import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import conformance  # noqa: E402
from harness import Postgres, Server  # noqa: E402

conformance.install()


@pytest.fixture(autouse=True)
def everything_received_is_as_documented():
    """A test fails when a server sent what no document describes, whatever the test itself was about."""
    conformance.take_complaints()
    yield
    complaints = conformance.take_complaints()
    assert not complaints, "not as the published documents say:\n" + "\n".join(complaints)


@pytest.fixture(scope="session")
def postgres():
    cluster = Postgres()
    yield cluster
    cluster.close()


_databases = iter(range(1, 10_000))


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request):
    """An empty database of each kind."""
    if request.param == "sqlite":
        return ""
    return request.getfixturevalue("postgres").database(f"aiim_{next(_databases)}")


@pytest.fixture
def server(database_url):
    """A server of the test's own."""
    one = Server(database_url)
    one.start()
    yield one
    one.close()


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def shared_server(request):
    """One server for all tests of a module that do not mind each other."""
    url = "" if request.param == "sqlite" else request.getfixturevalue("postgres").database(f"aiim_{next(_databases)}")
    one = Server(url)
    one.start()
    yield one
    one.close()
