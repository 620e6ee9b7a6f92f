"""Compile inner loops with numba, once per machine.

Kernels are cached on disk, release the GIL and follow IEEE rules, so that the same input gives the same bytes in
every process. Unless NUMBA_OPT says otherwise they are optimised at LLVM's level 2: as fast here as level 3, and
compiled in three quarters of the time. It must be set before numba is imported.
"""

import inspect
import os
from collections.abc import Callable
from typing import Any

os.environ.setdefault("NUMBA_OPT", "2")

from numba import njit


def kernel(function: Callable[..., Any]) -> Any:
    """Compile ``function`` with numba; a run-time type checker wrapped round it is taken off first."""
    return njit(cache=True, nogil=True, error_model="numpy")(inspect.unwrap(function))


def lean_kernel(function: Callable[..., Any]) -> Any:
    """Compile like ``kernel`` a function that only writes into what it is given: it may not make or return arrays.

    Its arrays are not counted as they are passed on (numba's switch ``_nrt``), which would take longer than shading.
    """
    return njit(cache=True, nogil=True, error_model="numpy", _nrt=False)(inspect.unwrap(function))
