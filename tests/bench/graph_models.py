# SPDX-License-Identifier: Apache-2.0
"""The nets of graph_models.h as ONNX files, from the numbers that engine_bench.cc writes."""

from onnx import TensorProto, helper, numpy_helper

OPSET = 17


class Net:
    """Adds nodes one by one; `numbers` are taken in the order of Hillock's layers."""

    def __init__(self, numbers):
        self._numbers = numbers
        self._at = 0
        self.nodes = []
        self.tensors = []

    def take(self, *dims: int) -> str:
        count = 1
        for size in dims:
            count *= size
        name = f"t{len(self.tensors)}"
        values = self._numbers[self._at:self._at + count].reshape(dims)
        self.tensors.append(numpy_helper.from_array(values, name))
        self._at += count
        return name

    def node(self, operator: str, *inputs: str, outputs: int = 1, **attributes):
        names = [f"{operator}{len(self.nodes)}_{i}" for i in range(outputs)]
        self.nodes.append(helper.make_node(operator, inputs, names, **attributes))
        return names[0] if outputs == 1 else names

    def constant(self, values) -> str:
        self.tensors.append(numpy_helper.from_array(values, f"t{len(self.tensors)}"))
        return self.tensors[-1].name

    def dense(self, x: str, inputs: int, outputs: int) -> str:
        return self.node("Gemm", x, self.take(outputs, inputs), self.take(outputs), transB=1)

    def model(self, width: int, answer: str) -> bytes:
        assert self._at == self._numbers.size
        ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["rows", columns])
                for name, columns in (("input", width), (answer, 1))]
        graph = helper.make_graph(self.nodes, "net", ends[:1], ends[1:], self.tensors)
        opset = helper.make_opsetid("", OPSET)
        return helper.make_model(graph, opset_imports=[opset], ir_version=8).SerializeToString()


def resnet(net: Net, x: str, width: int, hidden: int) -> str:
    import numpy
    scale, shift = net.take(width), net.take(width)
    mean = net.constant(numpy.zeros(width, numpy.float32))
    variance = net.constant(numpy.ones(width, numpy.float32))
    z = net.node("BatchNormalization", x, scale, shift, mean, variance, epsilon=0.0)
    h = net.node("Relu", net.dense(z, width, hidden))
    return net.node("Add", x, net.dense(h, hidden, width))


def normalized(net: Net, x: str, width: int) -> str:
    return net.node("LayerNormalization", x, net.take(width), net.take(width), axis=-1,
                    epsilon=1e-5)


def layernorm(net: Net, x: str, width: int) -> str:
    return net.node("Relu", net.dense(normalized(net, x, width), width, width))


def swiglu(net: Net, x: str, width: int, hidden: int) -> str:
    a, b = net.node("Split", net.dense(normalized(net, x, width), width, 2 * hidden), outputs=2,
                    axis=1)
    h = net.node("Mul", net.node("Mul", a, net.node("Sigmoid", a)), b)
    return net.node("Add", x, net.dense(h, hidden, width))


def residual(net: Net, x: str, width: int) -> str:
    return net.node("Add", x, net.node("Relu", net.dense(x, width, width)))


BLOCKS = {"resnet": resnet, "layernorm": layernorm, "swiglu": swiglu, "residual": residual}


def make_onnx(name: str, numbers) -> bytes:
    kind, *sizes = name.split("-")
    *widths, blocks = map(int, sizes)
    net = Net(numbers)
    x = net.dense("input", widths[0], widths[0])
    for _ in range(blocks):
        x = BLOCKS[kind](net, x, *widths)
    return net.model(widths[0], net.dense(x, widths[0], 1))
