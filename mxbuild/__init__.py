"""mxbuild takes a bare Ubuntu or Debian machine to a verified MXNet."""

__version__ = "0.1.0"
