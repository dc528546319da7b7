"""`python -m mxbuild`."""

import sys

from mxbuild.cli import main

if __name__ == "__main__":
    sys.exit(main())
