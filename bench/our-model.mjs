// A workload as a model of this library.

/** Built and compiled for a backend; the library is handed in, so that tests use the sources and the bench the build. */
export function buildModel(w, backend, library) {
  const { dense, dropout, embedding, lstm, sequential, sgd } = library;
  const layers = [
    ...(w.depth ? [embedding(w.vocabulary, w.depth)] : []),
    ...w.units.map((h, k) =>
      lstm(h, {
        dropout: w.dropout,
        recurrentDropout: w.recurrentDropout,
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
  });
  model.build([null, w.time, ...(w.depth ? [] : [1])]);
  return model;
}
