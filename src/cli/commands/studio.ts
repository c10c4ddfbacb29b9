import { Command } from "commander";
import { examples, type Screen, wholeFrom0 } from "../screen/screen.ts";
import type { StudioOptions } from "./studio-run.ts";

/** `cellstate studio [MODEL]`: the studio's page, computed by this machine's fastest backend. */
export function studioCommand(screen: Screen): Command {
  const command = new Command("studio")
    .description("Look inside a model in your browser: gates, memory and predictions at each step of an input.")
    .argument("[model]", "a model file in any supported format (default: the studio's own models)")
    .option("--port <n>", "port on this machine (default: 0, one that is free)", wholeFrom0)
    .option("-b, --backend <name>", "native, wasm or js (default: the fastest available)")
    .action(async (file: string | undefined, o: StudioOptions) => {
      const { studio } = await import("./studio-run.ts");
      await studio(file, o, screen);
    });
  return examples(command, "cellstate studio", "cellstate studio sentiment.keras");
}
