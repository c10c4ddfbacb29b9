/** How a random model grows, branch by branch (random-models.mjs says what a spec is). */
import { cells, kinds, stopsMasks } from "./layer-kinds.mjs";
import { prune, sequentially } from "./specs.mjs";

/** Where the mask that a layer on this value gets comes from. */
const originOf = ({ origin, lost }) => (lost ? "none" : origin);

/**
 * A spec as it grows. A value is { ref, shape, origin, lost?, mask? }: `mask` a ref that is given to the call as an argument,
 * `lost` where a layer on the way stopped the mask.
 */
export class Draft {
  spec = { kind: "functional", inputs: [], nodes: [], outputs: [] };
  constructor(
    r,
    about = { cells: new Set(), draws: false, stateful: false, operations: false },
    prefix = "",
    home = null,
  ) {
    this.r = r;
    this.about = about;
    this.prefix = prefix;
    this.packed = home?.packed ?? false;
    this.cell = home?.cell ?? null; // { kind, option }, for the first cell of an RNN
    this.counter = home?.counter ?? { ids: 0 };
  }
  id(letter) {
    return `${letter}${this.counter.ids++}`;
  }
  input(shape, dtype = "float32") {
    const id = this.id("i");
    this.spec.inputs.push({ id, shape, dtype });
    return { ref: id, shape, origin: "none", dtype };
  }
  node(layer, inputs, more = {}) {
    const id = this.id("n");
    this.spec.nodes.push({ id, layer, inputs: inputs.map((v) => v.ref), ...more });
    return id;
  }
  operation(op, input, args, shape, origin = "none") {
    const id = this.id("n");
    this.spec.nodes.push({ id, op, inputs: [input.ref], args });
    return { ref: `${id}:0`, shape, origin };
  }

  /** A picture or a video, with a mask of its steps as an argument. */
  picture(origin, shape) {
    const x = this.input(shape);
    return origin === "none" ? x : { ...x, origin, mask: this.input(shape.slice(0, 1), "bool").ref };
  }

  /** A sequence [T, D], or a sequence of sequences, with a mask of this origin. */
  source(origin, outer = [], [t, d] = [this.r.integer(3, this.packed ? 4 : 5), this.r.integer(2, 3)]) {
    const { r } = this;
    if (origin === "embedding" || (origin === "none" && r.chance(0.2))) {
      const ids = this.input([...outer, t], "int32");
      const config = { input_dim: 7, output_dim: d, ...(origin === "none" ? {} : { mask_zero: true }) };
      const id = this.node({ class: "Embedding", config }, [ids]);
      return { ref: `${id}:0`, shape: [...outer, t, d], origin };
    }
    const x = this.input([...outer, t, d]);
    if (origin === "masking") {
      const layer = { class: "Masking", config: r.chance(0.3) ? { mask_value: 0.5 } : {} };
      return { ref: `${this.node(layer, [x])}:0`, shape: x.shape, origin };
    }
    if (origin === "none") return x;
    const steps = [...outer, t];
    if (origin === "argument") return { ...x, origin, mask: this.input(steps, "bool").ref };
    const mask = this.operation("notEqual", this.input(steps, "int32"), { to: 0 }, steps);
    return { ...x, origin, mask: mask.ref };
  }

  branch({ kind, option, wrapper, origin }) {
    const { r } = this;
    const of = kinds[kind];
    if (of.group === "merge" || of.group === "attention") return this.several(kind, option, wrapper, origin);
    const timed = wrapper.startsWith("TimeDistributed");
    const outer = timed ? [this.packed ? 2 : r.integer(2, 3)] : [];
    let x;
    if (of.group === "ids") x = this.input([...outer, r.integer(3, 5)], "int32");
    else if (of.image) x = this.picture(origin, [...outer, ...of.image]);
    else if (of.reads?.([1])) x = this.input([...outer, r.integer(2, 3)]);
    else {
      x = this.source(origin, outer);
      if (!timed && x.mask === undefined && r.chance(0.3)) x = this.filler(x);
    }
    // Keras hands the whole mask [B, T, W] on, which what hears masks behind it takes for one of its units (docs/model-files.md).
    const last = timed && x.origin !== "none";
    if (last) this.about.draws = true; // a loss over such a mask fails too, but where rows, steps and W are equally many
    if (wrapper === "model" || wrapper === "TimeDistributed(model)") {
      const y = this.nested(kind, option, wrapper, x);
      return last ? y : this.after(y);
    }
    const states = option === "initial_state" ? { return_sequences: true, return_state: true } : {};
    const inner = this.layer(kind, option, timed ? x.shape.slice(1) : x.shape, wrapper, originOf(x), states);
    if (inner === null) return x;
    if (option === "initial_state") return this.continued(this.call(inner.layer, inner.outputs, x, kind));
    let { layer, outputs } = inner;
    if (wrapper.endsWith("Bidirectional") || wrapper.endsWith("(Bidirectional)"))
      [layer, outputs] = this.bothWays(layer, inner);
    if (timed) [layer, outputs] = [{ class: "TimeDistributed", config: {}, layer }, [[outer[0], ...outputs[0]]]];
    if (wrapper === "shared") return this.shared(layer, outputs, x, kind);
    const y = this.call(layer, outputs, x, kind);
    return last ? y : this.after(y);
  }

  /** Calls the layer on x; → its first result, with the others in `rest`. */
  call(layer, outputs, x, kind) {
    const args = x.mask === undefined ? {} : { args: { mask: { ref: x.mask } } };
    const id = this.node(layer, [x], args);
    const origin = x.mask ? "none" : x.origin;
    const lost = x.lost || stopsMasks.includes(kind);
    const [y, ...rest] = outputs.map((shape, k) => ({ ref: `${id}:${k}`, shape, origin, lost }));
    return { ...y, rest, layer, kind };
  }

  /** One layer on two inputs; two RNNs of one cell. */
  shared(layer, outputs, x, kind) {
    const { r } = this;
    const id = this.id("L");
    const owner = layer.class === "RNN" && r.chance(0.5) ? layer.cells[0] : layer;
    owner.id = id;
    const a = this.call(layer, outputs, x, kind);
    const x2 =
      kinds[kind].group === "ids" || kinds[kind].image || kinds[kind].reads?.([1])
        ? this.input(x.shape, x.dtype)
        : this.source(x.origin, [], x.shape);
    const again =
      owner === layer
        ? { id, class: layer.class }
        : { ...layer, cells: [{ id, class: owner.class }, ...layer.cells.slice(1)] };
    const b = this.call(again, outputs, x2, kind);
    return this.after({ ...a, rest: [...a.rest, b, ...b.rest] });
  }

  bothWays(layer, { outputs, config }) {
    const { r } = this;
    const [y, ...states] = outputs;
    const merge = r.pick(["concat", "concat", "sum", "mul", "ave", null]);
    const wide = merge === "concat" ? [...y.slice(0, -1), 2 * y.at(-1)] : y;
    const both = { class: "Bidirectional", config: merge === "concat" ? {} : { merge_mode: merge }, layer };
    // Keras has none both ways whose first goes backwards, but with a second that does not.
    if (this.packed ? config.go_backwards || r.chance(0.25) : layer.class !== "RNN" && r.chance(0.25))
      both.backward = { ...layer, config: { ...layer.config, go_backwards: !config.go_backwards } };
    return [both, [...(merge === null ? [y, y] : [wide]), ...states, ...states]];
  }

  /** A layer with random options and this one set; null where the shape is not for it. */
  layer(kind, option, shape, wrapper, origin, forced = {}) {
    const { r, about } = this;
    const of = kinds[kind];
    if (of.reads && !of.reads(shape)) return null;
    const config = of.always?.(r, shape) ?? {};
    const set = [];
    for (const [name, all] of Object.entries(of.options ?? {})) {
      const values = this.packed ? all.filter((value) => answered(kind, value)) : all;
      if (
        name !== option &&
        !(option !== "default" && r.chance(this.packed ? 0.5 : name.endsWith("dropout") ? 0.05 : 0.25))
      )
        continue;
      if (wrapper.includes("TimeDistributed") && (name === "return_state" || (name === "stateful" && !this.packed)))
        continue; // Keras's takes layers of one result
      if (this.packed && name === "return_state" && option !== name && wrapper === "Bidirectional" && origin !== "none")
        continue; // Keras fails
      if (name === "noise_shape" && shape.length !== 1)
        config[name] = [null, ...shape.map((d, k) => (k === 0 ? 1 : d))];
      else config[name] = fitting(r.pick(values), name, shape);
      set.push(name);
    }
    if ("dilation_rate" in config) delete config.strides; // Keras has none with both
    if (kind === "Conv1DTranspose" && config.padding === "causal") delete config.padding;
    Object.assign(config, forced);
    if (config.dropout || config.recurrent_dropout || of.random) about.draws = true;
    if (config.stateful) about.stateful = true;
    const layer = { class: kind, config };
    let outputs = of.results?.(shape, config) ?? [of.shape?.(shape, config) ?? shape];
    if (of.wraps) layer.layer = { class: of.wraps, config: { units: shape.at(-1) } };
    const counted = [[kind, set.filter((name) => name in config && !(name in forced))]];
    if (of.cells) layer.cells = this.cells(layer, counted);
    if (of.group === "recurrent") outputs = this.ran(layer, shape);
    if (outputs.some((s) => s.some((d) => !(d >= 1 && Number.isInteger(d))))) return null;
    for (const [name, options] of counted)
      for (const one of options.length > 0 ? options : ["default"])
        about.cells.add(`${name} / ${one} / ${wrapper} / ${origin}`);
    return { layer, outputs, config };
  }

  cells(layer, counted) {
    const { r, about } = this;
    const list = Array.from({ length: r.pick([1, 1, 2]) }, (_, k) => {
      const wanted = k === 0 ? this.cell : null;
      const name = wanted?.kind ?? r.pick(Object.keys(cells));
      const config = { units: r.integer(1, 3) };
      const plain = wanted?.option === "default";
      const set = Object.keys(cells[name]).filter(
        (key) => !plain && (key === wanted?.option || r.chance(this.packed ? 0.5 : 0.12)),
      );
      for (const option of set) {
        const all = cells[name][option];
        config[option] = r.pick(this.packed ? all.filter((value) => answered(name, value)) : all);
      }
      if (config.dropout || config.recurrent_dropout) about.draws = true;
      counted.push([name, set]);
      return { class: name, config };
    });
    layer.one = list.length === 1;
    return list;
  }

  /** Shapes of what a recurrent layer gives. */
  ran({ class: kind, config, cells: inner, one }, [t]) {
    const units = inner ? inner.at(-1).config.units : config.units;
    const y = config.return_sequences ? [t, units] : [units];
    if (!config.return_state) return [y];
    const count = (name) => (name.startsWith("LSTM") ? 2 : 1);
    if (!inner) return [y, ...Array.from({ length: count(kind) }, () => [units])];
    if (!one) return [y, ...inner.map(() => [])]; // nested states: left alone
    return [y, ...Array.from({ length: count(inner[0].class) }, () => [units])];
  }

  filler(x) {
    const { r } = this;
    const kind = r.pick([
      "Dense",
      "LSTM",
      "GRU",
      "Activation",
      "LayerNormalization",
      "BatchNormalization",
      "Conv1D",
      "Add",
      "op",
    ]);
    if (kind === "op") return this.about.operations ? this.operate(x) : x;
    if (kind === "Add") {
      const other = this.layer("Dense", "default", x.shape, "plain", originOf(x));
      other.layer.config.units = x.shape.at(-1);
      const y = this.call(other.layer, [x.shape], x, "Dense");
      const layer = { class: r.pick(["Add", "Multiply", "Maximum", "Average"]), config: {} };
      this.about.cells.add(`${layer.class} / default / plain / ${originOf(x)}`);
      return { ...x, ref: `${this.node(layer, [x, y], { list: true })}:0` };
    }
    const sequences = kinds[kind].group === "recurrent" ? { return_sequences: true, return_state: false } : {};
    const made = this.layer(kind, r.pick(["default", "any"]), x.shape, "plain", originOf(x), sequences);
    if (made === null) return x;
    return this.call(made.layer, made.outputs, x, kind);
  }

  /** A random operation on a tensor, where its rank allows. */
  operate(x) {
    const { r } = this;
    const { shape } = x;
    const by = r.pick([2, 0.5, -1.5]);
    const name = r.pick([
      "mul",
      "plus",
      "minus",
      "over",
      "negative",
      "mean",
      "sum",
      "max",
      "expandDims",
      "transpose",
      "reshape",
      "slice",
      "step",
    ]);
    if (["mul", "plus", "minus", "over", "negative"].includes(name))
      return this.operation(name, x, name === "negative" ? {} : { by }, shape);
    if (name === "expandDims") {
      const wide = this.operation(name, x, { axis: 1 }, [1, ...shape]);
      return r.chance(0.7) ? this.operation("squeeze", wide, { axis: 1 }, shape) : wide;
    }
    if (shape.length !== 2) return x;
    const [t, d] = shape;
    if (name === "transpose") return this.operation(name, x, { axes: [0, 2, 1] }, [d, t]);
    if (name === "reshape") return this.operation(name, x, { shape: [-1, d, t] }, [d, t]);
    if (name === "slice") return this.operation(name, x, { from: 1, to: t }, [t - 1, d]);
    if (name === "step") return this.operation(name, x, { at: r.pick([-1, 0]) }, [d]);
    const axis = r.pick([1, 2, -1]);
    const keepdims = r.chance(0.5);
    const left = axis === 1 ? (keepdims ? [1, d] : [d]) : keepdims ? [t, 1] : [t];
    return this.operation(name, x, { axis, keepdims }, left);
  }

  /** What stands behind the layer under trial and may see its mask. */
  after(value) {
    const { r } = this;
    const { rest = [] } = value;
    if (value.shape.length === 2 && rest.length > 0 && ["LSTM", "GRU"].includes(value.kind) && r.chance(0.5)) {
      const states = value.kind === "LSTM" ? 2 : 1;
      if (rest.length === states && value.layer.class === value.kind) return this.continued(value);
    }
    if (this.about.operations && r.chance(0.4)) return { ...this.operate(value), rest };
    if (value.shape.length !== 2 || r.chance(0.4)) return value;
    const kind = r.pick(["LSTM", "GRU", "SimpleRNN", "GlobalAveragePooling1D", "Dense", "RNN"]);
    const made = this.layer(kind, "default", value.shape, "plain", originOf(value));
    if (made === null) return value;
    return { ...this.call(made.layer, made.outputs, value, kind), rest };
  }

  /** Another layer of the kind behind it, that begins with its last state. */
  continued({ kind, rest, ...value }) {
    const config = { units: rest[0].shape[0] };
    const args = { initial_state: rest.map(({ ref }) => ({ ref })) };
    const id = this.node({ class: kind, config }, [value], { args });
    this.about.cells.add(`${kind} / initial_state / plain / ${originOf(value)}`);
    return { ref: `${id}:0`, shape: [config.units], origin: "none", rest: [] };
  }

  /** The layer within a model, alone or with others, maybe within another. */
  nested(kind, option, wrapper, x) {
    const { r } = this;
    const timed = wrapper !== "model";
    const inside = new Draft(r, this.about, `${this.prefix}m`, this);
    let v = {
      ...inside.input(timed ? x.shape.slice(1) : x.shape, x.dtype ?? "float32"),
      origin: x.origin,
      lost: x.lost,
    };
    if (x.mask !== undefined && !timed)
      v.mask = inside.input(kinds[kind].video ? x.shape.slice(0, 1) : x.shape.slice(0, -1), "bool").ref;
    if (kinds[kind].group !== "ids" && !kinds[kind].image && v.mask === undefined && r.chance(0.3))
      v = inside.filler(v);
    const made = inside.layer(kind, option, v.shape, wrapper, originOf(v));
    if (made !== null) v = inside.call(made.layer, made.outputs, v, kind);
    if (timed) v.rest = [];
    if (r.chance(0.4)) v = inside.after(v);
    if (inside.spec.nodes.length === 0)
      v = inside.call({ class: "Activation", config: { activation: "tanh" } }, [v.shape], v, "Activation");
    const outs = timed ? [v] : [v, ...(v.rest ?? []).filter(({ shape }) => shape.length > 0)];
    inside.spec.outputs = outs.map(({ ref }) => ref);
    if (r.chance(0.5)) sequentially(inside.spec);
    let layer = { class: inside.spec.kind === "sequential" ? "Sequential" : "Functional", model: inside.spec };
    if (r.chance(0.2) && inside.spec.inputs.length === 1 && !this.about.stateful)
      layer = this.around(layer, inside.spec, outs);
    const inputs = x.mask !== undefined && !timed ? [x, { ref: x.mask }] : [x];
    const args = timed && x.mask !== undefined ? { args: { mask: { ref: x.mask } } } : {};
    if (timed) layer = { class: "TimeDistributed", config: {}, layer };
    const id = this.node(layer, inputs, { ...args, ...(inputs.length > 1 ? { list: true } : {}) });
    const results = outs.map((o, k) => ({
      ref: `${id}:${k}`,
      shape: timed ? [x.shape[0], ...o.shape] : o.shape,
      origin: o.origin,
      lost: o.lost,
    }));
    return { ...results[0], rest: results.slice(1) };
  }

  /** A model around a model. */
  around(layer, { inputs: [place] }, outs) {
    const outer = new Draft(this.r, this.about, this.prefix, this);
    const x = outer.input(place.shape, place.dtype);
    const id = outer.node(layer, [x]);
    outer.spec.outputs = outs.map((_, k) => `${id}:${k}`);
    return { class: "Functional", model: outer.spec };
  }

  /** Layers of several inputs. */
  several(kind, option, wrapper, origin) {
    const { r } = this;
    const of = kinds[kind];
    const shape = [r.integer(3, 4), r.integer(2, 3)];
    const count = kind === "Subtract" || kind === "Dot" ? 2 : r.integer(2, 3);
    const both = r.chance(0.5);
    const list = Array.from({ length: count }, (_, k) => this.source(k === 0 || both ? origin : "none", [], shape));
    const own = [];
    const made = this.layer(kind, option, shape, wrapper, origin);
    const { config } = made.layer;
    for (const name of of.calls ?? []) if (name in config) own.push(name);
    const args = Object.fromEntries(own.map((name) => [name, config[name]]));
    for (const name of own) delete config[name];
    const flat = of.group === "merge" && kind !== "Dot" && r.chance(0.2);
    if (kind === "MultiHeadAttention" && wrapper === "plain" && r.chance(0.25))
      args.attention_mask = { ref: this.input([shape[0], shape[0]], "bool").ref };
    if (list[0].mask !== undefined && kind !== "MultiHeadAttention" && of.group === "attention")
      args.mask = list.slice(0, 3).map((v) => (v.mask ? { ref: v.mask } : null));
    let out = made.outputs[0];
    if (kind === "Concatenate") out = config.axis === 1 ? [count * shape[0], shape[1]] : [shape[0], count * shape[1]];
    if (kind === "Dot")
      out = [1, 2].includes(config.axes) || Array.isArray(config.axes) ? dotted(config.axes, shape) : shape;
    const home = wrapper === "model" ? new Draft(r, this.about, "m", this) : this;
    const within = wrapper === "model" ? list.map((v) => home.input(v.shape)) : list;
    if (wrapper === "model") delete args.mask;
    const listed = kind !== "MultiHeadAttention";
    const id = home.node(made.layer, within, {
      ...(listed ? { list: true } : {}),
      ...(Object.keys(args).length > 0 ? { args } : {}),
    });
    const y = { ref: `${id}:0`, shape: out, origin, rest: [] };
    if (wrapper !== "model") return flat ? y : this.after(y);
    home.spec.outputs = [y.ref];
    const call = this.node({ class: "Functional", model: home.spec }, list, { list: true });
    return this.after({ ...y, ref: `${call}:0` });
  }

  /** Outputs: the ends themselves, or one tensor made of them. */
  end(ends, single) {
    const { r } = this;
    const all = ends.flatMap((v) => [v, ...(v.rest ?? [])]).filter((v) => v.shape.length > 0);
    const inputs = this.spec.inputs.map(({ id }) => id);
    const given = all.filter((v, k) => !inputs.includes(v.ref) && all.findIndex((w) => w.ref === v.ref) === k);
    const unused =
      given.length === 0
        ? [this.call({ class: "Activation", config: { activation: "tanh" } }, [all[0].shape], all[0], "Activation")]
        : given;
    if (single || unused.length === 1 || r.chance(0.6)) {
      this.spec.outputs = unused.map(({ ref }) => ref);
    } else {
      const flat = unused.map((v) =>
        v.shape.length === 1
          ? v
          : this.call(
              { class: "Flatten", config: {} },
              [[v.shape.reduce((a, b) => a * b)]],
              { ...v, mask: undefined },
              "Flatten",
            ),
      );
      const id = this.node({ class: "Concatenate", config: {} }, flat, { list: true });
      const dense = this.node({ class: "Dense", config: { units: 2 } }, [{ ref: `${id}:0` }]);
      this.spec.outputs = [`${dense}:0`];
    }
    prune(this.spec);
  }
}

/** Whether Keras has an answer to a value: its activation "threshold" needs arguments that no word can give. */
const answered = (kind, value) => value !== "threshold" && !(kind === "SeparableConv1D" && value === "causal");

/** A list of axes as the shape has them; 1 where it has too few. */
function fitting(value, name, shape) {
  if (name === "shared_axes") return shape.length > 1 ? value : null;
  if (name === "axis" && Array.isArray(value)) return value.filter((a) => a <= shape.length);
  return value;
}

function dotted(axes, [t, d]) {
  const axis = Array.isArray(axes) ? axes[0] : axes;
  return axis === 1 ? [d, d] : [t, t];
}
