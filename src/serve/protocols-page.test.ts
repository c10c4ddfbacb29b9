/** docs/serve-protocols.md lists the rows that the conformance test asks. CELLSTATE_WRITE_PAGE=1 writes it. */
import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { routes } from "./router.ts";
import { protocolRows } from "./testing/protocol-rows.ts";

const page = new URL("../../docs/serve-protocols.md", import.meta.url);
const cell = (text: string) => text.replaceAll("|", "\\|");

function written(): string {
  const lists = routes.map(({ method, path, summary }) => `| \`${method} ${path}\` | ${cell(summary)} |`);
  const rows = protocolRows.map(([what, path, body, status]) => {
    const shown = body === undefined ? "" : JSON.stringify(body);
    const sent = shown.length > 100 ? `${shown.slice(0, 97)}...` : shown;
    return `| ${cell(what)} | \`${body === undefined ? "GET" : "POST"} ${path}\` | ${sent && `\`${cell(sent)}\``} | ${status} |`;
  });
  return `# Protocols: every route, and what is checked

This page is written by a test (\`src/serve/protocols-page.test.ts\`). Beside the rows below, \`src/serve/conformance.test.ts\` compares the numbers of every protocol with those of \`predict\`, to the bit, alone and in a batch; \`test/e2e/serve-command.test.ts\` asks by the real \`openai\` client; \`src/serve/attacks.test.ts\` sends over raw sockets what strangers send; \`test/runtimes/serve.test.ts\` asks every protocol on Node 20 and 24, Bun and Deno.

## Routes

| route | what it answers |
|---|---|
${lists.join("\n")}

## Checked requests

| what | request | body | status |
|---|---|---|---|
${rows.join("\n")}

## What is left out

- TensorFlow Serving: \`:classify\` and \`:regress\` (they read \`tf.Example\`), versions other than 1, labels, gRPC.
- Open Inference Protocol: answers in bytes (inputs may come so), shared memory, the model repository (nothing is loaded over HTTP), gRPC.
- OpenAI: chat and embeddings; of completions \`best_of\`, \`suffix\`, \`logit_bias\`, penalties: accepted, and named in \`X-Cellstate-Ignored\`.
`;
}

test("the page of protocols lists the routes and the requests that are checked", () => {
  if (process.env.CELLSTATE_WRITE_PAGE) writeFileSync(page, written());
  expect(readFileSync(page, "utf8"), "CELLSTATE_WRITE_PAGE=1 npx vitest run src/serve/protocols-page.test.ts").toBe(
    written(),
  );
});
