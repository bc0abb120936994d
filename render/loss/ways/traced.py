"""A network as a graph of its operations: batch norm folded into convolutions, and a beginning that never moves.

Frozen batch norm behind a convolution is a scale of its filters (folded anew at every point, since θ moves them). What
stands before the first moved parameter is computed once. Networks whose control flow depends on data have no graph.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import torch
from torch import fx, nn
from torch.nn import functional
from torch.nn.modules.batchnorm import _BatchNorm

from render.descent.parameters import trainable
from render.loss.altered import is_altered
from render.loss.evaluation import evaluating
from render.loss.flat import held_in, moved_by
from render.loss.measurement import Problem

MOST_KEPT = 2**30  # bytes of what the beginning computes


def traced(problem: Problem, plane: torch.Tensor) -> tuple[Problem, nn.Module] | None:
    """Returns a problem whose inputs are what the unmoved beginning gives, and the rest of the network as a module.

    Returns None where the network has no graph, or its mode is not its own evaluation mode.
    """
    mode = problem.mode
    if mode.bn != "frozen" or mode.dropout != "off":
        return None
    with evaluating(problem):
        graph = graph_of(problem.model)
        if graph is None:
            return None
        origin = plane[0].to(problem.inputs.device, torch.float32)
        with held_in(problem.model, origin):  # what does not move along the plane may still be another in the network
            kept = _kept(problem, graph, _cut(graph, moved_by(plane, problem.model)))
        if kept is not None:
            return replace(problem, inputs=_channels_last(kept[0])), _folded(kept[1])
        return replace(problem, inputs=_channels_last(problem.inputs)), _folded(graph)


def is_traced(problem: Problem) -> bool:
    """Tells whether a network has a graph."""
    with evaluating(problem):
        return graph_of(problem.model) is not None


def graph_of(model: nn.Module) -> fx.GraphModule | None:
    """Returns the graph of a network in the mode that it is in, or None where it has none that is known to be whole."""
    if is_altered(model):
        return None
    try:
        graph = fx.GraphModule(model, fx.Tracer().trace(model), "Traced")
    except Exception:  # whatever a network's own code makes of a placeholder
        return None
    graph.graph.eliminate_dead_code()
    read = {id(p) for node in graph.graph.nodes for p in _parameters_of(graph, node)}
    held = {id(p) for _, p in trainable(model)}
    return graph if held <= read else None  # what was read past the trace is a constant in it


def _kept(problem: Problem, graph: fx.GraphModule, cut: str | None) -> tuple[torch.Tensor, fx.GraphModule] | None:
    """Returns what the network gives up to a node, (N, ...), and its rest, or None where that cannot be kept."""
    count = len(problem.inputs)
    if cut is None or count < 2:
        return None
    beginning = _before(graph, cut)
    few = beginning(problem.inputs[:2])
    if not isinstance(few, torch.Tensor) or few.ndim < 2 or len(few) != 2:
        return None
    if few.numel() * few.element_size() * (count / 2) > MOST_KEPT:
        return None
    values = beginning(problem.inputs)
    return (values, _from(graph, cut)) if values.shape == (count, *few.shape[1:]) else None


def _channels_last(values: torch.Tensor) -> torch.Tensor:
    return values.contiguous(memory_format=torch.channels_last) if values.ndim == 4 else values


def _cut(graph: fx.GraphModule, moved: set[int]) -> str | None:
    """Returns the name of the last node that all before it lead to, and that no moved parameter reaches."""
    nodes = list(graph.graph.nodes)
    still = next((k for k, node in enumerate(nodes) if _is_moved(graph, node, moved)), len(nodes) - 1)
    for last in range(still - 1, 0, -1):
        if nodes[last].op in ("call_module", "call_function", "call_method") and _is_gate(nodes, last):
            return str(nodes[last].name)
    return None


def _is_moved(graph: fx.GraphModule, node: fx.Node, moved: set[int]) -> bool:
    return any(id(p) in moved for p in _parameters_of(graph, node))


def _parameters_of(graph: fx.GraphModule, node: fx.Node) -> list[Any]:
    """Returns the tensors that a node reads from the network itself."""
    if node.op == "call_module":
        return list(graph.get_submodule(str(node.target)).parameters())
    if node.op == "get_attr":
        owner, _, name = str(node.target).rpartition(".")
        return [getattr(graph.get_submodule(owner), name)]
    return []


def _is_gate(nodes: list[fx.Node], last: int) -> bool:
    before = set(nodes[:last])
    return all(
        used not in before or used.op == "get_attr" for node in nodes[last + 1 :] for used in node.all_input_nodes
    )


def _before(graph: fx.GraphModule, name: str) -> fx.GraphModule:
    """Returns the graph up to a node."""
    part, copies = fx.Graph(), dict[fx.Node, fx.Node]()
    for node in graph.graph.nodes:
        copies[node] = part.node_copy(node, copies.__getitem__)
        if node.name == name:
            part.output(copies[node])
            break
    return fx.GraphModule(graph, part, "Traced")


def _from(graph: fx.GraphModule, name: str) -> fx.GraphModule:
    """Returns the graph behind a node, whose value is its input."""
    part, copies = fx.Graph(), dict[fx.Node, fx.Node]()

    def copy_of(node: fx.Node) -> fx.Node:
        if node not in copies:  # an attribute that stands before the node, but is read behind it
            copies[node] = part.get_attr(str(node.target))
        return copies[node]

    for node in graph.graph.nodes:
        if copies and node.op != "output":
            copies[node] = part.node_copy(node, copy_of)
        elif copies:
            part.output(fx.map_arg(node.args[0], copy_of))
        elif node.name == name:
            copies[node] = part.placeholder("kept")
    return fx.GraphModule(graph, part, "Traced")


def _folded(graph: fx.GraphModule) -> fx.GraphModule:
    """Returns the graph with every batch norm that alone reads a convolution folded into it."""
    for norm, convolution in list(_pairs(graph)):
        conv: Any = graph.get_submodule(str(convolution.target))
        bn: Any = graph.get_submodule(str(norm.target))
        with graph.graph.inserting_before(norm):
            names = ("weight", "bias")
            ours = [_attribute(graph, convolution, conv, name) for name in names]
            theirs = [_attribute(graph, norm, bn, name) for name in (*names, "running_mean", "running_var")]
            shape = (conv.stride, conv.padding, conv.dilation, conv.groups)
            folded = graph.graph.call_function(
                CONVOLUTIONS[type(conv)], (convolution.args[0], *ours, *theirs, bn.eps, *shape)
            )
        norm.replace_all_uses_with(folded)
        graph.graph.erase_node(norm)
        graph.graph.erase_node(convolution)
    graph.recompile()
    return graph


def _pairs(graph: fx.GraphModule) -> Iterator[tuple[fx.Node, fx.Node]]:
    for node in graph.graph.nodes:
        if node.op != "call_module" or not isinstance(graph.get_submodule(str(node.target)), _BatchNorm):
            continue
        before: Any = node.args[0]
        if before.op != "call_module" or len(before.users) != 1 or len(before.args) != 1:
            continue
        conv: Any = graph.get_submodule(str(before.target))
        norm: Any = graph.get_submodule(str(node.target))
        if type(conv) not in CONVOLUTIONS or conv.padding_mode != "zeros" or norm.running_mean is None:
            continue
        if not is_altered(conv) and not is_altered(norm):
            yield node, before


def _attribute(graph: fx.GraphModule, node: fx.Node, module: nn.Module, name: str) -> fx.Node | None:
    return graph.graph.get_attr(f"{node.target}.{name}") if getattr(module, name) is not None else None


def _convolving(convolution: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
    """Returns a convolution whose filters are scaled by the batch norm behind it."""

    def folded(
        x: torch.Tensor,
        weight: torch.Tensor,
        bias: torch.Tensor | None,
        gamma: torch.Tensor | None,
        beta: torch.Tensor | None,
        mean: torch.Tensor,
        variance: torch.Tensor,
        eps: float,
        *shape: Any,
    ) -> torch.Tensor:
        scale = torch.rsqrt(variance + eps)
        scale = scale if gamma is None else scale * gamma
        shift = (-mean if bias is None else bias - mean) * scale
        shift = shift if beta is None else shift + beta
        return convolution(x, weight * scale.reshape(-1, *[1] * (weight.ndim - 1)), shift, *shape)

    return folded


CONVOLUTIONS: dict[type, Callable[..., torch.Tensor]] = {
    nn.Conv1d: _convolving(functional.conv1d),
    nn.Conv2d: _convolving(functional.conv2d),
    nn.Conv3d: _convolving(functional.conv3d),
}
