"""The map of a source tree: MXNet's Python package, its C interface, and what calls what; all found by parsing."""

from mxbuild.tour.draw import draw as draw
from mxbuild.tour.find import fetched as fetched
from mxbuild.tour.find import locate as locate
from mxbuild.tour.model import Tour as Tour
