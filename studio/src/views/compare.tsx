import { signal } from "@preact/signals";
import type { Compared, Outputs } from "../../../src/studio/messages.ts";
import { ask } from "../client.ts";
import { modelAndWeights } from "../drop.ts";
import { comparisonFigure } from "../figures/of-comparison.ts";
import { origin } from "../origin.ts";
import { SaveFigure } from "../parts/save-figure.tsx";
import { about, bytesOf, input } from "../state.ts";

const compared = signal<Compared | null>(null);
/** The model that the comparison is of: another one that opens makes it void. */
let comparedWith: unknown = null;
const failed = signal("");
const busy = signal("");

/** The open model beside another one: architecture, weights, outputs. */
export function Compare() {
  const found = comparedWith === about.value ? compared.value : null;
  return (
    <section aria-labelledby="compare-title">
      <h2 id="compare-title">Beside another model</h2>
      <label class="drop">
        Choose a second model: its layers, weights and outputs are shown beside those of {about.value!.name}.
        <input type="file" multiple onChange={(event) => void compare(event.currentTarget.files)} />
      </label>
      <p role="status">{busy.value}</p>
      {failed.value && (
        <p class="problem" role="alert">
          {failed.value}
        </p>
      )}
      {found && <Found found={found} />}
    </section>
  );
}

async function compare(files: FileList | null): Promise<void> {
  const pair = modelAndWeights(Array.from(files ?? []));
  if (!pair) return;
  const [model, weights] = pair;
  failed.value = "";
  busy.value = `Opening ${model.name} …`;
  const given = { bytes: await bytesOf(model), ...(weights ? { weights: await bytesOf(weights) } : {}) };
  const tell = await ask("compare", { name: model.name, ...given, input: input.value });
  busy.value = "";
  if (tell?.tell === "failed") failed.value = tell.problem;
  if (tell?.tell !== "compared") return;
  compared.value = tell.compared;
  comparedWith = about.value;
}

const size = (v: number): string => String(Number(v.toPrecision(3)));

function Found({ found }: { found: Compared }) {
  const { name, layers, weights, outputs, parameters } = found;
  const own = about.value!;
  const alike = weights.length > 0 && weights.every(({ difference }) => difference === 0);
  const unlike = layers.filter(({ left, right }) => !left || !right).length;
  return (
    <>
      <p class="said">
        {unlike === 0
          ? "Both have layers of the same classes in the same order."
          : `${unlike} ${unlike === 1 ? "layer has" : "layers have"} no counterpart.`}{" "}
        {alike
          ? "All weights are the same."
          : `${own.parameters.toLocaleString("en")} and ${parameters.toLocaleString("en")} parameters.`}
      </p>
      <h3>Layers</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section class="scrolls" tabIndex={0} aria-label="Layers of both">
        <table>
          <thead>
            <tr>
              <th scope="col">{own.name}</th>
              <th scope="col">output shape</th>
              <th scope="col">parameters</th>
              <th scope="col">{name}</th>
              <th scope="col">output shape</th>
              <th scope="col">parameters</th>
            </tr>
          </thead>
          <tbody>
            {layers.map(({ left, right }, k) => (
              <tr key={k} class={left && right && left.shape === right.shape ? "" : "unlike"}>
                <th scope="row">{left ? `${left.name}: ${left.className}` : "none"}</th>
                <td>{left?.shape}</td>
                <td>{left?.parameters.toLocaleString("en")}</td>
                <td>{right ? `${right.name}: ${right.className}` : "none"}</td>
                <td>{right?.shape}</td>
                <td>{right?.parameters.toLocaleString("en")}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <h3>Weights</h3>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
      <section class="scrolls" tabIndex={0} aria-label="Weights of both">
        <table>
          <thead>
            <tr>
              <th scope="col">weight</th>
              <th scope="col">shape</th>
              <th scope="col">root mean square</th>
              <th scope="col">of the other</th>
              <th scope="col">of the difference</th>
            </tr>
          </thead>
          <tbody>
            {weights.map((one) => (
              <tr key={one.name}>
                <th scope="row">{one.name}</th>
                <td>{one.shape.join(" × ")}</td>
                <td>{size(one.left)}</td>
                <td>{size(one.right)}</td>
                <td>{one.difference === null ? "another shape" : size(one.difference)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <h3>Outputs</h3>
      {outputs.problem && <p class="quiet">{outputs.problem}</p>}
      {input.value.trim() === "" ? (
        <p class="quiet">Type an input on the Read page to compare the outputs for it.</p>
      ) : (
        <>
          <p class="quiet">
            For “{input.value.slice(0, 120)}
            {input.value.length > 120 ? " …" : ""}”:
          </p>
          <div class="pair">
            <List name={own.name} outputs={outputs.left} />
            <List name={name} outputs={outputs.right} />
          </div>
        </>
      )}
      <SaveFigure of="the comparison" make={() => comparisonFigure(found, origin())} />
    </>
  );
}

function List({ name, outputs }: { name: string; outputs: Outputs | null }) {
  if (!outputs) return null;
  return (
    <table>
      <caption>{name}</caption>
      <tbody>
        {outputs.map(([label, value]) => (
          <tr key={label}>
            <th scope="row">{label}</th>
            <td>{size(value)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
