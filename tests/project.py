"""A small project of the same shape as MXNet: one Makefile, a submodule with its own, objects that know no flags."""

import os
import shutil
from pathlib import Path

from mxbuild.compile.ledger import Ledger, read
from mxbuild.execute.context import Context
from mxbuild.model import Compiler, Event, Make, Paths, Variable

GXX = shutil.which("g++") or "/usr/bin/g++"
GCC = shutil.which("gcc") or "/usr/bin/gcc"

MAKEFILE = """\
EXTRA =
SRC = $(wildcard src/*.cc)
OBJ = $(patsubst src/%.cc, build/src/%.o, $(SRC))
ALL_DEP = $(OBJ) $(CURDIR)/sub/libsub.a
lib/libsmall.so: $(ALL_DEP)
	@mkdir -p $(@D)
	$(CXX) -shared -o $@ $(OBJ) -Wl,--whole-archive sub/libsub.a -Wl,--no-whole-archive $(LIBS)
build/src/%.o: src/%.cc
	@mkdir -p $(@D)
	$(CXX) -O0 -fPIC $(EXTRA) -MMD -c $< -o $@
$(CURDIR)/sub/libsub.a: SUB
SUB:
	+ cd sub; $(MAKE) libsub.a
-include build/src/*.d
"""
SUB = """\
OBJ = one.o two.o
libsub.a: $(OBJ)
	ar cr $@ $+
%.o: src/%.cc
	$(CXX) -fPIC -MM -MT $@ $< > $*.d
	$(CXX) -c -fPIC $< -o $@
-include *.d
"""
FAKE_NVCC = r"""
# As nvcc does: preprocess with the host compiler, make files of its own, let the host compiler write the object.
last= out= host= rules= file=
while [ $# -gt 0 ]; do
  case $1 in
    -o) out=$2; shift;; -ccbin) host=$2; shift;; -M) rules=1;; -MF) file=$2; shift;; -MT) target=$2; shift;;
    --help) echo "--generate-dependencies-with-compile (-MD)"; exit;;
    -gencode|-Xcompiler|-x) shift;;
    *.cu) source=$1;;
  esac
  shift
done
rules() { printf '%s : %s \\\n    /usr/include/stdc-predef.h\n' "$target" "$source"; }
if [ "$rules" ]; then rules; exit; fi
[ -z "$file" ] || rules > "$file"
"$host" -D__CUDA_ARCH__=900 -E -x c++ "$source" -o "$out.ii" || exit
mv "$out.ii" "$out.cudafe1.cpp"
"$host" -c -x c++ "$out.cudafe1.cpp" -o "$out" || exit
rm "$out.cudafe1.cpp"
"""
"""A stand-in for nvcc that knows no GPU."""

SOURCES = ("alpha", "beta", "gamma", "delta")
TOTAL = len(SOURCES) + 2
SYMBOLS = {*SOURCES, "one", "two"}


def write(tree: Path) -> Path:
    """The project's files."""
    (tree / "src").mkdir(parents=True)
    (tree / "sub" / "src").mkdir(parents=True)
    (tree / "Makefile").write_text(MAKEFILE)
    (tree / "sub" / "Makefile").write_text(SUB)
    (tree / "src" / "all.h").write_text("#define ALL 1\n")
    for number, name in enumerate(SOURCES):
        (tree / "src" / f"{name}.cc").write_text(f'#include "all.h"\nextern "C" int {name}() {{ return {number}; }}\n')
    for name in ("one", "two"):
        (tree / "sub" / "src" / f"{name}.cc").write_text(f'extern "C" int {name}() {{ return 1; }}\n')
    return tree


def script(path: Path, text: str) -> str:
    """An executable shell script."""
    path.write_text("#!/bin/sh\n" + text)
    path.chmod(0o755)
    return str(path)


def compiler(cxx: str = GXX) -> Compiler:
    return Compiler(cxx=cxx, cc=GCC, family="gcc", version="12", target="x86_64-linux-gnu", source="")


def step(tree: Path, *, cxx: str = GXX, jobs: int = 2, aliases: dict[str, str] | None = None, **variables: str) -> Make:
    """The make step of a tree; its records lie beside it."""
    records = tree.parent / "records"
    return Make(
        tree=str(tree),
        make=shutil.which("make") or "/usr/bin/make",
        target="lib/libsmall.so",
        library="lib/libsmall.so",
        variables=tuple(Variable(name, value, "") for name, value in variables.items()),
        objects={".": "ALL_DEP", "sub": "OBJ"},
        environment={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"},
        aliases=aliases or {},
        compiler=compiler(cxx),
        ccache="",
        ccache_directory="",
        jobs=jobs,
        memory=500 << 20,
        launcher=str(records / "bin"),
        ledger=str(records / "ledger.jsonl"),
        log=str(records / "make.log"),
    )


def context(events: list[Event]) -> Context:
    nowhere = dict.fromkeys(Paths.__struct_fields__, "/nonexistent")
    return Context(environ=os.environ, watch=events.append, paths=Paths(**nowhere), outcomes={})


def ledger(make: Make) -> Ledger:
    return read(make.ledger)


def symbols(library: Path) -> set[str]:
    """Those of the project that the library defines."""
    from elftools.elf.elffile import ELFFile
    from elftools.elf.sections import SymbolTableSection

    with library.open("rb") as file:
        table = ELFFile(file).get_section_by_name(".dynsym")
        assert isinstance(table, SymbolTableSection)
        return {s.name for s in table.iter_symbols() if s["st_shndx"] != "SHN_UNDEF"} & SYMBOLS
