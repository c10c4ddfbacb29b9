import { answer } from "./model.js";

export async function say() {
  const failed = (error) => ({ error: String(error) });
  const bytes = new Uint8Array(await (await fetch("/model.keras")).arrayBuffer());
  const worker = new Worker(new URL("./work.js", import.meta.url), { type: "module" });
  const there = new Promise((resolve) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = ({ message }) => resolve({ error: `worker: ${message}` });
    worker.postMessage(bytes);
  });
  const said = { page: await answer(bytes).catch(failed), worker: await there, isolated: crossOriginIsolated };
  await fetch("/said", { method: "POST", body: JSON.stringify(said) });
}
