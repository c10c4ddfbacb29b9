import { describeFile, type FileDescription, modelFormat, survivors } from "../../formats/index.ts";
import { CellstateError, loadModel, taskOf } from "../../index.ts";
import { bareTask, commandsOf } from "./bare-task.ts";
import { type Explain, type Explanation, few, type Inspected, typed } from "./explanation.ts";

/** A pickle of protocol 2 to 5. */
export const isPickle = (head: Uint8Array): boolean => head[0] === 0x80 && head[1] >= 2 && head[1] <= 5;

/** Options for a model whose weights lie in another file. */
export interface ModelSource {
  weights?: string;
}

/** Model files: `.keras`, HDF5, safetensors, PyTorch, ONNX. JSON, which begins as an architecture does, is looked at by what it holds. */
export const explainModel =
  (options: ModelSource): Explain =>
  async (source) => {
    const { head } = source;
    const format = modelFormat(head[8] === 0x7b ? await source.bytes() : head); // safetensors say how long they are
    if (format === null || format === "architecture as JSON") return null;
    return modelExplanation(source, options);
  };

/** The same for a file that is known to be one. */
export async function modelExplanation(
  { file, bytes }: Inspected,
  { weights }: ModelSource,
): Promise<Explanation | null> {
  const given = { bytes: await bytes(), who: file };
  const hdf5 = modelFormat(given.bytes) === "legacy HDF5";
  const said = await describeFile(given).catch((error: Error) => {
    if (hdf5 && error instanceof CellstateError) return error;
    throw error;
  });
  if (said instanceof CellstateError)
    return {
      kind: "HDF5, of no layout that is known here",
      lines: said.message.split("\n").map((line) => line.trim()),
      next: [["in Python:", `h5py.File(${JSON.stringify(file)}).visititems(print)`]],
    };
  if (said.kind === "pickle") return null;
  if (said.modules && !(await isWholeModel(file))) return torchWeights(file, said);
  return said.arrays ? weightsAlone(file, said) : model(file, said, weights);
}

/** An nn.Sequential that was saved whole is a model; anything else of PyTorch is weights. */
const isWholeModel = (file: string): Promise<boolean> =>
  loadModel(file).then(
    () => true,
    () => false,
  );

function weightsAlone(file: string, { kind, writer, arrays = [] }: FileDescription & { kind: string }): Explanation {
  const count = arrays.reduce((n, { shape }) => n + shape.reduce((a, b) => a * b, 1), 0);
  const width = Math.max(0, ...arrays.map(({ name }) => name.length));
  return {
    kind: `${kind}: ${arrays.length} arrays, ${count.toLocaleString("en-US")} numbers, and no architecture`,
    writer,
    lines: arrays.map(({ name, shape, dtype }) => `${name.padEnd(width)}  [${shape.join(", ")}] ${dtype}`),
    next: [
      [`await loadWeights(model, ${JSON.stringify(file)})`, "gives them to the model that they are of"],
      [
        `cellstate inspect architecture.json --weights ${typed(file)}`,
        "shows both, where the architecture was saved by model.to_json()",
      ],
    ],
  };
}

function torchWeights(
  file: string,
  { kind, writer, modules = [], notes = [] }: FileDescription & { kind: string },
): Explanation {
  const column = (texts: string[]) => Math.max(0, ...texts.map((text) => text.length));
  const wide = column(modules.map(({ module }) => module));
  const layers = modules.map(({ code }) => code);
  const known = layers.length > 0 && layers.length <= 20 && layers.every((code) => code !== null);
  return {
    kind,
    writer,
    lines: [
      ...notes,
      `${modules.length} ${modules.length === 1 ? "module" : "modules"} with tensors:`,
      ...modules.map(
        ({ module, tensors, code }) =>
          `${(module || '""').padEnd(wide)}  ${code ?? "no layer here has such tensors"}    ${tensors}`,
      ),
    ],
    next: [
      ...(known
        ? [
            [
              `const model = sequential([input(...), ${layers.join(", ")}])`,
              "if forward() runs them in this order; without returnSequences where only the last step is used",
            ] as const,
          ]
        : []),
      ...(layers.some((code) => code !== null)
        ? [
            [
              `cellstate convert architecture.json model.keras --weights ${typed(file)}`,
              "where the layers are in a file; says which module each got",
            ] as const,
            [
              `await loadWeights(model, ${JSON.stringify(file)})`,
              "in a program: gives a model of such layers their weights, and returns which module each got",
            ] as const,
          ]
        : [["in Python:", 'np.save("x.npy", tensor.numpy()), which readNpy reads'] as const]),
    ],
  };
}

async function model(
  file: string,
  { kind, writer }: FileDescription & { kind: string },
  weights?: string,
): Promise<Explanation> {
  const opened = await loadModel(file, { weights }).catch((error: Error) => error);
  if (opened instanceof CellstateError && /registerLayer\(/.test(opened.message))
    // whole, but for a layer to be written
    return { kind, writer, lines: `Not read here: ${opened.message}`.split("\n").map((line) => line.trim()) };
  if (opened instanceof Error) throw opened;
  const lines: string[] = [];
  opened.summary({ print: (text) => lines.push(text) });
  const state = opened.compiled
    ? `compiled with ${opened.compiled.optimizer.className}`
    : `not compiled${opened.notCompiled ? ` (${opened.notCompiled.replaceAll("\n", "")})` : ""}`;
  const assets = opened.assets.size > 0 ? `; assets: ${few([...opened.assets.keys()])}` : "";
  const task = taskOf(opened);
  const written = [...(await survivors(opened))].map(([target, reason]) =>
    reason === null ? `  ${target}: can be written` : `  ${target}: cannot: ${reason}`,
  );
  const own = task?.match(/^\w+/)?.[0];
  const bare = task === null ? await bareTask(file, opened) : null;
  return {
    kind,
    writer,
    table: [
      ...lines,
      `${state}${assets}${task === null ? "" : `; task: ${task}`}`,
      ...written,
      ...(bare?.said ? [`  ${bare.said}`] : []),
    ],
    next: [
      ...(bare?.next ?? commandsOf(typed(file), own)),
      ...(task === null ? [anotherFormat(file)] : []),
      ...(task === null && !bare?.next
        ? [[`const model = await loadModel(${JSON.stringify(file)})`, "in a program; then model.predict(x)"] as const]
        : []),
    ],
  };
}

const anotherFormat = (file: string) =>
  [
    `cellstate convert ${typed(file)} ${/\.onnx$/i.test(file) ? "model.keras" : "model.onnx"}`,
    "another format",
  ] as const;
