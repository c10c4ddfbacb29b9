/** Random networks of PyTorch in files of every form it writes (torch_files.py), their weights loaded into the same layers here. */
import { torchPython } from "./ask.mjs";
import { random } from "./random.mjs";

export const about = "weights in files of PyTorch, beside what PyTorch computes with them";
export const script = "torch_files.py";
export const python = torchPython;
export const without = "no Python with PyTorch 2 here (CELLSTATE_TORCH=PYTHON)";

const forms = [
  ...["state_dict", "model", "older", "older model", "checkpoint", "parallel", "half", "bfloat16", "double", "views"],
  ...["big-endian", "protocol 5", "pickle", "script", "safetensors"],
];
const recurrent = {
  lstm: "lstm",
  gru: "gru",
  rnn: "simpleRnn",
  lstmcell: "lstm",
  grucell: "gru",
  rnncell: "simpleRnn",
};
const backends = ["native", "js", "wasm"];

/** Stages as torch_files.py makes them: steps of sequences, then rows. */
function randomStages(r) {
  const stages = [];
  let d = r.integer(1, 5);
  if (r.chance(0.4)) stages.push({ kind: "embedding", n: r.integer(2, 12), d });
  const units = () => r.integer(2, 6);
  const few = (most) => r.integer(1, most);
  const bias = () => r.chance(0.75);
  const makers = {
    lstm: () => {
      const size = units();
      const proj = r.chance(0.4) ? r.integer(1, size - 1) : 0;
      return { units: size, proj, layers: few(3), both: r.chance(0.4), bias: bias() };
    },
    gru: () => ({ units: units(), layers: few(3), both: r.chance(0.4), bias: bias() }),
    rnn: () => ({ units: units(), layers: few(3), both: r.chance(0.4), bias: bias() }),
    lstmcell: () => ({ units: units(), bias: bias() }),
    grucell: () => ({ units: units(), bias: bias() }),
    rnncell: () => ({ units: units(), bias: bias() }),
    conv: () => {
      const groups = d % 2 === 0 && r.chance(0.4) ? (r.chance(0.5) ? d : 2) : 1;
      const [stride, dilation] = r.chance(0.5) ? [1, few(2)] : [few(2), 1];
      return { filters: groups * few(3), size: few(3), stride, dilation, groups, bias: bias() };
    },
    // Where the stride is longer than the kernel, Keras adds steps at the end that PyTorch has not (docs/model-files.md).
    transposed: () => {
      const stride = few(2);
      return { filters: units(), size: r.integer(stride, 3), stride, bias: bias() };
    },
    batchnorm: () => ({}),
    layernorm: () => ({}),
    linear: () => ({ units: units(), bias: bias() }),
    relu: () => ({}),
  };
  const add = (kind) => {
    const stage = { kind, d, ...makers[kind]() };
    stages.push(stage);
    d = (stage.proj || stage.units || stage.filters || d) * (stage.both ? 2 : 1);
  };
  for (let k = few(3); k > 0; k--) add(r.pick(Object.keys(makers)));
  if (r.chance(0.6)) {
    stages.push({ kind: "last" });
    for (let k = few(3); k > 0; k--) add(r.pick(["linear", "relu", "batchnorm", "layernorm"]));
  }
  if (stages.every(({ kind }) => ["relu", "last"].includes(kind))) add("linear");
  return stages;
}

/** The layers that compute a stage; `named` gives those of one module its name. */
function layersOf(stage, k, l, named) {
  const { reshape, sliceAxis } = l.ops;
  const { kind } = stage;
  const name = named ? { name: `${kind}${k}` } : {};
  const useBias = stage.bias ?? true;
  if (kind in recurrent) {
    const make = (options) =>
      stage.proj
        ? l.rnn(l.projectedLstmCell(stage.units, { projSize: stage.proj, useBias }), {
            returnSequences: true,
            ...options,
          })
        : l[recurrent[kind]](stage.units, { useBias, returnSequences: true, ...options });
    return Array.from({ length: stage.layers ?? 1 }, (_, at) => {
      const own = at === 0 ? name : {};
      return stage.both ? l.bidirectional(make({}), own) : make(own);
    });
  }
  const rows = { epsilon: 1e-5, ...name };
  switch (kind) {
    case "embedding":
      return [l.embedding(stage.n, stage.d, name)];
    case "conv":
      if (stage.groups === stage.d && stage.d > 1 && stage.stride === 1)
        return [
          l.depthwiseConv1d(stage.size, {
            depthMultiplier: stage.filters / stage.d,
            dilationRate: stage.dilation,
            useBias,
            ...name,
          }),
        ];
      return [
        l.conv1d(stage.filters, stage.size, {
          strides: stage.stride,
          dilationRate: stage.dilation,
          groups: stage.groups,
          useBias,
          ...name,
        }),
      ];
    case "transposed":
      return [l.conv1dTranspose(stage.filters, stage.size, { strides: stage.stride, useBias, ...name })];
    case "batchnorm":
      return [l.batchNormalization(rows)];
    case "layernorm":
      return [l.layerNormalization(rows)];
    case "linear":
      return [l.dense(stage.units, { useBias, ...name })];
    case "relu":
      return [l.activation("relu")];
    case "last":
      return [l.lambda((x) => reshape(sliceAxis(x, 1, x.shape[1] - 1, 1), [x.shape[0], x.shape[2]]))];
  }
  throw new Error(kind);
}

/** The module of each layer with weights, as `map` names it. */
function mapOf(stages, made) {
  return Object.fromEntries(
    stages.flatMap((stage, k) =>
      made[k].flatMap((layer, at) =>
        ["relu", "last"].includes(stage.kind) ? [] : [[layer.name, `${stage.kind}${k}${at > 0 ? `.l${at}` : ""}`]],
      ),
    ),
  );
}

export async function* sweep({ seeds, ask, cellstate, verbose }) {
  for (const seed of seeds) {
    const r = random(seed);
    const stages = randomStages(r);
    const form = r.pick(forms);
    const way = r.pick(["names", "guessed", "map"]);
    const padding = r.pick([0, 8, 580, 19_000]);
    const cells = [`${form} / ${way}`, ...stages.map(({ kind }) => `${kind} / ${form}`)];
    let said;
    try {
      said = await ask({ stages, seed, form, padding });
    } catch (error) {
      yield { seed, kind: form, result: "none", why: error.message };
      continue;
    }
    const text = JSON.stringify(stages);
    if (verbose) console.log(text, form, way);
    yield { seed, kind: form, cells, ...(await compared({ ...said, stages, way, form, seed, cellstate, text })) };
  }
}

async function compared({ file, x, y, stages, way, form, seed, cellstate, text }) {
  const bytes = Uint8Array.from(Buffer.from(file, "base64"));
  const { sequential, loadWeights, CellstateError, NdArray } = cellstate;
  const made = stages.map((stage, k) => layersOf(stage, k, cellstate, way === "names"));
  const ids = stages[0].kind === "embedding";
  const input = ids ? cellstate.input([9], { dtype: "i32" }) : cellstate.input([9, stages[0].d]);
  try {
    const model = sequential([input, ...made.flat()]);
    model.compile({ loss: "mse", backend: backends[seed % backends.length] });
    const given = mapOf(stages, made);
    const prefix = form === "parallel" ? "module." : "";
    const whole = Object.fromEntries(Object.entries(given).map(([layer, module]) => [layer, prefix + module]));
    let loaded;
    try {
      loaded = await loadWeights(model, bytes, way === "map" ? { map: whole } : {});
    } catch (error) {
      // Two modules of the same shapes: the error must say so, and the map decides.
      if (way === "map" || !/received several: .*map: \{/s.test(error.message)) throw error;
      loaded = await loadWeights(model, bytes, { map: whole });
    }
    for (const [layer, module] of Object.entries(whole))
      if (loaded.map[layer] !== module)
        return { result: "wrong", why: `${layer} got ${loaded.map[layer]}, not ${module}: ${text}` };
    if (loaded.unused.length > 0) return { result: "wrong", why: `unused ${loaded.unused}: ${text}` };
    const found = await model.predict(x);
    const wanted = new NdArray(Float32Array.from(y.flat(9)), shapeOf(y));
    if (String(found.shape) !== String(wanted.shape))
      return { result: "wrong", why: `shape ${found.shape}, not ${wanted.shape}: ${text}` };
    // f32: sums of some 30 products in another order, nine steps long, layer behind layer; numbers of normalization up to 4.
    const at = wanted.data.findIndex((v, k) => !(Math.abs(v - found.data[k]) <= 2e-5 * Math.max(1, Math.abs(v))));
    if (at >= 0) return { result: "wrong", why: `number ${at}: ${found.data[at]}, not ${wanted.data[at]}: ${text}` };
    return { result: "right" };
  } catch (error) {
    if (error instanceof CellstateError) return { result: "refused", why: `${error.message} ${text}` };
    return { result: "wrong", why: `an error that is not ours: ${error?.stack ?? error}` };
  }
}

const shapeOf = (list) => (Array.isArray(list) ? [list.length, ...shapeOf(list[0])] : []);
