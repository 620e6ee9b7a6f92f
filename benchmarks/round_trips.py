"""Ten thousand random faces into words and back, and into tags and back: nothing may be lost.

    python benchmarks/round_trips.py [--json benchmarks/results/round_trips.json]

The faces and the checks are those of the tests, which take the first few thousand of the same sequence.
"""

import json
import sys
import time
from pathlib import Path

import click

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests" / "language"))

from test_account import check_faces_come_back_from_their_words
from test_tags import check_faces_come_back_as_they_were

COUNT = 10_000
CHECKS = {"words": check_faces_come_back_from_their_words, "tags": check_faces_come_back_as_they_were}


@click.command()
@click.option("--json", "json_path", type=click.Path(dir_okay=False, path_type=Path))
def main(json_path: Path | None) -> None:
    found = {}
    for name, check in CHECKS.items():
        clock = time.process_time()
        check(COUNT)
        found[name] = {"faces": COUNT, "lost": 0, "cpu_s": round(time.process_time() - clock, 1)}
        print(f"{name}: {COUNT} faces came back as they were")
    if json_path is not None:
        json_path.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
