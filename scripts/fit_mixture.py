"""Fit the chances of units in the independent draw (``studio.sampling.WEIGHTS``) and print them.

Run from the repository root: ``python scripts/fit_mixture.py``. Each round draws the recipe ``mixed`` and moves every
weight towards its unit's target; the printed table goes into ``src/facsimile/studio/sampling.py``.
"""

import argparse
import sys

import numpy as np

from facsimile.facs.action_units import LABEL_UNITS, unit_index
from facsimile.facs.intensity import THRESHOLDS
from facsimile.studio.recipe import mixed
from facsimile.studio.report import plan
from facsimile.studio.sampling import MOST_USED, WEIGHTS

STRONG_TARGET, RARE_TARGET = 0.109, 0.015
"""Shares of all images: at C or above for the most used units, active for the others."""
STEP = 0.8
"""Exponent on target over share: below 1, since units compete for places."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--count", type=int, default=16_000)
    options = parser.parse_args()
    for number in range(options.rounds):
        drawn = plan(mixed(), 100 + number, options.count).action_units.max(2)
        share = np.where(np.isin(LABEL_UNITS, MOST_USED), (drawn >= THRESHOLDS[2]).mean(0), (drawn > 0).mean(0))
        target = np.where(np.isin(LABEL_UNITS, MOST_USED), STRONG_TARGET, RARE_TARGET)
        for code in WEIGHTS:
            k = unit_index(code)
            WEIGHTS[code] *= (target[k] / max(share[k], 1e-4)) ** STEP
        weakest = min(MOST_USED, key=lambda code: share[unit_index(code)])
        print(f"round {number}: AU{weakest} at C or above in {share[unit_index(weakest)]:.3f}", file=sys.stderr)
    scale = np.median(list(WEIGHTS.values()))
    print(", ".join(f"{code}: {WEIGHTS[code] / scale:.2g}" for code in sorted(WEIGHTS)))


if __name__ == "__main__":
    main()
