import { version } from "../version.ts";
import type { Route } from "./routes/route.ts";

/** The OpenAPI 3.1 description of routes, with the schemas that their bodies are checked by. */
export function openApi(routes: readonly Route[], basePath = ""): Record<string, unknown> {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const { method, path, summary, body, lines, open } of routes) {
    const parameters = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({
      name,
      in: "path",
      required: true,
      schema: { type: "string" },
    }));
    const kinds = ["application/json", ...(lines ? ["application/x-ndjson"] : [])];
    const content = Object.fromEntries(kinds.map((kind) => [kind, { schema: nullables(body ?? {}) }]));
    paths[path] ??= {};
    paths[path][method.toLowerCase()] = {
      summary,
      parameters,
      ...(body ? { requestBody: { required: true, content } } : {}),
      ...(open ? { security: [] } : {}),
      responses: { 200: { description: "The answer." }, default: { description: "What is wrong, and what to do." } },
    };
  }
  const securitySchemes = { key: { type: "http", scheme: "bearer" } };
  return {
    openapi: "3.1.0",
    info: { title: "Cellstate", version },
    ...(basePath === "" ? {} : { servers: [{ url: basePath }] }),
    security: [{ key: [] }, {}],
    paths,
    components: { securitySchemes },
  };
}

/** OpenAPI 3.1 is JSON Schema: what may be null says so in its types. */
function nullables(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(nullables);
  if (typeof schema !== "object" || schema === null) return schema;
  const { nullable, ...rest } = schema as Record<string, unknown>;
  const plain = Object.fromEntries(Object.entries(rest).map(([name, value]) => [name, nullables(value)]));
  return nullable ? { anyOf: [plain, { type: "null" }] } : plain;
}
