import { gateActivations } from "../../src/ops/activation.ts";
import { type GruAttributes, gru } from "../../src/ops/gru.ts";
import { type LstmAttributes, lstm } from "../../src/ops/lstm.ts";
import { type SimpleRnnAttributes, simpleRnn } from "../../src/ops/simple-rnn.ts";
import { NdArray } from "../../src/tensor/nd-array.ts";
import type { Tensor } from "../../src/tensor/tensor.ts";
import { cast01, distinct, type Row } from "./harness.ts";

type Attributes = LstmAttributes & GruAttributes & SimpleRnnAttributes;

/** The differences between the recurrent ops, so that one table of cases serves all. */
interface Kind {
  name: string;
  gates: number;
  states: string[];
  bias: (h: number) => number[];
  attrs: Attributes;
  /** Results in order, from the op's inputs by name. */
  run: (t: never, attrs: never) => (Tensor | null)[];
}
/** All results side by side; the gates that are shown have no gradients, so only the others are given some. */
const flat = ({ gates, ...results }: { gates: Tensor[] }) => [...(Object.values(results) as Tensor[]), ...gates];
const gruRun = (t: never, attrs: never) => flat(gru(t, attrs));
const kinds: Kind[] = [
  {
    name: "lstm",
    gates: 4,
    states: ["h0", "c0"],
    bias: (h) => [4 * h],
    attrs: {},
    run: (t, attrs) => flat(lstm(t, attrs)),
  },
  { name: "gru", gates: 3, states: ["h0"], bias: (h) => [2, 3 * h], attrs: {}, run: gruRun },
  {
    name: "gru, reset before,",
    gates: 3,
    states: ["h0"],
    bias: (h) => [3 * h],
    attrs: { resetAfter: false },
    run: gruRun,
  },
  {
    name: "simpleRnn",
    gates: 1,
    states: ["h0"],
    bias: (h) => [h],
    attrs: {},
    run: (t, attrs) => Object.values(simpleRnn(t, attrs)),
  },
];

const mask = (lines: string[]) =>
  new NdArray(Float64Array.from(lines.join(""), Number), [lines.length, lines[0].length]);
const masks = {
  inner: mask(["10101", "01010", "00000"]),
  right: mask(["11111", "11100", "10000"]),
  left: mask(["00001", "00111", "11111"]),
  "nothing but padding": mask(["00000", "00000", "00000"]),
};

interface Extra {
  bias?: boolean;
  state?: boolean;
  mask?: NdArray;
  xDrop?: number;
  hDrop?: boolean;
}

export const recurrentCases: Row[] = kinds.flatMap((kind) => {
  const { name, gates } = kind;
  const inputs = (b: number, t: number, d: number, h: number, extra: Extra = {}) => ({
    x: distinct([b, t, d], 1),
    wx: distinct([d, gates * h], 2, 0.8),
    wh: distinct([h, gates * h], 3, 0.8),
    ...(extra.bias === false ? {} : { b: distinct(kind.bias(h), 4, 0.5) }),
    ...(extra.state ? Object.fromEntries(kind.states.map((s, k) => [s, distinct([b, h], 5 + k)])) : {}),
    ...(extra.mask ? { mask: extra.mask } : {}),
    ...(extra.xDrop ? { xDrop: cast01([extra.xDrop, b, d], 1.25) } : {}),
    ...(extra.hDrop ? { hDrop: cast01([gates, b, h], 1.25) } : {}),
  });
  const outputs =
    (attrs: Attributes = {}) =>
    (t: Record<string, Tensor>) =>
      kind.run(t as never, { ...kind.attrs, ...attrs } as never);
  const rows: Row[] = [];
  for (const [b, t, d, h] of [
    [1, 1, 1, 1],
    [1, 5, 3, 4],
    [3, 1, 2, 5],
    [3, 5, 4, 3],
    [2, 4, 17, 19],
    [5, 3, 16, 32],
    [33, 2, 7, 9],
  ]) {
    rows.push([`${name} ${b}x${t}x${d}, ${h} units`, inputs(b, t, d, h), outputs()]);
  }
  const from = inputs(3, 5, 4, 3, { state: true });
  rows.push([`${name} without bias`, inputs(3, 5, 4, 3, { bias: false }), outputs()]);
  rows.push([`${name} from a given state`, from, outputs()]);
  rows.push([`${name} backwards`, from, outputs({ reverse: true })]);
  for (const [where, m] of Object.entries(masks)) {
    rows.push([`${name} with a mask: ${where}`, inputs(3, 5, 4, 3, { mask: m }), outputs()]);
    rows.push([
      `${name} with a mask: ${where}, backwards, zero output, from a state`,
      inputs(3, 5, 4, 3, { mask: m, state: true }),
      outputs({ reverse: true, zeroOutput: true }),
    ]);
  }
  const drops = { xDrop: gates, hDrop: true };
  rows.push([`${name} with one input dropout`, inputs(3, 5, 4, 3, { xDrop: 1 }), outputs()]);
  rows.push([`${name} with dropout masks per gate`, inputs(3, 5, 4, 3, drops), outputs()]);
  rows.push([`${name} with recurrent dropout only`, inputs(3, 5, 4, 3, { hDrop: true }), outputs()]);
  rows.push([
    `${name} with dropouts and a mask`,
    inputs(3, 5, 4, 3, { ...drops, mask: masks.inner, bias: false }),
    outputs({ reverse: true }),
  ]);
  for (const [how, extra] of [
    ["dropout masks per gate", drops],
    ["one input dropout", { xDrop: 1 }],
    ["a given state", { state: true }],
  ] as const) {
    rows.push([
      `${name} 5x3x17, 37 units, with ${how}`,
      inputs(5, 3, 17, 37, extra),
      outputs(),
      { tolerance: 3e-5 }, // f32: gradients are sums of 37 terms of size 1, through three steps
    ]);
  }
  if (gates > 1)
    for (const [how, b, t, d, h, extra, attrs] of [
      ["of 19 units", 2, 4, 17, 19, { state: true }, {}],
      ["of 37 units, backwards", 5, 3, 17, 37, { xDrop: 1 }, { reverse: true }],
      ["of 64 units", 33, 2, 7, 64, {}, {}],
      ["under a mask", 3, 5, 4, 3, { mask: masks.inner, state: true }, {}],
      ["under a mask, zero output", 3, 5, 4, 20, { mask: masks.left, bias: false }, { zeroOutput: true }],
      ["under dropout", 3, 5, 4, 19, drops, {}],
      ["where all is padding", 3, 5, 4, 3, { mask: masks["nothing but padding"] }, { reverse: true }],
    ] as const)
      rows.push([
        `${name}: its gates ${how}`,
        inputs(b, t, d, h, extra),
        outputs({ ...attrs, showGates: true }),
        { differentiable: false }, // the gates have no gradients; the other results are in the rows above
      ]);
  for (const activation of gateActivations) {
    rows.push([`${name} with activation ${activation}`, inputs(2, 4, 3, 3), outputs({ activation })]);
    if (gates > 1)
      rows.push([
        `${name} with recurrent activation ${activation}`,
        inputs(2, 4, 3, 3),
        outputs({ recurrentActivation: activation }),
      ]);
  }
  return rows;
});
