"""The starter notebook: laid into a directory that has no notebook yet; what is there is never touched."""

import os
from contextlib import suppress
from pathlib import Path

from mxbuild.execute.notebook.pins import DATA

NAME = "mxnet-starter.ipynb"


def lay(directory: str) -> bool:
    """Write it; False where the directory has notebooks of its own.

    Raises:
        OSError: the directory cannot be written.
    """
    if any(name.endswith(".ipynb") for name in os.listdir(directory)):
        return False
    path = Path(directory, NAME)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    try:
        with open(descriptor, "wb") as file:
            file.write((DATA / NAME).read_bytes())
    except BaseException:
        with suppress(OSError):
            path.unlink()
        raise
    return True


def there(directory: str) -> bool:
    """Whether one was laid there before."""
    return os.path.isfile(f"{directory}/{NAME}")
