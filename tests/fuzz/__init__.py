"""Foreign text of every kind, broken in every way: nothing but our own errors, in bounded time.

`python -m tests.fuzz --help` for the long runs; test_fuzz.py is the short one.
"""
