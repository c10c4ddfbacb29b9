import { request } from "node:http";
import { expect, test } from "vitest";
import { startLocalServer } from "./index.ts";

test("nobody but a page of its own, with the token of its address, is answered", async () => {
  const handlers = {
    "GET /": (_: unknown, response: { end(text: string): void }) => response.end("hello"),
    "GET /broken": async () => {
      throw new Error("it broke");
    },
  };
  const server = await startLocalServer({ handlers });
  try {
    const { searchParams } = new URL(server.address);
    const token = searchParams.get("token")!;
    const ask = (path: string, headers: Record<string, string> = {}, method = "GET") =>
      new Promise<{ status: number; text: string; headers: Record<string, unknown> }>((resolve, reject) => {
        const asked = request({ host: "127.0.0.1", port: server.port, path, headers, method }, (response) => {
          let text = "";
          response.on("data", (part) => {
            text += part;
          });
          response.on("end", () => resolve({ status: response.statusCode!, text, headers: response.headers }));
        });
        asked.on("error", reject);
        asked.end();
      });
    const own = `/?token=${token}`;
    const welcome = await ask(own);
    expect([welcome.status, welcome.text]).toEqual([200, "hello"]);
    expect(welcome.headers).toMatchObject({
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-embedder-policy": "require-corp",
      "referrer-policy": "no-referrer",
    });
    expect((await ask(own, { host: `localhost:${server.port}` })).status).toBe(200);
    expect((await ask(own, { host: `evil.example:${server.port}` })).status).toBe(421);
    expect((await ask(own, { host: "127.0.0.1" })).status).toBe(421);
    expect((await ask(own, { origin: `http://127.0.0.1:${server.port}` })).status).toBe(200);
    for (const origin of ["null", "https://evil.example", `http://127.0.0.1:${server.port + 1}`])
      expect((await ask(own, { origin })).status, origin).toBe(403);
    for (const path of ["/", "/?token=", `/?token=${token}x`, `/?token=${token.slice(1)}`])
      expect((await ask(path)).status, path).toBe(401);
    expect((await ask(`/none?token=${token}`)).status).toBe(404);
    expect((await ask(own, {}, "POST")).status).toBe(405);
    expect(await ask(`/broken?token=${token}`)).toMatchObject({ status: 500, text: "it broke\n" });
    await expect(startLocalServer({ handlers, port: server.port })).rejects.toThrow("a free port");
  } finally {
    await server.close();
  }
});
