"""Run a language model in this process, from files on the disk: nothing is downloaded and nothing leaves.

``LocalTransformers`` needs the llm extra, ``LlamaCpp`` the package llama-cpp-python.
"""

from collections.abc import Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from facsimile.language.backends import DEFAULTS, BackendError, Capabilities, Message, Options
from facsimile.language.log_probs import continuation_nats

MIN_TEMPERATURE = 1e-3
"""Below this an answer is the likeliest one, without chance."""


class LocalTransformers:
    """Answer with any causal language model that transformers can load from a folder."""

    capabilities = Capabilities(seed=True)

    def __init__(self, path: Path | str):
        """Name the folder; the model is loaded when it is first asked."""
        self.path = Path(path)
        self.name = f"{self.path.name} in this process"

    @cached_property
    def _loaded(self) -> tuple[Any, Any]:
        try:
            from transformers import AutoModelForCausalLM, AutoTokenizer
        except ImportError:
            raise ImportError(
                "a local model needs transformers; install it with: pip install 'facsimile[llm]'"
            ) from None
        try:
            tokenizer = AutoTokenizer.from_pretrained(self.path, local_files_only=True)
            model = AutoModelForCausalLM.from_pretrained(self.path, local_files_only=True)
        except (OSError, ValueError, KeyError) as error:
            said = " ".join(str(error).split())[:160]
            raise BackendError(f"{self.path} holds no model that transformers can load: {said}") from None
        return tokenizer, model.eval()

    def complete(self, messages: Sequence[Message], options: Options = DEFAULTS) -> str:
        """Return the model's continuation of the conversation."""
        import torch

        tokenizer, model = self._loaded
        ids = tokenizer(self._prompt(messages), return_tensors="pt", add_special_tokens=False).input_ids
        if options.seed is not None:
            torch.manual_seed(options.seed)
        chance: dict[str, Any] = {"do_sample": options.temperature >= MIN_TEMPERATURE}
        chance |= {"temperature": options.temperature} if chance["do_sample"] else {}
        made = model.generate(
            ids, attention_mask=torch.ones_like(ids), max_new_tokens=options.max_tokens,
            pad_token_id=tokenizer.pad_token_id or tokenizer.eos_token_id or 0, **chance,
        )  # fmt: skip
        text = tokenizer.decode(made[0, ids.shape[1] :], skip_special_tokens=True)
        if not text.strip():
            raise BackendError(f"{self.name} answered with nothing; try another temperature or model")
        return str(text)

    def nats(self, messages: Sequence[Message], answers: Sequence[str]) -> Float[np.ndarray, " N"]:
        """Return -log p(answer | messages) of each answer, exactly; without a chat template a space leads it."""
        tokenizer, model = self._loaded
        lead = "" if tokenizer.chat_template else " "
        prompt = self._prompt(messages)
        return continuation_nats(
            model, tokenizer, [(prompt, lead + answer) for answer in answers], special_tokens=False
        )

    def _prompt(self, messages: Sequence[Message]) -> str:
        """Use the model's own chat template; without one, a line per message."""
        tokenizer = self._loaded[0]
        if tokenizer.chat_template:
            turns = [asdict(message) for message in messages]
            return str(tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True))
        return "".join(f"{message.role}: {message.content}\n" for message in messages) + "assistant:"


class LlamaCpp:
    """Answer with a GGUF file through llama.cpp in this process."""

    capabilities = Capabilities(seed=True, grammar=True)

    def __init__(self, path: Path | str):
        """Load the file; raise ImportError if llama-cpp-python is not installed."""
        try:
            from llama_cpp import Llama
        except ImportError:
            raise ImportError("a GGUF file needs llama.cpp; install it with: pip install llama-cpp-python") from None
        self.path = Path(path)
        self.name = f"{self.path.name} in this process"
        self._model = Llama(model_path=str(path), n_ctx=0, verbose=False)

    def complete(self, messages: Sequence[Message], options: Options = DEFAULTS) -> str:
        """Return the model's answer, inside ``options.grammar`` if there is one."""
        from llama_cpp import LlamaGrammar

        grammar = None if options.grammar is None else LlamaGrammar.from_string(options.grammar, verbose=False)
        answer = self._model.create_chat_completion(
            messages=[asdict(message) for message in messages],
            max_tokens=options.max_tokens,
            temperature=options.temperature,
            seed=options.seed,
            grammar=grammar,
        )
        content = answer["choices"][0]["message"]["content"]
        if not content or not content.strip():
            raise BackendError(f"{self.name} answered with nothing")
        return str(content)
