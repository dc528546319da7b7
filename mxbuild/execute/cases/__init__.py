"""Operator cases: what `verify --deep` runs in an environment and compares with recorded answers.

A case is a function of (mxnet, numpy.random.RandomState) that returns arrays by name. These files run under Python 3.6
and later with the environment's numpy, not in mxbuild. Files that begin with an underscore are the machinery.
"""
