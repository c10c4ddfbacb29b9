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
  const name = `${r.workload.padEnd(11)} ${r.task.padEnd(14)} ${r.contestant.padEnd(16)}`;
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

/** Bars of milliseconds on a logarithmic axis under the name of each workload and task, as SVG: ours blue, peers grey. */
export async function barChart(rows, subtitle) {
  const [Plot, { parseHTML }] = await Promise.all([import("@observablehq/plot"), import("linkedom")]);
  const { document } = parseHTML("<!doctype html><html><body></body></html>");
  const shown = rows.filter((r) => r.ms !== null);
  const lines = shown.flatMap((r, k) => {
    const title = `${r.workload}, ${r.task}`;
    const before = shown[k - 1];
    const first = !before || `${before.workload}, ${before.task}` !== title;
    return [...(first ? [{ title }] : []), r];
  });
  const placed = lines.map((line, index) => ({ ...line, index }));
  const bars = placed.filter((line) => line.ms);
  const times = bars.map((r) => r.ms);
  const least = Math.min(...times) / 2;
  const svg = Plot.plot({
    document,
    width: 900,
    height: 110 + placed.length * 17,
    marginLeft: 150,
    marginTop: 50,
    marginBottom: 50,
    style: { background: "#ffffff", color: "#1f2328", fontFamily: "system-ui, sans-serif", fontSize: "12px" },
    x: {
      type: "log",
      label: "time, each line ten times the one before",
      labelAnchor: "center",
      grid: true,
      ticks: decades(least, Math.max(...times)),
      tickFormat: shortTime,
      domain: [least, Math.max(...times) * 4],
    },
    y: { axis: null, type: "band", domain: placed.map((line) => line.index), padding: 0.15 },
    marks: [
      Plot.barX(bars, { x1: () => least, x2: "ms", y: "index", fill: (r) => (r.ours ? "#0072b2" : "#b0b7bf") }),
      Plot.text(bars, { x: "ms", y: "index", text: (r) => shortTime(r.ms), dx: 4, textAnchor: "start" }),
      Plot.text(bars, { x: () => least, y: "index", text: "contestant", dx: -6, textAnchor: "end" }),
      Plot.text(
        placed.filter((line) => line.title),
        {
          x: () => least,
          y: "index",
          text: "title",
          dx: -144,
          textAnchor: "start",
          fontWeight: 600,
        },
      ),
    ],
  });
  svg.setAttribute("xmlns", "http://www.w3.org/2000/svg");
  const heading = (y, size, text) =>
    `<text x="6" y="${y}" font-size="${size}" text-anchor="start">${escapeXml(text)}</text>`;
  svg.insertAdjacentHTML(
    "beforeend",
    heading(18, 15, "Time of each workload: shorter is better") + heading(36, 11, subtitle),
  );
  return svg.outerHTML;
}

function decades(least, most) {
  const from = Math.ceil(Math.log10(least));
  return Array.from({ length: Math.ceil(Math.log10(most)) - from + 1 }, (_, k) => 10 ** (from + k));
}

function shortTime(ms) {
  const number = (n) => String(Number(n.toPrecision(3)));
  return ms < 1 ? `${number(ms * 1000)} µs` : ms < 1000 ? `${number(ms)} ms` : `${number(ms / 1000)} s`;
}
const escapeXml = (text) => text.replace(/[&<>]/g, (c) => `&#${c.charCodeAt(0)};`);
