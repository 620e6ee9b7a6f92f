"""A causal language model that sees the faces of both parties and predicts them: any ``AutoModelForCausalLM`` inside.

Faces are added to the token embeddings through a gate that starts at zero, so an untrained wrapper answers bit for bit
as its body does; the body's own head stays as it is, and a second head predicts the next faces.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForCausalLM, GenerationMixin, PreTrainedConfig, PreTrainedModel
from transformers.pytorch_utils import Conv1D
from transformers.utils import ModelOutput

from facsimile.language.facelm.features import (
    FaceMemory,
    empty_memory,
    features_at,
    featurise,
    has_face,
    num_features,
)
from facsimile.language.facelm.forecast import Forecast, ForecastHead
from facsimile.language.facelm.layout import Layout
from facsimile.language.ticks import CODE_UNITS

HORIZONS = (1, 2, 4)
"""Ticks ahead: 0.32, 0.64 and 1.28 s; the later ones buy time for animation."""


class FaceLMConfig(PreTrainedConfig):
    """Sizes of the face parts, and the body's own configuration as ``text_config``."""

    model_type = "facelm"
    # generation asks the outer configuration for the decoder's, through these two names
    sub_configs: ClassVar[dict[str, Any]] = {"text_config": AutoConfig}

    def __init__(
        self,
        text_config: Any = None,
        units: Sequence[int] = CODE_UNITS,
        horizons: Sequence[int] = HORIZONS,
        num_components: int = 4,
        width: int = 128,
        lora: dict[str, Any] | None = None,
        **others: Any,
    ) -> None:
        if isinstance(text_config, dict):
            text_config = dict(text_config)
            text_config = AutoConfig.for_model(text_config.pop("model_type"), **text_config)
        self.text_config = text_config
        self.units, self.horizons = list(units), list(horizons)
        self.num_components, self.width, self.lora = num_components, width, lora
        super().__init__(**others)


@dataclass
class FaceLMOutput(ModelOutput):
    """What one pass gives."""

    logits: Tensor | None = None
    # [B, N, vocabulary], the body's own
    forecast: Forecast | None = None
    # faces after each of ``face_positions``, or after each token
    past_key_values: Any = None
    memory: FaceMemory | None = None
    # what a later pass with this cache needs to know of the faces so far


class FaceLM(PreTrainedModel, GenerationMixin):
    """Wrap a body; see the module."""

    config_class = FaceLMConfig
    base_model_prefix = "body"
    _supports_sdpa = True

    def __init__(self, config: FaceLMConfig, body: PreTrainedModel | None = None) -> None:
        super().__init__(config)
        self.layout = Layout(tuple(config.units))
        self.body = AutoModelForCausalLM.from_config(config.text_config) if body is None else body
        hidden_size = config.text_config.hidden_size
        self.face_in = nn.Sequential(
            nn.Linear(num_features(self.layout), config.width), nn.GELU(), nn.Linear(config.width, hidden_size)
        )
        self.gate = nn.Parameter(torch.zeros(hidden_size))
        self.face_out = ForecastHead(
            hidden_size,
            self.layout,
            num_horizons=len(config.horizons),
            num_components=config.num_components,
            width=config.width,
        )
        self.post_init()
        if config.lora:  # after post_init, which would draw the adapters anew and undo their zero start
            _add_lora(self.body, config.lora)

    @classmethod
    def around(cls, body: PreTrainedModel, **settings: Any) -> "FaceLM":
        """Wrap a body that exists; ``settings`` as in `FaceLMConfig`. The body is used, not copied."""
        attention = body.config._attn_implementation  # an outer configuration without one would reset the body's
        return cls(FaceLMConfig(text_config=body.config, attn_implementation=attention, **settings), body=body)

    def _init_weights(self, module: nn.Module) -> None:
        """Leave weights as their modules made them; the body has initialised its own."""

    def get_input_embeddings(self) -> nn.Module:
        """Return the body's token embedding."""
        return self.body.get_input_embeddings()

    def set_input_embeddings(self, value: nn.Module) -> None:
        """Replace the body's token embedding."""
        self.body.set_input_embeddings(value)

    def get_output_embeddings(self) -> nn.Module:
        """Return the body's head, which this class never changes."""
        return self.body.get_output_embeddings()

    def forward(
        self,
        input_ids: Tensor | None = None,
        faces: Tensor | None = None,
        tick_index: Tensor | None = None,
        memory: FaceMemory | None = None,
        face_positions: Tensor | None = None,
        attention_mask: Tensor | None = None,
        past_key_values: Any = None,
        use_cache: bool | None = None,
        **others: Any,
    ) -> FaceLMOutput:
        """Read tokens with the faces that were complete when each was read.

        Args:
            input_ids: [B, N].
            faces: [B, K, P, F], rows as `Layout` says; K ticks that end within, or before, these tokens.
            tick_index: [B, N], the place in ``faces`` of the last complete tick at each token; -1: the one before.
            memory: faces of earlier passes, from their output.
            face_positions: [B, M], where to forecast; everywhere if absent.
            attention_mask: as the body takes it.
            past_key_values: cache of earlier passes.
            use_cache: whether to return one.
            others: passed on to the body.
        """
        embedded = self.get_input_embeddings()(input_ids)
        if faces is not None and tick_index is not None:
            memory = empty_memory(self.layout, len(faces), like=faces) if memory is None else memory
            features, after = featurise(faces, self.layout, memory)
            embedded = self._with_faces(embedded, features_at(features, memory, tick_index))
            memory = after
        out = self.body(
            inputs_embeds=embedded,
            attention_mask=attention_mask,
            past_key_values=past_key_values,
            use_cache=use_cache,
            output_hidden_states=True,
            **others,
        )
        hidden = out.hidden_states[-1].to(self.gate.dtype)
        if face_positions is not None:
            hidden = hidden.gather(1, face_positions[..., None].expand(-1, -1, hidden.shape[-1]))
        return FaceLMOutput(out.logits, self.face_out(hidden), out.past_key_values, memory)

    def prepare_inputs_for_generation(self, input_ids: Any, *_: Any, **kwargs: Any) -> dict[str, Any]:
        """Cut what the cache already holds; the last faces are held while further tokens are written.

        ``faces`` stay whole: their features look back, so they are computed before the cut.
        """
        cache, faces, tick_index = (kwargs.get(name) for name in ("past_key_values", "faces", "tick_index"))
        done = 0 if cache is None else cache.get_seq_length()
        inputs: dict[str, Any] = {
            "input_ids": input_ids[:, done:],
            "past_key_values": cache,
            "attention_mask": kwargs.get("attention_mask"),
            "use_cache": True,
        }
        if faces is not None and tick_index is not None:
            further = input_ids.shape[1] - tick_index.shape[1]
            held = torch.cat([tick_index, tick_index[:, -1:].expand(-1, further)], 1)
            inputs |= {"faces": faces, "tick_index": held[:, done:]}
        return inputs

    def _with_faces(self, embedded: Tensor, features: Tensor) -> Tensor:
        added = self.gate * self.face_in(features.to(self.gate.dtype)) * has_face(features).to(self.gate.dtype)
        return embedded + added.to(embedded.dtype)


def _add_lora(body: PreTrainedModel, settings: dict[str, Any]) -> None:
    """Put low-rank adapters (Hu et al. 2022) into the body; they start as no change."""
    from peft import LoraConfig, inject_adapter_in_model

    transposed = any(isinstance(module, Conv1D) for module in body.modules())  # GPT-2's linear layers
    inject_adapter_in_model(LoraConfig(**{"fan_in_fan_out": transposed, **settings}), body)


AutoConfig.register(FaceLMConfig.model_type, FaceLMConfig)
