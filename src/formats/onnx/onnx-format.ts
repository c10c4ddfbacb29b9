import type { ModelFormat } from "../format.ts";

/** ONNX. Half of what is written here of formats is about it: it is loaded when it is used. */
export const onnxFormat: ModelFormat = {
  name: "ONNX",
  endings: [".onnx"],
  holdsInt8: true,
  // It begins with its version: field 1, a varint, and then field 2 or 7 or 8 of its message.
  sniff: (bytes) => bytes[0] === 0x08 && bytes[1] > 0 && bytes[1] < 0x40 && [0x12, 0x1a, 0x3a, 0x42].includes(bytes[2]),
  read: async ({ bytes, who, beside }, { backend }) => {
    const [{ readOnnxModel }, { externalNames }] = await Promise.all([
      import("./read-graph.ts"),
      import("./external-data.ts"),
    ]);
    const files = new Map<string, Uint8Array>();
    for (const name of beside ? externalNames(bytes, who) : []) files.set(name, await beside!(name));
    const model = readOnnxModel(bytes, who, files);
    // One that is not compiled runs where the caller wants once it is.
    if (backend !== undefined) model.compile({ loss: model.outputNames.map(() => "mse" as const), backend });
    return model;
  },
  describe: async ({ bytes, who }) => {
    const { readOnnx } = await import("./proto.ts");
    return { writer: readOnnx(bytes, who, () => undefined).producer || "unknown" };
  },
  write: async (model) => (await import("./export.ts")).onnxBytes(model),
};
