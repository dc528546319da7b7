"""What mxbuild has made and nothing needs any more: found, and taken away."""

from mxbuild.garbage.collect import collect
from mxbuild.garbage.find import Found, Item, Kept, find

__all__ = ["Found", "Item", "Kept", "collect", "find"]
