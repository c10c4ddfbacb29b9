import { openFiles } from "../drop.ts";
import type { Lab } from "../link.ts";
import { busy, openLab, problem, show } from "../state.ts";
import { Lists } from "./lists.tsx";

const cards: readonly { lab: Lab; title: string; text: string; example: string }[] = [
  {
    lab: "sentiment",
    title: "Sentiment",
    text: "An LSTM that read film reviews. Does it hear the “not”?",
    example: "the film was not good",
  },
  {
    lab: "next-word",
    title: "Next word",
    text: "An LSTM that learned questions and answers about LSTMs, and guesses each next word.",
    example: "what does the forget gate …",
  },
  {
    lab: "airline",
    title: "Airline",
    text: "144 months of passengers: what does it remember of last summer?",
    example: "315 301 356 348 …",
  },
  {
    lab: "adding",
    title: "Adding problem",
    text: "Two of thirty numbers are marked; their sum is wanted. The rest must be forgotten.",
    example: "0.42 1; 0.17 0; 0.93 1; …",
  },
];

/** Something is seen before anything trains: each card opens a trained model at its example. */
export function Start() {
  const open = async (lab: Lab) => {
    if (await openLab(lab)) show("read");
  };
  const served = document.querySelector('meta[name="cellstate-engine"]') !== null;
  return (
    <div class="start">
      <h1>Look inside an LSTM</h1>
      <p class="lead">
        Choose a trained network, type something, click a word: you see what its gates kept, wrote and forgot.
        Everything is computed
        {served
          ? " by this machine; nothing you type or open leaves it."
          : " in this page; nothing you type or open leaves it."}
      </p>
      {problem.value && (
        <p class="problem" role="alert">
          {problem.value}
        </p>
      )}
      <ul class="cards">
        {cards.map(({ lab, title, text, example }) => (
          <li key={lab}>
            <button type="button" class="card" disabled={busy.value !== ""} onClick={() => void open(lab)}>
              <strong>{title}</strong>
              <span>{text}</span>
              <code>{example}</code>
            </button>
          </li>
        ))}
        <li>
          <label class="card file">
            <strong>Your own file</strong>
            <span>
              A model of Keras or ONNX, or one that Cellstate saved: choose it, or drop it anywhere on this page; an
              architecture in JSON together with its weights.
            </span>
            <code>.keras .h5 .safetensors .onnx</code>
            <input
              type="file"
              class="unseen"
              multiple
              onChange={(event) => void openFiles(event.currentTarget.files)}
            />
          </label>
        </li>
      </ul>
      {busy.value && <p role="status">{busy.value}</p>}
      <Lists />
    </div>
  );
}
