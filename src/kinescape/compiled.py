"""The one decorator behind every compiled kernel, so that numba's settings stand in one place."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar, cast

import numba

Kernel = TypeVar("Kernel", bound=Callable[..., object])


def kernel(function: Kernel) -> Kernel:
    """Compile ``function`` with numba on first use; the machine code is cached on disk and releases the GIL.

    IEEE arithmetic is kept (no ``fastmath``): the same reads must give the same digits on every machine.
    """
    return cast(Kernel, numba.njit(cache=True, nogil=True, boundscheck=False)(function))
