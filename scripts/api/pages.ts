/** The page and section of each export, by the file it is written in; the longest matching path prefix counts. */
export interface Page {
  /** Its file in docs/api. */
  file: string;
  title: string;
  about: string;
  sections: readonly Section[];
}
export interface Section {
  title: string;
  /** Beginnings of paths below src/. */
  from: readonly string[];
}

/** Options that so many others have that these only name them. */
export const commonOptions: readonly string[] = ["LayerOptions", "OptimizerOptions"];

export const pages: readonly Page[] = [
  {
    file: "models.md",
    title: "Models",
    about: "Build a model from layers, compile, train, evaluate, predict and save it.",
    sections: [
      {
        title: "Building models",
        from: ["models/sequential", "models/functional", "models/custom-model", "layers/input"],
      },
      { title: "Any model", from: ["models/"] },
      { title: "Compile, fit, evaluate, predict", from: ["train/compiled", "train/fit/", "train/"] },
      { title: "A training step of your own", from: ["models/train-step"] },
    ],
  },
  {
    file: "recurrent-layers.md",
    title: "Recurrent layers and cells",
    about:
      "LSTM, GRU and simple recurrent layers, cells for `rnn`, and what wraps them. Shapes: B batch, T time, D features.",
    sections: [
      {
        title: "Recurrent layers",
        from: [
          "layers/recurrent/lstm.ts",
          "layers/recurrent/gru",
          "layers/recurrent/simple",
          "layers/recurrent/rnn",
          "layers/recurrent/conv-lstm",
          "layers/recurrent/recurrent",
        ],
      },
      { title: "Wrappers", from: ["layers/wrappers/"] },
      {
        title: "Cells",
        from: [
          "layers/recurrent/lstm-variants",
          "layers/recurrent/min-",
          "layers/recurrent/stacked",
          "layers/recurrent/cell-wrappers",
          "layers/recurrent/gate-cell",
        ],
      },
      { title: "A cell of your own", from: ["layers/recurrent/"] },
    ],
  },
  {
    file: "layers.md",
    title: "Other layers",
    about: "Dense, embedding, attention, convolution, normalization, dropout, and what changes shapes.",
    sections: [
      {
        title: "Core layers",
        from: ["layers/core/dense", "layers/core/embedding", "layers/core/masking", "layers/core/"],
      },
      { title: "Attention layers", from: ["layers/attention/"] },
      { title: "Convolution and pooling", from: ["layers/convolution/conv1d.ts", "layers/convolution/"] },
      { title: "Normalization layers", from: ["layers/normalization/"] },
      { title: "Dropout and noise", from: ["layers/noise/"] },
      { title: "Merging and reshaping", from: ["layers/shaping/"] },
      { title: "Texts and categories", from: ["layers/preprocessing/"] },
      { title: "Operations on symbolic tensors", from: ["layers/operations/"] },
    ],
  },
  {
    file: "layer-parts.md",
    title: "Initializers, regularizers, constraints",
    about: "How weights begin, what their size costs, and what they are kept within.",
    sections: [
      { title: "Initializers", from: ["layers/weights/initializers"] },
      { title: "Regularizers", from: ["layers/weights/regularizers", "layers/weights/penalties"] },
      { title: "Constraints", from: ["layers/weights/constraints"] },
    ],
  },
  {
    file: "custom-layers.md",
    title: "Custom layers and tensor operations",
    about: "Write a layer of your own over tensor operations; gradients, backends and files follow from the formula.",
    sections: [
      { title: "Custom layers", from: ["layers/custom-layer", "formats/keras/registered-layers"] },
      { title: "Tensor operations", from: ["ops/", "program/"] },
      { title: "Layers and tensors", from: ["layers/", "tensor/tensor", "tensor/random"] },
    ],
  },
  {
    file: "optimizers.md",
    title: "Optimizers and learning rates",
    about: "Optimizers for `compile`, by name or made by these functions, and learning rate schedules.",
    sections: [
      { title: "Optimizers", from: ["train/optimizers"] },
      { title: "Learning rate schedules", from: ["train/schedules"] },
    ],
  },
  {
    file: "losses.md",
    title: "Losses",
    about: "Losses for `compile`, by name or made by these functions.",
    sections: [{ title: "Losses", from: ["train/losses"] }],
  },
  {
    file: "metrics.md",
    title: "Metrics and reports",
    about: "Metrics for `compile`, by name or made by these functions; tables of a classifier's hits and misses.",
    sections: [
      { title: "Metrics", from: ["train/metrics"] },
      { title: "Reports", from: ["train/classification-report", "train/confusion-matrix"] },
    ],
  },
  {
    file: "callbacks.md",
    title: "Callbacks",
    about: "Called by `fit` between steps and epochs: early stopping, checkpoints, logs.",
    sections: [{ title: "Callbacks", from: ["train/callbacks"] }],
  },
  {
    file: "tasks.md",
    title: "Tasks",
    about: "From raw text, rows or recordings to an answer in a few lines: classify, forecast, continue a text.",
    sections: [
      {
        title: "Text and sequence classification",
        from: ["tasks/classify/text-classifier", "tasks/classify/sequence-classifier", "tasks/classify/"],
      },
      { title: "Forecasting", from: ["tasks/forecast/forecaster", "tasks/forecast/"] },
      { title: "Anomalies", from: ["tasks/anomaly/"] },
      { title: "Language models", from: ["tasks/language/language-model", "tasks/language/"] },
      {
        title: "Tagging",
        from: ["tasks/tag/sequence-tagger", "tasks/tag/", "layers/structured/crf", "train/losses/crf"],
      },
      { title: "Transcribing", from: ["tasks/transcribe/sequence-transcriber", "tasks/transcribe/"] },
      { title: "Several labels", from: ["tasks/multilabel/multi-label-classifier", "tasks/multilabel/"] },
      { title: "Video", from: ["tasks/video/video-classifier", "tasks/video/", "data/moving-digits"] },
      { title: "Translation", from: ["tasks/translate/translator", "tasks/translate/"] },
      { title: "Search for options", from: ["tasks/tune/tune", "tasks/tune/"] },
      { title: "Any task", from: ["tasks/"] },
    ],
  },
  {
    file: "text.md",
    title: "Text and generation",
    about: "Words to ids and rows, and ids back to text: tokenizers, padding, sampling, beam search.",
    sections: [
      { title: "Text to numbers", from: ["text/"] },
      { title: "Generating", from: ["generate/"] },
    ],
  },
  {
    file: "data.md",
    title: "Data",
    about: "Windows over time series, scalers, splits, and readers of CSV, audio, MIDI and other files.",
    sections: [
      { title: "Time series", from: ["data/windows", "data/splits", "data/series-columns"] },
      { title: "Scalers and encoders", from: ["data/scalers", "data/encoders"] },
      { title: "Training and test rows", from: ["data/train-test-split", "data/k-fold", "data/rows-of"] },
      { title: "Word vectors", from: ["data/word-vectors"] },
      {
        title: "CSV and text files",
        from: ["data/csv", "data/"],
      },
      { title: "Audio, music, images", from: ["data/audio", "data/midi", "data/piano-roll", "data/idx"] },
      { title: "Made-up data", from: ["data/memory-tasks"] },
      { title: "Data sets", from: ["datasets/"] },
    ],
  },
  {
    file: "plot.md",
    title: "Plots",
    about: "Curves, tables and pictures of a model, as SVG and PNG or as text in a terminal: `cellstate/plot`.",
    sections: [{ title: "Plots", from: ["plot/"] }],
  },
  {
    file: "explain.md",
    title: "Explain",
    about: "What a recurrent model does at each step, gate by gate: `cellstate/explain`.",
    sections: [{ title: "Explain", from: ["explain/"] }],
  },
  {
    file: "serve.md",
    title: "Serve",
    about: "Models behind HTTP, and predictions of many callers in one batch: `cellstate/serve`.",
    sections: [{ title: "Serve", from: ["serve/"] }],
  },
  {
    file: "files.md",
    title: "Model files",
    about: "Save and load models and weights: Keras, TensorFlow.js, PyTorch, ONNX, safetensors, NumPy.",
    sections: [
      {
        title: "Models and weights",
        from: ["formats/load-model", "formats/model-file", "formats/"],
      },
      { title: "ONNX", from: ["formats/onnx/"] },
      { title: "Arrays in files", from: ["formats/containers/"] },
      { title: "Pickles of a notebook", from: ["pickles/"] },
    ],
  },
  {
    file: "arrays-errors-backends.md",
    title: "Arrays, errors, backends",
    about: "Arrays in and out, errors as data, and what computes.",
    sections: [
      { title: "Arrays", from: ["tensor/"] },
      { title: "Errors", from: ["errors.ts"] },
      { title: "Backends and version", from: ["backends/", "version.ts"] },
    ],
  },
];
