"""The call to llama-cpp-python, against a stand-in for that package; no model runs here."""

import sys
from types import SimpleNamespace

import pytest

from facsimile.language.backends import BackendError, Message, Options
from facsimile.language.local_models import LlamaCpp


class Llama:
    def __init__(self, **settings):
        self.settings, self.asked, self.answer = settings, [], "[12B] Hm."

    def create_chat_completion(self, **request):
        self.asked.append(request)
        return {"choices": [{"message": {"role": "assistant", "content": self.answer}}]}


@pytest.fixture
def package(monkeypatch):
    grammar = SimpleNamespace(from_string=lambda text, verbose: f"grammar of {text}")
    monkeypatch.setitem(sys.modules, "llama_cpp", SimpleNamespace(Llama=Llama, LlamaGrammar=grammar))


def test_messages_options_and_grammar_reach_the_package(package, tmp_path):
    backend = LlamaCpp(tmp_path / "tiny.gguf")
    options = Options(max_tokens=9, temperature=0.1, seed=3, grammar='root ::= "x"')
    assert backend.complete([Message("user", "[4C] hi")], options) == "[12B] Hm."
    assert backend.name == "tiny.gguf in this process"
    assert backend._model.settings == {"model_path": str(tmp_path / "tiny.gguf"), "n_ctx": 0, "verbose": False}
    assert backend._model.asked == [
        {
            "messages": [{"role": "user", "content": "[4C] hi"}],
            "max_tokens": 9,
            "temperature": 0.1,
            "seed": 3,
            "grammar": 'grammar of root ::= "x"',
        }
    ]


@pytest.mark.parametrize("answer", [None, "", "  "])
def test_an_empty_answer_is_said(package, tmp_path, answer):
    backend = LlamaCpp(tmp_path / "tiny.gguf")
    backend._model.answer = answer
    with pytest.raises(BackendError, match="answered with nothing"):
        backend.complete([Message("user", "hi")])


def test_a_missing_package_is_named(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "llama_cpp", None)
    with pytest.raises(ImportError, match="pip install llama-cpp-python"):
        LlamaCpp(tmp_path / "tiny.gguf")
