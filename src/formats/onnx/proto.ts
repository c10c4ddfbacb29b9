import {
  type ProtoField,
  protoFields,
  protoFloats,
  protoInts,
  protoMessage,
  type ReadField,
} from "../../files/protobuf.ts";
import { plainBytes } from "../containers/plain-bytes.ts";
import {
  alone,
  broken,
  type Inner,
  inner,
  type OnnxTensor,
  type ReadExternal,
  readTensor,
  signed,
  tensorBytes,
  textOf,
  unknownType,
} from "./tensor-proto.ts";
import { dataTypes } from "./types.ts";

export type { OnnxTensor } from "./tensor-proto.ts";
export { readOnnxTensor } from "./tensor-proto.ts";

export type OnnxAttribute = number | string | OnnxTensor | number[] | string[];
export interface OnnxNode {
  op: string;
  name: string;
  domain: string;
  /** An input left out is "". */
  inputs: string[];
  outputs: string[];
  attributes: Map<string, OnnxAttribute>;
  /** Those that are floating point, where they were read: a whole number does not say so. */
  floats?: ReadonlySet<string>;
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
  /** The version of its form, where it was read. */
  form?: number;
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
  const operators = (domain: string, version: number): ProtoField => [
    8,
    {
      bytes: protoMessage([
        [1, { text: domain }],
        [2, { int: version }],
      ]),
    },
  ];
  return protoMessage([
    [1, { int: Math.max(irVersion, model.form ?? 0) }],
    [2, { text: model.producer }],
    [7, { bytes: graph }],
    operators("", model.opset),
    ...domainsOf(model.nodes).map((domain) => operators(domain, 1)),
    ...[...model.metadata].map(([key, value]): ProtoField => [14, { bytes: entry(key, value) }]),
  ]);
}

/** Domains of operators other than ONNX's own: ONNX Runtime's has but one version. */
const domainsOf = (nodes: readonly OnnxNode[]): string[] => [
  ...new Set(
    nodes.flatMap(({ domain, graphs }) => [
      ...(domain === "" || domain === "ai.onnx" ? [] : [domain]),
      ...[...(graphs?.values() ?? [])].flatMap((graph) => domainsOf(graph.nodes)),
    ]),
  ),
];

function nodeBytes(node: OnnxNode): Uint8Array {
  return protoMessage([
    ...node.inputs.map((name): ProtoField => [1, { text: name }]),
    ...node.outputs.map((name): ProtoField => [2, { text: name }]),
    [3, { text: node.name }],
    [4, { text: node.op }],
    ...(node.domain === "" ? [] : [[7, { text: node.domain }] as ProtoField]),
    ...[...node.attributes].map(
      ([name, value]): ProtoField => [5, { bytes: attributeBytes(name, value, node.floats) }],
    ),
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

function attributeBytes(name: string, value: OnnxAttribute, read?: ReadonlySet<string>): Uint8Array {
  const typed = (type: number, ...fields: ProtoField[]) =>
    protoMessage([[1, { text: name }], ...fields, [20, { int: type }]]);
  if (typeof value === "number")
    return (read ? read.has(name) : floatAttributes.includes(name))
      ? typed(1, [2, { float: value }])
      : typed(2, [3, { int: value }]);
  if (typeof value === "string") return typed(3, [4, { text: value }]);
  if (!Array.isArray(value)) return typed(4, [5, { bytes: tensorBytes(value) }]);
  if (value.some((v) => typeof v === "string"))
    return typed(8, ...value.map((v): ProtoField => [9, { text: v as string }]));
  const numbers = value as number[];
  const floats = read ? read.has(name) : name.startsWith("activation_");
  return floats ? typed(6, [7, { floats: numbers }]) : typed(7, [8, { ints: numbers }]);
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

/** Reads an ONNX file. Throws FormatError naming the byte or the tensor. Numbers in other files come from `readExternal`. */
export function readOnnx(bytes: Uint8Array, who: string, readExternal: ReadExternal = alone): OnnxModel {
  const reading: Reading = { who, readExternal, level: 0 };
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
    if (field.field === 1) model.form = Number(field.value);
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
    if (field.field === 1) model.nodes.push(readNode(field, reading));
    if (field.field === 5) model.initializers.push(readTensor(inner(field, who), who, readExternal));
    if (field.field === 11) model.inputs.push(readValue(field, who));
    if (field.field === 12) model.outputs.push(readValue(field, who));
    if (field.field === 15) throw broken(who, "dense numbers", "a sparse initializer");
  }
  return model;
}

interface Reading {
  readonly who: string;
  readonly readExternal: ReadExternal;
  /** Depth in graphs within graphs. */
  readonly level: number;
}
const mostLevels = 8; // of graphs within graphs

function readSubgraph(field: ReadField, reading: Reading): OnnxSubgraph {
  const { who, readExternal, level } = reading;
  if (level > mostLevels) throw broken(who, `at most ${mostLevels} graphs within each other`, "more");
  const graph: OnnxSubgraph = { nodes: [], initializers: [], inputs: [], outputs: [] };
  for (const part of inner(field, who).fields) {
    const name = () =>
      inner(part, who)
        .fields.filter((f) => f.field === 1)
        .map(textOf)[0] ?? "";
    if (part.field === 1) graph.nodes.push(readNode(part, reading));
    if (part.field === 5) graph.initializers.push(readTensor(inner(part, who), who, readExternal));
    if (part.field === 11) graph.inputs.push(name());
    if (part.field === 12) graph.outputs.push(name());
    if (part.field === 15) throw broken(who, "dense numbers", "a sparse initializer");
  }
  return graph;
}

function readNode(field: ReadField, reading: Reading): OnnxNode {
  const { who } = reading;
  const node: OnnxNode = { op: "", name: "", domain: "", inputs: [], outputs: [], attributes: new Map() };
  for (const part of inner(field, who).fields) {
    if (part.field === 1) node.inputs.push(textOf(part));
    if (part.field === 2) node.outputs.push(textOf(part));
    if (part.field === 3) node.name = textOf(part);
    if (part.field === 4) node.op = textOf(part);
    if (part.field === 7) node.domain = textOf(part);
    if (part.field === 5) readAttribute(part, node, reading);
  }
  return node;
}

function readAttribute(field: ReadField, node: OnnxNode, reading: Reading): void {
  const { who, readExternal, level } = reading;
  const { fields } = inner(field, who);
  const all = (n: number) => fields.filter((f) => f.field === n);
  const name = all(1).map(textOf)[0] ?? "";
  const type = Number(all(20)[0]?.value ?? 0);
  if (type === 5 && all(6)[0]) {
    node.graphs ??= new Map();
    node.graphs.set(name, readSubgraph(all(6)[0], { ...reading, level: level + 1 }));
    return;
  }
  const read = (): OnnxAttribute | undefined => {
    if (type === 1) return protoFloats(all(2)[0] ?? ({ value: new Uint8Array(4) } as ReadField))[0];
    if (type === 2) return signed(all(3)[0]?.value);
    if (type === 3) return all(4).map(textOf)[0] ?? "";
    if (type === 4 && all(5)[0]) return readTensor(inner(all(5)[0], who), who, readExternal);
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
  node.floats = type === 1 || type === 6 ? new Set([...(node.floats ?? []), name]) : (node.floats ?? new Set());
}

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
