"""Pose people of ICT-FaceKit: the same interface, controllers, mesh and labels as the template's own rig."""

from functools import lru_cache

import numpy as np
from jaxtyping import Float32

from facsimile.face.contact import part_lips
from facsimile.face.ict_correspondence import correspondence
from facsimile.face.ict_data import NUM_IDENTITIES, read_ict, required_ict_path
from facsimile.face.ict_retarget import IctHead, retarget
from facsimile.face.identity import Identity
from facsimile.face.lips import seal_lips
from facsimile.face.pack import HeadPack, load_head_pack
from facsimile.face.rig import Rig, eye_middle
from facsimile.face.shapes import rig_shapes


class IctRig(Rig):
    """Pose heads whose form is a mean and components of ICT-FaceKit; identities have as many weights."""

    def __init__(self, pack: HeadPack, head: IctHead):
        super().__init__(pack)
        self.head = head

    def _template_shapes(self, identity: Identity) -> Float32[np.ndarray, "S V 3"]:
        return self.head.shapes

    def _neutral(self, identity: Identity) -> Float32[np.ndarray, "V 3"]:
        components = self.head.identities
        if len(identity.weights) != len(components):
            raise ValueError(
                f"identity: rig ict needs {len(components)} weights, got {len(identity.weights)}; draw it with "
                "facsimile.face.ict_identity.ict_identity_from_seed"
            )
        neutral = self.head.mean + (identity.weights @ components.reshape(len(components), -1)).reshape(-1, 3)
        correspondence().keep_thick(neutral)
        sealed = seal_lips(neutral + eye_middle(self.pack.vertices) - eye_middle(neutral))
        part_lips(sealed)
        return sealed


@lru_cache(maxsize=1)
def ict_head() -> IctHead:
    """Return the user's copy of the model on the template's mesh, made once per process.

    Raises ValueError with what to get and where to put it when there is none.
    """
    names, shapes = rig_shapes()
    head = retarget(read_ict(required_ict_path()), names, shapes.mean(0))
    assert len(head.identities) == NUM_IDENTITIES
    return head


@lru_cache(maxsize=1)
def ict_rig() -> IctRig:
    """Return the rig of the user's copy of ICT-FaceKit, built once per process."""
    return IctRig(load_head_pack(), ict_head())
