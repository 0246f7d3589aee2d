"""Settings that all tests share."""

from __future__ import annotations

from hypothesis import settings

# Kernels compile on first use, so no single example has a fair deadline; the same examples every time, so that a red
# test is a red change.
settings.register_profile("kinescape", deadline=None, derandomize=True, max_examples=60)
settings.load_profile("kinescape")
