import {
  bidirectional,
  constraints,
  gru,
  gruCell,
  layerNormLstmCell,
  lockedDropout,
  lstm,
  minGruCell,
  minLstmCell,
  peepholeLstmCell,
  projectedLstmCell,
  rnn,
  simpleRnn,
  simpleRnnCell,
  weightDropped,
  zoneout,
} from "../../src/index.ts";
import { examineLayer } from "./examine-layer.ts";

const inputs = [[null, 3]];
const drops = { dropout: 0.2, recurrentDropout: 0.3 };

examineLayer(
  "lstm with hard gates, penalties and zeros for masked steps",
  () =>
    lstm(3, {
      recurrentActivation: "hardSigmoid",
      unitForgetBias: false,
      zeroOutputForMask: true,
      returnSequences: true,
      kernelRegularizer: "l2",
      recurrentInitializer: "glorotUniform", // at right angles the next one's slope is the sign of a rounding error
      recurrentRegularizer: "orthogonalRegularizer",
      biasConstraint: constraints.maxNorm({ maxValue: 3 }),
    }),
  { inputs, mask: "passes" },
);
examineLayer("lstm with activations no kernel knows", () => lstm(3, { activation: "softsign" }), {
  inputs,
  mask: "ends",
});
examineLayer("gru with dropouts", () => gru(3, { ...drops, returnSequences: true }), {
  inputs,
  mask: "passes",
  random: true,
});
examineLayer("gru, reset before, with dropouts", () => gru(3, { ...drops, resetAfter: false, returnState: true }), {
  inputs,
  mask: "ends",
  random: true,
});
examineLayer("simpleRnn with dropouts, backwards", () => simpleRnn(3, { ...drops, goBackwards: true }), {
  inputs,
  mask: "ends",
  random: true,
});
for (const mergeMode of ["sum", "mul", "ave"] as const)
  examineLayer(`bidirectional, ${mergeMode}`, () => bidirectional(gru(2, { returnSequences: true }), { mergeMode }), {
    inputs,
    mask: "passes",
  });
examineLayer(
  "bidirectional, both outputs and states",
  () => bidirectional(lstm(2, { returnState: true }), { mergeMode: null }),
  { inputs, mask: "ends" },
);
examineLayer("bidirectional over rnn", () => bidirectional(rnn([simpleRnnCell(2), gruCell(3)])), {
  inputs,
  mask: "ends",
});

examineLayer("peephole LSTM", () => rnn(peepholeLstmCell(3), { returnSequences: true }), { inputs, mask: "passes" });
examineLayer("projected LSTM", () => rnn(projectedLstmCell(4, { ...drops, projSize: 2 })), {
  inputs,
  mask: "ends",
  random: true,
});
// Rows of equal numbers have no spread: rounding is magnified by up to 1/√ε, 300.
examineLayer("layer-normalised LSTM", () => rnn(layerNormLstmCell(3)), { inputs, mask: "ends", tolerance: 1e-4 });
examineLayer("minGRU", () => rnn(minGruCell(3), { returnState: true }), { inputs, mask: "ends" });
examineLayer("minLSTM", () => rnn(minLstmCell(3)), { inputs, mask: "ends" });
examineLayer("zoneout", () => rnn(zoneout(gruCell(3), 0.3)), { inputs, mask: "ends", random: true });
examineLayer("dropped weights", () => rnn(weightDropped(gruCell(3), 0.3)), { inputs, mask: "ends", random: true });
examineLayer("locked dropout", () => lockedDropout(0.3), { inputs, mask: "passes" });
