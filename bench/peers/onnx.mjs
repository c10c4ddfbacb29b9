// An inference model as ONNX, written with nothing but varints: opset 17, operators Gather, LSTM, Squeeze, MatMul, Add.
// Field numbers: onnx.proto of the onnx project.

/** The model of a case. x i32 [T, N], time first → y [N, out], or [T, N, out]; with `states`, one word: h and c in and out. */
export function onnxModel({ w, weights }, states = false) {
  const floats = [];
  const nodes = [];
  const [inputs, outputs] = [[value("x", int32, ["T", "N"])], []];
  const store = (name, data, dims) => {
    floats.push(tensor(name, data, dims));
    return name;
  };
  const axis = (n) => floats.push(tensor(`axis${n}`, BigInt64Array.of(BigInt(n)), [1]));
  axis(0);
  axis(1);
  nodes.push(node("Gather", [store("E", weights[0].data, weights[0].shape), "x"], ["e"]));
  let x = "e";
  w.units.forEach((h, k) => {
    const [wx, wh, b] = weights.slice(1 + 3 * k, 4 + 3 * k);
    const d = wx.shape[0];
    const names = [
      store(`W${k}`, gates(wx.data, d, h), [1, 4 * h, d]),
      store(`R${k}`, gates(wh.data, h, h), [1, 4 * h, h]),
      store(`B${k}`, Float32Array.of(...gates(b.data, 1, h), ...new Float32Array(4 * h)), [1, 8 * h]),
    ];
    const given = states ? ["", `h${k}`, `c${k}`] : [];
    nodes.push(node("LSTM", [x, ...names, ...given], [`Y${k}`, `Yh${k}`, `Yc${k}`], { hidden_size: h }));
    for (const s of states ? ["h", "c"] : []) {
      inputs.push(value(`${s}${k}`, float, [1, 1, h]));
      outputs.push(value(`Y${s}${k}`, float, [1, 1, h]));
    }
    const last = k === w.units.length - 1 && !w.every;
    nodes.push(last ? node("Squeeze", [`Yh${k}`, "axis0"], [`S${k}`]) : node("Squeeze", [`Y${k}`, "axis1"], [`S${k}`]));
    x = `S${k}`;
  });
  const [kernel, bias] = weights.slice(-2);
  nodes.push(node("MatMul", [x, store("D", kernel.data, kernel.shape)], ["m"]));
  nodes.push(node("Add", ["m", store("b", bias.data, bias.shape)], ["z"]));
  nodes.push(node(w.out === 1 ? "Sigmoid" : "Softmax", ["z"], ["y"]));
  outputs.unshift(value("y", float, w.every ? ["T", "N", w.out] : ["N", w.out]));
  const graph = [
    ...nodes.map((n) => field(1, n)),
    field(2, text("bench")),
    ...floats.map((t) => field(5, t)),
    ...inputs.map((v) => field(11, v)),
    ...outputs.map((v) => field(12, v)),
  ];
  return join([number(1, 8), field(7, join(graph)), field(8, join([field(1, text("")), number(2, 17)]))]);
}

const [float, int32, int64] = [1, 6, 7];

/** [D, 4H] with gates i f c o → [4H, D] with gates i o f c. */
function gates(data, d, h) {
  const out = new Float32Array(data.length);
  [0, 3, 1, 2].forEach((from, to) => {
    for (let j = 0; j < h; j++) {
      for (let i = 0; i < d; i++) out[(to * h + j) * d + i] = data[i * 4 * h + from * h + j];
    }
  });
  return out;
}

function node(op, inputs, outputs, attributes = {}) {
  const list = [...inputs.map((s) => field(1, text(s))), ...outputs.map((s) => field(2, text(s))), field(4, text(op))];
  for (const [name, i] of Object.entries(attributes)) {
    const integer = 2;
    list.push(field(5, join([field(1, text(name)), number(3, i), number(20, integer)])));
  }
  return join(list);
}

function tensor(name, data, dims) {
  const type = data instanceof BigInt64Array ? int64 : float;
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return join([...dims.map((d) => number(1, d)), number(2, type), field(8, text(name)), field(9, raw)]);
}

function value(name, type, dims) {
  const shape = join(dims.map((d) => field(1, typeof d === "number" ? number(1, d) : field(2, text(d)))));
  return join([field(1, text(name)), field(2, field(1, join([number(1, type), field(2, shape)])))]);
}

const text = (s) => new TextEncoder().encode(s);
/** A field of bytes: text, packed numbers or a message. */
const field = (id, bytes) => join([varint(id * 8 + 2), varint(bytes.length), bytes]);
const number = (id, n) => join([varint(id * 8), varint(n)]);

function varint(n) {
  const bytes = [];
  for (let rest = n; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.from([...bytes, rest]);
    bytes.push((rest % 128) + 128);
  }
}

function join(parts) {
  const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
  let at = 0;
  for (const p of parts) {
    out.set(p, at);
    at += p.length;
  }
  return out;
}
