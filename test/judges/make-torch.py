"""Writes ../fixtures/models/torch.*: a state_dict as safetensors, an exported .onnx, and what PyTorch computes.

    python3 test/judges/make-torch.py     # PyTorch 1.13 or newer; safetensors is written by hand where its package is absent
"""

import json
import pathlib
import struct

import torch
from torch import nn

folder = pathlib.Path(__file__).parent / "../fixtures/models"
torch.manual_seed(7)


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(11, 4)
        self.lstm = nn.LSTM(4, 3, num_layers=2, bidirectional=True, batch_first=True)
        self.gru = nn.GRU(6, 4, batch_first=True)
        self.dense = nn.Linear(4, 3)

    def forward(self, words):
        h, _ = self.lstm(self.embedding(words))
        _, h = self.gru(h)
        return self.dense(h[0])


net = Net().eval()
words = torch.randint(0, 11, (3, 6))
with torch.no_grad():
    said = net(words)

header, data = {}, b""
for name, tensor in net.state_dict().items():
    raw = tensor.numpy().astype("<f4").tobytes()
    header[name] = {"dtype": "F32", "shape": list(tensor.shape), "data_offsets": [len(data), len(data) + len(raw)]}
    data += raw
text = json.dumps(header).encode()
text += b" " * (-len(text) % 8)
(folder / "torch.safetensors").write_bytes(struct.pack("<Q", len(text)) + text + data)
# The exported graph has one layer: what two of an open batch are exported as, Shape with start and end, is another matter.
torch.manual_seed(8)
net.lstm = nn.LSTM(4, 3, bidirectional=True, batch_first=True)
with torch.no_grad():
    exported = net(words)
dynamic = {"words": {0: "batch"}, "scores": {0: "batch"}}
torch.onnx.export(net, words, str(folder / "torch.onnx"), input_names=["words"], output_names=["scores"], dynamic_axes=dynamic, opset_version=14)
shown = {"by": f"PyTorch {torch.__version__}", "x": words.tolist(), "predict": said.tolist(), "exported": exported.tolist()}
(folder / "torch.json").write_text(json.dumps(shown, separators=(",", ":")) + "\n")
print("written by", shown["by"])
