import { describe, expect, test } from "vitest";
import { CellstateError, FormatError } from "../../errors.ts";
import { dense, flatten, input, lstm } from "../../layers/index.ts";
import type { Sequential } from "../../models/sequential.ts";
import { sequential } from "../../models/sequential.ts";
import { loadModel } from "../load-model.ts";
import { type JsonObject, type KerasArchive, readKerasArchive, writeKerasArchive } from "./archive.ts";
import { kerasBytes } from "./keras.ts";

type LayerObject = { class_name: string; module?: string | null; registered_name?: string | null; config: JsonObject };
interface Parts {
  layers: LayerObject[];
  compile: { [key: string]: JsonObject[string] };
  config: JsonObject;
  archive: KerasArchive;
}
const x = [
  [
    [0.1, -0.2],
    [0.3, 0.4],
    [-0.5, 0.6],
  ],
];

function small(): Sequential {
  const m = sequential([input([3, 2]), lstm(2, { returnSequences: true }), flatten(), dense(1, { name: "answer" })]);
  m.compile({ optimizer: "adam", loss: "mse", metrics: ["mae"] });
  return m;
}

/** The file of a small model (InputLayer, LSTM, Flatten, Dense) after a change to what it says. */
async function changed(change: (parts: Parts) => void, model = small()): Promise<Uint8Array> {
  const archive = await readKerasArchive(await kerasBytes(model), "small");
  const { config } = archive;
  const layers = (config.config as JsonObject).layers as never as LayerObject[];
  change({ layers, compile: config.compile_config as never, config, archive });
  return writeKerasArchive(archive);
}

describe("dialects of other versions give the same model", () => {
  const dialects: Record<string, (parts: Parts) => void> = {
    "dtype as text": ({ layers }) => {
      for (const layer of layers) layer.config.dtype = "float32";
    },
    "batch_input_shape on the InputLayer": ({ layers }) => {
      layers[0].config.batch_input_shape = [32, 3, 2];
      delete layers[0].config.batch_shape;
    },
    "batch_input_shape on the first layer, no InputLayer": ({ layers, config }) => {
      layers.shift();
      layers[0].config.batch_input_shape = [null, 3, 2];
      delete config.build_config;
      delete (config.config as JsonObject).build_input_shape;
    },
    "no more than class, sizes and names": ({ layers }) => {
      for (const layer of layers) {
        const { batch_shape, name, units, return_sequences } = layer.config;
        layer.config = JSON.parse(JSON.stringify({ batch_shape, name, units, return_sequences }));
        delete layer.module;
        delete layer.registered_name;
      }
    },
    "options without meaning for the numbers": ({ layers }) => {
      Object.assign(layers[1].config, {
        unroll: true,
        implementation: 2,
        time_major: false,
        seed: 7,
        use_cudnn: "auto",
      });
    },
    "initializers by name, or of the author's own: the weights are in the file": ({ layers }) => {
      layers[1].config.kernel_initializer = "he_normal";
      layers[1].config.bias_initializer = {
        module: "mine",
        class_name: "Odd",
        config: {},
        registered_name: "mine>Odd",
      };
    },
    "weights in float64": ({ archive }) => {
      for (const v of archive.weights.get("layers/dense")!.variables) {
        v.data = Float64Array.from(v.data as Float32Array);
        v.dtype = "float64";
      }
    },
    "layers under the path of TensorFlow 2.12": ({ archive }) =>
      move(archive, "layers/lstm/cell", "_layer_checkpoint_dependencies/lstm/cell"),
    "an unknown path, found by name": ({ archive }) => move(archive, "layers/dense", "elsewhere/thing"),
    "a path and an unknown name, found by shape": ({ archive }) => {
      delete archive.weights.get("layers/dense")!.name;
      move(archive, "layers/dense", "elsewhere/thing");
    },
  };
  for (const [name, change] of Object.entries(dialects)) {
    test(name, async () => {
      const m = small();
      const back = await loadModel(await changed(change, m));
      expect((await back.predict(x)).data).toEqual((await m.predict(x)).data);
    });
  }

  function move({ weights }: KerasArchive, from: string, to: string): void {
    weights.set(to, weights.get(from)!);
    weights.delete(from);
  }
});

test("weights that could be those of two layers are not guessed", async () => {
  const twins = sequential([input([2]), dense(2), dense(2), dense(2)]);
  const bytes = await changed(({ archive: { weights } }) => {
    for (const path of ["layers/dense", "layers/dense_1"]) delete weights.get(path)!.name;
    weights.set("strange", weights.get("layers/dense")!);
    weights.delete("layers/dense");
    weights.delete("layers/dense_1");
  }, twins);
  await expect(loadModel(bytes)).rejects.toThrow(/weights of dense "dense" at layers\/dense, received none/);
});

test("hard_sigmoid has the slope of the Keras that wrote the file", async () => {
  const version = (v: string) =>
    loadModelOf(({ layers, archive }) => {
      archive.metadata.keras_version = v;
      layers[1].config.recurrent_activation = "hard_sigmoid";
    });
  expect((await version("3.0.5")).layers[0].config().recurrent_activation).toBe("hard_sigmoid");
  expect((await version("2.13.1")).layers[0].config().recurrent_activation).toBe("hard_sigmoid2"); // 0.2 x + 0.5
});

const loadModelOf = async (change: (parts: Parts) => void) => loadModel(await changed(change), {});

describe("what would give other numbers is refused, with the file, the layer and the reason", () => {
  const wrong: Record<string, [(parts: Parts) => void, RegExp]> = {
    "a class of Keras that is not here": [
      ({ layers }) => {
        layers[1].class_name = "ConvLSTM3D";
      },
      /layer "lstm": expected a layer of a class that is here, received ConvLSTM3D\.[\s\S]*replace it/,
    ],
    "a Lambda": [
      ({ layers }) => {
        layers[2].class_name = "Lambda";
      },
      /layer "flatten".* received Lambda\.\s+The code in a file is never run/,
    ],
    "a class of the author's own under a name of Keras": [
      ({ layers }) => void Object.assign(layers[3], { module: "mine", registered_name: "mine>Dense" }),
      /layer "answer".* received Dense, a class of the author's own/,
    ],
    "an unknown activation": [
      ({ layers }) => {
        layers[3].config.activation = "odd";
      },
      /layer "answer" \(Dense\): dense: expected a known activation, received "odd"/,
    ],
    "an activation of the author's own": [
      ({ layers }) => {
        layers[3].config.activation = { class_name: "Odd", config: {} };
      },
      /layer "Odd": expected a layer of a class that is here/,
    ],
    "an unknown regularizer": [
      ({ layers }) => {
        layers[1].config.recurrent_regularizer = { class_name: "L3", config: { l3: 0.1 } };
      },
      /layer "lstm": expected a regularizer of Keras, received .*L3/,
    ],
    "an unknown constraint": [
      ({ layers }) => {
        layers[3].config.kernel_constraint = { class_name: "Positive", config: {} };
      },
      /expected a constraint of Keras/,
    ],
    "a stateful layer": [
      ({ layers }) => {
        layers[1].config.stateful = true;
      },
      /lstm "lstm": expected a fixed number of rows, as it is stateful/,
    ],
    "states as outputs": [
      ({ layers }) => {
        layers[1].config.return_state = true;
      },
      /expected one result, in a sequential model, received 3/,
    ],
    "another order of axes": [
      ({ layers }) => {
        layers[2].config.data_format = "channels_first";
      },
      /layer "flatten": expected no data_format/,
    ],
    "integer weights": [
      ({ archive }) =>
        void Object.assign(archive.weights.get("layers/dense")!.variables[1], {
          data: new BigInt64Array(1),
          dtype: "int64",
        }),
      /bias \[1\] of dense "answer" as floating-point numbers, received int64/,
    ],
    "a functional model": [
      ({ config }) => {
        config.class_name = "Functional";
      },
      /input_layers: expected a tensor as/,
    ],
  };
  for (const [name, [change, message]] of Object.entries(wrong)) {
    test(name, async () => {
      const error = await loadModelOf(change).catch((e: unknown) => e as Error);
      expect(error).toBeInstanceOf(FormatError);
      expect((error as Error).message).toMatch(message);
      expect((error as Error).message).toMatch(/^model/); // bytes have no name of their own
    });
  }
});

describe("damaged and hostile files are FormatErrors, never crashes", () => {
  const hostile: Record<string, (parts: Parts) => void> = {
    "units as text": ({ layers }) => {
      layers[1].config.units = "two";
    },
    "more units than memory": ({ layers }) => {
      layers[1].config.units = 1e9;
    },
    "an InputLayer without a shape": ({ layers }) => void delete layers[0].config.batch_shape,
    "a size as text": ({ layers }) => {
      layers[0].config.batch_shape = [null, 3, "x"];
    },
    "a negative size": ({ layers }) => {
      layers[0].config.batch_shape = [null, -3, 2];
    },
    "no layers": ({ config }) => void delete (config.config as JsonObject).layers,
    "a layer that is a number": ({ config }) => {
      (config.config as JsonObject).layers = [7];
    },
    "a dropout of 1": ({ layers }) => {
      layers[1].config.dropout = 1;
    },
    "two layers of one name": ({ layers }) => {
      layers[1].config.name = "answer";
    },
    "a variable less": ({ archive }) => void archive.weights.get("layers/dense")!.variables.pop(),
  };
  for (const [name, change] of Object.entries(hostile)) {
    test(name, async () => {
      await expect(loadModelOf(change)).rejects.toThrow(FormatError);
    });
  }
  test("a layer larger than all weights in the file is refused before its memory is touched", async () => {
    const change = ({ layers }: Parts) => {
      layers[3].config.units = 1e7;
    };
    await expect(loadModelOf(change)).rejects.toThrow(/weights of at most the \d+ numbers in the file/);
  });
  test("names like those of an object's own methods are layers nobody knows", async () => {
    await expect(
      loadModelOf(({ layers }) => {
        layers[1].class_name = "constructor";
      }),
    ).rejects.toThrow(/received constructor/);
  });
});

describe("a compile state that is not wholly here leaves the model to be compiled", () => {
  const object = (module: string, class_name: string, config: JsonObject) => ({
    module,
    class_name,
    config,
    registered_name: null,
  });
  const others: Record<string, (parts: Parts) => void> = {
    "another optimizer": ({ compile }) => {
      (compile.optimizer as JsonObject).class_name = "Muon";
    },
    "an optimizer with another's options": ({ compile }) => {
      (compile.optimizer as JsonObject).class_name = "Lion";
    },
    "an unknown schedule": ({ compile }) => {
      const rate = object("keras.optimizers.schedules", "NoamDecay", { initial_learning_rate: 0.1 });
      ((compile.optimizer as JsonObject).config as JsonObject).learning_rate = rate;
    },
    "a rate that is none": ({ compile }) => {
      ((compile.optimizer as JsonObject).config as JsonObject).learning_rate = -1;
    },
    "a loss that leaves out half a class": ({ compile }) => {
      compile.loss = object("keras.losses", "SparseCategoricalCrossentropy", { ignore_class: 0.5 });
    },
    "an option that a loss has not": ({ compile }) => {
      compile.loss = object("keras.losses", "MeanSquaredError", { delta: 2 });
    },
    "an unknown loss": ({ compile }) => {
      compile.loss = "huber_of_mine";
    },
    "more weights than losses": ({ compile }) => {
      compile.loss_weights = [2, 3];
    },
    "an option that a metric has not": ({ compile }) => {
      compile.metrics = [object("keras.metrics", "RootMeanSquaredError", { threshold: 0.9 })];
    },
    "the metric Accuracy, which is not the word accuracy": ({ compile }) => {
      compile.metrics = [object("keras.metrics", "Accuracy", { name: "accuracy" })];
    },
  };
  for (const [name, change] of Object.entries(others)) {
    test(name, async () => {
      const m = await loadModelOf(change);
      expect(m.compiled).toBeNull();
      expect((await m.predict(x)).shape).toEqual([1, 1]);
      await expect(m.evaluate(x, [1])).rejects.toThrow(
        /its file says it was compiled is not understood[\s\S]*model\.compile/,
      );
    });
  }
  test("objects with Keras's own defaults are the loss and the metrics they name", async () => {
    const m = await loadModelOf(({ compile }) => {
      compile.loss = object("keras.losses", "BinaryCrossentropy", {
        name: "bce",
        reduction: "sum_over_batch_size",
        from_logits: false,
        label_smoothing: 0,
        axis: -1,
      });
      compile.metrics = [
        [object("keras.metrics", "BinaryAccuracy", { name: "right", dtype: "float32", threshold: 0.5 })],
      ];
    });
    expect(m.compiled!.objectives[0].loss!.name).toBe("binary_crossentropy");
    expect(m.compiled!.objectives[0].metrics.map((metric) => [metric.name, metric.kerasName])).toEqual([
      ["right", "binary_accuracy"],
    ]);
  });
});

test("a model loads without drawing the weights it is about to read", async () => {
  const m = small();
  const drawn: string[] = [];
  const back = await loadModel(await kerasBytes(m));
  for (const { weight } of back.weightStore.list)
    if (weight.initializer.fill([2, 2], null as never).some((n) => n !== 0)) drawn.push(weight.name);
  expect(drawn.filter((name) => name !== "bias")).toEqual([]); // an LSTM's bias has ones for its forget gate
});

test("an address that does not answer and a path that is a folder are errors that name it", async () => {
  await expect(loadModel("http://127.0.0.1:1/none.keras")).rejects.toThrow(
    /127\.0\.0\.1:1\/none\.keras: expected a file/,
  );
  const error = await loadModel(new URL(".", import.meta.url)).catch((e: unknown) => e as Error);
  expect(error).toBeInstanceOf(CellstateError);
  expect((error as Error).message).toMatch(/received a folder\./);
});
