import { airlinePassengers } from "../../../src/studio/airline.ts";
import type { CellName, Given } from "../../../src/studio/messages.ts";
import type { TrainingSettings } from "../training-settings.ts";
import { isCoded, labInKeras } from "./lab-code.ts";
import { addingData, airlineData, comment, fileOf, givenArray, type Shown } from "./shown.ts";

const classNames: Readonly<Record<CellName, string>> = { lstm: "LSTM", gru: "GRU", simpleRnn: "SimpleRNN" };

/** What is on screen in Python with Keras 3: the same layers, trained in the same way or opened, and what was read. */
export function kerasCode(shown: Shown): string {
  const { training } = shown;
  const model = training ? trainingLines(training.settings, training.steps) : openLines(shown);
  return `import keras\nimport numpy as np\n\n${model}${readLines(shown)}`;
}

function openLines(shown: Shown): string {
  return `# "Save as .keras" on the studio's Model page gives the file.
model = keras.models.load_model(${JSON.stringify(fileOf(shown))})
model.summary()
`;
}

function readLines({ about, read }: Shown): string {
  if (!read) return "";
  const { traced, cell, step } = read;
  const { from } = givenArray(traced);
  const shape = traced.given.shape.join(", ");
  const inputs = [traced.given, ...traced.others].map((one, k) => inputCode(one, k === 0 ? traced.steps : null));
  const x = inputs.length === 1 ? inputs[0] : `[${inputs.join(", ")}]`;
  const held = traced.clamp ? "# The gate that is held on the page is not held here: Keras has no call for it.\n" : "";
  const at = from + (step ?? traced.steps.length - 1);
  const recurrent = about?.layers.find(({ name }) => name === cell.name);
  const gates =
    recurrent && cell.direction === "forward" && traced.others.length === 0
      ? gateLines(recurrent.className, cell.name, at)
      : "";
  return `
# ${comment(traced.input)}
x = ${x}  # [${shape}]
${held}print(model.predict(x, verbose=0))
${gates}`;
}

/** One of the model's inputs: ids with their padding left out, or numbers. */
function inputCode(given: Given, steps: readonly unknown[] | null): string {
  const { ids, length, values, behind } = givenArray({ given, steps: steps ?? Array(given.shape[1]).fill(null) });
  if (ids) return `keras.utils.pad_sequences([[${values}]], maxlen=${length}${behind ? ', padding="post"' : ""})`;
  return `np.array([${values}], "float32").reshape(${given.shape.join(", ")})`;
}

/** Keras gives the output of each step; an LSTM's gates follow from its weights. */
function gateLines(className: string, name: string, at: number): string {
  const layer = `\nlayer = model.get_layer(${JSON.stringify(name)})\n`;
  const read = `below = layer.input[0] if isinstance(layer.input, list) else layer.input  # a mask comes beside it
inputs = keras.Model(model.inputs[0], below)(x)[0]  # what the layer reads, [T, D]
`;
  if (className !== "LSTM") return "";
  return `${layer}${read}masked = any(getattr(other, "mask_zero", False) for other in model.layers)
w, u = layer.cell.kernel, layer.cell.recurrent_kernel
b = layer.cell.bias if layer.use_bias else 0.0
h = c = keras.ops.zeros((1, layer.units))
for t in range(${at + 1}):
    if masked and x[0, t] == 0:
        continue  # padding leaves the state as it is
    i, f, g, o = keras.ops.split(inputs[t : t + 1] @ w + h @ u + b, 4, axis=-1)
    i, f, o = (layer.recurrent_activation(gate) for gate in (i, f, o))
    g = layer.activation(g)
    c = f * c + i * g
    h = o * layer.activation(c)
print("forget gate", keras.ops.convert_to_numpy(f)[0])
`;
}

function trainingLines(settings: TrainingSettings, steps: number): string {
  const { lab, cell, units, rate, seed } = settings;
  if (isCoded(lab)) return labInKeras(settings, steps);
  const airline = lab === "airline";
  const each = airline ? ", return_sequences=True" : "";
  const batch = airline ? airlineData.batch : addingData.batch;
  return `keras.utils.set_random_seed(${seed})  # other random numbers than on the page: the losses differ a little
${airline ? airlineLines() : addingLines(seed)}
model = keras.Sequential([
    keras.Input((None, ${airline ? 1 : 2})),
    keras.layers.${classNames[cell]}(${units}${each}),
    keras.layers.Dense(1),
])
model.compile(optimizer=keras.optimizers.Adam(${rate}), loss="mean_squared_error")
for step in range(${steps}):
    start = step * ${batch} % (len(train_x) - ${batch} + 1)
    model.train_on_batch(train_x[start : start + ${batch}], train_y[start : start + ${batch}])
print("loss on rows held out", model.evaluate(held_out_x, held_out_y, verbose=0))
`;
}

function addingLines(seed: number): string {
  const { rows, steps, heldOut } = addingData;
  return `
def adding_problem(rows, rng, steps=${steps}):
    values, marks = rng.random((rows, steps)), np.zeros((rows, steps))
    half = steps // 2
    marks[np.arange(rows), rng.integers(0, half, rows)] = 1
    marks[np.arange(rows), rng.integers(half, steps, rows)] = 1
    return np.stack([values, marks], -1).astype("float32"), (values * marks).sum(1).astype("float32")

rng = np.random.default_rng(${seed})
train_x, train_y = adding_problem(${rows}, rng)
held_out_x, held_out_y = adding_problem(${heldOut}, rng)
`;
}

function airlineLines(): string {
  const { months: span } = airlineData;
  const rows = airlinePassengers.length - 2 * span;
  return `# International airline passengers a month, in thousands, 1949 to 1960 (Box & Jenkins 1976, series G).
months = np.array([${airlinePassengers.join(", ")}], "float32")
known = months[:-${span}]  # the last two years are held out
scaled = ((months - known.min()) / (known.max() - known.min()))[:, None]
# Two years a row; the target is the next month after each.
train_x = np.stack([scaled[s : s + ${span}] for s in range(${rows})])
train_y = np.stack([scaled[s + 1 : s + ${span + 1}] for s in range(${rows})])
held_out_x, held_out_y = scaled[None, -${span + 1}:-1], scaled[None, -${span}:]
`;
}
