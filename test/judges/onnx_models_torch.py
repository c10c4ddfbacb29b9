"""PyTorch models drawn from a seed, with arguments of any batch and length (onnx_models.py exports them)."""
from dataclasses import dataclass
from typing import Callable

import torch
from torch import nn
from torch.nn import functional as F

WORDS = 11


@dataclass
class Case:
    """A model, the arguments it takes for a batch and a length, and which of their axes are open: [{0: "batch", 1: "time"}]."""

    kind: str
    module: nn.Module
    make: Callable[[int, int], tuple]
    axes: list
    text: str
    fixed_time: bool = False  # whether the length cannot change


class Wrapped(nn.Module):
    """Modules by name, and a function that calls them."""

    def __init__(self, run, **modules):
        super().__init__()
        for name, module in modules.items():
            setattr(self, name, module)
        self.run = run

    def forward(self, *inputs):
        return self.run(self, *inputs)


ids = lambda *shape: torch.randint(0, WORDS, shape)
time_axes = lambda batch_first: {0: "batch", 1: "time"} if batch_first else {0: "time", 1: "batch"}
shape_of = lambda batch_first, b, t: (b, t) if batch_first else (t, b)


def draw_lengths(b, t):
    lengths = torch.randint(1, t + 1, (b,))
    lengths[int(torch.randint(0, b, ()))] = t
    return lengths


def recurrent(r):
    kind = r.choice(["LSTM", "GRU", "RNN"])
    size, units, layers = r.randint(2, 5), r.randint(2, 5), r.choice([1, 1, 2, 3])
    first, both = r.random() < 0.6, r.random() < 0.4
    options = dict(num_layers=layers, batch_first=first, bidirectional=both, bias=r.random() < 0.9)
    if kind == "RNN":
        options["nonlinearity"] = r.choice(["tanh", "relu"])
    if kind == "LSTM" and r.random() < 0.25 and units > 2:
        options["proj_size"] = units - 1
    if layers > 1:
        options["dropout"] = r.choice([0, 0.3])
    embeds = r.random() < 0.4
    net = getattr(nn, kind)(size, units, **options)
    out = options.get("proj_size", units) * (2 if both else 1)
    head = r.choice(["last", "last", "mean", "max", "all", "hidden", "both", "raw"])
    begins = r.random() < 0.2
    packs = not begins and r.random() < 0.25
    axis = 1 if first else 0
    ways = layers * (2 if both else 1)

    def run(self, x, *rest):
        x = self.embed(x) if embeds else x
        state = (rest if kind == "LSTM" else rest[0]) if begins else None
        if packs:
            packed = nn.utils.rnn.pack_padded_sequence(x, rest[0], batch_first=first, enforce_sorted=False)
            y, h = self.net(packed)
            y, _ = nn.utils.rnn.pad_packed_sequence(y, batch_first=first)
        else:
            y, h = self.net(x, state)
        last = (h[0] if kind == "LSTM" else h)[-1]
        if head == "last":
            return self.dense(y[:, -1] if first else y[-1])
        if head == "mean":
            return self.dense(y.mean(axis))
        if head == "max":
            return self.dense(y.max(axis)[0] if self.pick else torch.amax(y, axis))
        if head == "all":
            return F.log_softmax(self.dense(y), dim=-1)
        if head == "hidden":
            return self.own(last)
        if head == "both":
            return self.dense(y), self.own(last)
        return (y, *h) if kind == "LSTM" else (y, h)

    width = options.get("proj_size", units)
    module = Wrapped(run, net=net, dense=nn.Linear(out, 2), own=nn.Linear(width, 3))
    module.pick = r.random() < 0.5
    if embeds:
        module.embed = nn.Embedding(WORDS, size, padding_idx=r.choice([None, 0]))

    def make(b, t):
        lead = shape_of(first, b, t)
        x = ids(*lead) if embeds else torch.randn(*lead, size)
        states = [torch.randn(ways, b, width), *([torch.randn(ways, b, units)] if kind == "LSTM" else [])]
        return (x, *(states if begins else []), *([draw_lengths(b, t)] if packs else []))

    begun = [{1: "batch"}] * (2 if kind == "LSTM" else 1) if begins else []
    axes = [time_axes(first), *begun, *([{0: "batch"}] if packs else [])]
    text = f"{kind}({size}, {units}, {options}) {head}{', embedding' if embeds else ''}{', states' if begins else ''}{', packed' if packs else ''}"
    return Case("packed" if packs else "recurrent", module, make, axes, text)


def cells(r):
    kind = r.choice(["LSTMCell", "GRUCell", "RNNCell"])
    size, units = r.randint(2, 4), r.randint(2, 4)
    steps = r.randint(2, 4)

    def run(self, x):
        state, found = None, []
        for t in range(steps):
            state = self.cell(x[:, t], state)
            found.append(state[0] if kind == "LSTMCell" else state)
        return self.dense(torch.stack(found, dim=1))

    module = Wrapped(run, cell=getattr(nn, kind)(size, units), dense=nn.Linear(units, 2))
    return Case("cells", module, lambda b, t: (torch.randn(b, steps, size),), [{0: "batch"}], f"{kind}, {steps} steps")


def attention(r):
    heads = r.choice([1, 2, 3])
    size = heads * r.randint(2, 3)
    first = r.random() < 0.7
    kind = r.choice(["self", "padded", "causal", "weights", "cross", "sdpa"])
    other = r.randint(2, 5)
    options = dict(batch_first=first, bias=r.random() < 0.9, add_zero_attn=r.random() < 0.1)
    if kind == "cross":
        options |= dict(kdim=other, vdim=other)
    residual = r.random() < 0.6

    def run(self, *given):
        x = given[0]
        if kind == "padded":
            hidden = (x == 0) & (torch.arange(x.shape[1]) > 0)
            y = self.embed(x)
            y = y if first else y.transpose(0, 1)
            z = self.net(y, y, y, key_padding_mask=hidden, need_weights=False)[0]
        elif kind == "causal":
            y = x
            t = x.shape[1 if first else 0]
            mask = torch.triu(torch.ones(t, t, dtype=torch.bool), diagonal=1)
            z = self.net(x, x, x, attn_mask=mask, need_weights=False)[0]
        elif kind == "weights":
            return self.net(x, x, x, average_attn_weights=self.average)
        elif kind == "cross":
            y = x
            z = self.net(x, given[1], given[1], need_weights=False)[0]
        elif kind == "sdpa":
            q, k, v = self.project(x).chunk(3, dim=-1)
            return F.scaled_dot_product_attention(q, k, v, is_causal=self.average)
        else:
            y = x
            z = self.net(x, x, x, need_weights=False)[0]
        return self.dense(self.norm(y + z) if residual else z)

    module = Wrapped(run, net=nn.MultiheadAttention(size, heads, **options), norm=nn.LayerNorm(size), dense=nn.Linear(size, 2))
    module.average = r.random() < 0.5
    module.embed, module.project = nn.Embedding(WORDS, size), nn.Linear(size, 3 * size)

    def make(b, t):
        if kind == "padded":
            return (ids(b, t),)
        if kind == "sdpa":
            return (torch.randn(b, t, size),)
        x = torch.randn(*shape_of(first, b, t), size)
        return (x, torch.randn(*shape_of(first, b, t), other)) if kind == "cross" else (x,)

    open = time_axes(first or kind in ("padded", "sdpa"))
    return Case("attention", module, make, [open] * (2 if kind == "cross" else 1), f"{kind} {heads} heads, {options}")


def transformer(r):
    heads = r.choice([1, 2])
    size = heads * r.randint(2, 4)
    first = r.random() < 0.7
    decoder = r.random() < 0.25
    options = dict(dim_feedforward=r.randint(4, 8), batch_first=first, norm_first=r.random() < 0.4, activation=r.choice(["relu", "gelu"]), dropout=0.1)
    layers = r.choice([0, 1, 2])  # 0: a layer alone
    masks = r.choice(["none", "none", "padding", "causal"])
    pools = r.choice(["none", "mean", "first", "dense"])
    positions = nn.Parameter(torch.randn(64, size) * 0.3)
    layer = (nn.TransformerDecoderLayer if decoder else nn.TransformerEncoderLayer)(size, heads, **options)
    stack = nn.TransformerDecoder if decoder else nn.TransformerEncoder
    extra = {} if decoder else dict(enable_nested_tensor=False)
    net = layer if layers == 0 else stack(layer, layers, norm=nn.LayerNorm(size) if r.random() < 0.5 else None, **extra)
    axis = 1 if first else 0

    def run(self, tokens, *rest):
        x = self.embed(tokens) * size**0.5 + positions[: tokens.shape[1]]
        x = x if first else x.transpose(0, 1)
        t = tokens.shape[1]
        given = {}
        if masks == "padding":
            given["tgt_key_padding_mask" if decoder else "src_key_padding_mask"] = (tokens == 0) & (torch.arange(t) > 0)
        if masks == "causal":
            given["tgt_mask" if decoder else ("mask" if layers else "src_mask")] = torch.triu(torch.full((t, t), float("-inf")), diagonal=1)
        y = self.net(x, *rest, **given)
        if pools == "mean":
            y = y.mean(axis)
        if pools == "first":
            y = y[:, 0] if first else y[0]
        return y if pools == "none" else self.dense(y)

    module = Wrapped(run, net=net, embed=nn.Embedding(WORDS, size), dense=nn.Linear(size, 3))
    module.positions = positions
    make = lambda b, t: (ids(b, t), *([torch.randn(*shape_of(first, b, t), size)] if decoder else []))
    axes = [{0: "batch", 1: "time"}, *([time_axes(first)] if decoder else [])]
    return Case("transformer", module, make, axes, f"{'decoder' if decoder else 'encoder'} {layers} layers, {heads} heads, {options}, {masks}, {pools}")


activations = [nn.ReLU, nn.LeakyReLU, nn.ELU, nn.GELU, nn.SiLU, nn.Mish, nn.Hardswish, nn.Softplus, nn.Tanh, nn.PReLU, nn.Sigmoid, nn.SELU, nn.CELU, nn.ReLU6, nn.Hardsigmoid, nn.Hardtanh, nn.Softsign, nn.LogSigmoid, nn.Hardshrink]


def convolution(r):
    d = r.choice([1, 1, 2])
    channels = 2 * r.randint(1, 2)
    start = channels
    modules, text = [], []
    for _ in range(r.randint(1, 3)):
        wide = 2 * r.randint(1, 3)
        kernel, stride = r.choice([1, 2, 3, 3]), r.choice([1, 1, 2])
        padding = "same" if stride == 1 and r.random() < 0.3 else r.randint(0, kernel - 1)
        mode = r.choice(["zeros"] * 4 + ["reflect", "replicate", "circular"]) if padding in (0, 1) else "zeros"
        options = dict(stride=stride, padding=padding, dilation=1 if stride > 1 else r.choice([1, 1, 2]), groups=r.choice([1, 1, 2]), padding_mode=mode, bias=r.random() < 0.8)
        if r.random() < 0.15:
            own = dict(stride=stride, padding=kernel // 2, output_padding=0, groups=options["groups"])
            modules.append(getattr(nn, f"ConvTranspose{d}d")(channels, wide, kernel, **own))
            text.append(f"ConvTranspose{d}d {kernel} {own}")
        else:
            modules.append(getattr(nn, f"Conv{d}d")(channels, wide, kernel, **options))
            text.append(f"Conv{d}d {kernel} {options}")
        channels = wide
        norm = r.choice(["none", "batch", "batch", "group", "instance"])
        if norm == "batch":
            modules.append(getattr(nn, f"BatchNorm{d}d")(channels))
        elif norm == "group":
            modules.append(nn.GroupNorm(2, channels))
        elif norm == "instance":
            modules.append(getattr(nn, f"InstanceNorm{d}d")(channels, affine=r.random() < 0.5))
        act = r.choice(activations)
        modules += [act(), *([nn.Dropout(0.2)] if r.random() < 0.3 else [])]
        text.append(f"{norm} {act.__name__}")
        if r.random() < 0.3:
            pool = r.choice(["MaxPool", "AvgPool", "Upsample", "LPPool"])
            ceil = r.random() < 0.3
            made = {
                "MaxPool": lambda: getattr(nn, f"MaxPool{d}d")(2, ceil_mode=ceil),
                "AvgPool": lambda: getattr(nn, f"AvgPool{d}d")(2, ceil_mode=ceil, count_include_pad=r.random() < 0.5),
                "Upsample": lambda: nn.Upsample(scale_factor=2, mode=r.choice(["nearest", "linear" if d == 1 else "bilinear"])),
                "LPPool": lambda: getattr(nn, f"LPPool{d}d")(2, 2),
            }
            modules.append(made[pool]())
            text.append(pool)
    end = r.choice(["none", "average", "max", "flatten"])
    size = r.randint(12, 16)
    if end == "flatten":
        modules += [nn.Flatten(), nn.LazyLinear(3)]
    elif end != "none":
        pool = getattr(nn, f"Adaptive{'Avg' if end == 'average' else 'Max'}Pool{d}d")(1)
        modules += [pool, nn.Flatten(), nn.Linear(channels, 3)]
    text.append(end)
    fixed = end == "flatten" or d == 2
    make = lambda b, t: (torch.randn(b, start, *([size] if fixed else [t + 10]), *([size - 1] if d == 2 else [])),)
    axes = [{0: "batch"} if fixed else {0: "batch", 2: "time"}]
    return Case(f"Conv{d}d", nn.Sequential(*modules), make, axes, "; ".join(text), fixed_time=fixed)


def mixed(r):
    """Convolutions before recurrent layers, attention over their outputs, an encoder and a decoder, rows picked by their lengths."""
    kind = r.choice(["conv1d", "conv2d", "additive", "seq2seq", "lengths", "tcn", "columns", "residual"])
    units, size = r.randint(2, 4), r.randint(2, 4)
    cell = r.choice([nn.LSTM, nn.GRU])
    one = lambda h: h[0] if cell is nn.LSTM else h
    both = {0: "batch", 1: "time"}
    x = lambda b, t: (torch.randn(b, t, size),)
    if kind == "conv1d":
        run = lambda self, x: self.dense(self.net(self.act(self.norm(self.conv(x.transpose(1, 2)))).transpose(1, 2))[0][:, -1])
        module = Wrapped(run, conv=nn.Conv1d(size, 4, 3, padding=1), norm=nn.BatchNorm1d(4), act=nn.ReLU(), net=cell(4, units, batch_first=True, bidirectional=True), dense=nn.Linear(2 * units, 2))
        return Case("mixed", module, x, [both], f"Conv1d and {cell.__name__}")
    if kind == "conv2d":
        def run(self, x):
            y = self.pool(F.relu(self.conv(x)))
            y = y.permute(0, 3, 1, 2).flatten(2)
            return F.log_softmax(self.dense(self.net(y)[0]), dim=2)

        module = Wrapped(run, conv=nn.Conv2d(1, 3, 3, padding=1), pool=nn.MaxPool2d((2, 1)), net=cell(9, units, batch_first=True, bidirectional=True), dense=nn.Linear(2 * units, 5))
        return Case("mixed", module, lambda b, t: (torch.randn(b, 1, 6, t + 2),), [{0: "batch", 3: "time"}], f"Conv2d and {cell.__name__}")
    if kind == "additive":
        def run(self, x):
            y, _ = self.net(self.embed(x))
            weights = torch.softmax(self.score(torch.tanh(self.project(y))).squeeze(-1).masked_fill(x == 0, -1e9), dim=1)
            return self.dense(torch.bmm(weights.unsqueeze(1), y).squeeze(1))

        module = Wrapped(run, embed=nn.Embedding(WORDS, size), net=cell(size, units, batch_first=True), project=nn.Linear(units, 3), score=nn.Linear(3, 1), dense=nn.Linear(units, 2))
        return Case("mixed", module, lambda b, t: (ids(b, t),), [both], f"additive attention over {cell.__name__}")
    if kind == "seq2seq":
        def run(self, a, b):
            _, h = self.encoder(self.embed(a))
            y, _ = self.decoder(self.embed(b), h)
            return self.dense(y)

        module = Wrapped(run, embed=nn.Embedding(WORDS, size), encoder=cell(size, units, batch_first=True), decoder=cell(size, units, batch_first=True), dense=nn.Linear(units, WORDS))
        return Case("mixed", module, lambda b, t: (ids(b, t), ids(b, t + 1)), [both, {0: "batch", 1: "time_2"}], f"an encoder and a decoder of {cell.__name__}")
    if kind == "lengths":
        def run(self, x, lengths):
            y, _ = self.net(x)
            at = (lengths - 1).view(-1, 1, 1).expand(-1, 1, y.shape[2])
            return self.dense(y.gather(1, at).squeeze(1))

        module = Wrapped(run, net=cell(size, units, batch_first=True), dense=nn.Linear(units, 2))
        return Case("mixed", module, lambda b, t: (torch.randn(b, t, size), draw_lengths(b, t)), [both, {0: "batch"}], f"{cell.__name__}, the last step by length")
    if kind == "tcn":
        def run(self, x):
            y = x.transpose(1, 2)
            for k, conv in enumerate(self.convs):
                z = F.relu(conv(F.pad(y, (2 * 2**k, 0))))
                y = z + (y if k else self.shortcut(y))
            return self.dense(y[:, :, -1])

        module = Wrapped(run, convs=nn.ModuleList([nn.utils.parametrizations.weight_norm(nn.Conv1d(size if k == 0 else 4, 4, 3, dilation=2**k)) for k in range(3)]), shortcut=nn.Conv1d(size, 4, 1), dense=nn.Linear(4, 1))
        return Case("mixed", module, x, [both], "a temporal convolutional network")
    if kind == "columns":
        def run(self, numbers, a, b):
            y = torch.cat([self.norm(numbers), self.first(a), self.second(b)], dim=1)
            return torch.softmax(self.dense(F.relu(self.hidden(y))), dim=1), y.sum(1, keepdim=True)

        module = Wrapped(run, norm=nn.BatchNorm1d(size), first=nn.Embedding(WORDS, 2), second=nn.Embedding(WORDS, 3), hidden=nn.Linear(size + 5, 6), dense=nn.Linear(6, 3))
        return Case("mixed", module, lambda b, t: (torch.randn(b, size), ids(b), ids(b)), [{0: "batch"}] * 3, "columns with embeddings")

    def run(self, x):
        y = F.relu(self.norm(self.conv(x)))
        return self.dense(self.pool(y + self.other(y)).flatten(1))

    module = Wrapped(run, conv=nn.Conv2d(3, 4, 3, padding=1, bias=False), norm=nn.BatchNorm2d(4), other=nn.Conv2d(4, 4, 3, padding=1, groups=4), pool=nn.AdaptiveAvgPool2d(1), dense=nn.Linear(4, 2))
    return Case("mixed", module, lambda b, t: (torch.randn(b, 3, 8, 8),), [{0: "batch"}], "a residual block")


def lines(r):
    """Layers of Linear and norms, with functions that exporters take apart."""
    size = r.randint(2, 5)
    act = r.choice(activations)
    end = r.choice(["softmax", "argmax", "sort", "norm", "cumsum", "glu", "einsum", "none", "where", "topk"])
    ends = {
        "softmax": lambda y: torch.softmax(y, -1),
        "argmax": lambda y: (y.argmax(-1), y.max(-1)[0]),
        "sort": lambda y: y.topk(2, dim=-1)[0],
        "norm": lambda y: F.normalize(y, dim=-1),
        "cumsum": lambda y: y.cumsum(1),
        "glu": lambda y: F.glu(y, dim=-1),
        "einsum": lambda y: torch.einsum("bti,bui->btu", y, y),
        "none": lambda y: y,
        "where": lambda y: torch.where(y > 0, y, y.exp() - 1).clamp(-0.5, 2.0),
        "topk": lambda y: y.std(dim=-1),
    }
    run = lambda self, x: ends[end](self.last(self.norm(self.drop(self.act(self.first(x))))))
    module = Wrapped(run, first=nn.Linear(size, 6), act=act(), drop=nn.Dropout(0.5), norm=r.choice([nn.LayerNorm(6), nn.LayerNorm(6, elementwise_affine=False), nn.Identity(), nn.RMSNorm(6)]), last=nn.Linear(6, 4))
    return Case("lines", module, lambda b, t: (torch.randn(b, t, size),), [{0: "batch", 1: "time"}], f"{act.__name__}, {end}")


families = [recurrent] * 5 + [cells, attention, attention, transformer, transformer, convolution, convolution, convolution, mixed, mixed, lines]


def case_of(r, seed):
    torch.manual_seed(seed)
    case = r.choice(families)(r)
    with torch.no_grad():
        case.module.eval()
        case.module(*case.make(2, 4))  # lazy sizes
        for name, t in [*case.module.named_parameters(), *case.module.named_buffers()]:
            if t.dtype.is_floating_point:
                t.uniform_(0.3, 1.2) if "var" in name else t.uniform_(-0.7, 0.7)
    return case
