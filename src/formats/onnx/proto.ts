import { FormatError, problem } from "../../errors.ts";
import {
  type ProtoField,
  protoDoubles,
  protoFields,
  protoFloats,
  protoInts,
  protoMessage,
  type ReadField,
} from "../../files/protobuf.ts";
import { halfToNumber } from "../containers/half.ts";
import { plainBytes } from "../containers/plain-bytes.ts";
import { dataTypes } from "./types.ts";

/** Numbers in an ONNX file; `dims` is their shape. */
export interface OnnxTensor {
  name: string;
  dims: number[];
  data: Float32Array | Int32Array | BigInt64Array | Uint8Array;
  /** ONNX's number of its type, where it was read: half and double precision are Float32Array too. */
  type?: number;
}
export type OnnxAttribute = number | string | OnnxTensor | number[] | string[];
export interface OnnxNode {
  op: string;
  name: string;
  domain: string;
  /** An input left out is "". */
  inputs: string[];
  outputs: string[];
  attributes: Map<string, OnnxAttribute>;
  /** Graphs among the attributes, as the body of a loop. */
  graphs?: Map<string, OnnxSubgraph>;
}
/** A graph within a node. It sees the values around it. */
export interface OnnxSubgraph {
  nodes: OnnxNode[];
  initializers: OnnxTensor[];
  inputs: string[];
  outputs: string[];
}
/** A graph's input or output: an open size is its name, or null. */
export interface OnnxValue {
  name: string;
  type: keyof typeof dataTypes;
  shape: (number | string | null)[];
}
export interface OnnxModel {
  producer: string;
  opset: number;
  nodes: OnnxNode[];
  initializers: OnnxTensor[];
  inputs: OnnxValue[];
  outputs: OnnxValue[];
  metadata: Map<string, string>;
}

const irVersion = 8; // read from ONNX Runtime 1.12 on

/** The bytes of an ONNX file. Field numbers are those of onnx.proto. */
export function writeOnnx(model: OnnxModel): Uint8Array {
  const entry = (key: string, value: string) =>
    protoMessage([
      [1, { text: key }],
      [2, { text: value }],
    ]);
  const graph = protoMessage([
    ...model.nodes.map((node): ProtoField => [1, { bytes: nodeBytes(node) }]),
    [2, { text: "cellstate" }],
    ...model.initializers.map((tensor): ProtoField => [5, { bytes: tensorBytes(tensor) }]),
    ...model.inputs.map((value): ProtoField => [11, { bytes: valueBytes(value) }]),
    ...model.outputs.map((value): ProtoField => [12, { bytes: valueBytes(value) }]),
  ]);
  return protoMessage([
    [1, { int: irVersion }],
    [2, { text: model.producer }],
    [7, { bytes: graph }],
    [
      8,
      {
        bytes: protoMessage([
          [1, { text: "" }],
          [2, { int: model.opset }],
        ]),
      },
    ],
    ...[...model.metadata].map(([key, value]): ProtoField => [14, { bytes: entry(key, value) }]),
  ]);
}

function nodeBytes(node: OnnxNode): Uint8Array {
  return protoMessage([
    ...node.inputs.map((name): ProtoField => [1, { text: name }]),
    ...node.outputs.map((name): ProtoField => [2, { text: name }]),
    [3, { text: node.name }],
    [4, { text: node.op }],
    ...[...node.attributes].map(([name, value]): ProtoField => [5, { bytes: attributeBytes(name, value) }]),
    ...[...(node.graphs ?? [])].map(([name, graph]): ProtoField => [5, { bytes: graphBytes(name, graph) }]),
  ]);
}

/** A graph as an attribute; its inputs and outputs have names alone. */
function graphBytes(name: string, { nodes, initializers, inputs, outputs }: OnnxSubgraph): Uint8Array {
  const values = (field: number, names: readonly string[]) =>
    names.map((text): ProtoField => [field, { bytes: protoMessage([[1, { text }]]) }]);
  const graph = protoMessage([
    ...nodes.map((node): ProtoField => [1, { bytes: nodeBytes(node) }]),
    [2, { text: name }],
    ...initializers.map((tensor): ProtoField => [5, { bytes: tensorBytes(tensor) }]),
    ...values(11, inputs),
    ...values(12, outputs),
  ]);
  return protoMessage([
    [1, { text: name }],
    [6, { bytes: graph }],
    [20, { int: 5 }],
  ]);
}

/** A number is written as an integer, unless the attribute is one of ONNX's float attributes. */
const floatAttributes = ["alpha", "beta", "epsilon", "clip", "momentum", "value_float"];

function attributeBytes(name: string, value: OnnxAttribute): Uint8Array {
  const typed = (type: number, ...fields: ProtoField[]) =>
    protoMessage([[1, { text: name }], ...fields, [20, { int: type }]]);
  if (typeof value === "number")
    return floatAttributes.includes(name) ? typed(1, [2, { float: value }]) : typed(2, [3, { int: value }]);
  if (typeof value === "string") return typed(3, [4, { text: value }]);
  if (!Array.isArray(value)) return typed(4, [5, { bytes: tensorBytes(value) }]);
  if (value.some((v) => typeof v === "string"))
    return typed(8, ...value.map((v): ProtoField => [9, { text: v as string }]));
  const numbers = value as number[];
  const floats = name.startsWith("activation_");
  return floats ? typed(6, [7, { floats: numbers }]) : typed(7, [8, { ints: numbers }]);
}

function tensorBytes({ name, dims, data }: OnnxTensor): Uint8Array {
  const type =
    data instanceof Float32Array ? 1 : data instanceof Int32Array ? 6 : data instanceof BigInt64Array ? 7 : 9;
  return protoMessage([
    ...dims.map((d): ProtoField => [1, { int: d }]),
    [2, { int: type }],
    [8, { text: name }],
    [9, { bytes: new Uint8Array(data.buffer, data.byteOffset, data.byteLength) }],
  ]);
}

function valueBytes({ name, type, shape }: OnnxValue): Uint8Array {
  const dims = shape.map((d): ProtoField => {
    const size: ProtoField[] = typeof d === "number" ? [[1, { int: d }]] : d === null ? [] : [[2, { text: d }]];
    return [1, { bytes: protoMessage(size) }];
  });
  const tensor = protoMessage([
    [1, { int: dataTypes[type] }],
    [2, { bytes: protoMessage(dims) }],
  ]);
  return protoMessage([
    [1, { text: name }],
    [2, { bytes: protoMessage([[1, { bytes: tensor }]]) }],
  ]);
}

/** Reads an ONNX file. Throws FormatError naming the byte or the tensor; external data are refused. */
export function readOnnx(bytes: Uint8Array, who: string): OnnxModel {
  const model: OnnxModel = {
    producer: "",
    opset: 0,
    nodes: [],
    initializers: [],
    inputs: [],
    outputs: [],
    metadata: new Map(),
  };
  let graph: Inner | undefined;
  for (const field of protoFields({ bytes: plainBytes(bytes), who })) {
    if (field.field === 2) model.producer = textOf(field);
    if (field.field === 7) graph = inner(field, who);
    if (field.field === 8) {
      const [domain, version] = [1, 2].map((n) => inner(field, who).fields.find((f) => f.field === n));
      if (!domain || textOf(domain) === "") model.opset = version ? Number(version.value) : 0;
    }
    if (field.field === 14) {
      const { fields } = inner(field, who);
      const part = (n: number) => fields.filter((f) => f.field === n).map(textOf)[0] ?? "";
      model.metadata.set(part(1), part(2));
    }
  }
  if (!graph) throw broken(who, "a model with a graph", "none");
  for (const field of graph.fields) {
    if (field.field === 1) model.nodes.push(readNode(field, who));
    if (field.field === 5) model.initializers.push(readTensor(inner(field, who), who));
    if (field.field === 11) model.inputs.push(readValue(field, who));
    if (field.field === 12) model.outputs.push(readValue(field, who));
    if (field.field === 15) throw broken(who, "dense numbers", "a sparse initializer");
  }
  return model;
}

/** The numbers of a TensorProto file alone, as ONNX's node tests keep inputs and outputs. */
export function readOnnxTensor(bytes: Uint8Array, who: string): OnnxTensor {
  return readTensor({ fields: protoFields({ bytes: plainBytes(bytes), who }) }, who);
}

interface Inner {
  fields: ReadField[];
}

const inner = ({ value, at }: ReadField, who: string): Inner => ({
  fields: protoFields({ bytes: value instanceof Uint8Array ? value : new Uint8Array(0), who, offset: at }),
});

const textOf = ({ value }: ReadField): string => (value instanceof Uint8Array ? new TextDecoder().decode(value) : "");

const mostLevels = 8; // of graphs within graphs

function readSubgraph(field: ReadField, who: string, level: number): OnnxSubgraph {
  if (level > mostLevels) throw broken(who, `at most ${mostLevels} graphs within each other`, "more");
  const graph: OnnxSubgraph = { nodes: [], initializers: [], inputs: [], outputs: [] };
  for (const part of inner(field, who).fields) {
    const name = () =>
      inner(part, who)
        .fields.filter((f) => f.field === 1)
        .map(textOf)[0] ?? "";
    if (part.field === 1) graph.nodes.push(readNode(part, who, level));
    if (part.field === 5) graph.initializers.push(readTensor(inner(part, who), who));
    if (part.field === 11) graph.inputs.push(name());
    if (part.field === 12) graph.outputs.push(name());
    if (part.field === 15) throw broken(who, "dense numbers", "a sparse initializer");
  }
  return graph;
}

function readNode(field: ReadField, who: string, level = 0): OnnxNode {
  const node: OnnxNode = { op: "", name: "", domain: "", inputs: [], outputs: [], attributes: new Map() };
  for (const part of inner(field, who).fields) {
    if (part.field === 1) node.inputs.push(textOf(part));
    if (part.field === 2) node.outputs.push(textOf(part));
    if (part.field === 3) node.name = textOf(part);
    if (part.field === 4) node.op = textOf(part);
    if (part.field === 7) node.domain = textOf(part);
    if (part.field === 5) readAttribute(part, node, who, level);
  }
  return node;
}

function readAttribute(field: ReadField, node: OnnxNode, who: string, level: number): void {
  const { fields } = inner(field, who);
  const all = (n: number) => fields.filter((f) => f.field === n);
  const name = all(1).map(textOf)[0] ?? "";
  const type = Number(all(20)[0]?.value ?? 0);
  if (type === 5 && all(6)[0]) {
    node.graphs ??= new Map();
    node.graphs.set(name, readSubgraph(all(6)[0], who, level + 1));
    return;
  }
  const read = (): OnnxAttribute | undefined => {
    if (type === 1) return protoFloats(all(2)[0] ?? ({ value: new Uint8Array(4) } as ReadField))[0];
    if (type === 2) return signed(all(3)[0]?.value);
    if (type === 3) return all(4).map(textOf)[0] ?? "";
    if (type === 4 && all(5)[0]) return readTensor(inner(all(5)[0], who), who);
    if (type === 6) return all(7).flatMap((f) => [...protoFloats(f)]);
    if (type === 7) return all(8).flatMap((f) => protoInts(f).map(signed));
    if (type === 8) return all(9).map(textOf);
    return undefined;
  };
  const value = read();
  const next = "Sparse numbers and types are not read: export the model without them.";
  if (value === undefined)
    throw broken(`${who}, node "${node.name || node.op}"`, `a plain attribute "${name}"`, `type ${type}`, next);
  node.attributes.set(name, value);
}

const signed = (value: bigint | Uint8Array | undefined): number =>
  typeof value === "bigint" ? Number(BigInt.asIntN(64, value)) : 0;

function readTensor({ fields }: Inner, who: string): OnnxTensor {
  const all = (n: number) => fields.filter((f) => f.field === n);
  const name = all(8).map(textOf)[0] ?? "";
  const where = `${who}, tensor "${name}"`;
  const dims = all(1).flatMap((f) => protoInts(f).map(signed));
  const type = Number(all(2)[0]?.value ?? 0);
  if (all(13).length > 0 || Number(all(14)[0]?.value ?? 0) === 1) {
    throw broken(
      where,
      "its numbers in the file",
      "numbers in another file",
      "Export the model with its weights inside.",
    );
  }
  if (dims.length > 32 || dims.some((d) => !(d >= 0))) throw broken(where, "sizes from 0", dims.slice(0, 8).join(", "));
  const count = dims.includes(0) ? 0 : dims.reduce((n, d) => n * d, 1);
  const raw = all(9)[0]?.value;
  const data = raw instanceof Uint8Array ? fromRaw(raw, type, where) : fromLists(all, type, where);
  if (data.length !== count) throw broken(where, `${count} numbers for [${dims.join(", ")}]`, `${data.length}`);
  return { name, dims, data, type };
}

function fromRaw(raw: Uint8Array, type: number, where: string): OnnxTensor["data"] {
  const width = ({ 1: 4, 6: 4, 7: 8, 9: 1, 10: 2, 11: 8 } as Record<number, number>)[type];
  if (!width) throw unknownType(type, where);
  if (raw.length % width !== 0) throw broken(where, `whole numbers of ${width} bytes`, `${raw.length} bytes`);
  const { buffer } = raw.slice();
  if (type === 1) return new Float32Array(buffer);
  if (type === 6) return new Int32Array(buffer);
  if (type === 7) return new BigInt64Array(buffer);
  if (type === 10) return Float32Array.from(new Uint16Array(buffer), halfToNumber);
  if (type === 11) return singles(new Float64Array(buffer), where);
  return new Uint8Array(buffer);
}

function fromLists(all: (n: number) => ReadField[], type: number, where: string): OnnxTensor["data"] {
  if (type === 1) return Float32Array.from(all(4).flatMap((f) => [...protoFloats(f)]));
  const ints = (n: number) => all(n).flatMap((f) => protoInts(f));
  if (type === 6) return Int32Array.from(ints(5), (v) => Number(BigInt.asIntN(32, v)));
  if (type === 9) return Uint8Array.from(ints(5), Number);
  if (type === 7) return BigInt64Array.from(ints(7), (v) => BigInt.asIntN(64, v));
  if (type === 10) return Float32Array.from(ints(5), (v) => halfToNumber(Number(v)));
  if (type === 11)
    return singles(
      all(10).flatMap((f) => [...protoDoubles(f)]),
      where,
    );
  throw unknownType(type, where);
}

/** Double precision as f32 holds it. Throws where a number is beyond. */
function singles(numbers: ArrayLike<number>, where: string): Float32Array {
  const found = Float32Array.from(numbers);
  const far = found.findIndex((v, k) => !Number.isFinite(v) && Number.isFinite(numbers[k]));
  if (far < 0) return found;
  throw broken(where, "numbers that float32 holds, up to 3.4e38", `${numbers[far]}`, "Export the model in float32.");
}

const unknownType = (type: number, where: string) =>
  broken(
    where,
    "float, float16, double, int32, int64 or bool",
    `numbers of type ${type}`,
    "Export the model in float32.",
  );

function readValue(field: ReadField, who: string): OnnxValue {
  const { fields } = inner(field, who);
  const name = fields.filter((f) => f.field === 1).map(textOf)[0] ?? "";
  const below = (from: ReadField | undefined, n: number) =>
    from ? inner(from, who).fields.find((f) => f.field === n) : undefined;
  const tensor = below(
    fields.find((f) => f.field === 2),
    1,
  );
  const code = Number(below(tensor, 1)?.value ?? 0);
  const shape = below(tensor, 2);
  const type = (Object.keys(dataTypes) as OnnxValue["type"][]).find((key) => dataTypes[key] === code);
  if (!type) throw unknownType(code, `${who}, "${name}"`);
  const dims = shape ? inner(shape, who).fields.filter((f) => f.field === 1) : [];
  return {
    name,
    type,
    shape: dims.map((dim) => {
      const [size, open] = [below(dim, 1), below(dim, 2)];
      return size ? signed(size.value) : open ? textOf(open) : null;
    }),
  };
}

function broken(place: string, expected: string, received: string, next?: string): FormatError {
  const otherwise = "The file is damaged, or not an ONNX model: download or export it again.";
  return new FormatError(problem(place, expected, received, next ?? otherwise));
}
