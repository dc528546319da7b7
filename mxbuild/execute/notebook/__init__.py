"""Jupyter on an environment, without a byte of the environment being changed.

What was verified is a promise: 40 packages more in the environment would break it (`verify`, the receipt, the bill of
materials), and Jupyter's newest server neither runs on the Pythons that old releases want nor goes together with their
pins. So there are two virtual environments of their own beside it:

* the *server*, on mxbuild's own Python, shared by all environments. It never imports what a notebook imports.
* the *kernel*, one for each environment, on the interpreter of that environment: ipykernel and matplotlib, and behind
  them, by a `.pth` file, all that the environment has. `%pip install` in a notebook lands here, with the environment's
  packages as constraints, and never in the environment.

Both are whole or not there: their record is written last. Nobody removes one that is being used: its lock is held by
the server that runs.
"""
