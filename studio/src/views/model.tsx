import { ask } from "../client.ts";
import { download } from "../download.ts";
import { modelEndings, openFiles } from "../drop.ts";
import { CodePanel } from "../parts/code-panel.tsx";
import { about, problem, show } from "../state.ts";
import { Compare } from "./compare.tsx";

/** The open model: its layers with shapes and parameters. */
export function ModelView() {
  const now = about.value;
  return (
    <div class="model">
      {problem.value && (
        <p class="problem" role="alert">
          {problem.value}
        </p>
      )}
      {now ? (
        <>
          <h1>{now.name}</h1>
          <p>
            {now.task ? `Saved by ${now.task}. ` : "A model without its preprocessing: its input is typed as numbers. "}
            {now.parameters.toLocaleString("en")} parameters. Computed by: {now.backend}.
          </p>
          {now.refusal && <p class="problem">It cannot be read step by step. {now.refusal}</p>}
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
          <section class="scrolls" tabIndex={0} aria-label="Layers">
            <table>
              <thead>
                <tr>
                  <th scope="col">layer</th>
                  <th scope="col">kind</th>
                  <th scope="col">output shape</th>
                  <th scope="col">parameters</th>
                </tr>
              </thead>
              <tbody>
                {now.layers.map((layer) => (
                  <tr key={layer.name}>
                    <th scope="row">{layer.name}</th>
                    <td>{layer.className}</td>
                    <td>{layer.shape}</td>
                    <td class="number">{layer.parameters.toLocaleString("en")}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
          <div class="row">
            {!now.refusal && (
              <button type="button" onClick={() => show("read")}>
                Read with it
              </button>
            )}
            <button type="button" class="plain" onClick={() => void save(now.name)}>
              Save as .keras
            </button>
          </div>
          <CodePanel />
          <Compare />
        </>
      ) : (
        <>
          <h1>Model</h1>
          <p>No model is open. Choose one on the Start page, or drop a file here.</p>
        </>
      )}
      <label class="drop">
        Open another file: {modelEndings}. An architecture in JSON is chosen together with its weights (.h5,
        .weights.h5, .safetensors); a tfjs model.json has them inside.
        <input type="file" multiple onChange={(event) => void openFiles(event.currentTarget.files)} />
      </label>
    </div>
  );
}

async function save(name: string): Promise<void> {
  const tell = await ask("save", {});
  if (tell?.tell === "failed") problem.value = tell.problem;
  if (tell?.tell !== "done" || !tell.bytes) return;
  download(
    name.replace(/(\.[a-z0-9]+)?$/i, ".keras"),
    tell.bytes as Uint8Array<ArrayBuffer>,
    "application/octet-stream",
  );
}
