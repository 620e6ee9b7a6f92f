"""A short hand for Blender's shader nodes."""

from typing import Any

import bpy


class Tree:
    """Build the nodes of one material."""

    def __init__(self, name: str) -> None:
        self.material = bpy.data.materials.new(name)
        self.material.use_nodes = True
        self._nodes, self._links = self.material.node_tree.nodes, self.material.node_tree.links
        self._nodes.clear()

    def node(self, kind: str) -> Any:
        """Add a node."""
        return self._nodes.new(kind)

    def link(self, source: Any, target: Any) -> None:
        """Join an output to an input."""
        self._links.new(source, target)

    def set(self, node: Any, values: dict[str, Any]) -> None:
        """Set inputs by name."""
        for name, value in values.items():
            node.inputs[name].default_value = value

    def finish(self, shader: Any) -> None:
        """Make a shader the surface."""
        self.link(shader, self.node("ShaderNodeOutputMaterial").inputs["Surface"])

    def principled(self, values: dict[str, Any]) -> Any:
        """Add Blender's all-round surface."""
        node = self.node("ShaderNodeBsdfPrincipled")
        self.set(node, values)
        return node

    def texture(
        self, image: bpy.types.Image, layer: str, *, interpolation: str = "Linear", extension: str = "REPEAT"
    ) -> Any:
        """Return the colour of an image at a layer of texture coordinates."""
        place, node = self.node("ShaderNodeUVMap"), self.node("ShaderNodeTexImage")
        place.uv_map, node.image, node.interpolation, node.extension = layer, image, interpolation, extension
        self.link(place.outputs[0], node.inputs["Vector"])
        return node.outputs["Color"]

    def attribute(self, name: str) -> Any:
        """Return a colour stored on the mesh or on hairs."""
        node = self.node("ShaderNodeAttribute")
        node.attribute_name = name
        return node.outputs["Color"]

    def constant(self, colour: tuple[float, ...]) -> Any:
        """Return a colour."""
        node = self.node("ShaderNodeRGB")
        node.outputs[0].default_value = colour
        return node.outputs[0]

    def channels(self, colour: Any) -> tuple[Any, Any, Any]:
        """Return red, green and blue."""
        node = self.node("ShaderNodeSeparateColor")
        self.link(colour, node.inputs[0])
        return node.outputs[0], node.outputs[1], node.outputs[2]

    def grey(self, colour: Any) -> Any:
        """Return the red channel of a grey."""
        return self.channels(colour)[0]

    def times(self, value: Any, factor: Any) -> Any:
        """Return a product of numbers."""
        return self._math("MULTIPLY", value, factor)

    def above(self, value: Any, limit: float) -> Any:
        """Return 1 where a number exceeds a limit, else 0."""
        return self._math("GREATER_THAN", value, limit)

    def _math(self, operation: str, value: Any, other: Any) -> Any:
        node = self.node("ShaderNodeMath")
        node.operation = operation
        self.link(value, node.inputs[0])
        self._feed(node.inputs[1], other)
        return node.outputs[0]

    def mixed(self, share: Any, first: Any, second: Any) -> Any:
        """Return a colour between two."""
        return self._mix("RGBA", "MIX", share, first, second, ("A_Color", "B_Color", "Result_Color"))

    def scaled(self, colour: Any, factor: Any) -> Any:
        """Return a colour times a number."""
        node = self.node("ShaderNodeVectorMath")
        node.operation = "SCALE"
        self.link(colour, node.inputs[0])
        self._feed(node.inputs["Scale"], factor)
        return node.outputs[0]

    def tinted(self, colour: Any, tint: list[float]) -> Any:
        """Return a colour times another, channel by channel."""
        node = self.node("ShaderNodeVectorMath")
        node.operation = "MULTIPLY"
        self.link(colour, node.inputs[0])
        node.inputs[1].default_value = tint
        return node.outputs[0]

    def blended(self, share: Any, first: Any, second: Any) -> Any:
        """Return a number between two."""
        return self._mix("FLOAT", "MIX", share, first, second, ("A_Float", "B_Float", "Result_Float"))

    def bump(self, height: Any) -> Any:
        """Return the normal of a relief of heights in the scene's unit."""
        node = self.node("ShaderNodeBump")
        node.inputs["Strength"].default_value = 1.0
        node.inputs["Distance"].default_value = 1.0
        self.link(height, node.inputs["Height"])
        return node.outputs[0]

    def _mix(self, kind: str, blend: str, share: Any, first: Any, second: Any, names: tuple[str, str, str]) -> Any:
        node = self.node("ShaderNodeMix")
        node.data_type, node.clamp_factor = kind, True
        if kind == "RGBA":
            node.blend_type = blend
        sockets = {socket.identifier: socket for socket in (*node.inputs, *node.outputs)}
        self._feed(sockets["Factor_Float"], share)
        self._feed(sockets[names[0]], first)
        self._feed(sockets[names[1]], second)
        return sockets[names[2]]

    def _feed(self, socket: Any, value: Any) -> None:
        """Join an output to a socket, or set it to a plain value."""
        if isinstance(value, bpy.types.NodeSocket):
            self.link(value, socket)
        else:
            socket.default_value = value
