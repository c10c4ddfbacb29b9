/** The start page: the first screen of the README, with a model that trains while it is read. */
import { escapeHtml, highlighted } from "../shared/highlight.ts";
import { cellHtml } from "./cells.ts";

/** The README's ten lines, which the page also runs. */
export function tenLines(readme: string): string {
  const code = /In ten lines:\n```ts\n([\s\S]*?)```/.exec(readme)?.[1];
  if (!code)
    throw new Error('site: the README has no program below "In ten lines:". Change site/build/start-page.ts with it.');
  return code;
}

/** The first block of commands: both roads, the package and the clone. */
export function roads(readme: string): string {
  const code = /^```\n([\s\S]*?)```/m.exec(readme)?.[1];
  if (!code?.includes("npm install cellstate") || !code.includes("npm ci"))
    throw new Error("site: the README's first block of commands has not both roads, npm install cellstate and npm ci.");
  return code;
}

export function startPage(readme: string): string {
  const lead = /^# Cellstate\n\n(.+)$/m.exec(readme)?.[1] ?? "";
  return `<div class="hero">
<div class="hero-text">
<h1>Cellstate</h1>
<p class="lead">${escapeHtml(lead)}</p>
<pre tabindex="0" class="code bash roads"><code>${highlighted(roads(readme).trimEnd(), "bash")}</code></pre>
<p class="quiet">The first line is for a program of yours; the clone has the labs and their tests.</p>
<p class="buttons"><a class="button strong" href="labs/index.html">The labs, to run here</a> <a class="button" href="studio/index.html">Look inside the gates</a> <a class="button" href="guides/in-your-program.html">In your program</a></p>
</div>
<section id="demo" class="demo" aria-labelledby="demo-title">
<h2 id="demo-title">It trains here, now</h2>
<p class="quiet">Five students, three steps of study; an LSTM of 8 units, 300 epochs, in your browser.</p>
<div class="demo-chart" aria-hidden="true"></div>
<p class="demo-said" role="status">The network is on its way.</p>
<fieldset disabled><legend>A sixth student. Studied at step</legend>
<label><input type="checkbox" checked> 1</label> <label><input type="checkbox" checked> 2</label> <label><input type="checkbox" checked> 3</label></fieldset>
<p class="demo-answer"><span class="demo-verdict">&nbsp;</span><span class="demo-track"><span></span></span></p>
<p><button type="button" class="demo-again" disabled>Train again, with another seed</button></p>
</section>
</div>
<h2>In ten lines</h2>
<p>Keras's names, numbers and files. Change it and run it; what it saves opens in Keras.</p>
${cellHtml({ number: 1, code: tenLines(readme), continues: 0, title: "pass-fail.ts" }, null)}
<h2>Where to go</h2>
<ul class="cards">
<li><a href="labs/index.html"><strong>Labs</strong> every program of an LSTM class, Keras's lines beside ours, in cells that you edit and run</a></li>
<li><a href="teaching/index.html"><strong>Teaching</strong> assign a lab, what students hand in, and answers to the viva questions</a></li>
<li><a href="studio/index.html"><strong>Studio</strong> every gate at every word of a sentence of yours</a></li>
<li><a href="guides/command-line.html"><strong>Command line</strong> from a file to predictions, without a program</a></li>
<li><a href="guides/coming-from.html"><strong>Coming from</strong> Keras, PyTorch, tfjs or brain.js: their calls and ours</a></li>
<li><a href="api/index.html"><strong>API reference</strong> every function with its options</a></li>
<li><a href="results/index.html"><strong>Results</strong> with curves, seeds, and the command that runs each again</a></li>
<li><a href="guides/benchmarks.html"><strong>Benchmarks</strong> training and prediction beside other libraries</a></li>
</ul>`;
}
