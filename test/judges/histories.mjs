/** Random ways to compile and fit a small model: the file Keras saved before it trained, trained here to the same history. */
import { difference } from "./close.mjs";
import { random } from "./random.mjs";

export const about = "histories of fit beside Keras's: losses, metrics, optimizers, weights, callbacks";
export const script = "histories.py";
export const listed = [];
/** Seeds that once gave other numbers. */
export const fixed = ["317287363", "52021", "52218", "939"];

// f32 losses and scores after up to 20 updates, each of which divides by roots of small squares.
const tolerance = 1e-4;

export async function* sweep({ seeds, ask, cellstate, folder }) {
  for (const seed of seeds) {
    const one = randomCase(Number(seed));
    const path = `${folder}/history-${seed}`;
    const said = await ask({ ...one.request, path, seed: Number(seed) }).catch((error) => ({
      raised: error.message.slice(0, 300),
    }));
    if (said.raised) {
      yield { seed, result: "none", why: said.raised };
      continue;
    }
    for (const kind of [".keras", ".h5"])
      yield { seed, kind, cells: one.cells, ...(await tried(one, said, cellstate, path + kind)) };
  }
}

async function tried({ request, fit }, said, cellstate, path) {
  try {
    const model = await cellstate.loadModel(path);
    if (!model.compiled) return { result: "refused", why: model.notCompiled ?? "not compiled, without a word" };
    const { spec, second } = request;
    const y = second === undefined ? request.y : [request.y, second];
    const targets = spec.several === "dictionary" ? { p: y[0], q: y[1] } : y;
    const callbacks = (fit.callbacks ?? []).map(({ class: name, config }) => makers[name](cellstate, camel(config)));
    const { history, epoch } = await model.fit(request.x, targets, {
      ...fit,
      callbacks,
      shuffle: false,
      verbose: 0,
      onNaN: "continue",
    });
    const evaluate = await model.evaluate(request.x, targets, { batchSize: fit.batchSize, verbose: 0 });
    const why =
      recordDifference(history, said.history, "history") ??
      (String(epoch) === String(said.epochs) ? null : `epochs ${epoch} for ${said.epochs}`) ??
      recordDifference(evaluate, said.evaluate, "evaluate");
    return why ? { result: "wrong", why } : { result: "right" };
  } catch (error) {
    const own = error instanceof cellstate.CellstateError;
    return { result: own ? "refused" : "wrong", why: own ? error.message : String(error.stack) };
  }
}

function recordDifference(found, wanted, what) {
  const names = Object.keys(wanted).sort();
  if (String(Object.keys(found).sort()) !== String(names)) return `${what}: ${Object.keys(found)} for ${names}`;
  for (const name of names) {
    if (overwritten.test(name) && `val_${name}` in wanted) continue;
    const why = difference([[found[name]].flat()], [[wanted[name]].flat().map(Number)], tolerance);
    if (why) return `${what}.${name}: ${why}`;
  }
  return null;
}

/** Counts at several thresholds: Keras keeps the metric's variable in its history, which validation then overwrites (docs/model-files.md). */
const overwritten = /^(true|false)_(positives|negatives)(_\d+)?\[\d+\]$/;

const camel = (config) =>
  Object.fromEntries(Object.entries(config).map(([k, v]) => [k.replace(/_([a-z])/g, (_, c) => c.toUpperCase()), v]));

const makers = {
  EarlyStopping: (c, options) => c.earlyStopping(options),
  ReduceLROnPlateau: (c, options) => c.reduceLrOnPlateau(options),
};

/** Everything about a case, drawn from its seed. */
function randomCase(seed) {
  const { pick, chance, integer: whole, floats } = random(seed);
  const d = { pick, chance, whole, real: (low, high) => floats(1, low, high)[0] };
  const kind = d.pick(["rows", "rows", "steps", "ids", "masked steps"]);
  const goal = d.pick(["binary", "classes", "one-hot", "numbers"]);
  const width = goal === "binary" ? 1 : goal === "numbers" ? d.pick([1, 2]) : 3;
  const usual = { binary: "sigmoid", classes: "softmax", "one-hot": "softmax", numbers: "linear" }[goal];
  const drawn = d.chance(0.8) ? usual : d.pick(["linear", "sigmoid", "softmax", "relu", "tanh"]);
  const steps = kind === "steps" || kind === "masked steps";
  const rows = d.pick([7, 10, 12]);
  const array = (shape, draw) =>
    shape.length === 0 ? draw() : Array.from({ length: shape[0] }, () => array(shape.slice(1), draw));
  const x =
    kind === "rows"
      ? array([rows, 3], () => d.real(-1, 1))
      : kind === "steps"
        ? array([rows, 4, 2], () => d.real(-1, 1))
        : array([rows], () => {
            const n = d.whole(1, 4);
            return Array.from({ length: 4 }, (_, t) => (t < n ? d.whole(1, 5) : 0));
          });
  const lead = steps ? [rows, 4] : [rows];
  const positive = goal === "numbers" && d.chance(0.3);
  const y = {
    binary: () => array([...lead, 1], () => d.whole(0, 1)),
    classes: () => array(lead, () => d.whole(0, 2)),
    "one-hot": () =>
      array(
        lead,
        () =>
          [
            [1, 0, 0],
            [0, 1, 0],
            [0, 0, 1],
          ][d.whole(0, 2)],
      ),
    numbers: () => array([...lead, width], () => (positive ? d.real(0.1, 2) : d.real(-1, 1))),
  }[goal]();
  const asked = d.pick(losses[goal])(d);
  // The angle between numbers on a line never changes: its gradient is rounding, which Adam blows up to whole steps.
  const loss = asked === "cosine_similarity" && width === 1 ? "mse" : asked;
  // The overlap of numbers below 0 is a quotient of nothing; no rounding is small there.
  const activation = ["Dice", "Tversky"].includes(loss.class) ? usual : drawn;
  const flat = !steps;
  // Of Keras's metrics, those that are no means count padded steps (docs/model-files.md): ours do not.
  const heard = (metric) =>
    !(kind === "masked steps" && countsPadding.includes(metric.class)) &&
    !(goal === "classes" && ["mse", "mae"].includes(metric)); // Keras subtracts class numbers there
  const choices = [...metrics.any, ...metrics[goal], ...(flat ? (metrics.flat[goal] ?? []) : [])];
  const some = (n) => Array.from({ length: n }, () => d.pick(choices)(d, width)).filter(heard);
  const optimizer = d.pick(optimizers)(d);
  const epochs = d.whole(1, 4);
  const batchSize = d.pick([2, 3, 5, 32]);
  const weighted = d.chance(0.25);
  const classWeight = !weighted && (goal === "classes" || goal === "binary") && flat && d.chance(0.3);
  const validation = d.chance(0.4);
  const callbacks =
    validation && d.chance(0.5)
      ? [
          d.pick([
            () => ({
              class: "EarlyStopping",
              config: {
                monitor: d.pick(["val_loss", "loss"]),
                patience: d.whole(0, 2),
                restore_best_weights: d.chance(0.5),
              },
            }),
            () => ({
              class: "ReduceLROnPlateau",
              config: { monitor: "val_loss", factor: 0.5, patience: d.whole(1, 2), min_delta: d.pick([0, 0.01]) },
            }),
          ])(),
        ]
      : [];
  const sampleWeight = array(steps && d.chance(0.5) ? [rows, 4] : [rows], () => d.real(0, 2));
  const weights = { 0: 1, 1: 2, ...(goal === "binary" ? {} : { 2: 0.5 }) };
  const keras = {
    epochs,
    batch_size: batchSize,
    ...(weighted ? { sample_weight: sampleWeight } : {}),
    ...(classWeight ? { class_weight: weights } : {}),
    ...(validation ? { validation_split: 0.3 } : {}),
    ...(callbacks.length ? { callbacks } : {}),
  };
  const fit = {
    epochs,
    batchSize,
    ...(weighted ? { sampleWeight } : {}),
    ...(classWeight ? { classWeight: weights } : {}),
    ...(validation ? { validationSplit: 0.3 } : {}),
    callbacks,
  };
  const compile = {
    optimizer,
    loss,
    metrics: distinct(some(d.whole(0, 3))),
    weighted_metrics: distinct(d.chance(0.3) ? some(1) : []),
  };
  const name = (v) => (typeof v === "string" ? v : v.class);
  const cells = [
    `loss ${name(loss)}`,
    `optimizer ${name(optimizer)}`,
    ...[...compile.metrics, ...compile.weighted_metrics].map((m) => `metric ${name(m)}`),
    ...Object.keys(keras).map((option) => `fit ${option}`),
    ...callbacks.map((c) => `callback ${c.class}`),
    `model ${kind}`,
  ];
  const request = { spec: { kind, width, activation }, compile, fit: keras, x, y, float_targets: goal !== "classes" };
  if (flat && !weighted && !classWeight && d.chance(0.3)) {
    const other = { array, loss: d.pick(["mse", "mae", null]), metrics: some(d.whole(0, 2)), rows, targets: y };
    branch(request, d.pick(["list", "dictionary", "one layer"]), other, d);
    cells.push(`outputs ${request.spec.several}`);
  }
  return { request, fit, cells };
}

/** The same with two outputs: of two layers, as a list or a dictionary, or of one layer called twice. */
function branch(request, several, { array, loss, metrics, rows, targets }, d) {
  const { compile } = request;
  const same = several === "one layer";
  const each = (a, b) => (several === "dictionary" ? { p: a, q: b } : [a, b]);
  request.spec.several = several;
  request.second = same ? [...targets].reverse() : array([rows, 2], () => d.real(-1, 1));
  const names = same ? metrics : ["mae", ...(d.chance(0.5) ? ["mse"] : [])];
  compile.loss = each(compile.loss, same ? compile.loss : loss);
  compile.metrics = each(compile.metrics, distinct(names));
  compile.weighted_metrics = compile.weighted_metrics.length > 0 ? each(compile.weighted_metrics, []) : [];
}

const countsPadding = [
  ...["AUC", "Precision", "Recall", "TruePositives", "FalseNegatives", "PrecisionAtRecall", "RecallAtPrecision"],
  ...["SensitivityAtSpecificity", "SpecificityAtSensitivity", "BinaryIoU", "MeanIoU", "OneHotIoU", "OneHotMeanIoU"],
  ...["F1Score", "FBetaScore", "R2Score", "RootMeanSquaredError"],
];

/** Keras refuses two metrics of one name in one list. */
const distinct = (list) =>
  list.filter((m, k) => list.findIndex((o) => JSON.stringify(o.class ?? o) === JSON.stringify(m.class ?? m)) === k);

const object = (name, config = {}) => ({ class: name, config });
const reduced = (d, name, config = {}) =>
  object(name, {
    ...config,
    ...(d.chance(0.3) ? { reduction: d.pick(["sum", "mean", "mean_with_sample_weight"]) } : {}),
  });

const losses = {
  binary: [
    () => "binary_crossentropy",
    (d) => reduced(d, "BinaryCrossentropy", { from_logits: d.chance(0.3), label_smoothing: d.pick([0, 0.1]) }),
    (d) => reduced(d, "BinaryFocalCrossentropy", { gamma: d.pick([1, 2]), apply_class_balancing: d.chance(0.5) }),
    (d) => d.pick(["mse", "hinge", "squared_hinge", "poisson"]),
    (d) => reduced(d, "Dice"),
    (d) => reduced(d, "Tversky", { alpha: 0.3, beta: 0.7 }),
  ],
  classes: [
    () => "sparse_categorical_crossentropy",
    (d) => reduced(d, "SparseCategoricalCrossentropy", { from_logits: d.chance(0.3) }),
    (d) => object("SparseCategoricalCrossentropy", { ignore_class: d.pick([0, 2]) }),
  ],
  "one-hot": [
    () => "categorical_crossentropy",
    (d) => reduced(d, "CategoricalCrossentropy", { from_logits: d.chance(0.3), label_smoothing: d.pick([0, 0.1]) }),
    (d) => reduced(d, "CategoricalFocalCrossentropy", { gamma: 1 }),
    () => "binary_crossentropy",
    (d) => d.pick(["categorical_hinge", "kl_divergence", "mse"]),
    (d) => reduced(d, "Dice", { axis: 1 }),
  ],
  numbers: [
    (d) => d.pick(["mse", "mae", "mape", "msle", "huber", "log_cosh", "cosine_similarity"]),
    (d) => reduced(d, "Huber", { delta: d.pick([0.5, 2]) }),
    (d) => reduced(d, d.pick(["MeanSquaredError", "MeanAbsoluteError", "LogCosh", "Poisson"])),
  ],
};

const metrics = {
  any: [() => "mse", () => "mae"],
  binary: [
    () => "accuracy",
    (d) => object("AUC", { num_thresholds: d.pick([5, 200]), curve: d.pick(["ROC", "PR"]) }),
    (d) =>
      object("AUC", { thresholds: [0.3, 0.6], summation_method: d.pick(["interpolation", "minoring", "majoring"]) }),
    (d) => object("Precision", { thresholds: d.pick([null, 0.4, [0.3, 0.6]]) }),
    (d) => object("Recall", { thresholds: d.pick([null, 0.4]) }),
    (d) => object(d.pick(["TruePositives", "FalseNegatives"]), { thresholds: d.pick([0.4, [0.2, 0.5, 0.7]]) }),
    () => object("PrecisionAtRecall", { recall: 0.5 }),
    () => object("RecallAtPrecision", { precision: 0.5, num_thresholds: 20 }),
    () => object("SensitivityAtSpecificity", { specificity: 0.5 }),
    () => object("SpecificityAtSensitivity", { sensitivity: 0.5, num_thresholds: 1 }),
    () => object("BinaryIoU", { threshold: 0.4 }),
    (d) => object("BinaryCrossentropy", { from_logits: d.chance(0.3), label_smoothing: 0.1 }),
    () => object("Hinge"),
    () => object("BinaryAccuracy", { threshold: 0.3 }),
  ],
  classes: [
    () => "accuracy",
    () => object("SparseTopKCategoricalAccuracy", { k: 2 }),
    () => object("SparseCategoricalCrossentropy"),
    () => object("MeanIoU", { num_classes: 3, sparse_y_pred: false }),
  ],
  "one-hot": [
    () => "accuracy",
    () => object("TopKCategoricalAccuracy", { k: 2 }),
    (d) => object("Precision", { top_k: d.pick([null, 1]), class_id: d.pick([null, 1]) }),
    () => object("CategoricalCrossentropy", { label_smoothing: 0.1 }),
    () => object("KLDivergence"),
    () => object("OneHotIoU", { num_classes: 3, target_class_ids: [0, 2] }),
    () => object("OneHotMeanIoU", { num_classes: 3 }),
    () => object("CategoricalHinge"),
  ],
  numbers: [
    () => object("RootMeanSquaredError"),
    () => object("LogCoshError"),
    () => object("CosineSimilarity"),
    () => "mape",
    () => object("Poisson"),
    () => object("MeanSquaredLogarithmicError"),
  ],
  flat: {
    "one-hot": [
      (d) => object("F1Score", { average: d.pick([null, "micro", "macro", "weighted"]) }),
      (d) =>
        object("FBetaScore", { beta: 2.0001, average: d.pick([null, "weighted"]), threshold: d.pick([null, 0.4]) }),
      (d) => object("AUC", { multi_label: true, label_weights: d.pick([null, [1, 2, 3]]) }),
    ],
    numbers: [
      (d) => object("R2Score", { class_aggregation: d.pick(["uniform_average", "variance_weighted_average"]) }),
    ],
  },
};

const rate = (d) => d.pick([0.01, 0.003, 0.05]);
const optimizers = [
  () => "adam",
  () => "rmsprop",
  (d) => object("SGD", { learning_rate: rate(d), momentum: d.pick([0, 0.9]), nesterov: d.chance(0.3) }),
  (d) => object("Adam", { learning_rate: rate(d), amsgrad: d.chance(0.3), ...extra(d) }),
  (d) => object("AdamW", { learning_rate: rate(d), ...extra(d) }),
  (d) =>
    object("RMSprop", { learning_rate: rate(d), centered: d.chance(0.3), momentum: d.pick([0, 0.5]), ...extra(d) }),
  (d) =>
    object(d.pick(["Adagrad", "Adadelta", "Adamax", "Nadam", "Ftrl", "Lion", "Lamb", "Adafactor"]), {
      learning_rate: rate(d),
    }),
];
const extra = (d) =>
  d.chance(0.5)
    ? {}
    : d.pick([
        { clipnorm: 0.5 },
        { global_clipnorm: 0.5 },
        { clipvalue: 0.1 },
        { use_ema: true, ema_overwrite_frequency: 3 },
        { gradient_accumulation_steps: 2 },
        { loss_scale_factor: 8 },
        { weight_decay: 0.01 },
      ]);
