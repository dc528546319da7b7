"""pip in an environment that may have none yet: `python -I with_pip.py [ARGUMENT...]`.

ensurepip and the first use of pip would each load pip, which takes longer than most that it is used for. Here it is
loaded once, out of ensurepip's wheel: a child installs it, and its parent does then what ARGUMENTs say.
"""

import contextlib
import ensurepip
import importlib
import importlib.util
import os
import runpy
import sys
import tempfile
import traceback
import zipfile


def pip(arguments):
    """Raises SystemExit."""
    sys.argv[1:] = arguments
    runpy.run_module("pip", run_name="__main__", alter_sys=True)


def forked(arguments):
    """What pip ends with in a process of its own, which leaves this one as it is."""
    sys.stdout.flush()
    child = os.fork()
    if child:
        return os.waitpid(child, 0)[1]
    code = 1
    try:
        pip(arguments)
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001 - it ends here, whatever it is
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def unpack(wheel, directory):
    """What is imported of it: out of the archive pip finds no certificates, and with its metadata it finds itself."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(directory, [name for name in archive.namelist() if name.startswith("pip/")])


def both(arguments, wheels, then, environ):
    """In place of `ensurepip._run_pip`. pip's bytecode, of which an install needs a part, is not made."""
    with tempfile.TemporaryDirectory() as directory:
        for wheel in wheels:
            if os.path.basename(wheel).startswith("pip-"):
                unpack(wheel, directory)
        sys.path[:0] = [directory, *wheels]
        with contextlib.suppress(ImportError):  # an older one has it elsewhere
            importlib.import_module("pip._internal.commands.install")
        if forked([arguments[0], "--no-compile", *arguments[1:]]) != 0:
            raise SystemExit("ensurepip has installed no pip")
        if then:
            restore(environ)
            pip(then)


def restore(environ):
    """The caller's settings, of which ensurepip wants none."""
    os.environ.clear()
    os.environ.update(environ)


def main(then):
    environ = dict(os.environ)
    if importlib.util.find_spec("pip") is None:
        if hasattr(ensurepip, "_run_pip"):
            ensurepip._run_pip = lambda arguments, wheels=(): both(arguments, wheels or (), then, environ)
            ensurepip.bootstrap(upgrade=True, default_pip=True)
            return
        ensurepip.bootstrap(upgrade=True, default_pip=True)
        restore(environ)
        importlib.invalidate_caches()
        if importlib.util.find_spec("pip") is None:
            raise SystemExit("ensurepip has installed no pip")
    if then:
        pip(then)


main(sys.argv[1:])
