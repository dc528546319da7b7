# SPDX-License-Identifier: Apache-2.0
"""Shapes that several tests use."""

SMALL = [(1,), (2, 3), (4, 1, 2)]
