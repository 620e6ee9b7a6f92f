"""Random tiny bodies of four families, and faces for them."""

import numpy as np
import torch

from facsimile.language.facelm.layout import Layout
from facsimile.language.facelm.model import FaceLM, FaceLMConfig

VOCABULARY = 97
UNITS = (4, 12, 25)
SHARED = {
    "vocab_size": VOCABULARY,
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 256,
}
BODIES = {
    "llama": SHARED,
    "gpt2": {"vocab_size": VOCABULARY, "n_embd": 64, "n_layer": 2, "n_head": 4, "n_positions": 256,
             "bos_token_id": 1, "eos_token_id": 2},
    "qwen3": {**SHARED, "head_dim": 16},
    "gemma3_text": {**SHARED, "head_dim": 16},
}  # fmt: skip
LORA = {"r": 4, "lora_alpha": 8, "target_modules": "all-linear"}


def face_lm(family="llama", *, gate=0.0, seed=0, lora=None):
    """A random model; ``gate`` is the spread of its gate."""
    torch.manual_seed(seed)
    config = FaceLMConfig(text_config={"model_type": family, **BODIES[family]}, units=UNITS, lora=lora)
    model = FaceLM(config).eval()
    with torch.no_grad():
        model.gate.normal_(0, gate) if gate else None
        for name, parameter in model.named_parameters():
            if gate and "lora_B" in name:
                parameter.normal_(0, 0.1)
    return model


def inputs(*, batch=2, seed=0, gaps=True):
    """Tokens, rows of faces with gaps in what is valid, and the last complete tick at each token."""
    rng = np.random.default_rng(seed)
    layout = Layout(UNITS)
    tick_index = torch.tensor([[-1, -1, 0, 0, 1, 1, 1, 2, 2, 3, 3, 4, 5, 5]] * batch)
    faces = np.zeros((batch, 6, 2, layout.size), np.float32)
    faces[..., layout.level] = rng.integers(0, 6, faces[..., layout.level].shape)
    faces[..., layout.angle] = rng.normal(0, 0.2, faces[..., layout.angle].shape)
    for part in (layout.level_valid, layout.angle_valid):
        faces[..., part] = rng.random(faces[..., part].shape) < (0.6 if gaps else 1.0)
    faces[..., layout.closure] = rng.integers(0, 6, faces[..., layout.closure].shape)
    ids = torch.from_numpy(rng.integers(3, VOCABULARY, tick_index.shape))
    return ids, torch.from_numpy(faces), tick_index
