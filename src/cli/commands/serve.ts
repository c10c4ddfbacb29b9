import { Command } from "commander";
import { collected, common, examples, numberFrom0, type Screen, wholeFrom0, wholeNumber } from "../screen/screen.ts";
import type { ServeOptions } from "./serve-run.ts";

/** `cellstate serve MODEL…`: models behind HTTP. */
export function serveCommand(screen: Screen): Command {
  const command = common(new Command("serve"))
    .description(
      "Serve models over HTTP: raw texts and rows, TensorFlow Serving, Open Inference Protocol, OpenAI completions.",
    )
    .argument("<model...>", "model files in any supported format; NAME=FILE names one (default: the file's name)")
    .option("--port <n>", "port to listen on, 0 for one that is free (default: 8080)", wholeFrom0)
    .option(
      "--host <address>",
      "address to listen on; another than this machine's own needs --api-key (default: 127.0.0.1)",
    )
    .option(
      "--api-key <key>",
      "key that a request must have, at least 16 characters; may be repeated (default: CELLSTATE_API_KEY, or none)",
      collected,
    )
    .option("--allow-host <name>", "Host header that is answered, with its port; may be repeated", collected)
    .option("--allow-origin <origin>", "origin of pages that may ask; may be repeated (default: none)", collected)
    .option("--trust-proxy <n>", "proxies in front whose X-Forwarded-For is believed (default: 0)", wholeFrom0)
    .option("--deadline <seconds>", "seconds until a request is given up (default: 60)", numberFrom0)
    .option(
      "--max-wait <seconds>",
      "seconds that a request may wait for its turn; else it is refused at once (default: 2)",
      numberFrom0,
    )
    .option("--drain <seconds>", "seconds that requests under way have to end after SIGTERM (default: 10)", numberFrom0)
    .option("--max-body <bytes>", "size of a body at most (default: 4194304)", wholeNumber)
    .option("--batch-size <n>", "rows that are computed together at most (default: 128)", wholeNumber)
    .option("--no-watch", "do not load a model again when its file changes; SIGHUP still does")
    .action(async (models: string[], o: ServeOptions) => {
      const { serve } = await import("./serve-run.ts");
      await serve(models, o, screen);
    });
  return examples(
    command,
    "cellstate serve sentiment.keras",
    "cellstate serve moods=sentiment.keras writer.keras --port 9000",
    "cellstate serve sentiment.keras --host 0.0.0.0 --api-key $(openssl rand -hex 24)",
  );
}
