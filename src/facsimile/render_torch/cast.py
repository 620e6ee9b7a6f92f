"""People on a device: all that pictures of them share, prepared once per person and stacked per batch."""

from dataclasses import dataclass

import torch
from jaxtyping import Float32
from torch import Tensor

from facsimile.face.appearance import Appearance
from facsimile.face.identity import Identity
from facsimile.face.person import Person
from facsimile.face.rigs import rig_of
from facsimile.render_torch.form import Form, Forms, form_of, stacked_forms
from facsimile.render_torch.look import Look, look_of
from facsimile.render_torch.skin import SkinMaps
from facsimile.render_torch.solids import keep_of
from facsimile.render_torch.strands import Grown, grown_strands
from facsimile.render_torch.template import Template, template_on
from facsimile.render_torch.worn import Wardrobe, wardrobe_of


@dataclass(frozen=True)
class Player:
    """Hold one person on a device."""

    identity: Identity
    appearance: Appearance
    form: Form
    keep: Float32[Tensor, "T 3"]
    skin: SkinMaps


@dataclass(frozen=True)
class Cast:
    """Hold some people side by side [P,...]."""

    forms: Forms
    look: Look
    keep: Float32[Tensor, "P T 3"]
    skins: tuple[SkinMaps, ...]
    strands: dict[int, Grown]
    wardrobe: Wardrobe | None
    template: Template

    @property
    def device(self) -> torch.device:
        """Return where the people are."""
        return self.keep.device


def player_of(person: Person, device: torch.device) -> Player:
    """Prepare a person; takes about as long as a few pictures of the CPU engine."""
    return Player(
        person.identity,
        person.appearance,
        form_of(person.identity, person.appearance.teeth, device),
        keep_of(person.appearance, template_on(device)),
        SkinMaps(person.appearance, person.identity.age_years, device),
    )


def cast_of(players: list[Player]) -> Cast:
    """Put people side by side; all must have one rig."""
    rigs = {player.identity.rig for player in players}
    if len(rigs) != 1:
        raise ValueError(
            f"players: people of one batch need one rig, got {', '.join(sorted(rigs))}; use rig='makehuman'"
        )
    device = players[0].keep.device
    appearances = [player.appearance for player in players]
    return Cast(
        stacked_forms([player.form for player in players], rig_of(players[0].identity)),
        look_of(appearances, device),
        torch.stack([player.keep for player in players]),
        tuple(player.skin for player in players),
        grown_strands(appearances, device),
        wardrobe_of(
            [appearance.accessories for appearance in appearances],
            [player.form.neutral.cpu().numpy() for player in players],
            device,
        ),
        template_on(device),
    )
