"""Compile inner loops with numba, once per machine.

Kernels are cached on disk, release the GIL and follow IEEE rules, so that the same input gives the same bytes in
every process.
"""

import inspect
from collections.abc import Callable
from typing import Any

from numba import njit


def kernel(function: Callable[..., Any]) -> Any:
    """Compile ``function`` with numba; a run-time type checker wrapped round it is taken off first."""
    return njit(cache=True, nogil=True, error_model="numpy")(inspect.unwrap(function))
