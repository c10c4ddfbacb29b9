// A workload as a model of this library.

/** Built and compiled for a backend; the library is handed in, so that tests use the sources and the bench the build. */
export function buildModel(w, backend, cellstate, dtype) {
  const { bidirectional, dense, dropout, embedding, lstm, sequential, sgd } = cellstate;
  const recurrent = { ...cellstate, bidirectional: (h, options) => bidirectional(lstm(h, options)) }[w.layer];
  const stateful = w.rows === "words" && !w.stateless; // a case is written without states
  const layers = [
    ...(w.depth ? [embedding(w.vocabulary, w.depth, stateful ? { batchShape: [w.batch, w.time] } : {})] : []),
    ...w.units.map((h, k) =>
      recurrent(h, {
        dropout: w.dropout,
        recurrentDropout: w.recurrentDropout,
        stateful,
        returnSequences: w.every || k < w.units.length - 1,
      }),
    ),
    ...(w.after ? [dropout(w.after)] : []),
    dense(w.out, { activation: w.out === 1 ? "sigmoid" : "softmax" }),
  ];
  const model = sequential(layers);
  model.compile({
    loss: w.out === 1 ? "binaryCrossentropy" : "sparseCategoricalCrossentropy",
    optimizer: w.optimizer === "sgd" ? sgd({ learningRate: 1, globalClipnorm: w.clip }) : w.optimizer,
    backend,
    ...(dtype ? { dtype } : {}),
  });
  if (!model.built) model.build([null, w.time, ...(w.depth ? [] : [1])]);
  return model;
}

/** Gives the model the weights of a case, in order; states that a stateful layer keeps among its weights stay as they are. */
export function setGiven(model, given, { NdArray }) {
  let next = 0;
  const fits = (a) => next < given.length && String(a.shape) === String(given[next].shape);
  const take = ({ data, shape }) => new NdArray(data, shape);
  model.setWeights(model.getWeights().map((a) => (fits(a) ? take(given[next++]) : a)));
  if (next < given.length) throw new Error(`bench: weight ${next} has no place in the model`);
}
