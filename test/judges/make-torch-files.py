"""Writes ../fixtures/torch/: small files of each form that PyTorch writes, and what PyTorch computes.

    python3 test/judges/make-torch-files.py     # PyTorch 2
"""
import json
import pathlib
import sys

import numpy
import torch
from torch import nn

sys.modules["__main__"].__dict__.update(vars(__import__("torch_files")))  # a notebook's classes are __main__'s
import torch_files
from torch_files import FORMS, computed, net_of, saved

folder = pathlib.Path(__file__).parent / "../fixtures/torch"
folder.mkdir(exist_ok=True)
nets = {
    "words": [
        {"kind": "embedding", "n": 11, "d": 4},
        {"kind": "lstm", "d": 4, "units": 3, "layers": 2, "both": True},
        {"kind": "gru", "d": 6, "units": 4},
        {"kind": "last"},
        {"kind": "linear", "d": 4, "units": 3},
    ],
    "signals": [
        {"kind": "conv", "d": 2, "filters": 4, "size": 3, "dilation": 2},
        {"kind": "batchnorm", "d": 4},
        {"kind": "lstm", "d": 4, "units": 5, "proj": 3, "layers": 2, "both": True},
        {"kind": "layernorm", "d": 6},
        {"kind": "rnn", "d": 6, "units": 4, "bias": False},
        {"kind": "linear", "d": 4, "units": 2, "bias": False},
    ],
    "cells": [
        {"kind": "transposed", "d": 2, "filters": 3, "size": 3, "stride": 2},
        {"kind": "grucell", "d": 3, "units": 4},
        {"kind": "lstmcell", "d": 4, "units": 3},
        {"kind": "rnncell", "d": 3, "units": 2},
    ],
}
for Class in (torch_files.Net, torch_files.Note):
    Class.__module__ = "__main__"
expected = {"by": f"PyTorch {torch.__version__}", "nets": {}, "files": {}}
for number, (name, stages) in enumerate(nets.items()):
    expected["nets"][name] = stages
    for form in FORMS if name == "words" else ["state_dict", "model"]:
        if form == "older model":
            continue  # holds the source text of every class
        net = net_of(stages, 100 + number)
        file = "words.safetensors" if form == "safetensors" else f"{name}-{form.replace(' ', '-')}" + (".pkl" if form == "pickle" else ".pt")
        (folder / file).write_bytes(saved(net, form))
        x, y = computed(net, 2, form)
        expected["files"][file] = {"net": name, "form": form, "x": x, "y": y}

torch.manual_seed(3)
rows = nn.Sequential(
    nn.Linear(4, 8), nn.ReLU(), nn.Sequential(nn.LayerNorm(8), nn.Dropout(0.5)), nn.Linear(8, 6, bias=False), nn.BatchNorm1d(6), nn.GELU(), nn.LeakyReLU(0.3), nn.Linear(6, 3), nn.Softmax(dim=1)
).eval()
rows[4].running_mean.uniform_(-1, 1)
rows[4].running_var.uniform_(0.5, 2)
x = torch.rand(5, 4)
torch.save(rows, folder / "sequential.pth")
expected["sequential"] = {"x": x.tolist(), "y": rows(x).tolist()}

base = torch.arange(24, dtype=torch.float32)
values = {
    "part": base[5:9],
    "columns": base.view(4, 6).t(),
    "every other": base[::2],
    "block": base.view(2, 3, 4)[:, 1:, ::3],
    "spread": base[:3].expand(2, 3),
    "one": torch.tensor(2.5, dtype=torch.float64),
    "none": torch.zeros(0, 3),
    "long": torch.tensor([-(2**40), 7]),
    "int": torch.tensor([-5, 7], dtype=torch.int32),
    "short": torch.tensor([-5, 7], dtype=torch.int16),
    "char": torch.tensor([-5, 7], dtype=torch.int8),
    "byte": torch.tensor([250, 7], dtype=torch.uint8),
    "bool": torch.tensor([True, False]),
    "half": torch.tensor([0.1, -3.0], dtype=torch.float16),
    "bfloat16": torch.tensor([0.1, -3.0], dtype=torch.bfloat16),
    "uint16": torch.tensor([65535, 7], dtype=torch.uint16),
    "parameter": nn.Parameter(torch.tensor([1.0, 2.0])),
}
torch.save(values, folder / "values.pt")
torch.save(values, folder / "values-older.pt", _use_new_zipfile_serialization=False)
expected["values"] = {name: {"shape": list(t.shape), "numbers": [float(v) for v in t.double().reshape(-1)]} for name, t in values.items()}
held = {
    "complex": torch.tensor([1 + 2j]),
    "sparse": torch.tensor([[0.0, 1.0]]).to_sparse(),
    "quantized": torch.quantize_per_tensor(torch.tensor([1.0]), 0.1, 0, torch.quint8),
    "plain": torch.tensor([1.0]),
}
torch.save(held, folder / "other-tensors.pt")
both = {"encoder": nn.Linear(2, 3).state_dict(), "decoder": nn.Linear(3, 2).state_dict(), "vocab": {"a": 1}, "score": numpy.float64(0.25)}
torch.save(both, folder / "two-parts.pt")
(folder / "expected.json").write_text(json.dumps(expected, separators=(",", ":")) + "\n")
print("written by", expected["by"])
