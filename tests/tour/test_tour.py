"""The map of a tree: what is found by parsing lies where the map says, and nothing is found that is not there."""

import json
from pathlib import Path

import msgspec
import pytest

from mxbuild.cli import main
from mxbuild.errors import SourceError
from mxbuild.recipe.find import find, search_path
from mxbuild.recipe.load import load
from mxbuild.tour import Tour, c_side, draw, python_side
from mxbuild.ui.tour import render
from tests.ui import values

MINI = Path(__file__).parents[2] / "recipes/mini/mxbuild/mini"

TREE = {
    "python/mxnet/__init__.py": '"""The package."""\nfrom . import io\n',
    "python/mxnet/base.py": "import ctypes\n_LIB = ctypes.CDLL('x')\n",
    "python/mxnet/operator.py": '''\
from .base import _LIB, check_call
from . import symbol

class PlainOp(object):
    """Written in Python."""
    def forward(self):
        pass

class BufferOp(PlainOp):
    """With buffers.

    More of it."""
    def get_symbol(self):
        class BufferInfo(Structure):
            """What C gets."""
            _fields_ = [("forward", c_void_p), ("backward", c_void_p), ("p_forward", c_void_p)]
        self.info = BufferInfo()
        return symbol._internal._Buffer(info=self.info)

class _Hidden(object):
    pass

def register(name):
    """Make it known."""
    def inner():
        check_call(_LIB.MXCustomRegister(name))
    return inner
''',
    "python/mxnet/io.py": '''\
from .base import _LIB
class DataIter(object):
    """The base."""
    def reset(self):
        pass
class ArrayIter(DataIter):
    def __init__(self):
        self.handle = _LIB.MXIterMade()
''',
    "python/mxnet/image/image.py": '"""Pictures."""\nclass ImageIter(io.DataIter):\n    pass\n',
    "python/mxnet/image/detection.py": "class DetectionIter(ImageIter):\n    pass\nclass Other(object):\n    pass\n",
    "python/mxnet/old.py": "print 'Python 2'\n",
    "python/mxnet/test_utils.py": 'def check_gradient(x):\n    """Compare."""\n\ndef _own(x):\n    pass\n',
    "include/mxnet/c_api.h": """\
/* int MXInComment(int); */
#define MXNET_DLL __attribute__((visibility("default")))
struct NativeInfo {
  void (*forward)(int, float**, void*);
  bool (*backward)(const int*,
                   int**, void*);
  void* p_forward;
};
typedef int (*Callback)(const char*, int);
MXNET_DLL int MXCustomRegister(const char* name,
                               Callback creator);  // int MXNot(int);
MXNET_DLL const char *MXGetLastError();
inline int MXInline(int x) { return MXCustomRegister("int MXText(", 0); }
""",
    "include/mxnet/c_predict_api.h": "MXNET_DLL int MXPredict(int);\n",
    "include/mxnet/base.h": "int NotOfTheInterface(int);\n",
    "nnvm/include/nnvm/c_api.h": "NNVM_DLL int NNCompose(int);\n",
    "nnvm/src/c_api/c_api.cc": "#include <nnvm/c_api.h>\nint NNCompose(int x) {\n  return 0;\n}\n",
    "src/c_api/c_api.cc": """\
#include <mxnet/c_api.h>
// int MXCustomRegister(const char*, Callback) {
int Other(int x) { return x; }

int MXCustomRegister(const char* name,
                     Callback creator) {
  if (Other(1)) { return MXGetLastError() != 0; }
}
""",
    "src/operator/custom/buffer.cc": 'MXNET_REGISTER_OP_PROPERTY(_Buffer, BufferProp)\n.describe(R"code()code");\n',
    "src/operator/custom/custom.cc": "\nNNVM_REGISTER_OP(Custom)\n",
    "src/operator/tensor/dot.cc": "NNVM_REGISTER_OP(dot)\n",
    "src/io/iter.cc": "namespace io {\n  MXNET_REGISTER_IO_ITER(CSVIter)\n}\n",
    "tests/python/test.py": "_LIB.MXNowhere()\n",
}  # fmt: skip


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tree")
    for name, text in TREE.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.fixture(scope="module")
def tour(tree: Path) -> Tour:
    return draw(str(tree), "tree")


@pytest.fixture(scope="module")
def mini() -> Tour:
    return draw(str(MINI), "mini")


def test_operators_lead_to_the_library(tour: Tour) -> None:
    plain, buffer, register = tour.families
    assert (plain.name, plain.place.text, plain.doc) == ("PlainOp", "python/mxnet/operator.py:4", "Written in Python.")
    assert [(m.name, m.place.line) for m in plain.methods] == [("forward", 6)]
    assert (buffer.bases, buffer.doc) == (("PlainOp",), "With buffers.")
    assert [(r.name, r.place.text) for r in buffer.operators] == [("_Buffer", "src/operator/custom/buffer.cc:1")]
    [(own, other)] = buffer.structures
    assert (own.name, own.place.text) == ("BufferInfo", "python/mxnet/operator.py:14")
    assert (other.name, other.place.text) == ("NativeInfo", "include/mxnet/c_api.h:3")
    assert other.fields == ("forward", "backward", "p_forward")
    [function] = register.functions
    assert (function.name, function.declared.text) == ("MXCustomRegister", "include/mxnet/c_api.h:10")
    assert function.defined is not None
    assert function.defined.text == "src/c_api/c_api.cc:5"
    assert [r.name for r in tour.custom] == ["_Buffer", "Custom"]


def test_iterators_are_found_across_modules(tour: Tour) -> None:
    assert [one.name for one in tour.iterators] == ["DataIter", "ArrayIter", "ImageIter", "DetectionIter"]
    assert [(one.name, one.place.text) for one in tour.native_iterators] == [("CSVIter", "src/io/iter.cc:2")]


def test_calls_are_those_of_the_package(tour: Tour) -> None:
    assert [(b.caller, b.function, b.place.text) for b in tour.bridges] == [
        ("mxnet.io.ArrayIter.__init__", "MXIterMade", "python/mxnet/io.py:8"),
        ("mxnet.operator.register", "MXCustomRegister", "python/mxnet/operator.py:26"),
    ]
    declared = {f.name: f.defined.text if f.defined else "" for f in tour.functions}
    assert declared == {
        "MXCustomRegister": "src/c_api/c_api.cc:5",
        "MXGetLastError": "",
        "MXPredict": "",
        "NNCompose": "nnvm/src/c_api/c_api.cc:2",
    }


def test_what_cannot_be_read_is_said(tour: Tour) -> None:
    problems = {module.file: module.problem for module in tour.modules if module.problem}
    assert list(problems) == ["python/mxnet/old.py"]
    assert problems["python/mxnet/old.py"].startswith("SyntaxError: Missing parentheses")
    assert "not read: SyntaxError" in render(tour)


def test_the_screen_names_every_place(tour: Tour) -> None:
    shown = render(tour, 120, calls=True)
    for words in (
        "BufferOp(PlainOp)",
        "src/operator/custom/buffer.cc:1  calls it back: MXNET_REGISTER_OP_PROPERTY(_Buffer)",
        "struct NativeInfo: BufferInfo in python/mxnet/operator.py:14",
        "src/operator/custom/custom.cc:2  NNVM_REGISTER_OP(Custom)",
        "from mxnet.operator.register (python/mxnet/operator.py:26)",
        "called, and not declared in this checkout: MXIterMade",
        "(1 of the 4 functions of the C interface are called)",
    ):
        assert words in shown
    assert "_Hidden" not in shown
    assert "_own" not in shown
    assert "from mxnet" not in render(tour, 120)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_no_line_is_wider_than_the_screen(tour: Tour, mini: Tour, width: int) -> None:
    for one in (tour, mini):
        lines = render(one, width, calls=True).splitlines()
        # the first one is a path to be copied, and a word that has no room is as long as it is
        assert [line for line in lines[1:] if len(line) > width and len(line.split()[-1]) < 24] == []


def test_every_place_of_the_miniature_is_where_the_map_says(mini: Tour) -> None:
    tour = mini
    named = [(c.name, c.place) for m in tour.modules for c in m.classes]
    named += [
        (f.name, f.place) for m in tour.modules for f in (*m.functions, *(x for c in m.classes for x in c.methods))
    ]
    named += [(f.name, p) for f in tour.functions for p in (f.declared, f.defined) if p]
    named += [(b.function, b.place) for b in tour.bridges]
    assert len(named) > 200
    lines = {file: (MINI / file).read_text().splitlines() for file in {place.file for _, place in named}}
    assert [(name, p) for name, p in named if name not in lines[p.file][p.line - 1]] == []
    assert {b.function for b in tour.bridges} - {f.name for f in tour.functions} == set()
    assert {f.name for f in tour.functions if f.defined is None} == set()


def test_a_declaration_is_no_call_and_a_call_no_declaration() -> None:
    text = c_side.blanked(
        'int a(int);\n  return b(1);\nfoo c(1)(2);\nint d(int) {\n e(); }\nint f(/* ; */ "(" );\n// int g(int);'
    )
    assert list(c_side.functions(text, ";")) == [("a", 1), ("f", 6)]
    assert list(c_side.functions(text, "{")) == [("d", 4)]


def test_of_a_docstring_the_first_sentence_is_told() -> None:
    text = '"""Says x. Y\n    and more."""\ndef g():\n    """Over\n    two lines, e.g. here\n\n    No."""\n'
    module = python_side.module("m", "m.py", text)
    assert (module.doc, module.functions[0].doc) == ("Says x.", "Over two lines, e.g. here")


def test_methods_are_a_classes_own() -> None:
    module = python_side.module(
        "m", "m.py", "class A(x.B):\n    def f(self):\n        def g(): _LIB.X()\n        class C: pass\n"
    )
    [one] = module.classes
    assert (one.bases, [(m.name, [(c.name, c.line) for c in m.calls]) for m in one.methods]) == (
        ("B",),
        [("f", [("X", 3)])],
    )
    assert module.lines == 4


def test_what_is_no_tree_of_mxnet_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="no source tree of MXNet"):
        draw(str(tmp_path), "x")


@pytest.fixture
def own_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for variable in ("PREFIX", "CACHE_DIR", "STATE_DIR"):
        monkeypatch.setenv(f"MXBUILD_{variable}", str(tmp_path / variable.lower()))
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path


def test_a_directory_by_the_command_line(tree: Path, own_places: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tour", str(tree), "--json"]) == 0
    said = json.loads(capsys.readouterr().out)
    assert msgspec.convert(said, Tour) == draw(str(tree), tree.name)
    assert main(["tour", str(tree)]) == 0
    assert "python/mxnet/operator.py:4  PlainOp  Written in Python." in capsys.readouterr().out


def test_a_release_whose_source_is_not_here(own_places: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["tour", "mxnet-1.6.0"]) == 5
    said = capsys.readouterr().err
    assert "the source of mxnet-1.6.0 is not here" in said
    assert "mxbuild tour mxnet-1.6.0 --fetch" in said
    assert main(["tour", "mxnet-7"]) == 2
    assert "no recipe, environment or directory mxnet-7" in capsys.readouterr().err
    assert main(["tour", "./nowhere"]) == 2


def test_an_environment_leads_to_the_source_of_its_release(
    own_places: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """To that of its commit, whatever else lies beside it."""
    commit = load(find("mini", search_path({}))).source.commit
    for name, head in (("mini-right", commit), ("mini-wrong", "0" * 40)):
        tree = own_places / "cache_dir" / "trees" / name
        (tree / ".git").mkdir(parents=True)
        (tree / ".git" / "HEAD").write_text(f"{head}\n")
        (tree / "python").symlink_to(MINI / "python")
    environment = own_places / "prefix" / "envs" / "mine-cpu-py3.11-aaaa1111"
    environment.mkdir(parents=True)
    receipt = msgspec.structs.replace(values.RECEIPT, recipe="mini")
    (environment / "receipt.json").write_bytes(msgspec.json.encode(receipt))
    assert main(["tour", "mine"]) == 0
    assert capsys.readouterr().out.startswith(f"mini ({commit[:12]})  {own_places}/cache_dir/trees/mini-right\n")
    assert main(["tour", "mime"]) == 2
    assert "did you mean mine-cpu-py3.11-aaaa1111?" in capsys.readouterr().err


def test_a_release_is_fetched(own_places: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The miniature, whose repository is made here."""
    assert main(["tour", "mini", "--fetch", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["families"][-2]["name"] == "register"
    assert main(["tour", "mini", "--fetch"]) == 0
    assert "python/mxnet/operator.py:51  register" in capsys.readouterr().out
    assert main(["tour", "mini"]) == 0
    assert capsys.readouterr().out.startswith("mini (25d57890b2c4)")
