"""A server that somebody else wrote, ``transformers serve``, with a tiny random model, on loopback."""

import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest

from facsimile.facs.notation import parse
from facsimile.language.backends import BackendError, Message, Options
from facsimile.language.chat import Conversation
from facsimile.language.http_backend import OpenAICompatible
from facsimile.language.local_models import LocalTransformers
from facsimile.language.opening import open_backend

pytestmark = [pytest.mark.torch, pytest.mark.slow, pytest.mark.timeout(240)]

HELLO = [Message("system", "be kind"), Message("user", "[12C] hi")]
SHORT = Options(max_tokens=12, seed=1)
TEMPLATE = "{% for m in messages %}{{ m['role'] }}: {{ m['content'] }}\n{% endfor %}assistant:"


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory):
    """A random two-layer Llama that reads and writes bytes."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    torch.manual_seed(0)
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    bytes_only = Tokenizer(models.BPE(vocab={c: i for i, c in enumerate(["<eos>", *letters])}, merges=[]))
    bytes_only.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bytes_only.decoder = decoders.ByteLevel()
    tokenizer = PreTrainedTokenizerFast(tokenizer_object=bytes_only, eos_token="<eos>", pad_token="<eos>")
    tokenizer.chat_template = TEMPLATE
    config = LlamaConfig(
        vocab_size=len(letters) + 1, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=2, max_position_embeddings=8192, eos_token_id=0, pad_token_id=0, bos_token_id=None,
    )  # fmt: skip
    folder = tmp_path_factory.mktemp("tiny")
    LlamaForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def server(model_folder, tmp_path_factory):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    home = tmp_path_factory.mktemp("hub")
    (home / "hub").mkdir()
    environment = {**os.environ, "HF_HOME": str(home), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    command = [Path(sys.executable).parent / "transformers", "serve", model_folder, "--host", "127.0.0.1"]
    log = (home / "log.txt").open("wb")
    process = subprocess.Popen([*map(str, command), "--port", str(port)], env=environment, stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}"
    try:
        _wait(url, process, home / "log.txt")
        yield url
    finally:
        process.terminate()
        process.wait(timeout=30)
        log.close()


def _wait(url, process, log):
    end = time.monotonic() + 150
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()
        try:
            if httpx.get(f"{url}/health", timeout=2).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.3)
    raise AssertionError(log.read_text())


def test_a_real_server_answers_whole_and_in_pieces(server, model_folder):
    backend = OpenAICompatible(server, model=str(model_folder))
    whole = backend.complete(HELLO, Options(max_tokens=12, temperature=0.0, seed=1))
    assert whole.strip()
    streamed = OpenAICompatible(server, model=str(model_folder), stream=True)
    pieces = list(streamed.pieces(HELLO, Options(max_tokens=12, temperature=0.0, seed=1)))
    assert len(pieces) > 1
    assert "".join(pieces) == whole


def test_a_conversation_with_a_real_server(server, model_folder):
    conversation = Conversation(OpenAICompatible(server, model=str(model_folder)))
    reply = conversation.say("I passed the exam!", parse("6C+12D"))
    assert reply.speaker == "model"
    assert sum(conversation.rungs.values()) == 1


def test_a_model_the_server_has_not_is_one_clear_line(server):
    with pytest.raises(BackendError, match=r"refused.* with HTTP") as caught:
        OpenAICompatible(server, model="nobody/nothing", sleep=lambda _: None).complete(HELLO, SHORT)
    assert "\n" not in str(caught.value)


def test_a_local_model_repeats_itself_with_the_same_seed(model_folder):
    backend = open_backend(f"local:{model_folder}")
    assert isinstance(backend, LocalTransformers)
    assert backend.complete(HELLO, SHORT) == backend.complete(HELLO, SHORT)
    assert backend.complete(HELLO, SHORT) != backend.complete(HELLO, Options(max_tokens=12, seed=2))


def test_a_folder_without_a_model_is_one_clear_line(tmp_path):
    with pytest.raises(BackendError, match="holds no model that transformers can load"):
        open_backend(f"local:{tmp_path}").complete(HELLO)
    with pytest.raises(ValueError, match="names no file or folder that exists"):
        open_backend("local:/nowhere/at/all")
