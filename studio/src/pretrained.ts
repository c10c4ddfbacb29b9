import type { Lab } from "./link.ts";

const addresses: Readonly<Record<Lab, string>> = {
  sentiment: new URL("../models/sentiment.keras", import.meta.url).href,
  "next-word": new URL("../models/next-word.keras", import.meta.url).href,
  airline: new URL("../models/airline.keras", import.meta.url).href,
  adding: new URL("../models/adding.keras", import.meta.url).href,
  dialogues: new URL("../models/dialogues.keras", import.meta.url).href,
};

/** The bytes of a card's model, which come with the page. */
export async function pretrained(name: Lab): Promise<Uint8Array> {
  const answer = await fetch(addresses[name]);
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  return new Uint8Array(await answer.arrayBuffer());
}
