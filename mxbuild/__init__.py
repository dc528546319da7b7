"""mxbuild takes a bare Ubuntu or Debian machine to a verified MXNet."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    __version__: str
else:

    def __getattr__(name: str) -> str:
        """`__version__`, when somebody asks: a checkout asks git then."""
        if name != "__version__":
            raise AttributeError(f"module 'mxbuild' has no attribute {name!r}")
        from mxbuild.version import version

        return version()
