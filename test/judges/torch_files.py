"""Networks of PyTorch made of a list of stages, and files of each kind that PyTorch writes with what it computes (torch-files.mjs, make-torch-files.py).

A stage is {"kind": "lstm", "units": 3, "layers": 2, "both": true}; the modules are called by kind and place: "lstm1".
"""
import base64
import io
import json
import pickle
import struct
import zipfile

import torch
from torch import nn

from answer import answer

RECURRENT = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}
CELLS = {"lstmcell": nn.LSTMCell, "grucell": nn.GRUCell, "rnncell": nn.RNNCell}


class Net(nn.Module):
    """Runs its stages one after another: x [B, T, D] or ids [B, T], and rows [B, D] once "last" has taken the last step."""

    def __init__(self, stages):
        super().__init__()
        self.stages = stages
        self.note = Note("of a class that is in no library")
        for k, stage in enumerate(stages):
            module = self.made(**stage)
            if module is not None:
                setattr(self, f"{stage['kind']}{k}", module)

    def made(self, kind, n=None, d=None, units=None, layers=1, both=False, bias=True, proj=0, filters=None, size=None, stride=1, dilation=1, groups=1):
        if kind == "embedding":
            return nn.Embedding(n, d)
        if kind in RECURRENT:
            more = {"proj_size": proj} if proj else {}
            return RECURRENT[kind](d, units, num_layers=layers, bidirectional=both, bias=bias, batch_first=True, **more)
        if kind in CELLS:
            return CELLS[kind](d, units, bias=bias)
        if kind == "conv":
            return nn.Conv1d(d, filters, size, stride=stride, dilation=dilation, groups=groups, bias=bias)
        if kind == "transposed":
            return nn.ConvTranspose1d(d, filters, size, stride=stride, bias=bias)
        if kind == "batchnorm":
            return nn.BatchNorm1d(d)
        if kind == "layernorm":
            return nn.LayerNorm(d)
        if kind == "linear":
            return nn.Linear(d, units, bias=bias)
        return None

    def forward(self, h):
        for k, stage in enumerate(self.stages):
            kind = stage["kind"]
            module = getattr(self, f"{kind}{k}", None)
            if kind in RECURRENT:
                h, _ = module(h)
            elif kind in CELLS:
                state, steps = None, []
                for t in range(h.shape[1]):
                    state = module(h[:, t], state)
                    steps.append(state[0] if kind == "lstmcell" else state)
                h = torch.stack(steps, 1)
            elif kind in ("conv", "transposed") or (kind == "batchnorm" and h.dim() == 3):
                h = module(h.transpose(1, 2)).transpose(1, 2)
            elif kind == "last":
                h = h[:, -1]
            elif kind == "relu":
                h = torch.relu(h)
            else:
                h = module(h)
        return h


class Note:
    """An object of the author's own in a model."""

    def __init__(self, text):
        self.text = text


def net_of(stages, seed):
    """A network with numbers of its own everywhere, its averages too."""
    torch.manual_seed(seed)
    net = Net(stages).eval()
    with torch.no_grad():
        for name, tensor in net.state_dict().items():
            if "running_var" in name:
                tensor.uniform_(0.5, 2)
            elif tensor.is_floating_point() and ("norm" in name or "running" in name):
                tensor.uniform_(-1, 1)
    return net


def saved(net, form):
    """The bytes of a file of a form with a network's weights."""
    out = io.BytesIO()
    state = net.state_dict()
    if form == "state_dict":
        torch.save(state, out)
    elif form == "model":
        torch.save(net, out)
    elif form == "older":
        torch.save(state, out, _use_new_zipfile_serialization=False)
    elif form == "older model":
        torch.save(net, out, _use_new_zipfile_serialization=False)
    elif form == "checkpoint":
        optimizer = torch.optim.Adam(net.parameters())
        net(example(net, 1)).sum().backward()
        optimizer.step()
        state = net.state_dict()
        held = {"epoch": 7, "model_state_dict": state, "optimizer_state_dict": optimizer.state_dict(), "loss": torch.tensor(0.5), "seed": 2**63 + 5}
        torch.save(held, out)
    elif form == "parallel":
        torch.save({"module." + name: tensor for name, tensor in state.items()}, out)
    elif form in ("half", "bfloat16", "double"):
        kind = {"half": torch.float16, "bfloat16": torch.bfloat16, "double": torch.float64}[form]
        torch.save({name: t.to(kind) if t.is_floating_point() else t for name, t in state.items()}, out)
    elif form == "views":  # all numbers in one storage, matrices transposed in it
        whole = torch.cat([t.t().reshape(-1) if t.dim() == 2 else t.reshape(-1) for t in state.values() if t.is_floating_point()])
        at, views = 0, {}
        for name, t in state.items():
            if t.is_floating_point():
                part = whole[at : at + t.numel()]
                views[name] = part.view(t.shape[1], t.shape[0]).t() if t.dim() == 2 else part.view(t.shape)
                at += t.numel()
        torch.save(views, out)
    elif form == "big-endian":
        torch.save(state, out)
        return big_endian(out.getvalue())
    elif form == "protocol 5":
        torch.save(net, out, pickle_protocol=5)
    elif form == "pickle":
        pickle.dump(net, out)
    elif form == "script":
        torch.jit.save(torch.jit.trace(net, example(net, 1), check_trace=False), out)
    elif form == "safetensors":
        return safetensors(state)
    else:
        raise ValueError(form)
    return out.getvalue()


FORMS = ["state_dict", "model", "older", "older model", "checkpoint", "parallel", "half", "bfloat16", "double", "views", "big-endian", "protocol 5", "pickle", "script", "safetensors"]


def big_endian(archive):
    """The same archive as a machine of the other byte order writes it; all numbers have 4 or 8 bytes, which the size of a scalar tells."""
    source, out = zipfile.ZipFile(io.BytesIO(archive)), io.BytesIO()
    with zipfile.ZipFile(out, "w") as target:
        for info in source.infolist():
            raw = source.read(info)
            if info.filename.endswith("/byteorder"):
                raw = b"big"
            elif "/data/" in info.filename:
                width = 8 if len(raw) == 8 and raw[4:] == bytes(4) else 4
                raw = b"".join(raw[k : k + width][::-1] for k in range(0, len(raw), width))
            target.writestr(info.filename, raw)
    return out.getvalue()


def safetensors(state, padding=0):
    header, data = {}, b""
    for name, tensor in state.items():
        raw = tensor.numpy().tobytes()
        kind = "F32" if tensor.is_floating_point() else "I64"
        header[name] = {"dtype": kind, "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode() + b" " * padding
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text + data


def example(net, rows):
    first = net.stages[0]
    if first["kind"] == "embedding":
        return torch.randint(0, first["n"], (rows, 9))
    return torch.rand(rows, 9, first["d"]) * 2 - 1


def computed(net, rows, form):
    """An input and the output, with the numbers that the file of that form holds."""
    x = example(net, rows)
    kind = {"half": torch.float16, "bfloat16": torch.bfloat16}.get(form)
    if kind:
        for tensor in net.state_dict().values():
            if tensor.is_floating_point():
                tensor.copy_(tensor.to(kind))
    with torch.no_grad():
        y = net(x)
    return x.tolist(), y.tolist()


def case(request):
    net = net_of(request["stages"], request["seed"])
    file = saved(net, request["form"])
    if request["form"] == "safetensors":
        file = safetensors(net.state_dict(), request.get("padding", 0))
    x, y = computed(net, 3, request["form"])
    return {"file": base64.b64encode(file).decode(), "x": x, "y": y}


if __name__ == "__main__":
    answer(case)
