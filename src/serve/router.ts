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

const patterns = routes.map((route) => ({
  route,
  // A name of a model is one part of a path, without the colon that begins a verb.
  pattern: new RegExp(`^${route.path.replace(/[.]/g, "\\$&").replace(/\{(\w+)\}/g, "(?<$1>[^/:]+)")}$`),
}));

/** The route of a request, or the methods that its path takes. */
export function routeOf(
  method: string,
  pathname: string,
): { route: Route; path: Record<string, string> } | { methods: string[] } {
  const found = patterns.flatMap(({ route, pattern }) => {
    const match = pattern.exec(pathname);
    return match ? [{ route, path: { ...match.groups } as Record<string, string> }] : [];
  });
  const one = found.find(({ route }) => route.method === method || (method === "HEAD" && route.method === "GET"));
  if (!one) return { methods: found.map(({ route }) => route.method) };
  for (const [name, part] of Object.entries(one.path)) one.path[name] = decoded(part);
  return one;
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
