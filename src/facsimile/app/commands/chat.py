"""``facsimile chat``: talk to a language model, with a face on both sides."""

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Callable

    from facsimile.facs.state import State
    from facsimile.language.chat import Conversation
    from facsimile.language.prompt import Turn

    ReadFace = Callable[[], State | None]

PICTURE_SIZE = 512
QUIT_WORDS = ("/quit", "/exit")
HELP = "Type and press Enter. /face 6C+12D changes your face, /quit (or Ctrl-D) ends."


@click.command()
@click.option(
    "--backend",
    default="echo",
    show_default=True,
    help="echo, a server's address such as http://localhost:8080, facelm:FOLDER, local:FOLDER, gguf:FILE or "
    "replay:FILE.",
)
@click.option("--model", help="The model to ask the server for; its first one if not given.")
@click.option("--face", "source", help="What shows your face: a photo, a video, or camera (camera:1 is the second).")
@click.option("--notation", help='Your face as a FACS score, such as "6C+12D", instead of a photo.')
@click.option("--message", help="Say this and print one reply. Without it: standard input, or a conversation.")
@click.option("--show", type=click.Path(dir_okay=False, path_type=Path), help="Draw the last reply's face: FILE.png.")
@click.option("--seed", type=click.IntRange(min=0), default=13, show_default=True,
              help="Who plays the model in --show.")  # fmt: skip
@click.option("--timeout", "timeout_s", type=click.FloatRange(min=0.1), default=120.0, show_default=True,
              help="Seconds to wait for the server.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="One JSON object per reply.")
@click.option("--force", is_flag=True, help="Replace the file of --show if it exists.")
def command(
    backend: str,
    model: str | None,
    source: str | None,
    notation: str | None,
    message: str | None,
    show: Path | None,
    seed: int,
    timeout_s: float,
    as_json: bool,
    force: bool,
) -> None:
    """Talk to a language model that sees your face and has one of its own.

    Any server that speaks OpenAI's chat format will do: llama.cpp, Ollama, vLLM, LM Studio. If it needs a key, put it
    into FACSIMILE_API_KEY. The backend echo repeats what you say, with your face.

    \b
    facsimile chat --notation "6C+12D" --message "I passed the exam!"
    facsimile chat --backend http://localhost:8080 --face me.jpg --show reply.png
    """
    from facsimile.app.output import refuse_overwrite
    from facsimile.language.chat import Conversation
    from facsimile.language.opening import open_backend

    if source is not None and notation is not None:
        raise click.UsageError("--face and --notation both give your face; use one of them")
    if show is not None:
        if show.suffix.lower() != ".png":
            raise click.UsageError(f"--show {show}: the name must end in .png")
        refuse_overwrite(show, force=force, option="--show")
    try:
        conversation = Conversation(open_backend(backend, model=model, timeout_s=timeout_s))
        face = _typed(notation) if source is None else _watched(source)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    except ImportError as error:
        raise click.ClickException(str(error)) from error
    reply = _talk(conversation, face, message, as_json=as_json)
    if show is not None and reply is not None:
        _draw(reply, show, seed=seed, force=force)


def _typed(notation: str | None) -> "ReadFace":
    """Give the face that was typed; None: not seen."""
    state = None if notation is None else _parse(notation)
    return lambda: state


def _watched(name: str) -> "ReadFace":
    """Give the face that a photo, a video or a camera shows, and say it when it is another than before."""
    from facsimile.app.face_source import FaceSource
    from facsimile.facs.notation import write

    source = FaceSource(name)
    told: list[State] = []

    def look() -> "State":
        try:
            state = source.read()
        except ValueError as error:
            raise click.ClickException(str(error)) from error
        if told[-1:] != [state]:
            told.append(state)
            click.echo(f"your face: [{write(state)}]", err=True)
        return state

    return look


def _parse(notation: str) -> "State":
    from facsimile.facs.notation import parse

    try:
        return parse(notation)
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def _talk(conversation: "Conversation", face: "ReadFace", message: str | None, *, as_json: bool) -> "Turn | None":
    """Hold one turn with --message or piped input, else a conversation; return the last reply."""
    if message is None and sys.stdin.isatty():
        return _converse(conversation, face, as_json=as_json)
    words = sys.stdin.read() if message is None else message
    if not words.strip():
        raise click.UsageError("nothing to say: give --message TEXT or text on standard input")
    reply = _say(conversation, words.strip(), face())
    _print(reply, as_json=as_json)
    return reply


def _converse(conversation: "Conversation", face: "ReadFace", *, as_json: bool) -> "Turn | None":
    """Read lines from the terminal until it ends; a failed turn is said and can be tried again."""
    click.echo(f"{conversation.backend.name}. {HELP}", err=True)
    reply = None
    while (line := _read_line()) is not None and line not in QUIT_WORDS:
        try:
            if line.startswith("/face"):
                face = _typed(line.removeprefix("/face").strip() or "?")
            elif line:
                reply = _say(conversation, line, face())
                _print(reply, as_json=as_json)
        except click.ClickException as error:
            click.echo(f"Error: {error.format_message()}", err=True)
    return reply


def _read_line() -> str | None:
    """Return the next line without outer spaces; None at the end of input."""
    click.echo("you: ", nl=False, err=True)
    line = sys.stdin.readline()
    return line.strip() if line else None


def _say(conversation: "Conversation", words: str, face: "State | None") -> "Turn":
    from facsimile.language.backends import BackendError

    try:
        return conversation.say(words, face)
    except (BackendError, ImportError) as error:
        raise click.ClickException(str(error)) from error


def _print(reply: "Turn", *, as_json: bool) -> None:
    """Print the reply on stdout and, on stderr, how its face had to be read if not as it was."""
    from facsimile.language.leniency import Rung
    from facsimile.language.tags import write_tag

    tag = None if reply.face is None else write_tag(reply.face)
    rung = (reply.rung or Rung.EXACT).name.lower()
    if as_json:
        record = {"face": tag and tag[1:-1], "words": reply.words, "rung": rung, "notes": list(reply.notes)}
        click.echo(json.dumps(record, ensure_ascii=False))
        return
    click.echo(f"{tag} {reply.words}".strip() if tag else reply.words)
    if rung != "exact":
        click.echo(f"face read as {rung}: {'; '.join(reply.notes) or 'the reply holds no face'}", err=True)


def _draw(reply: "Turn", path: Path, *, seed: int, force: bool) -> None:
    from facsimile.app.drawing import draw_state, encode
    from facsimile.app.output import write_atomic
    from facsimile.facs.state import State

    seen = reply.face is not None and reply.face.face_seen
    if not seen:
        click.echo("the reply holds no face; drawn neutral", err=True)
    state = reply.face if reply.face is not None and seen else State()
    picture = encode(draw_state(state, seed=seed, size=PICTURE_SIZE), "PNG")
    write_atomic(path, picture, force=force, option="--show")
    click.echo(f"wrote {path}", err=True)
