"""While tests are collected nothing becomes garbage, so nobody looks for it: `conftest.py` lets that begin with the
first test."""

import gc

gc.disable()
