"""The package says that it is the release that was asked for."""

import importlib
import sys

module, wanted = importlib.import_module(sys.argv[1]), sys.argv[2]
if module.__version__ != wanted:
    sys.exit("version %s, but %s was asked for" % (module.__version__, wanted))
print(module.__version__)
