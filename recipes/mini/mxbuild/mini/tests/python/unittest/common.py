# SPDX-License-Identifier: Apache-2.0
"""Leads tests to what lies in ../common."""
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "common"))
