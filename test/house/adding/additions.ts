/**
 * One addition of each kind: new files, and lines in files that are there. `most` is how many files it may touch, in src/ and in
 * kernels/. docs/contributing/recipes.md says the same in words.
 */
export interface Addition {
  readonly kind: string;
  readonly most: { readonly src: number; readonly kernels?: number };
  /** Path in the tree → file here. */
  readonly files?: Readonly<Record<string, string>>;
  /** Path → [what stands there, what follows it]. */
  readonly lines: Readonly<Record<string, readonly (readonly [after: string, added: string])[]>>;
}

export const additions: readonly Addition[] = [
  {
    kind: "a unary function",
    most: { src: 2, kernels: 1 },
    lines: {
      "src/program/functions.ts": [["  round: roundHalfEven,\n", "  cube: (x: number) => x * x * x,\n"]],
      "src/ops/gradients.ts": [
        ['  cos: (dy, x) => neg(mul(dy, unary("sin", x))),\n', "  cube: (dy, x) => mul(dy, mul(3, mul(x, x))),\n"],
      ],
      "kernels/elementwise.h": [
        ["static V fRound(V v) { return roundEven(v); }\n", "static V fCube(V v) { return v * v * v; }\n"],
        ["fFloor, fRound", ", fCube"],
      ],
    },
  },
  {
    kind: "an op with a kernel",
    most: { src: 2, kernels: 2 },
    files: { "src/ops/squared-distance.ts": "squared-distance.ts.txt" },
    lines: {
      "src/backends/tape.ts": [['  ["commonPrefix", plain],\n', '  ["squaredDistance", plain],\n']],
      "kernels/tape_ops.h": [
        [
          "  OP(COMMON_PREFIX, commonPrefix(c, q, t), checkCommonPrefix)",
          " \\\n  OP(SQUARED_DISTANCE, squaredDistance(c, q, t), checkSoftmaxBack)",
        ],
      ],
      "kernels/elementwise.h": [
        [
          "  mapOne(c.at(q.out[0]), c.at(q.in[0]), from, to, [=](V v) { return f(v); });\n}\n",
          `
OP void squaredDistance(const Context& c, const Instruction& q, const Team& team) {
  Index from, to;
  team.share(q.out[0].size, 1024, &from, &to);
  mapPair(c.at(q.out[0]), c.at(q.in[0]), c.at(q.in[1]), from, to, [](V a, V b) { return (a - b) * (a - b); });
}
`,
        ],
      ],
    },
  },
  {
    kind: "a recurrent cell with a kernel",
    most: { src: 4, kernels: 2 },
    files: {
      "src/ops/triple.ts": "triple-op.ts.txt",
      "src/layers/recurrent/triple.ts": "triple-layer.ts.txt",
      "kernels/triple.h": "triple.h.txt",
    },
    lines: {
      "src/layers/index.ts": [
        [
          'export { rnn } from "./recurrent/rnn.ts";\n',
          'export { type TripleOptions, triple } from "./recurrent/triple.ts";\n',
        ],
      ],
      "src/backends/tape.ts": [["    only: shallow,\n  },\n", "  triple: gates,\n"]],
      "kernels/cells.h": [
        ["CELL(SIMPLE_RNN, SimpleRnnCell)", " CELL(TRIPLE, TripleCell)"],
        ['#include "simple_rnn.h"\n', '#include "triple.h"\n'],
      ],
    },
  },
  {
    kind: "a layer",
    most: { src: 2 },
    files: { "src/layers/core/shift.ts": "shift.ts.txt" },
    lines: {
      "src/layers/index.ts": [
        ['export { activation } from "./core/activation.ts";\n', 'export { shift } from "./core/shift.ts";\n'],
      ],
    },
  },
  {
    kind: "an optimizer",
    most: { src: 2 },
    files: { "src/train/optimizers/sign-sgd.ts": "sign-sgd.ts.txt" },
    lines: {
      "src/train/optimizers/index.ts": [
        ['export { type SgdOptions, sgd } from "./sgd.ts";\n', 'export { signSgd } from "./sign-sgd.ts";\n'],
      ],
    },
  },
  {
    kind: "a loss",
    most: { src: 2 },
    files: { "src/train/losses/quartic.ts": "quartic.ts.txt" },
    lines: {
      "src/train/losses/index.ts": [['export { ctc } from "./ctc.ts";\n', 'export { quartic } from "./quartic.ts";\n']],
    },
  },
  {
    kind: "a metric",
    most: { src: 2 },
    files: { "src/train/metrics/largest-error.ts": "largest-error.ts.txt" },
    lines: {
      "src/train/metrics/index.ts": [
        ['export { type AucOptions, auc } from "./auc.ts";\n', 'export { largestError } from "./largest-error.ts";\n'],
      ],
    },
  },
  {
    kind: "a file format",
    most: { src: 2 },
    files: { "src/formats/boxed-format.ts": "boxed-format.ts.txt" },
    lines: {
      "src/formats/registry.ts": [
        ['import type { ModelFormat } from "./format.ts";\n', 'import { boxedFormat } from "./boxed-format.ts";\n'],
        ["  jsonFormat,\n", "  boxedFormat,\n"],
      ],
    },
  },
  {
    kind: "a command",
    most: { src: 2 },
    files: { "src/cli/commands/count.ts": "count.ts.txt" },
    lines: {
      "src/cli/program.ts": [
        [
          'import { completionCommand } from "./commands/completion.ts";\n',
          'import { countCommand } from "./commands/count.ts";\n',
        ],
        ["  summaryCommand,\n", "  countCommand,\n"],
      ],
    },
  },
];
