"""
Writes ../fixtures/onnx-models.json: PyTorch models exported to ONNX, classic and dynamo, some quantized, in half or double precision, or
with their numbers in another file, and what ONNX Runtime computes for them. A few of each kind, drawn by onnx_models.py.

    python3 -m venv torch && torch/bin/pip install -r test/judges/requirements-onnx.txt     # Python 3.11, 5 GB
    torch/bin/python test/judges/make-onnx-models.py --count 36 --seed 1
"""
import argparse
import base64
import json
import pathlib
import subprocess
import sys

import onnx
import onnx_models

here = pathlib.Path(__file__).resolve().parent
options = argparse.ArgumentParser()
options.add_argument("--count", type=int, default=36)
options.add_argument("--seed", type=int, default=1)
options.add_argument("--each", type=int, default=3, help="at most so many of a kind")
options = options.parse_args()


def without_notes(packed):
    """A file without the places of the program that it was exported from: dynamo notes them at every node."""
    model = onnx.ModelProto.FromString(base64.b64decode(packed))
    for one in [model, model.graph, *onnx_models.nodes_of(model.graph), *model.graph.value_info, *model.graph.input, *model.graph.output, *model.graph.initializer]:
        one.ClearField("metadata_props")
        one.ClearField("doc_string")
    del model.graph.value_info[:]
    return base64.b64encode(model.SerializeToString()).decode()


class Program:
    """onnx_models.py as another process, which begins again where an exporter crashes."""

    running = None

    def ask(self, seed):
        if self.running is None:
            command = [sys.executable, "-W", "ignore", str(here / "onnx_models.py")]
            self.running = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        print(json.dumps({"seed": seed}), file=self.running.stdin, flush=True)
        while line := self.running.stdout.readline():
            if line.startswith("{"):
                return json.loads(line).get("value")
        self.running = None
        return None


def main():
    found, kinds, seed, program = [], {}, options.seed, Program()
    while len(found) < options.count:
        one = program.ask(seed)
        seed += 1
        if one is None or "raised" in one or kinds.get(one["kind"], 0) >= options.each:
            continue
        one["files"] = {name: without_notes(data) if name.endswith(".onnx") else data for name, data in one["files"].items()}
        if sum(len(data) for data in one["files"].values()) > 24_000:
            continue
        kinds[one["kind"]] = kinds.get(one["kind"], 0) + 1
        found.append({key: one[key] for key in ("seed", "kind", "opset", "text", "judge", "model", "files", "runs")})
    path = here / "../fixtures/onnx-models.json"
    path.write_text("[\n" + ",\n".join(json.dumps(one) for one in found) + "\n]\n")
    print(len(found), "files of seeds", options.seed, "to", seed - 1, kinds, path.stat().st_size, "bytes")


main()
