"""Read a data set with programs that know nothing of this package, as docs/data.md shows.

``read_with_others.py FOLDER``

Needs ``pip install datasets polars pandas duckdb``; prints what each reads and stops where two of them differ. The
tests do the same with those that are in the extra ``dev``.
"""

import glob
import sys

import datasets
import duckdb
import numpy as np
import pandas as pd
import polars as pl
import pyarrow.parquet as pq

SMILE = 9
"""Place of AU12 among the units."""


def main(folder: str) -> None:
    """Print the mean of AU12 (the larger side) as each program reads it."""
    pattern = f"{folder}/shard-*.parquet"
    files = sorted(glob.glob(pattern))
    arrow = [max(row[SMILE]) for row in pq.ParquetDataset(files).read(columns=["au"])["au"].to_pylist()]
    frame = pd.concat(pd.read_parquet(file, columns=["au"]) for file in files)
    lazy = pl.scan_parquet(pattern).select(pl.col("au").list.get(SMILE).list.max()).collect()
    sql = duckdb.sql(f"select list_max(au[{SMILE + 1}]) from '{pattern}' order by index").fetchall()
    faces = datasets.load_dataset(folder, split="train").cast_column("image", datasets.Image())
    smiles = {
        f"pandas {pd.__version__}": [max(au[SMILE]) for au in frame.au],
        f"polars {pl.__version__}": lazy["au"].to_list(),
        f"duckdb {duckdb.__version__}": [value for (value,) in sql],
        f"datasets {datasets.__version__}": [max(row["au"][SMILE]) for row in faces],
    }
    for name, values in smiles.items():
        np.testing.assert_array_equal(np.float32(values), np.float32(arrow))
        print(f"{name}: {len(values)} rows, mean AU12 {np.mean(values):.3f}")
    print("first picture through datasets:", faces[0]["image"].size)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(sys.argv[1])
