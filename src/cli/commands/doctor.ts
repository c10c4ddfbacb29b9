import { Command } from "commander";
import { examples, type Screen } from "../screen/screen.ts";

/** `cellstate doctor`: which backend runs here and why, and what is missing. */
export function doctorCommand(screen: Screen): Command {
  const command = new Command("doctor")
    .description(
      "Show which backend runs on this machine and why, processor features, what is missing and how to get it.",
    )
    .option("--json", "JSON output")
    .action(async ({ json }: { json?: boolean }) => {
      const { doctor } = await import("./doctor-run.ts");
      await doctor(json, screen);
    });
  return examples(command, "cellstate doctor", "cellstate doctor --json");
}
