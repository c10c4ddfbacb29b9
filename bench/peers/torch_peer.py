# PyTorch on the bench's workloads, one measurement per line read: "W1 train" -> milliseconds. Run by bench/run.mjs.
import sys, time, torch
torch.set_num_threads(int(sys.argv[1]))
torch.set_flush_denormal(True)
print("ready PyTorch", torch.__version__, flush=True)

class Net(torch.nn.Module):
    def __init__(self, v, d, hs, out, every=False):
        super().__init__()
        self.e = torch.nn.Embedding(v, d)
        self.ls = torch.nn.ModuleList([torch.nn.LSTM(i, h, batch_first=True) for i, h in zip([d] + hs, hs)])
        self.o = torch.nn.Linear(hs[-1], out)
        self.every = every
    def forward(self, x):
        x = self.e(x)
        for l in self.ls: x, _ = l(x)
        return self.o(x if self.every else x[:, -1])

shapes = dict(W1=(10000, 128, [128], 1, 200, 64, False), W2=(10000, 128, [100], 1, 500, 64, False),
              W3=(283, 100, [150, 150], 283, 56, 32, False), W4=(2800, 50, [200], 2800, 60, 64, False),
              W7=(10000, 650, [650, 650], 10000, 35, 20, True))
made = {}
def get(name):
    if name not in made:
        v, d, hs, out, t, b, every = shapes[name]
        net = Net(v, d, hs, out, every)
        opt = torch.optim.SGD(net.parameters(), 1.0) if name == "W7" else torch.optim.Adam(net.parameters())
        x = torch.randint(1, v, (b, t))
        y = torch.rand(b, 1).round() if out == 1 else torch.randint(0, out, (b, t) if every else (b,))
        made[name] = (net, opt, x, y)
    return made[name]

def train(name):
    net, opt, x, y = get(name)
    steps = 27 if name == "W3" else 1
    t = time.perf_counter()
    for _ in range(steps):
        opt.zero_grad()
        p = net(x)
        loss = torch.nn.functional.binary_cross_entropy_with_logits(p, y) if p.shape[-1] == 1 else torch.nn.functional.cross_entropy(p.flatten(0, -2), y.flatten())
        loss.backward()
        if name == "W7": torch.nn.utils.clip_grad_norm_(net.parameters(), 5)
        opt.step()
    return time.perf_counter() - t

def infer(name, rows):
    net, _, x, _ = get(name)
    with torch.no_grad():
        t = time.perf_counter()
        net(x[:rows] if rows else x)
        return time.perf_counter() - t

for line in sys.stdin:
    name, what = line.split()
    s = train(name) if what == "train" else infer(name, 1 if what == "one" else 0)
    print(s * 1000, flush=True)
