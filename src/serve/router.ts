import { openApi } from "./openapi.ts";
import { openInference } from "./routes/open-inference.ts";
import { openai } from "./routes/openai.ts";
import { generateRoute } from "./routes/raw-generate.ts";
import { predictRoute } from "./routes/raw-predict.ts";
import { tagRoute } from "./routes/raw-tag.ts";
import { detectRoute, explainRoute, forecastRoute } from "./routes/raw-tasks.ts";
import { transcribeRoute } from "./routes/raw-transcribe.ts";
import { translateRoute } from "./routes/raw-translate.ts";
import { json, ownError, plainError, type Route } from "./routes/route.ts";
import { service } from "./routes/service.ts";
import { tensorflowServing } from "./routes/tensorflow-serving.ts";

const told: readonly Route[] = [
  ...service,
  ...[predictRoute, generateRoute, forecastRoute, explainRoute, detectRoute, tagRoute, translateRoute, transcribeRoute],
  ...tensorflowServing,
  ...openInference,
  ...openai,
];

/** Everything the server answers. */
export const routes: readonly Route[] = [
  ...told,
  {
    method: "GET",
    path: "/openapi.json",
    summary: "This description.",
    errors: plainError,
    answer: ({ serving }) => json(openApi(routes, serving.limits.basePath)),
  },
];

const parts = (path: string): number => path.split("/").length;

interface Pattern {
  readonly route: Route;
  readonly pattern: RegExp;
}

// A name of a model is one part of a path, without the colon that begins a verb.
const patternOf = ({ path }: Route): RegExp =>
  new RegExp(`^${path.replace(/[.]/g, "\\$&").replace(/\{(\w+)\}/g, "(?<$1>[^/:]+)")}$`);

/** Patterns of routes by how many parts their paths have. */
const patterns = new Map<number, Pattern[]>();
for (const route of routes) {
  const count = parts(route.path);
  patterns.set(count, [...(patterns.get(count) ?? []), { route, pattern: patternOf(route) }]);
}

/** The route of a request, or the methods that its path takes. */
export function routeOf(
  method: string,
  pathname: string,
): { route: Route; path: Record<string, string> } | { methods: string[] } {
  const methods: string[] = [];
  for (const { route, pattern } of patterns.get(parts(pathname)) ?? []) {
    const match = pattern.exec(pathname);
    if (!match) continue;
    methods.push(route.method);
    if (route.method !== method && !(method === "HEAD" && route.method === "GET")) continue;
    const path: Record<string, string> = {};
    for (const name in match.groups) path[name] = decoded(match.groups[name]);
    return { route, path };
  }
  return { methods };
}

/** The form of errors for a path that has no route. */
export const errorsFor = (pathname: string) =>
  pathname.startsWith("/v1/") || pathname.startsWith("/v2") ? plainError : ownError;

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}
