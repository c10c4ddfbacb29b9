import { expect, test } from "vitest";
import {
  bidirectional,
  CellstateError,
  DataError,
  dense,
  embedding,
  functional,
  gru,
  gruCell,
  input,
  lockedDropout,
  lstm,
  lstmCell,
  minGruCell,
  projectedLstmCell,
  rnn,
  ShapeError,
  sequential,
  simpleRnn,
  stackedRnnCells,
  tiedEmbedding,
  timeDistributed,
  weightDropped,
  zoneout,
} from "../../src/index.ts";
import { thrownBy } from "../error-cases.ts";

type Kind = typeof ShapeError | typeof DataError;
const built = () => {
  const layer = lstm(3);
  sequential([input([4, 2]), layer]);
  return layer;
};
const odd = (value: unknown) => value as never;
const step = () => ({}) as never;

const mistakes: [what: string, kind: Kind, message: RegExp, make: () => unknown][] = [
  ["no units", DataError, /gru: expected units as a whole number above 0, received 0/, () => gru(0)],
  ["units as text", DataError, /simpleRnn: expected units .*, received "8"/, () => simpleRnn(odd("8"))],
  ["negative units in a cell", DataError, /lstmCell: expected units .*, received -2/, () => lstmCell(-2)],
  ["half a unit", DataError, /minGruCell: expected units .*, received 2.5/, () => minGruCell(2.5)],
  [
    "a mistyped option",
    DataError,
    /gru: unknown option "returnSequence"\. Did you mean "returnSequences"\?/,
    () => gru(4, odd({ returnSequence: true })),
  ],
  [
    "an option of another layer",
    DataError,
    /simpleRnn: unknown option "recurrentActivation"/,
    () => simpleRnn(4, odd({ recurrentActivation: "tanh" })),
  ],
  [
    "an option of the layer in a cell",
    DataError,
    /gruCell: unknown option "returnSequences"/,
    () => gruCell(4, odd({ returnSequences: true })),
  ],
  [
    "an option of the cell in rnn",
    DataError,
    /rnn: unknown option "dropout"/,
    () => rnn(lstmCell(2), odd({ dropout: 0.2 })),
  ],
  [
    "a flag that is no flag",
    DataError,
    /lstm: expected returnSequences as true or false, received 1/,
    () => lstm(4, odd({ returnSequences: 1 })),
  ],
  ["everything dropped", DataError, /gru: expected dropout .* to below 1, received 1/, () => gru(4, { dropout: 1 })],
  [
    "less than nothing dropped",
    DataError,
    /lstm: expected recurrentDropout .*, received -0.1/,
    () => lstm(4, { recurrentDropout: -0.1 }),
  ],
  [
    "an unknown activation",
    DataError,
    /gru activation: expected a known activation, received "tahn"\.\n.*Did you mean "tanh"/,
    () => gru(4, { activation: odd("tahn") }),
  ],
  [
    "a gate activation nobody knows",
    DataError,
    /lstm recurrentActivation: .*received "sigmoud"/,
    () => lstm(4, { recurrentActivation: odd("sigmoud") }),
  ],
  [
    "an unknown regularizer",
    DataError,
    /gru kernelRegularizer: expected a regularizer, received "l3"/,
    () => gru(4, { kernelRegularizer: odd("l3") }),
  ],
  [
    "an unknown constraint",
    DataError,
    /simpleRnn biasConstraint: expected a constraint, received 3/,
    () => simpleRnn(4, { biasConstraint: odd(3) }),
  ],
  [
    "an activity regularizer nobody knows",
    DataError,
    /lstm activityRegularizer: .*received "l9"/,
    () => lstm(4, { activityRegularizer: odd("l9") }),
  ],
  [
    "an unknown initializer",
    DataError,
    /gru "gru" recurrent_kernel: expected a known initializer, received "orthogonel"/,
    () => sequential([input([3, 2]), gru(4, { recurrentInitializer: odd("orthogonel") })]),
  ],
  [
    "ids without an embedding",
    ShapeError,
    /gru "gru": expected x \[B, T, D\], received \[\?, 5\]\.\n.*put embedding/,
    () => sequential([input([5]), gru(4)]),
  ],
  [
    "features that are open",
    ShapeError,
    /simpleRnn .*received \[\?, 5, \?\]\.\n.*number of features/,
    () => sequential([input([5, null]), simpleRnn(4)]),
  ],
  [
    "a layer after one that gave its last output only",
    ShapeError,
    /lstm "lstm": expected x \[B, T, D\], received \[\?, 4\]/,
    () => sequential([input([5, 2]), gru(4), lstm(4)]),
  ],
  [
    "a stateful layer without its number of rows",
    DataError,
    /lstm "lstm": expected a fixed number of rows.*received \[\?, 5, 2\]\.\n.*batchShape/,
    () => sequential([input([5, 2]), lstm(4, { stateful: true })]),
  ],
  [
    "a stateful layer with another number of rows",
    DataError,
    /predict: expected batches of 4/,
    () =>
      sequential([lstm(2, { stateful: true, batchShape: [4, 2, 1] })]).predict([
        [[1], [2]],
        [[1], [2]],
        [[1], [2]],
      ]),
  ],
  [
    "an initial state of another size",
    ShapeError,
    /lstm "lstm": expected an initial state of \[\?, 4\], \[\?, 4\], received \[\?, 3\], \[\?, 3\]/,
    () => {
      const [, h, c] = lstm(3, { returnState: true })(input([5, 2]));
      lstm(4)(input([5, 2]), { initialState: [h, c] });
    },
  ],
  [
    "half an initial state",
    ShapeError,
    /expected an initial state of \[\?, 3\], \[\?, 3\], received \[\?, 3\]/,
    () => lstm(3)(input([5, 2]), { initialState: [gru(3)(input([5, 2]))] }),
  ],
  [
    "an odd number of states for both ways",
    DataError,
    /expected an even number of initial states, received 1/,
    () => bidirectional(gru(3))(input([5, 2]), { initialState: [gru(3)(input([5, 2]))] }),
  ],
  [
    "bidirectional over a layer without steps",
    DataError,
    /bidirectional: expected layer as a new lstm, gru, simpleRnn or rnn, received dense/,
    () => bidirectional(dense(3)),
  ],
  ["bidirectional over nothing", DataError, /bidirectional: .*received undefined/, () => bidirectional(odd(undefined))],
  [
    "bidirectional over a layer in use",
    DataError,
    /bidirectional: .*received one that is in a model already/,
    () => bidirectional(built()),
  ],
  [
    "a merge mode nobody knows",
    DataError,
    /mergeMode as one of concat, sum, mul, ave or null, received "average"/,
    () => bidirectional(lstm(3), { mergeMode: odd("average") }),
  ],
  [
    "a backward layer that goes forwards",
    DataError,
    /layers of opposite directions.*\n.*goBackwards: true/,
    () => bidirectional(lstm(3), { backwardLayer: lstm(3) }),
  ],
  [
    "a backward layer that returns something else",
    DataError,
    /the same returnSequences in both layers, received true and false/,
    () => bidirectional(lstm(3, { returnSequences: true }), { backwardLayer: lstm(3, { goBackwards: true }) }),
  ],
  [
    "both ways over a cell that cannot be made again",
    DataError,
    /a cell that can be copied.*\n.*backwardLayer/,
    () => bidirectional(rnn({ stateSize: 1, outputSize: 1, step })),
  ],
  ["rnn over nothing", DataError, /rnn: expected a cell, received object\.\n.*lstmCell\(64\)/, () => rnn(odd(null))],
  ["rnn over a layer", DataError, /rnn: expected a cell/, () => rnn(odd(lstm(3)))],
  ["rnn over no cells", DataError, /stackedRnnCells: expected a list of cells, received an empty one/, () => rnn([])],
  [
    "a cell twice in a stack",
    DataError,
    /a different cell at each position, received one cell twice/,
    () => {
      const cell = lstmCell(3);
      return stackedRnnCells([cell, cell]);
    },
  ],
  [
    "a cell that does not say how much it remembers",
    DataError,
    /expected stateSize and outputSize as whole numbers above 0, received stateSize undefined/,
    () => rnn(odd({ outputSize: 2, step })),
  ],
  [
    "a cell that adds to the loss inside a step",
    DataError,
    /a recurrent cell: expected no addLoss inside a step/,
    () =>
      sequential([
        input([3, 1]),
        rnn({
          stateSize: 1,
          outputSize: 1,
          step: (x, state, context) => {
            context.addLoss(x);
            return { output: x, state };
          },
        }),
      ]).predict([[[1], [2], [3]]]),
  ],
  [
    "a cell that gives another size than it says",
    ShapeError,
    /a recurrent cell: expected an output \[1, 2\] and a state of \[1, 1\], received an output \[1, 1\]/,
    () =>
      sequential([
        input([3, 1]),
        rnn({ stateSize: 1, outputSize: 2, step: (x, state) => ({ output: x, state }) }),
      ]).predict([[[1], [2], [3]]]),
  ],
  [
    "a cell that forgets a part of its state",
    ShapeError,
    /a recurrent cell: expected .* a state of \[1, 1\], \[1, 1\], received .* a state of \[1, 1\]/,
    () =>
      sequential([
        input([3, 1]),
        rnn({ stateSize: [1, 1], outputSize: 1, step: (x, [h]) => ({ output: x, state: [h] }) }),
      ]).predict([[[1], [2], [3]]]),
  ],
  [
    "timeDistributed without a layer",
    DataError,
    /timeDistributed: expected a layer/,
    () => timeDistributed(odd("dense")),
  ],
  [
    "timeDistributed without steps",
    ShapeError,
    /timeDistributed .*expected x \[B, T, \.\.\.\], received \[\?, 4\]/,
    () => sequential([input([4]), timeDistributed(dense(2))]),
  ],
  [
    "timeDistributed over several outputs",
    DataError,
    /a layer of one output, received 3/,
    () => functional(input([2, 5, 3]), timeDistributed(odd(lstm(2, { returnState: true })))(input([2, 5, 3]))),
  ],
  ["a projection to nothing", DataError, /projectedLstmCell: expected projSize/, () => projectedLstmCell(4, odd({}))],
  [
    "zoneout with rates for other states",
    DataError,
    /zoneout: expected 2 rates, one for each part of the state, received 3/,
    () => zoneout(lstmCell(3), [0.1, 0.2, 0.3]),
  ],
  ["zoneout of everything", DataError, /zoneout: expected rate .*received 1/, () => zoneout(gruCell(3), 1)],
  [
    "dropped weights where there are none",
    DataError,
    /weightDropped: expected a cell with recurrent weights, received one that has none/,
    () => sequential([input([3, 2]), rnn(weightDropped(minGruCell(3), 0.5))]),
  ],
  [
    "locked dropout without steps",
    ShapeError,
    /lockedDropout .*expected x \[B, T, D\], received \[\?, 4\]/,
    () => sequential([input([4]), lockedDropout(0.2)]),
  ],
  [
    "a tied embedding of another width",
    ShapeError,
    /tiedEmbedding .*expected x \[B, \.\.\., 4\], received \[\?, 3\]/,
    () => {
      const words = embedding(9, 4);
      return sequential([input([5]), words, lstm(3), tiedEmbedding(words)]);
    },
  ],
  [
    "a tied embedding that is elsewhere",
    DataError,
    /tiedEmbedding .*expected embedding "embedding" to be in the model/,
    () => sequential([input([5, 3]), lstm(4), tiedEmbedding(embedding(9, 4))]),
  ],
];

for (const [what, kind, message, make] of mistakes) {
  test(`${what}: says who, what was expected, what came`, async () => {
    const error = await thrownBy(make);
    expect(error).toBeInstanceOf(kind);
    expect(error).toBeInstanceOf(CellstateError);
    expect((error as Error).message).toMatch(message);
  });
}
