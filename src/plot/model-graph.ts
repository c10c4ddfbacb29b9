import { DataError, problem, showShape } from "../errors.ts";
import { fitText, muted, svgFile, textWidth } from "./style.ts";
import { escapeXml, svgText } from "./svg-document.ts";

/** A layer (or an input) as a box of the picture. */
export interface ModelNode {
  /** Tells nodes apart; a layer used several times is one node. */
  id: string;
  /** Of the layer. */
  name: string;
  /** `"LSTM"`, `"Bidirectional(LSTM)"`, `"InputLayer"`. */
  className: string;
  /** `[null, 80]`; several outputs have several shapes. */
  outputShape: readonly (number | null)[] | readonly (readonly (number | null)[])[];
  /** Parameters of the layer. */
  params: number;
}

/** The layers of a model and what flows where: plain data, from `model.graph()`. */
export interface ModelGraph {
  /** Of the model, the title. */
  name?: string;
  /** AnyLayer, in the order they are computed. */
  nodes: readonly ModelNode[];
  /** From one node's id to another's. */
  edges: readonly (readonly [from: string, to: string])[];
}

export interface PlotModelOptions {
  /** Title of the plot; `null` for none. Default: the model's name. */
  title?: string | null;
  /** Data flow from top to bottom by default, or from left to right. */
  direction?: "down" | "right";
}

const lineHeight = 18; // pixels
const boxHeight = 4 + 3 * lineHeight + 6;

/**
 * The layers of a model as boxes with arrows, as the text of an SVG file: name, class, output shape, parameters; branches
 * side by side, a shared layer once. No program outside is needed; the layout is dagre's (Gansner et al. 1993).
 *
 *   const svg = await plotModel(layerChain([{ name: "lstm", className: "LSTM", outputShape: [null, 8], params: 320 }]));
 */
export async function plotModel(graph: ModelGraph, options: PlotModelOptions = {}): Promise<string> {
  checkGraph(graph);
  const { direction = "down" } = options;
  if (direction !== "down" && direction !== "right") {
    throw new DataError(problem("plotModel", 'direction "down" or "right"', JSON.stringify(direction)));
  }
  const title = options.title === null ? undefined : (options.title ?? graph.name);
  const dagre = await import("@dagrejs/dagre");
  const layout = new dagre.graphlib.Graph({ multigraph: true });
  layout.setGraph({ rankdir: direction === "down" ? "TB" : "LR", nodesep: 26, ranksep: 34, marginx: 16, marginy: 16 });
  for (const node of graph.nodes) layout.setNode(node.id, { width: boxWidth(node), height: boxHeight });
  graph.edges.forEach(([from, to], i) => {
    layout.setEdge(from, to, {}, String(i));
  });
  dagre.layout(layout);
  const size: { width?: number; height?: number } = layout.graph();
  const turn = turnedRound(
    graph.nodes.map((node) => layout.node(node.id) as Point),
    direction,
    size,
  );
  const total = graph.nodes.reduce((sum, node) => sum + node.params, 0);
  const caption = `${total.toLocaleString("en-US")} parameters`;
  const top = title === undefined ? 0 : 36;
  const width = Math.ceil(Math.max(size.width ?? 0, textWidth(title ?? "", 17) + 32, textWidth(caption) + 32));
  const height = Math.ceil(top + (size.height ?? 0) + 22);
  const shift = (width - (size.width ?? 0)) / 2;
  const arrows = layout.edges().map((edge: EdgeName) => drawArrow((layout.edge(edge).points ?? []).map(turn)));
  const boxes = graph.nodes.map((node) => drawBox(node, turn(layout.node(node.id) as Point)));
  const content = [
    `<g transform="translate(${round(shift)},${top})">${arrows.join("")}${boxes.join("")}</g>`,
    svgText(caption, width / 2, height - 12, `text-anchor="middle" fill="${muted}"`),
  ];
  return svgFile(width, height, inWords(graph, caption), title, content.join(""));
}

/** Layers of which each takes the output of the one before, as a sequential model's. */
export function layerChain(layers: readonly Omit<ModelNode, "id">[], name?: string): ModelGraph {
  const nodes = layers.map((layer, i) => ({ ...layer, id: String(i) }));
  const edges = nodes.slice(1).map((node, i) => [nodes[i].id, node.id] as const);
  return { name, nodes, edges };
}

interface Point {
  x: number;
  y: number;
}

/** dagre may lay the first branch on the far side: then the picture is mirrored, so that nodes stand as they are listed. */
function turnedRound(nodes: readonly Point[], direction: string, size: { width?: number; height?: number }) {
  const [along, across] = direction === "down" ? (["y", "x"] as const) : (["x", "y"] as const);
  const pairs = nodes.flatMap((a, i) =>
    nodes
      .slice(i + 1)
      .filter((b) => a[along] === b[along])
      .map((b) => [a, b]),
  );
  const wrong = pairs.filter(([a, b]) => a[across] > b[across]).length;
  const extent = (direction === "down" ? size.width : size.height) ?? 0;
  return (point: Point): Point => (2 * wrong > pairs.length ? { ...point, [across]: extent - point[across] } : point);
}

/** An edge as dagre names it: from v to w. */
interface EdgeName {
  v: string;
  w: string;
  name?: string;
}

/** Colours by what a layer is for, all light enough for dark text; the words say it too. */
const kinds: readonly (readonly [pattern: RegExp, fill: string, stroke: string])[] = [
  [/Input/, "#ffffff", "#636c76"],
  [/LSTM|GRU|RNN|Bidirectional/, "#d6e9f8", "#0072b2"],
  [/Embedding/, "#d3efe6", "#007a5a"],
  [/Dropout|Noise|Normalization/, "#f0f1f3", "#636c76"],
  [/Concatenate|Add|Subtract|Multiply|Average|Maximum|Minimum|Dot|Attention/, "#f6e1ee", "#a8487e"],
  [/Dense|Activation/, "#fde6d3", "#b04e00"],
];

function drawBox(node: ModelNode, { x, y }: Point): string {
  const [, fill, stroke] = kinds.find(([pattern]) => pattern.test(node.className)) ?? kinds[3];
  const [width, left, top] = [boxWidth(node), round(x - boxWidth(node) / 2), round(y - boxHeight / 2)];
  const lines = linesOf(node);
  const middle = (text: string, line: number, attributes: string) =>
    svgText(text, round(x), top + 2 + (line + 1) * lineHeight, `text-anchor="middle" ${attributes}`);
  return [
    "<g>",
    `<title>${escapeXml(`${node.name}: ${node.className}, ${lines[1]}, ${lines[2]}`)}</title>`,
    `<rect x="${left}" y="${top}" width="${width}" height="${boxHeight}" rx="5" fill="${fill}" stroke="${stroke}"/>`,
    middle(lines[0], 0, 'font-weight="600" font-size="13"'),
    middle(lines[1], 1, ""),
    middle(lines[2], 2, `fill="#4a5159"`),
    "</g>",
  ].join("");
}

const widestBox = 440; // pixels: the longest names of Keras fit

/** `lstm (LSTM)`, `[?, 8]`, `320 parameters`. */
function linesOf(node: ModelNode): [string, string, string] {
  const shapes = isShape(node.outputShape) ? [node.outputShape] : node.outputShape;
  return [
    fitText(`${node.name} (${node.className})`, widestBox - 24, 14),
    fitText(shapes.map(showShape).join(", "), widestBox - 24),
    node.params === 0 ? "no parameters" : `${node.params.toLocaleString("en-US")} parameters`,
  ];
}

function boxWidth(node: ModelNode): number {
  const [name, shape, params] = linesOf(node);
  return Math.ceil(Math.max(100, textWidth(name, 14), textWidth(shape), textWidth(params)) + 24);
}

function isShape(shape: ModelNode["outputShape"]): shape is readonly (number | null)[] {
  return !shape.some((entry) => Array.isArray(entry));
}

/** A path through dagre's points, its corners rounded, with a head along its last piece. */
function drawArrow(points: readonly Point[]): string {
  if (points.length < 2) return "";
  const last = points[points.length - 1];
  const before = points[points.length - 2];
  const length = Math.hypot(last.x - before.x, last.y - before.y) || 1;
  const [ux, uy] = [(last.x - before.x) / length, (last.y - before.y) / length];
  const neck = { x: last.x - 8 * ux, y: last.y - 8 * uy };
  const way = [...points.slice(0, -1), neck];
  const corners = way.slice(1, -1).map((point, i) => {
    const next = way[i + 2];
    const to = i === way.length - 3 ? next : { x: (point.x + next.x) / 2, y: (point.y + next.y) / 2 };
    return `Q${at(point)} ${at(to)}`;
  });
  const line = `M${at(way[0])}${corners.length > 0 ? corners.join("") : `L${at(neck)}`}`;
  const wing = (side: number) => at({ x: neck.x - side * 4 * uy, y: neck.y + side * 4 * ux });
  return (
    `<path d="${line}" fill="none" stroke="#4a5159" stroke-width="1.3"/>` +
    `<path d="M${at(last)}L${wing(1)}L${wing(-1)}Z" fill="#4a5159"/>`
  );
}

function at({ x, y }: Point): string {
  return `${round(x)},${round(y)}`;
}

function round(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}

function inWords({ name, nodes, edges }: ModelGraph, caption: string): string {
  const nameOf = new Map(nodes.map((node) => [node.id, node.name]));
  const arrows = edges.map(([from, to]) => `${nameOf.get(from)} to ${nameOf.get(to)}`);
  const layers = nodes.map((node) => `${node.name} (${node.className})`).join(", ");
  return `Model ${name ?? ""}: ${layers}; ${caption}. ${arrows.length > 0 ? `${arrows.join(", ")}.` : ""}`.trim();
}

function checkGraph({ nodes, edges }: ModelGraph): void {
  const who = "plotModel";
  if (!Array.isArray(nodes) || nodes.length === 0) {
    throw new DataError(problem(who, "a graph with at least one node", "none", "Pass it model.graph()."));
  }
  const ids = new Set<string>();
  for (const { id, params } of nodes) {
    if (ids.has(id)) throw new DataError(problem(who, "an id of its own for each node", `"${id}" twice`));
    if (!(Number.isInteger(params) && params >= 0)) {
      throw new DataError(problem(who, `params of "${id}" to be a whole number, 0 or more`, String(params)));
    }
    ids.add(id);
  }
  for (const edge of edges) {
    const unknown = edge.find((id) => !ids.has(id));
    if (unknown !== undefined) throw new DataError(problem(who, "edges between nodes of the graph", `"${unknown}"`));
  }
}
