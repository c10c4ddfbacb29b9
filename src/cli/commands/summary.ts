import { Command } from "commander";
import { examples, type Screen } from "../screen/screen.ts";

/** `cellstate summary MODEL`: layers, shapes and parameters. */
export function summaryCommand(screen: Screen): Command {
  const command = new Command("summary")
    .description("Print the layers of a model with output shapes and parameter counts.")
    .argument("<model>", "a model file in any supported format")
    .option("--json", "JSON output")
    .action(async (file: string, o: { json?: boolean }) => {
      const { loadModel, taskOf } = await import("../../index.ts");
      const model = await loadModel(file);
      const task = taskOf(model);
      if (o.json) {
        screen.out(`${JSON.stringify({ task, parameters: model.countParams(), ...model.graph() })}\n`);
        return;
      }
      if (task !== null) screen.out(`${task}\n`);
      model.summary({ print: (text) => screen.out(`${text}\n`) });
    });
  return examples(command, "cellstate summary writer.keras");
}
