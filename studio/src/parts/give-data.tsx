import { useState } from "preact/hooks";
import { labCard } from "../page-labs.ts";
import { openLab, show } from "../state.ts";
import { dropped, giveData, hasData } from "../training.ts";
import { trainingWanted } from "../training-settings.ts";

/** Asks for the data of a lab that comes without: a file, or a text that is pasted. Nothing where the lab has its own. */
export function GiveData({ disabled }: { disabled: boolean }) {
  const [text, setText] = useState("");
  const { needs, trained } = labCard(trainingWanted.value.lab);
  if (!needs) return null;
  const given = dropped.value;
  const take = async (file: File | undefined) => {
    if (file) await giveData(file.name, new Uint8Array(await file.arrayBuffer()));
  };
  const openTrained = async () => {
    if (trained && (await openLab(trained))) show(needs.kind === "reviews" ? "read" : "write");
  };
  const rows = { reviews: "reviews", dialogues: "utterances", text: "lines", series: "values" };
  return (
    <fieldset class="drop" disabled={disabled}>
      <legend>Data</legend>
      <label>
        {needs.what}. It stays in this page.
        <input type="file" onChange={(event) => void take(event.currentTarget.files?.[0])} />
      </label>
      {needs.kind === "text" && (
        <div class="input">
          <label for="text">or a text that you paste</label>
          <textarea
            id="text"
            rows={4}
            dir="auto"
            value={text}
            placeholder={"A sentence a line.\nAt least two words in each."}
            onInput={(event) => setText(event.currentTarget.value)}
          />
          <button
            type="button"
            disabled={text.trim() === ""}
            onClick={() => void giveData("the pasted text", new TextEncoder().encode(text))}
          >
            Take this text
          </button>
        </div>
      )}
      <p class="quiet" role="status">
        {given && hasData()
          ? `${given.name}: ${given.rows} ${rows[given.kind]}${given.column === undefined ? "" : ` of ${given.column}`}.`
          : "No data yet."}
      </p>
      {trained && (
        <button type="button" class="plain" onClick={() => void openTrained()}>
          Open the small model that was trained on such data
        </button>
      )}
    </fieldset>
  );
}
