"""What a convolutional network computes in evaluation mode, as a short list of operations.

The network is traced with stand-ins for its inputs (torch.fx), and each call is looked up in a table. A call that is
not there, or not in a form that is known for certain, makes the whole network unknown: no guess is measured.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

import torch
from torch import fx, nn
from torch.nn import functional

from render.descent.parameters import restoring
from render.loss.altered import any_altered
from render.loss.ways.native.lowering import Lowering, Value, require
from render.loss.ways.native.operation import Operation, Program


def program_of(model: nn.Module, inputs: torch.Tensor) -> Program | None:
    """Returns what a network computes from inputs (N, C, H, W) or (N, F), or None where that is not known."""
    if inputs.ndim not in (2, 4) or not inputs.numel() or not _is_plain(model, inputs):
        return None
    try:
        with restoring(model):
            graph = fx.Tracer().trace(model.eval())
        return _folded(_lowered(model, graph, inputs))
    except Exception:  # a trace runs whatever a forward method holds, and what fails on stand-ins is unknown
        return None


def _lowered(model: nn.Module, graph: fx.Graph, inputs: torch.Tensor) -> Program:
    """Returns the program of a trace; raises where something is unknown, or a parameter is not in it."""
    shape = (*inputs.shape[1:], 1, 1)[:3]
    lowering, read, nodes = Lowering(shape), set[int](), list(graph.nodes)
    require([node.op for node in nodes].count("placeholder") == 1 and nodes[-1].op == "output")
    for node in nodes[:-1]:
        if node.op == "placeholder":
            lowering.found[node] = Value(0, inputs.ndim == 2, 0)
            continue
        arguments, named = fx.map_arg((node.args, node.kwargs), lowering.found.__getitem__)
        if node.op == "call_module":
            module = model.get_submodule(node.target)
            read |= {id(parameter) for parameter in module.parameters()}
            lowering.found[node] = MODULES[type(module)](lowering, module, *arguments, **named)
        else:
            lowering.found[node] = CALLS[node.op][node.target](lowering, *arguments, **named)
    output = lowering.found[nodes[-1].args[0]]
    require(isinstance(output, Value) and output.flat and output.index == len(lowering.operations) > 0)
    require(lowering.operations[-1].shape[1:] == (1, 1) and read >= set(map(id, model.parameters())))
    return Program(shape, tuple(lowering.operations))


def _is_plain(model: nn.Module, inputs: torch.Tensor) -> bool:
    """Tells whether everything is float32 on the CPU and no module does more than its forward method says."""
    tensors = [inputs, *model.parameters(), *(buffer for buffer in model.buffers() if buffer.is_floating_point())]
    known = all(tensor.dtype == torch.float32 and tensor.device.type == "cpu" for tensor in tensors)
    return known and not any_altered(model)


def _folded(program: Program) -> Program:
    """Returns the program with each batch norm that alone reads a convolution made a part of it."""
    uses, places = program.uses(), {0: 0}
    made: list[Operation] = []
    for value, operation in enumerate(program.operations, 1):
        sources = tuple(places[source] for source in operation.sources)
        before = program.operations[operation.sources[0] - 1] if operation.sources[0] else None
        alone = before is not None and before.kind == "convolution" and uses[operation.sources[0]] == 1
        if operation.kind == "norm" and alone:
            made[sources[0] - 1] = replace(made[sources[0] - 1], norm=operation.norm)
            places[value] = sources[0]
        else:
            made.append(replace(operation, sources=sources))
            places[value] = len(made)
    return Program(program.shape, tuple(made))


Handler = Callable[..., Any]


def _activation(function: str) -> Handler:
    return lambda lowering, input, inplace=False: lowering.activation(function, input, inplace)


def _overwriting(function: str) -> Handler:
    return lambda lowering, input: lowering.activation(function, input, True)


def _gelu(lowering: Lowering, input: Value, approximate: str = "none") -> Value:
    return lowering.activation({"none": "gelu", "tanh": "gelu_by_tanh"}[approximate], input)


def _of_module(function: str) -> Handler:
    return lambda lowering, module, input: lowering.activation(function, input, getattr(module, "inplace", False))


def _each(names: Iterable[Any], handler: Handler) -> dict[Any, Handler]:
    return dict.fromkeys(names, handler)


MODULES: dict[type[nn.Module], Handler] = {
    nn.Conv2d: Lowering.convolution,
    nn.Linear: Lowering.linear,
    **_each((nn.BatchNorm1d, nn.BatchNorm2d), Lowering.norm),
    nn.ReLU: _of_module("rectified"),
    nn.SiLU: _of_module("silu"),
    nn.Tanh: _of_module("tangent"),
    nn.Sigmoid: _of_module("logistic"),
    nn.GELU: lambda lowering, module, input: _gelu(lowering, input, module.approximate),
    **_each((nn.Identity, nn.Dropout, nn.Dropout1d, nn.Dropout2d), lambda lowering, _, input: lowering.same(input)),
    nn.Flatten: lambda lowering, module, input: lowering.flatten(input, module.start_dim, module.end_dim),
    nn.AdaptiveAvgPool2d: lambda lowering, module, input: lowering.adaptive_mean(input, module.output_size),
    nn.MaxPool2d: lambda lowering, module, input: lowering.max_pool(
        input, module.kernel_size, module.stride, module.padding, module.dilation, module.ceil_mode,
        module.return_indices,
    ),
    nn.AvgPool2d: lambda lowering, module, input: lowering.mean_pool(
        input, module.kernel_size, module.stride, module.padding, module.ceil_mode, module.count_include_pad,
        module.divisor_override,
    ),
}  # fmt: skip

FUNCTIONS: dict[Any, Handler] = {
    **_each((functional.relu,), _activation("rectified")),
    **_each((functional.silu,), _activation("silu")),
    torch.relu: lambda lowering, input: lowering.activation("rectified", input),
    **_each((torch.relu_, functional.relu_), _overwriting("rectified")),
    **_each((torch.tanh, functional.tanh), lambda lowering, input: lowering.activation("tangent", input)),
    **_each((torch.sigmoid, functional.sigmoid), lambda lowering, input: lowering.activation("logistic", input)),
    functional.gelu: _gelu,
    functional.dropout: Lowering.dropout,
    **_each((functional.max_pool2d, torch.max_pool2d), Lowering.max_pool),
    functional.avg_pool2d: Lowering.mean_pool,
    functional.adaptive_avg_pool2d: Lowering.adaptive_mean,
    functional.pad: Lowering.pad,
    torch.flatten: Lowering.flatten,
    torch.reshape: Lowering.view,
    torch.mean: Lowering.mean,
    **_each((operator.add, torch.add), Lowering.add),
    operator.iadd: Lowering.add_in_place,
    operator.getitem: Lowering.item,
    getattr: Lowering.attribute,
}

METHODS: dict[Any, Handler] = {
    "relu": lambda lowering, input: lowering.activation("rectified", input),
    "relu_": _overwriting("rectified"),
    "tanh": lambda lowering, input: lowering.activation("tangent", input),
    "sigmoid": lambda lowering, input: lowering.activation("logistic", input),
    "add": Lowering.add,
    "add_": Lowering.add_in_place,
    "flatten": Lowering.flatten,
    **_each(("view", "reshape"), Lowering.view),
    "mean": Lowering.mean,
    "size": Lowering.size,
}

CALLS = {"call_function": FUNCTIONS, "call_method": METHODS}
