/** Results show themselves in Deno's kernel of Jupyter; CELLSTATE_JUPYTER names a Python with jupyter_client. */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { find } from "./find.ts";

const root = join(import.meta.dirname, "../..");
const deno = find("Deno");
const python = process.env.CELLSTATE_JUPYTER;
const built = existsSync(join(root, "dist/plot/figure.d.ts"));
const lacking = [deno ? "" : "Deno", python ? "" : "CELLSTATE_JUPYTER", built ? "" : "dist (npm run build)"].filter(
  Boolean,
);
if (lacking.length > 0) console.warn(`Results in notebooks skipped: there is no ${lacking.join(", no ")}`);

interface Shown {
  readonly forms: Readonly<Record<string, string>>;
  readonly error: string | null;
}

test.skipIf(lacking.length > 0)(
  "a history, predictions and a plot are shown by Deno's kernel",
  { timeout: 300_000 },
  async () => {
    const door = (name: string) => JSON.stringify(pathToFileURL(join(root, "dist", name, "index.js")).href);
    const cells = [
      `import { dense, lstm, sequential } from ${door("")};
import { figure, plotHistory } from ${door("plot")};
const x = [[[1], [2]], [[2], [3]]];
const model = sequential([lstm(2), dense(1)]);
model.compile({ optimizer: "adam", loss: "mse" });
const history = await model.fit(x, [3, 4], { epochs: 5, verbose: 0 });
history`,
      "await model.predict(x)",
      "await figure(await plotHistory(history.history))",
      "await figure(history)",
    ];
    const kernel = [join(import.meta.dirname, "ask-kernel.py"), deno!, ...cells];
    const { stdout } = await promisify(execFile)(python!, kernel, { cwd: root });
    const [curves, table, plot, asked] = JSON.parse(stdout.trim().split("\n").at(-1)!) as Shown[];
    expect([curves.error, table.error, plot.error, asked.error]).toEqual([null, null, null, null]);
    expect(asked.forms).toEqual(curves.forms);
    expect(curves.forms["image/svg+xml"]).toMatch(/^<svg [\s\S]*Model loss/);
    expect(curves.forms["text/plain"]).toContain("Loss");
    expect(table.forms["text/html"]).toMatch(/<table>.*<th>1<\/th><td>-?\d\.\d+<\/td>.*NdArray f32 \[2, 1\]/);
    expect(plot.forms["image/svg+xml"]).toContain("Training history");
  },
);
