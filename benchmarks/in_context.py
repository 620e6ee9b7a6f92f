"""Does a language model use faces? Six tasks against any backend, with chance and persistence beside every score.

python benchmarks/in_context.py --backend http://localhost:8080 [--groups 40] [--json out.json]
python benchmarks/in_context.py --backend oracle        (also: random, parrot; they prove the scoring)
"""

import json
from dataclasses import asdict
from pathlib import Path

import click
from tqdm import tqdm

from facsimile.language.backends import Backend, BackendError, Options
from facsimile.language.opening import open_backend
from facsimile.language.referees import Oracle, Parrot, RandomLegal, run_task, to_markdown
from facsimile.language.tasks import all_tasks


@click.command()
@click.option("--backend", "address", default="oracle", show_default=True)
@click.option("--model")
@click.option("--groups", default=40, show_default=True)
@click.option("--seed", default=0, show_default=True)
@click.option("--json", "json_path", type=click.Path(path_type=Path))
def main(address: str, model: str | None, groups: int, seed: int, json_path: Path | None) -> None:
    """Ask, score and print a table."""
    tasks = all_tasks(seed=seed, num_groups=groups)
    referees: dict[str, type[Oracle] | type[RandomLegal] | type[Parrot]] = {
        "oracle": Oracle, "random": RandomLegal, "parrot": Parrot,
    }  # fmt: skip
    try:
        backend: Backend = referees[address](tasks) if address in referees else open_backend(address, model=model)
        options = Options(temperature=0.0, seed=seed)
        results = [
            run_task(task, backend, options=options) for task in tqdm(tasks, desc="asking", delay=2, leave=False)
        ]
    except (BackendError, ImportError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{backend.name}, {groups} groups a task, seed {seed}\n\n{to_markdown(results)}")
    if json_path:
        rows = [{**asdict(result), "rungs": {r.name: n for r, n in result.rungs.items()}} for result in results]
        json_path.write_text(json.dumps({"backend": backend.name, "results": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
