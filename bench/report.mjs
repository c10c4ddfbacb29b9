// Measurements as rows, as lines for people, and as a chart.
import { formulaWords, taskFlops } from "./workloads.mjs";

export const median = (list) => {
  const sorted = [...list].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
};

/** One row for each contestant and task of a workload. `ratio`: how many times our time the best peer needs. */
export function rowsOf({ w, entries }, peak) {
  return w.tasks.flatMap((task) => {
    const ms = (e) => (e.times[task]?.length ? median(e.times[task]) : null);
    const peers = entries.filter((e) => !e.ours && ms(e) !== null).sort((a, b) => ms(a) - ms(b));
    return entries.map((e) => {
      const time = ms(e);
      const gflops = time && taskFlops(w, task) / time / 1e6;
      return {
        workload: w.name,
        task,
        contestant: e.name,
        version: e.version,
        ours: e.ours,
        ms: time,
        times: e.times[task] ?? [],
        note: e.notes[task] || (time === null ? (e.fails ?? "not a task of it") : "") || null,
        gflops,
        share: peak && gflops && gflops / peak[1],
        bestPeer: e.ours && peers.length > 0 ? peers[0].name : null,
        ratio: e.ours && time && peers.length > 0 ? ms(peers[0]) / time : null,
        tokensPerSecond: task === "train" && time ? (w.tokens / (w.epoch ? 1 : w.steps) / time) * 1000 : null,
        peakBytes: e.bytes ?? null,
        difference: e.difference,
        stepBytes: task === "train" ? e.stepBytes : null,
        formulaBytes: task === "train" && e.ours ? 4 * formulaWords(w) : null,
      };
    });
  });
}

/** A row as a line. */
export function lineOf(r) {
  const name = `${r.workload.padEnd(11)} ${r.task.padEnd(5)} ${r.contestant.padEnd(16)}`;
  if (r.ms === null) return `${name} ${r.note}`;
  const word = r.task === "word";
  const parts = [
    `${(word ? r.ms * 1000 : r.ms).toFixed(r.ms < 10 && !word ? 2 : 1).padStart(9)} ${word ? "µs" : "ms"}`,
    `${r.gflops.toFixed(r.gflops < 10 ? 1 : 0).padStart(6)} GFLOP/s`,
    r.share === null ? "" : `${(100 * r.share).toFixed(0).padStart(3)} %`,
    r.peakBytes ? `${(r.peakBytes / 2 ** 20).toFixed(0).padStart(5)} MB` : "",
    r.ratio ? `${r.bestPeer} takes ${r.ratio.toFixed(2)} times as long` : "",
    r.ours && r.workload.startsWith("W7") && r.tokensPerSecond ? `${r.tokensPerSecond.toFixed(0)} tokens/s` : "",
    r.stepBytes ? `step ${mb(r.stepBytes)}, ${(r.stepBytes / r.formulaBytes).toFixed(2)} of the formula's` : "",
    r.note ?? "",
  ];
  return `${name} ${parts.filter(Boolean).join("  ")}`;
}

const mb = (bytes) => `${(bytes / 2 ** 20).toFixed(1)} MB`;

/** Bars of milliseconds on a logarithmic axis, a panel for each workload and task, as SVG. */
export async function barChart(rows, subtitle) {
  const [Plot, { parseHTML }] = await Promise.all([import("@observablehq/plot"), import("linkedom")]);
  const { document } = parseHTML("<!doctype html><html><body></body></html>");
  const shown = rows
    .filter((r) => r.ms !== null)
    .map((r) => ({ ...r, group: `${r.workload}, ${r.task}`, text: shortTime(r.ms) }));
  const groups = [...new Set(shown.map((r) => r.group))];
  const names = [...new Set(shown.map((r) => r.contestant))];
  const least = Math.min(...shown.map((r) => r.ms)) / 2;
  const palette = ["#0072b2", "#56b4e9", "#009e73", "#d55e00", "#cc79a7", "#e69f00", "#999999", "#1f2328"];
  const svg = Plot.plot({
    document,
    width: 900,
    height: 70 + shown.length * 17 + groups.length * 14,
    marginLeft: 130,
    marginRight: 140,
    marginTop: 50,
    style: { background: "#ffffff", color: "#1f2328", fontFamily: "system-ui, sans-serif", fontSize: "12px" },
    x: {
      type: "log",
      label: "milliseconds (log)",
      grid: true,
      domain: [least, Math.max(...shown.map((r) => r.ms)) * 3],
    },
    y: { label: null, domain: names, axis: "left" },
    fy: { label: null, domain: groups, padding: 0.12 },
    color: { domain: names, range: palette },
    marks: [
      Plot.barX(shown, { x1: () => least, x2: "ms", y: "contestant", fy: "group", fill: "contestant" }),
      Plot.text(shown, { x: "ms", y: "contestant", fy: "group", text: "text", dx: 4, textAnchor: "start" }),
    ],
  });
  svg.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  svg.insertAdjacentHTML(
    "beforeend",
    `<text x="130" y="18" font-size="15" font-weight="600">Time of each workload, shorter is better</text><text x="130" y="36" font-size="11">${escapeXml(subtitle)}</text>`,
  );
  return svg.outerHTML;
}

const shortTime = (ms) =>
  ms < 1
    ? `${(ms * 1000).toFixed(0)} µs`
    : ms < 10_000
      ? `${Number(ms.toPrecision(3))} ms`
      : `${(ms / 1000).toFixed(0)} s`;
const escapeXml = (text) => text.replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);
