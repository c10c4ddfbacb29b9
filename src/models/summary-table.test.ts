import { expect, test } from "vitest";
import { DataError } from "../errors.ts";
import { memorySize } from "./memory-size.ts";
import { summaryTable } from "./summary-table.ts";
import type { SummaryRow } from "./summary-types.ts";

// Every expected table below was written by Keras 3.15.1 for the same layers; the ruled ones follow Keras 2.15's routine.
const sentiment: SummaryRow[] = [
  { name: "embedding", className: "Embedding", outputShape: "(None, 10, 8)", params: 400, trainable: true },
  { name: "lstm", className: "LSTM", outputShape: "(None, 4)", params: 208, trainable: true },
  {
    name: "batch_normalization",
    className: "BatchNormalization",
    outputShape: "(None, 4)",
    params: 16,
    trainable: true,
  },
  { name: "dense", className: "Dense", outputShape: "(None, 1)", params: 5, trainable: false },
  { name: "dropout", className: "Dropout", outputShape: "(None, 1)", params: 0 },
];

const lines = (text: string) => text.replace(/^\n/, "").trimEnd();

test("a summary is Keras's at 80 columns, character for character", () => {
  const rows = [sentiment[0], sentiment[2], { ...sentiment[3], params: 3 }];
  const totals = { trainable: 948, nonTrainable: 0 };
  expect(summaryTable({ name: "sentiment", rows, totals })).toBe(
    lines(`
Model: "sentiment"
┏━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━┓
┃ Layer (type)                    ┃ Output Shape           ┃       Param # ┃
┡━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━┩
│ embedding (Embedding)           │ (None, 10, 8)          │           400 │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ batch_normalization             │ (None, 4)              │            16 │
│ (BatchNormalization)            │                        │               │
├─────────────────────────────────┼────────────────────────┼───────────────┤
│ dense (Dense)                   │ (None, 1)              │             3 │
└─────────────────────────────────┴────────────────────────┴───────────────┘
 Total params: 948 (3.70 KB)
 Trainable params: 948 (3.70 KB)
 Non-trainable params: 0 (0.00 B)
`),
  );
});

test("the optimizer's variables are counted once it has any, and the total includes them", () => {
  const totals = { trainable: 621, nonTrainable: 8, optimizer: 1244 };
  expect(summaryTable({ name: "sentiment", rows: sentiment, totals }).split("\n").slice(-4)).toEqual([
    " Total params: 1,873 (7.32 KB)",
    " Trainable params: 621 (2.43 KB)",
    " Non-trainable params: 8 (32.00 B)",
    " Optimizer params: 1,244 (4.86 KB)",
  ]);
});

test("an unbuilt model shows question marks, and a long name is cut with an ellipsis", () => {
  const rows: SummaryRow[] = [
    { name: "lstm", className: "LSTM", outputShape: "?", params: "0 (unbuilt)" },
    {
      name: "a_very_long_layer_name_without_any_spaces_at_all",
      className: "GlobalAveragePooling1D",
      outputShape: "(None, 3)",
      params: 0,
    },
  ];
  const table = summaryTable({ name: "m", rows, totals: { trainable: 0, nonTrainable: 0 } }).split("\n");
  expect(table.slice(4, 8)).toEqual([
    "│ lstm (LSTM)                     │ ?                      │   0 (unbuilt) │",
    "├─────────────────────────────────┼────────────────────────┼───────────────┤",
    "│ a_very_long_layer_name_without… │ (None, 3)              │             0 │",
    "│ (GlobalAveragePooling1D)        │                        │               │",
  ]);
});

test("a model that branches has a column of connections, and showTrainable one more", () => {
  const rows: SummaryRow[] = [
    { name: "a", className: "InputLayer", outputShape: "(None, 10)", params: 0, connectedTo: "-" },
    {
      name: "encoder",
      className: "LSTM",
      outputShape: "[(None, 10, 4), (None, 4), (None, 4)]",
      params: 208,
      trainable: true,
      connectedTo: "embedding_2[0][0], not_equal[0][0]",
    },
  ];
  const summary = { name: "seq2seq", rows, totals: { trainable: 825, nonTrainable: 0 } };
  expect(summaryTable({ ...summary, showTrainable: true })).toBe(
    lines(`
Model: "seq2seq"
┏━━━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━━━━━━━┳━━━━━━━━━━━┳━━━━━━━━━━━━━━━━┳━━━━━━━┓
┃ Layer (type)      ┃ Output Shape    ┃   Param # ┃ Connected to   ┃ Trai… ┃
┡━━━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━━━━━━━╇━━━━━━━━━━━╇━━━━━━━━━━━━━━━━╇━━━━━━━┩
│ a (InputLayer)    │ (None, 10)      │         0 │ -              │   -   │
├───────────────────┼─────────────────┼───────────┼────────────────┼───────┤
│ encoder (LSTM)    │ [(None, 10, 4), │       208 │ embedding_2[0… │   Y   │
│                   │ (None, 4),      │           │ not_equal[0][… │       │
│                   │ (None, 4)]      │           │                │       │
└───────────────────┴─────────────────┴───────────┴────────────────┴───────┘
 Total params: 825 (3.22 KB)
 Trainable params: 825 (3.22 KB)
 Non-trainable params: 0 (0.00 B)
`),
  );
});

test("a narrow terminal wraps titles to the bottom and nested layers under their mark", () => {
  const rows: SummaryRow[] = [
    { name: "inner", className: "Sequential", outputShape: "(None, 10, 3)", params: 443, trainable: false },
    {
      name: "bidirectional",
      className: "Bidirectional",
      outputShape: "(None, 10, 8)",
      params: 416,
      trainable: false,
      depth: 1,
    },
  ];
  const summary = { name: "outer", rows, totals: { trainable: 0, nonTrainable: 443 }, showTrainable: true };
  expect(summaryTable({ ...summary, columns: 40 })).toBe(
    lines(`
Model: "outer"
┏━━━━━━━━━━━━━┳━━━━━━━━━━┳━━━━━┳━━━┓
┃ Layer       ┃ Output   ┃ Pa… ┃   ┃
┃ (type)      ┃ Shape    ┃   # ┃ … ┃
┡━━━━━━━━━━━━━╇━━━━━━━━━━╇━━━━━╇━━━┩
│ inner       │ (None,   │ 443 │ N │
│ (Sequentia… │ 10, 3)   │     │   │
├─────────────┼──────────┼─────┼───┤
│    └        │ (None,   │ 416 │ N │
│ bidirectio… │ 10, 8)   │     │   │
│ (Bidirecti… │          │     │   │
└─────────────┴──────────┴─────┴───┘
 Total params: 443 (1.73 KB)
 Trainable params: 0 (0.00 B)
 Non-trainable params: 443 (1.73 KB)
`),
  );
});

test("a wide terminal widens the table to Keras's limits only", () => {
  const summary = { name: "sentiment", rows: sentiment, totals: { trainable: 621, nonTrainable: 8 } };
  const top = (columns: number, showTrainable: boolean) =>
    summaryTable({ ...summary, columns, showTrainable }).split("\n")[2];
  expect(top(120, false)).toBe(
    "┃ Layer (type)                         ┃ Output Shape                ┃         Param # ┃",
  );
  expect(top(200, true)).toBe(
    "┃ Layer (type)                          ┃ Output Shape                  ┃        Param # ┃ Traina… ┃",
  );
});

test("too narrow a terminal is an error that says what to do", () => {
  const summary = { name: "m", rows: sentiment, totals: { trainable: 0, nonTrainable: 0 } };
  expect(() => summaryTable({ ...summary, columns: 18 })).toThrow(DataError);
  expect(() => summaryTable({ ...summary, columns: 18 })).toThrow(/received 18\.\n {2}Widen the terminal/);
});

test("the style keras2 is the ruled table of older hand-outs", () => {
  const rows = sentiment.slice(0, 2);
  const table = summaryTable({ name: "m", rows, totals: { trainable: 608, nonTrainable: 0 }, style: "keras2" });
  expect(table.split("\n")).toEqual([
    'Model: "m"',
    "_________________________________________________________________",
    " Layer (type)                Output Shape              Param #   ",
    "=================================================================",
    " embedding (Embedding)       (None, 10, 8)             400       ",
    "                                                                 ",
    " lstm (LSTM)                 (None, 4)                 208       ",
    "                                                                 ",
    "=================================================================",
    "Total params: 608 (2.38 KB)",
    "Trainable params: 608 (2.38 KB)",
    "Non-trainable params: 0 (0.00 Byte)",
    "_________________________________________________________________",
  ]);
});

test("the style keras2 frames nested layers and breaks lists of connections behind each", () => {
  const totals = { trainable: 443, nonTrainable: 0 };
  const nested: SummaryRow[] = [
    { name: "inner", className: "Sequential", outputShape: "(None, 3)", params: 443 },
    { name: "lstm", className: "LSTM", outputShape: "(None, 3)", params: 400, depth: 1 },
    { name: "dense", className: "Dense", outputShape: "(None, 3)", params: 43, depth: 1 },
    { name: "pool", className: "Dropout", outputShape: "?", params: "0 (unbuilt)" },
  ];
  expect(summaryTable({ name: "m", rows: nested, totals, style: "keras2" }).split("\n").slice(4, 12)).toEqual([
    " inner (Sequential)          (None, 3)                 443       ",
    "|¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯|",
    "| lstm (LSTM)                (None, 3)                 400      |",
    "|                                                               |",
    "| dense (Dense)              (None, 3)                 43       |",
    "¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯¯",
    " pool (Dropout)              ?                         0 (unused)",
    "                                                                 ",
  ]);
  const branching: SummaryRow[] = [
    { name: "a", className: "InputLayer", outputShape: "[(None, 10)]", params: 0, connectedTo: "-" },
    { name: "add", className: "Add", outputShape: "(None, 4)", params: 0, connectedTo: "a[0][0], b[0][1]" },
  ];
  const table = summaryTable({ name: "m", rows: branching, totals, style: "keras2", showTrainable: true });
  expect(table.split("\n").slice(2, 8)).toEqual([
    ` Layer (type)                Output Shape                 Param #   Connected to                  Trainable  `,
    "=".repeat(109),
    ` a (InputLayer)              [(None, 10)]                 0         []                            Y          `,
    " ".repeat(109),
    ` add (Add)                   (None, 4)                    0         ['a[0][0]',                   Y          `,
    `                                                                     'b[0][1]']                              `,
  ]);
});

test("sizes are four bytes a parameter, in the largest unit that keeps them at one or more", () => {
  expect([0, 8, 255, 256, 262_144, 66_955_010, 2 ** 28].map((n) => memorySize(n))).toEqual([
    "0.00 B",
    "32.00 B",
    "1020.00 B",
    "1.00 KB",
    "1.00 MB",
    "255.41 MB",
    "1.00 GB",
  ]);
});
