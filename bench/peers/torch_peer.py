# python3 torch_peer.py THREADS [bf16]: PyTorch as a contestant; the protocol is bench/serve.mjs's.
# Tuned: denormals flushed (without it vanishing gradients slow a step tenfold), a thread per core, inference mode, and of
# time first or batch first, one Adam or a foreach Adam, whichever is faster here at this workload; with bf16 of autocast
# (weights stay f32) or a model that is bfloat16 as a whole, too.
import contextlib, json, os, resource, sys, time

os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = sys.argv[1]
os.environ["OMP_WAIT_POLICY"] = "PASSIVE"  # OpenBLAS has threads of its own: two kinds that spin take turns and lose tenfold
import torch
from torch import nn

torch.set_num_threads(int(sys.argv[1]))
torch.set_num_interop_threads(1)
torch.set_flush_denormal(True)
torch.manual_seed(1)
BF16 = sys.argv[2:] == ["bf16"]
KINDS = ("autocast", "whole") if BF16 else ("f32",)
WORDS, SINGLES, TOY_EPOCHS = 200, 20, 100


class Net(nn.Module):
    def __init__(self, w, batch_first):
        super().__init__()
        inputs = [w["depth"] or 1] + w["units"]
        self.e = nn.Embedding(w["vocabulary"], w["depth"]) if w["depth"] else None
        self.ls = nn.ModuleList([nn.LSTM(d, h, batch_first=batch_first) for d, h in zip(inputs, w["units"])])
        self.after = nn.Dropout(w["after"])
        self.o = nn.Linear(w["units"][-1], w["out"])
        self.every, self.batch_first = w["every"], batch_first

    def forward(self, x, states=None):
        x = self.e(x) if self.e else x
        kept = []
        for k, l in enumerate(self.ls):
            x, s = l(x, states[k] if states else None)
            kept.append(s)
        if not self.every:
            x = x[:, -1] if self.batch_first else x[-1]
        x = self.o(self.after(x))
        return (x, kept) if states is not None else x


def load(net, weights):
    put = lambda p, a: p.data.copy_(a)
    put(net.e.weight, weights[0])
    for k, l in enumerate(net.ls):
        wx, wh, b = weights[1 + 3 * k : 4 + 3 * k]  # gates i f c o, as PyTorch's i f g o
        put(l.weight_ih_l0, wx.t()), put(l.weight_hh_l0, wh.t()), put(l.bias_ih_l0, b), l.bias_hh_l0.data.zero_()
    put(net.o.weight, weights[-2].t()), put(net.o.bias, weights[-1])


def seconds(work, times=1):
    t = time.perf_counter()
    for _ in range(times):
        work()
    return (time.perf_counter() - t) / times


def loss_of(p, y):
    if p.shape[-1] == 1:
        return nn.functional.binary_cross_entropy_with_logits(p[..., 0], y)
    return nn.functional.cross_entropy(p.flatten(0, -2), y.flatten())


class Case:
    def __init__(self, folder):
        w = self.w = json.load(open(f"{folder}/case.json"))
        read = lambda name, dtype: torch.frombuffer(bytearray(open(f"{folder}/{name}", "rb").read()), dtype=dtype)
        self.x = read("x", torch.int32 if w["depth"] else torch.float32)
        self.x = self.x.long().view(-1, w["time"]) if w["depth"] else self.x.view(-1, w["time"], 1)
        self.y = read("y", torch.float32 if w["out"] == 1 else torch.int32)
        self.y = self.y if w["out"] == 1 else self.y.long()
        self.y = self.y.view(-1, w["time"]) if w["every"] else self.y
        self.weights = [read(f"w{k}", torch.float32).view(s) for k, s in enumerate(w["weights"])]
        self.expected = read("expected", torch.float32)
        self.tasks = {t: getattr(self, t) for t in w["tasks"]}
        if w["rows"] == "toy":
            return
        if w["recurrentDropout"]:
            raise ValueError("nn.LSTM has no recurrent dropout")
        self.nets = {}
        for first, kind in self.settings():
            net = Net(w, first)
            load(net, self.weights)
            if kind == "whole":
                net.bfloat16()
            make = (lambda p, **k: torch.optim.SGD(p, 1.0, **k)) if w["optimizer"] == "sgd" else torch.optim.Adam
            self.nets[first, kind] = net, {each: make(net.parameters(), foreach=each) for each in (False, True)}
        self.best = {}

    def settings(self):
        return [(first, kind) for first in (True, False) for kind in KINDS]

    def kept(self, kind):
        return torch.autocast("cpu", torch.bfloat16) if kind == "autocast" else contextlib.nullcontext()

    def input(self, x, first):
        return x if first else x.t().contiguous()

    def fastest(self, task, settings, run):
        """Of the settings the one with the shortest time, after a first run of them all."""
        if task not in self.best:
            for setting in settings:
                run(setting)
            times = [seconds(lambda: run(setting)) for setting in settings]
            self.best[task] = settings[times.index(min(times))]
        return self.best[task]

    def steps(self, first, kind, each, count):
        net, optimizers = self.nets[first, kind]
        net.train()
        b, every = self.w["batch"], self.w["every"]
        for k in range(count):
            x, y = self.x[k * b : (k + 1) * b], self.y[k * b : (k + 1) * b]
            optimizers[each].zero_grad(set_to_none=True)
            with self.kept(kind):
                p = net(self.input(x, first))
            loss_of(p.float(), y if first or not every else y.t()).backward()
            if "clip" in self.w:
                nn.utils.clip_grad_norm_(net.parameters(), self.w["clip"])
            optimizers[each].step()

    def train(self):
        settings = [(*setting, each) for setting in self.settings() for each in (False, True)]
        best = self.fastest("train", settings, lambda s: self.steps(*s, 1))
        count = self.w["steps"]
        return seconds(lambda: self.steps(*best, count)) / (1 if self.w.get("epoch") else count)

    def predict(self, rows, first, kind):
        net = self.nets[first, kind][0].eval()
        with torch.inference_mode(), self.kept(kind):
            p = net(self.input(self.x[:rows], first)).float()
            return torch.sigmoid(p) if self.w["out"] == 1 else torch.softmax(p, -1)

    def rows(self, task, rows, times):
        best = self.fastest(task, self.settings(), lambda s: self.predict(rows, *s))
        return seconds(lambda: self.predict(rows, *best), times)

    def infer(self):
        return self.rows("infer", self.w["batch"], 1)

    def one(self):
        return self.rows("one", 1, SINGLES)

    def word(self):
        net = self.nets[False, KINDS[0]][0].eval()
        states, x = [None] * len(net.ls), torch.ones(1, 1, dtype=torch.long)

        def step():
            nonlocal states, x
            p, states = net(x, states)
            x = torch.softmax(p, -1).argmax(-1, keepdim=True)

        with torch.inference_mode():
            return seconds(step, WORDS)

    def fit(self):
        def whole():
            net = Net(self.w, True)
            optimizer = torch.optim.Adam(net.parameters())
            for _ in range(TOY_EPOCHS):
                optimizer.zero_grad(set_to_none=True)
                loss_of(net(self.x), self.y).backward()
                optimizer.step()

        return seconds(whole)

    def difference(self):
        if self.w["rows"] == "toy":
            return None
        got = self.predict(self.w["batch"], True, KINDS[0]).flatten()
        return ((got - self.expected).abs().max() / self.expected.abs().max()).item()


def answer(value):
    print(json.dumps(value), flush=True)


config = torch.__config__.show()
blas = [part.split("=")[1] for part in config.split(", ") if "BLAS_INFO" in part]
loaded = open("/proc/self/maps").read() if os.path.exists("/proc/self/maps") else ""
library = "MKL" if torch.backends.mkl.is_available() else "OpenBLAS" if "openblas" in loaded else "reference BLAS, slow" if "libblas" in loaded else (blas or ["?"])[0]
answer({"version": f"PyTorch {torch.__version__} ({library})" + (", bf16" if BF16 else "")})
case = None
for line in sys.stdin:
    request = json.loads(line)
    try:
        if request["ask"] == "memory":
            answer({"bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024})
        elif request["ask"] == "open":
            case = Case(request["folder"])
            answer({"tasks": list(case.tasks), "difference": case.difference()})
        else:
            times = request.get("times", 1)
            answer({"ms": sum(case.tasks[request["ask"]]() for _ in range(times)) * 1000 / times})
    except Exception as error:
        answer({"fails": str(error).split("\n")[0][:200]})
