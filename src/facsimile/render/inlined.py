"""Compile small functions into their callers: a call would count references to every array it is handed.

Numba's disk cache looks at the file of the caller alone: after editing an inlined function, touch ``shading.py`` or
``occlusion.py`` so that their kernels are compiled again.
"""

import inspect
from collections.abc import Callable
from typing import Any

from facsimile.kernel import njit


def inlined(function: Callable[..., Any]) -> Any:
    """Compile ``function`` like ``facsimile.kernel.lean_kernel``, but as part of each kernel that calls it."""
    return njit(nogil=True, error_model="numpy", forceinline=True, _nrt=False)(inspect.unwrap(function))
