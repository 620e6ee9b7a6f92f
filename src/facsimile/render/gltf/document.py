"""Collect arrays and pictures into one binary glTF 2.0 document."""

from collections.abc import Sequence

import numpy as np
import pygltflib as gltf
from jaxtyping import Float32, Int32

STILL = 1e-6
"""A corner that moves less than this (metres; normals: per component) stays out of a sparse morph target."""
SPARSE_BELOW = 0.6
"""A morph target that moves a smaller share of the corners is stored sparse."""


class Document:
    """Grow a glTF document; ``bytes`` gives the finished .glb."""

    def __init__(self, *, generator: str, notice: str):
        self.root = gltf.GLTF2(asset=gltf.Asset(version="2.0", generator=generator, copyright=notice))
        self.root.scenes, self.root.scene = [gltf.Scene(nodes=[])], 0
        self._blob = bytearray()

    def add_picture(self, name: str, data: bytes) -> int:
        """Store an encoded JPEG or PNG and return the index of its texture (repeats round the head, stops above)."""
        kind = "image/png" if data.startswith(b"\x89PNG") else "image/jpeg"
        self.root.images.append(gltf.Image(name=name, mimeType=kind, bufferView=self._view(data)))
        if not self.root.samplers:
            self.root.samplers.append(
                gltf.Sampler(
                    magFilter=gltf.LINEAR,
                    minFilter=gltf.LINEAR_MIPMAP_LINEAR,
                    wrapS=gltf.REPEAT,
                    wrapT=gltf.CLAMP_TO_EDGE,
                )
            )
        self.root.textures.append(gltf.Texture(name=name, source=len(self.root.images) - 1, sampler=0))
        return len(self.root.textures) - 1

    def add_material(self, material: gltf.Material) -> int:
        """Store a material and return its index."""
        self.root.materials.append(material)
        return len(self.root.materials) - 1

    def add_points(self, values: Float32[np.ndarray, "N C"]) -> int:
        """Store positions, normals, texture coordinates or colours; return the index of the accessor."""
        kind = gltf.VEC2 if values.shape[1] == 2 else gltf.VEC3
        view = self._view(np.ascontiguousarray(values, np.float32).tobytes(), target=gltf.ARRAY_BUFFER)
        return self._accessor(values, kind, view)

    def add_triangles(self, triangles: Int32[np.ndarray, "F 3"]) -> int:
        """Store triangle corners; return the index of the accessor."""
        view = self._view(triangles.astype(np.uint32).tobytes(), target=gltf.ELEMENT_ARRAY_BUFFER)
        accessor = gltf.Accessor(
            bufferView=view, componentType=gltf.UNSIGNED_INT, count=triangles.size, type=gltf.SCALAR, byteOffset=0
        )
        self.root.accessors.append(accessor)
        return len(self.root.accessors) - 1

    def add_motion(self, deltas: Float32[np.ndarray, "N 3"]) -> int:
        """Store a morph target's displacements, sparse where most corners rest; return the index of the accessor."""
        moved = np.flatnonzero((np.abs(deltas) > STILL).any(1))
        if len(moved) > SPARSE_BELOW * len(deltas):
            return self.add_points(deltas)
        kept = np.zeros_like(deltas)
        kept[moved] = deltas[moved]
        index = self._accessor(kept, gltf.VEC3, None)
        if len(moved):
            self.root.accessors[index].sparse = gltf.Sparse(
                count=len(moved),
                indices=gltf.AccessorSparseIndices(
                    bufferView=self._view(moved.astype(np.uint32).tobytes()), componentType=gltf.UNSIGNED_INT
                ),
                values=gltf.AccessorSparseValues(
                    bufferView=self._view(np.ascontiguousarray(deltas[moved], np.float32).tobytes())
                ),
            )
        return index

    def add_mesh(self, name: str, primitives: Sequence[gltf.Primitive], targets: Sequence[str]) -> int:
        """Store a mesh with its morph target names; return its index."""
        mesh = gltf.Mesh(name=name, primitives=list(primitives))
        if targets:
            mesh.weights, mesh.extras = [0.0] * len(targets), {"targetNames": list(targets)}
        self.root.meshes.append(mesh)
        return len(self.root.meshes) - 1

    def add_node(self, node: gltf.Node, *, parent: int | None = None) -> int:
        """Store a node below ``parent`` or at the top; return its index."""
        self.root.nodes.append(node)
        index = len(self.root.nodes) - 1
        siblings = self.root.scenes[0].nodes if parent is None else self.root.nodes[parent].children
        siblings.append(index)
        return index

    def to_bytes(self) -> bytes:
        """Return the whole document as a .glb file."""
        self.root.buffers = [gltf.Buffer(byteLength=len(self._blob))]
        self.root.set_binary_blob(bytes(self._blob))
        return b"".join(self.root.save_to_bytes())

    def _view(self, data: bytes, target: int | None = None) -> int:
        self._blob += b"\0" * (-len(self._blob) % 4)
        view = gltf.BufferView(buffer=0, byteOffset=len(self._blob), byteLength=len(data), target=target)
        self.root.bufferViews.append(view)
        self._blob += data
        return len(self.root.bufferViews) - 1

    def _accessor(self, values: np.ndarray, kind: str, view: int | None) -> int:
        accessor = gltf.Accessor(
            bufferView=view,
            byteOffset=None if view is None else 0,
            componentType=gltf.FLOAT,
            count=len(values),
            type=kind,
            min=values.min(0).astype(float).tolist(),
            max=values.max(0).astype(float).tolist(),
        )
        self.root.accessors.append(accessor)
        return len(self.root.accessors) - 1
