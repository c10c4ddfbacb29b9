/** Layers that read texts, categories and numbers beside Keras's: adapted to the same data, saved by either, opened by the other. */
import { difference } from "./close.mjs";
import { random } from "./random.mjs";

export const about = "layers of texts and categories: adapted, run and saved, beside Keras's";
export const script = "input_layers.py";
export const listed = [];

export async function* sweep({ seeds, ask, cellstate, folder, verbose }) {
  for (const seed of seeds) {
    const r = random(seed);
    const kind = r.pick(Object.keys(kinds));
    const one = kinds[kind](r);
    const nested = r.chance(0.4); // it stands in a model inside the model
    const request = { do: "make", class: kind, path: `${folder}/${seed}`, adapt: null, nested, ...one };
    if (verbose) console.log(JSON.stringify(request));
    const said = await ask(request).catch((error) => error);
    if (said instanceof Error) {
      yield { seed, kind, result: "none", why: said.message.slice(0, 200) };
      continue;
    }
    const cells = [
      `nested: ${nested}`,
      ...Object.entries(one.config).map(([key, value]) => `${kind} / ${key} / ${JSON.stringify(value)}`),
    ];
    const ways = { adapted: adapted, read: read, written: written };
    for (const [way, run] of Object.entries(ways))
      yield {
        seed,
        kind: `${kind}, ${way}`,
        cells,
        ...(await judged(cellstate, () => run(request, said, cellstate, ask))),
      };
  }
}

async function judged(cellstate, run) {
  try {
    const why = await run();
    return why ? { result: "wrong", why } : { result: "right" };
  } catch (error) {
    const own = error instanceof cellstate.CellstateError;
    return { result: own ? "refused" : "wrong", why: own ? error.message : String(error.stack) };
  }
}

// f32, sums and quotients of a dozen numbers; ids and counts are whole
const tolerance = 1e-6;
const numbersOf = async (model, x) => [...(await model.predict(x)).data];

/** Our layer, adapted to the same data. */
async function adapted(request, said, cellstate) {
  const layer = ourLayer(request, cellstate);
  if (said.vocabulary && JSON.stringify(vocabularyOf(layer)) !== JSON.stringify(said.vocabulary))
    return `vocabulary ${JSON.stringify(vocabularyOf(layer))} for ${JSON.stringify(said.vocabulary)}`;
  if (said.boundaries) {
    const why = difference([[...layer.binBoundaries]], [said.boundaries], tolerance);
    if (why) return `boundaries: ${why}`;
  }
  return difference([await numbersOf(ourModel(request, layer, cellstate), request.x)], [said.values], tolerance);
}
const vocabularyOf = (layer) => (layer.vectorize ?? layer).vocabulary();

/** Keras's files, where Keras reads them. */
async function read({ path, x }, { values, files }, cellstate) {
  for (const [ending, opens] of Object.entries(files)) {
    if (!opens) continue;
    const why = difference([await numbersOf(await cellstate.loadModel(path + ending), x)], [values], tolerance);
    if (why) return `${ending}: ${why}`;
  }
  return null;
}

/** Our files, read by Keras. */
async function written(request, { values, files }, cellstate, ask) {
  const model = ourModel(request, ourLayer(request, cellstate), cellstate);
  const endings = [".keras", ".h5"].filter((ending) => !request.nested || files[ending]); // a Normalization inside is lost in .h5, in Keras's own too
  const paths = endings.map((ending) => `${request.path}-ours${ending}`);
  for (const path of paths) await model.save(path);
  const found = await ask({ do: "read", paths, x: request.x, dtype: request.dtype });
  return difference(
    found,
    paths.map(() => values),
    tolerance,
  );
}

const camel = (text) => text.replace(/_([a-z])/g, (_, c) => c.toUpperCase());
const words = ["output_mode", "standardize", "split"];
function ourLayer({ class: kind, config, adapt }, cellstate) {
  const options = Object.fromEntries(
    Object.entries(config).map(([key, value]) => [
      camel(key),
      words.includes(key) && typeof value === "string" ? camel(value) : value,
    ]),
  );
  if (kind === "TextVectorization") {
    const tool = cellstate.textVectorization(options);
    if (adapt) tool.adapt(adapt.flat());
    return cellstate.textVectorizationLayer(tool);
  }
  const { numBins, numTokens, ...rest } = options;
  if (kind === "Hashing") return cellstate.hashing(numBins, rest);
  if (kind === "CategoryEncoding") return cellstate.categoryEncoding(numTokens, rest);
  const layer = cellstate[kind[0].toLowerCase() + kind.slice(1)](options);
  return adapt ? layer.adapt(adapt) : layer;
}
const dtypes = { string: "string", int64: "i32" };
function ourModel({ shape, dtype, nested }, layer, cellstate) {
  const begin = () => cellstate.input(shape, dtype in dtypes ? { dtype: dtypes[dtype] } : {});
  const inner = begin();
  const model = cellstate.functional(inner, layer(inner));
  if (!nested) return model;
  const outer = begin();
  return cellstate.functional(outer, model(outer));
}

const texts = ["red", "blue", "green", "Red", "naïve", "日本", "", " ", "a b", "[UNK]", "violet", "b", "z"];
const sentences = [
  "The cat sat.",
  "the dog!",
  "",
  "It's well-known",
  "a cat, a dog",
  "ÉTÉ été",
  "one\ttwo",
  "- -",
  "THE THE the",
];
const rows = (count, width, draw) =>
  Array.from({ length: count }, () => (width === 0 ? draw() : Array.from({ length: width }, draw)));
const some = (r, options) => Object.fromEntries(Object.entries(options).filter(() => r.chance(0.4)));
const mode = (r, all) => {
  const output_mode = r.pick(all);
  return output_mode === "default" ? {} : { output_mode };
};
/** A width of a row that the mode takes: a sum over a row needs one. */
const widthFor = (r, config) => (/multi_hot|count|tf_idf/.test(config.output_mode) ? r.integer(1, 3) : r.integer(0, 3));

function lookup(r, tokens, dtype, extra) {
  const config = { ...mode(r, ["default", "int", "one_hot", "multi_hot", "count", "tf_idf"]), ...some(r, extra) };
  if (r.chance(0.4)) config.num_oov_indices = r.integer(0, 3);
  const width = widthFor(r, config);
  const shape = width === 0 ? [] : [width];
  const draw = () => r.pick(tokens);
  const given = r.chance(0.3) && config.output_mode !== "tf_idf";
  const plain = tokens.filter((t) => t !== config.mask_token && t !== "[UNK]" && t !== -1);
  const few = given ? { vocabulary: plain.slice(0, r.integer(2, 5)) } : {};
  if (r.chance(0.3)) config.max_tokens = r.integer(8, 12);
  if (config.max_tokens && r.chance(0.5)) config.pad_to_max_tokens = true;
  const adapt = given ? null : rows(r.integer(2, 8), width, draw);
  return { config: { ...config, ...few }, adapt, x: rows(r.integer(1, 5), width, draw), shape, dtype };
}

const kinds = {
  StringLookup: (r) => lookup(r, texts, "string", { mask_token: "", oov_token: "[UNK]", salt: 7 }),
  IntegerLookup: (r) => {
    const farm = r.chance(0.3) ? { oov_method: "farmhash", ...some(r, { salt: 11 }) } : {};
    const one = lookup(r, [3, 1005, -7, 0, 12, 99, 100000, -1], "int64", { mask_token: 0 });
    return { ...one, config: { ...one.config, ...farm } };
  },
  TextVectorization: (r) => {
    const config = {
      ...mode(r, ["default", "int", "multi_hot", "count", "tf_idf"]),
      ...some(r, { standardize: r.pick(["lower", "strip_punctuation", null]), split: r.pick(["character", null]) }),
      ...some(r, { ngrams: r.pick([2, [2], [1, 3]]) }),
    };
    const counts = config.output_mode && config.output_mode !== "int";
    if (!counts && r.chance(0.6)) config.output_sequence_length = r.integer(1, 6);
    if (r.chance(0.3)) config.max_tokens = r.integer(4, 9);
    if (counts && config.max_tokens && r.chance(0.5)) config.pad_to_max_tokens = true;
    const width = config.split === null ? 1 : r.integer(0, 1); // without, rows are taken for words
    const draw = () => r.pick(sentences);
    const adapt = [...rows(r.integer(2, 8), 0, draw), "a cat sat"].map((t) => (width ? [t] : t));
    return { config, adapt, x: rows(r.integer(1, 5), width, draw), shape: width ? [1] : [], dtype: "string" };
  },
  Hashing: (r) => {
    const dtype = r.pick(["string", "int64", "float32"]);
    const config = { num_bins: r.integer(1, 9), ...mode(r, ["default", "int", "one_hot", "multi_hot", "count"]) };
    if (r.chance(0.4)) config.salt = r.pick([5, [133, 137]]);
    if (r.chance(0.3) && dtype !== "float32") config.mask_value = dtype === "string" ? "" : 0;
    const width = widthFor(r, config);
    const number = () => (dtype === "float32" ? r.floats(1, -50, 50)[0] : r.integer(-1000, 100000));
    const draw = () => (dtype === "string" ? r.pick([...texts, ...sentences]).repeat(r.integer(1, 9)) : number());
    return { config, x: rows(r.integer(1, 5), width, draw), shape: width ? [width] : [], dtype };
  },
  Discretization: (r) => {
    const config = mode(r, ["default", "int", "one_hot", "multi_hot", "count"]);
    const width = widthFor(r, config);
    const number = () => r.floats(1, -3, 9)[0];
    const learned = r.chance(0.6);
    if (learned) Object.assign(config, { num_bins: r.integer(2, 6) }, some(r, { epsilon: r.pick([0.1, 0.05]) }));
    else config.bin_boundaries = rows(r.integer(1, 4), 0, number).sort((a, b) => a - b);
    const adapt = learned ? rows(r.integer(3, 300), 1, number) : null;
    return { config, adapt, x: rows(r.integer(1, 6), width, number), shape: width ? [width] : [], dtype: "float32" };
  },
  CategoryEncoding: (r) => {
    const config = { num_tokens: r.integer(1, 6), ...mode(r, ["default", "one_hot", "multi_hot", "count"]) };
    const width = config.output_mode === "one_hot" ? r.integer(0, 3) : r.integer(1, 3);
    const draw = () => r.integer(0, config.num_tokens - 1);
    return { config, x: rows(r.integer(1, 5), width, draw), shape: width ? [width] : [], dtype: "int64" };
  },
  Normalization: (r) => {
    const width = r.integer(1, 3);
    const draw = () => r.floats(1, -3, 9)[0];
    const config = some(r, { axis: null, invert: true });
    const adapt = rows(r.integer(2, 9), width, draw);
    return { config, adapt, x: rows(r.integer(1, 5), width, draw), shape: [width], dtype: "float32" };
  },
};
