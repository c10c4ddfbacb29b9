/** The start page: a model that trains in a worker as the page opens, and answers for a student of the reader's. */
import { curveSvg } from "./curve.ts";

interface Trained {
  readonly loss: readonly number[];
  readonly accuracy: number;
  /** The probability to pass for 000 to 111. */
  readonly answers: readonly number[];
  readonly ms: number;
}

const demo = document.querySelector<HTMLElement>("#demo")!;
const part = <E extends HTMLElement>(name: string) => demo.querySelector<E>(name)!;
const boxes = [...demo.querySelectorAll<HTMLInputElement>("input")];
const again = part<HTMLButtonElement>(".demo-again");
const worker = new Worker(new URL(SITE_DEMO, import.meta.url), { type: "module" });
let seed = 1;
let answers: readonly number[] = [];

worker.onmessage = ({ data }: MessageEvent<Trained>) => {
  answers = data.answers;
  part(".demo-chart").innerHTML = curveSvg(
    new Map([["loss", data.loss.map((value, i) => [i + 1, value] as const)]]),
    data.loss.length,
  );
  const right = Math.round(data.accuracy * 5);
  part(".demo-said").textContent =
    `${data.loss.length} epochs in ${Math.round(data.ms)} ms, seed ${seed}: loss ${data.loss[0].toFixed(3)} → ${data.loss.at(-1)!.toFixed(3)}, ${right} of 5 right.`;
  part<HTMLFieldSetElement>("fieldset").disabled = false;
  again.disabled = false;
  answer();
  demo.dataset.ready = String(Math.round(performance.now())); // ms since the page was asked for
};
worker.onerror = () => {
  part(".demo-said").textContent =
    "The model does not run in this browser: it needs WebAssembly and module workers (2022 or later).";
};

function answer(): void {
  const code = boxes.reduce((sum, box) => sum * 2 + Number(box.checked), 0);
  const p = answers[code];
  part(".demo-verdict").textContent = `${p > 0.5 ? "passes" : "fails"}: ${p.toFixed(3)}`;
  part(".demo-track span").style.width = `${(100 * p).toFixed(1)}%`;
}

for (const box of boxes) box.addEventListener("change", answer);
again.addEventListener("click", () => {
  again.disabled = true;
  worker.postMessage(++seed);
});
worker.postMessage(seed);
