import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { readMessage, serveStudio, type Tell, writeMessage } from "./index.ts";

test("the same messages go over HTTP: a model opened, an input traced, a wrong question refused", async () => {
  const bytes = new Uint8Array(readFileSync(join(import.meta.dirname, "../../studio/models/next-word.keras")));
  const page = "<html><head></head></html>";
  const server = await serveStudio({ page, model: { name: "</script>.keras", bytes } });
  const at = (path: string) => new URL(path + new URL(server.address).search, server.address);
  const stop = new AbortController();
  try {
    const html = await (await fetch(server.address)).text();
    expect(html).toContain('<meta name="cellstate-engine" content="http">');
    expect(html).toContain('"\\u003c/script>.keras"'); // a name of a file is no markup
    const given = await (await fetch(at("model"))).arrayBuffer();
    expect(given.byteLength).toBe(bytes.length);

    const stream = (await fetch(at("tell"), { signal: stop.signal })).body!.pipeThrough(new TextDecoderStream());
    const told: Tell[] = [];
    const reading = (async () => {
      let text = "";
      for await (const part of stream) {
        text += part;
        const events = text.split("\n\n");
        text = events.pop()!;
        for (const event of events)
          if (event.startsWith("data: ")) told.push(readMessage(event.slice("data: ".length)) as Tell);
      }
    })().catch(() => {});
    const ask = (message: object) => fetch(at("ask"), { method: "POST", body: writeMessage(message) });
    await ask({ id: 1, ask: "open", name: "m.keras", bytes });
    await ask({ id: 2, ask: "trace", clamp: null, replace: null, input: "what is the forget gate" });
    await ask({ id: 3, ask: "trace", text: "?" });
    for (let k = 0; k < 600 && told.length < 3; k++) await new Promise((resolve) => setTimeout(resolve, 10));
    const by = (id: number) => told.find((tell) => tell.id === id)!;
    expect(by(1).tell).toBe("opened");
    expect(by(3)).toMatchObject({ tell: "failed", problem: expect.stringContaining('unknown option "text"') });
    const traced = by(2);
    expect(traced.tell === "traced" && traced.trace.cells[0].values.f).toBeInstanceOf(Float32Array);
    stop.abort();
    await reading;
  } finally {
    await server.close();
  }
});
