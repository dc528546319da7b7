"""Make flags out of upstream's own files."""

from mxbuild.recipe.makevars import variables

CONFIG = """\
#-------------------------------------------------------------------------------
#  Template configuration
#-------------------------------------------------------------------------------

# choice of compiler
export CC = gcc
DEV = 0

# whether use the thing
# in earnest
USE_THING = 1
  # indented, and no flag
ADD_CFLAGS = -DX
USE_PATH = NONE # a word on it
USE_EMPTY =
# USE_SLEEPING = 1
"""
MAKEFILE = """\
ifeq ($(USE_THING), 1)
ifndef USE_UNSET
ifdef ENABLE_MORE
$(USE_OTHER) $(UNRELATED)
"""


def test_every_flag_with_upstreams_default_and_words() -> None:
    found = variables(CONFIG, MAKEFILE)
    assert [*found] == ["DEV", "USE_THING", "USE_PATH", "USE_EMPTY", "USE_UNSET", "ENABLE_MORE", "USE_OTHER"]
    assert found["USE_THING"] == ("USE_THING", "1", "whether use the thing in earnest")
    assert found["USE_PATH"][1:] == ("NONE", "")
    assert found["USE_EMPTY"][1:] == ("", "")
    assert found["USE_UNSET"][1:] == ("", "")
