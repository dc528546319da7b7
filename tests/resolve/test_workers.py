import msgspec
import pytest

from mxbuild.errors import HostError, UsageError
from mxbuild.model import Build, Fact, Host, Request, Tool, Worker
from mxbuild.resolve import resolve
from mxbuild.resolve.asked import options
from mxbuild.resolve.workers import parse
from tests.machines import bookworm, recipe


def with_distcc(cpus: int = 8) -> Host:
    host = bookworm()
    tool = Tool(name="distcc", path="/usr/bin/distcc", version="3.4", source="distcc --version")
    cpu = msgspec.structs.replace(host.cpu, affinity=Fact(cpus, "affinity"))
    return msgspec.structs.replace(host, tools={**host.tools, "distcc": tool}, cpu=cpu)


def build(workers: str, host: Host | None = None, jobs: int | None = None) -> Build:
    return resolve(recipe(), host or with_distcc(), Request(workers=workers, jobs=jobs))


def why(built: Build, subject: str) -> str:
    return next(d.why for d in built.decisions if d.subject == subject)


def test_ssh_is_what_is_meant_and_tcp_only_where_it_is_said() -> None:
    assert parse("build1/8, me@build2/4\nssh://build3/2,tcp://10.0.0.7/16,tcp://10.0.0.8:4000/1") == (
        Worker(name="build1", host="@build1/8,lzo", slots=8, transport="ssh"),
        Worker(name="me@build2", host="me@build2/4,lzo", slots=4, transport="ssh"),
        Worker(name="build3", host="@build3/2,lzo", slots=2, transport="ssh"),
        Worker(name="tcp://10.0.0.7:3632", host="10.0.0.7:3632/16,lzo", slots=16, transport="tcp"),
        Worker(name="tcp://10.0.0.8:4000", host="10.0.0.8:4000/1,lzo", slots=1, transport="tcp"),
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("build1", "how many compilers"),
        ("build1/0", "how many compilers"),
        ("build1:3632/8", "tcp://build1:3632/8 if plain TCP is meant"),
        ("-oProxyCommand=x/8", "no HOST/SLOTS"),
        ("-x@build1/8", "no HOST/SLOTS"),
        ("build1;touch x/8", "no HOST/SLOTS"),
        ("build1/8,build1/4", "is there twice"),
        ("tcp://me@10.0.0.7/8", "a user is for SSH"),
        ("tcp://10.0.0.7:70000/8", "no port 70000"),
        ("udp://10.0.0.7/8", "no HOST/SLOTS"),
        (" , ", "names no worker"),
        ("a/1500,b/1500", "3000 slots"),
    ],
)
def test_what_is_no_worker_is_refused_with_words(text: str, said: str) -> None:
    with pytest.raises(UsageError, match="--workers") as caught:
        build(text)
    assert said in caught.value.message


def test_jobs_are_those_here_and_theirs_and_the_plan_says_how_many_are_which() -> None:
    built = build("a/16,b/16")
    assert (built.jobs.count, built.jobs.here, built.jobs.without_gate) == (38, 6, 8)
    assert why(built, "jobs") == ("6 here (8 CPUs by affinity, 2 of which prepare what is sent) and 32 on 2 workers")
    assert "over SSH" in why(built, "workers")
    assert (built.distcc, len(built.workers)) == ("/usr/bin/distcc", 2)
    alone = resolve(recipe(), with_distcc(), Request())
    assert (alone.jobs.count, alone.jobs.here, alone.workers, alone.distcc) == (8, 0, (), "")
    assert not [d for d in alone.decisions if d.subject == "workers"]


def test_one_cpu_compiles_all_the_same_and_asked_for_jobs_are_kept() -> None:
    assert build("a/64", with_distcc(1)).jobs.here == 1
    built = build("a/64", jobs=3)
    assert (built.jobs.count, built.jobs.here) == (3, 3)


def test_tcp_is_taken_with_the_warning_that_it_deserves() -> None:
    said = why(build("a/8,tcp://10.0.0.7/8"), "workers")
    assert "tcp://10.0.0.7:3632: over plain TCP whoever reaches the port runs any command there" in said


def test_distcc_is_installed_or_asked_for() -> None:
    assert "distcc" in build("a/8", bookworm()).install
    with pytest.raises(HostError) as caught:
        resolve(recipe(), bookworm(), Request(workers="a/8", apt=False))
    assert any("needs distcc" in line for line in caught.value.details)


def test_they_shape_no_library() -> None:
    assert build("a/8").fingerprint == resolve(recipe(), with_distcc(), Request()).fingerprint
    assert options(Request(workers="a/8")) == ["--workers", "a/8"]
