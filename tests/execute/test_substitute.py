from pathlib import Path

import pytest

from mxbuild.errors import SourceError
from mxbuild.execute import substitute
from mxbuild.model import Substitution

TEXT = b"cuda::Reduce<a>(x);\nmshadow::cuda::Reduce<b>(x);  // cuda::Reduced, cuda::Reduce\n  mycuda::Reduce(y);\n"


def rule(count: int = 2, file: str = "src/a.h") -> Substitution:
    return Substitution(file=file, old="cuda::Reduce", new="mshadow::cuda::Reduce", count=count)


def test_only_the_whole_name_is_replaced() -> None:
    assert substitute.changed(TEXT, [rule()]) == (
        b"mshadow::cuda::Reduce<a>(x);\nmshadow::cuda::Reduce<b>(x);  // cuda::Reduced, mshadow::cuda::Reduce\n"
        b"  mycuda::Reduce(y);\n"
    )


@pytest.mark.parametrize("count", [1, 3])
def test_another_number_than_the_recipes_stops(tmp_path: Path, count: int) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.h").write_bytes(TEXT)
    with pytest.raises(SourceError, match=f"src/a.h has cuda::Reduce 2 times, not {count}"):
        substitute.apply(str(tmp_path), [rule(count)])
    assert (tmp_path / "src" / "a.h").read_bytes() == TEXT


def test_it_can_be_done_again(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    file = tmp_path / "src" / "a.h"
    file.write_bytes(TEXT)
    assert substitute.undone(str(tmp_path), [rule()]) == f"{tmp_path}/src/a.h still has cuda::Reduce"
    substitute.apply(str(tmp_path), [rule()])
    once, time = file.read_bytes(), file.stat().st_mtime_ns
    substitute.apply(str(tmp_path), [rule()])
    assert (file.read_bytes(), file.stat().st_mtime_ns) == (once, time)
    assert substitute.undone(str(tmp_path), [rule()]) == ""
    file.unlink()
    assert substitute.undone(str(tmp_path), [rule()]) == f"{tmp_path}/src/a.h is gone"
