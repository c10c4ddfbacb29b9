import type { Evaluation } from "../../index.ts";
import { plotConfusionMatrix } from "../../plot/index.ts";
import { writeChart } from "../screen/write-result.ts";

/** The areas below the curves, to stand behind other figures; nothing where there are none. */
export const areasOf = ({ rocAuc, prAuc }: Pick<Evaluation, "rocAuc" | "prAuc">): string =>
  rocAuc === null ? "" : `, ROC AUC ${rocAuc.toFixed(3)}, PR AUC ${prAuc!.toFixed(3)}`;

/** Draws the confusion matrix where `--chart` names a file. */
export async function writeConfusion(
  { confusion: { labels, counts } }: Evaluation["report"],
  chart: string | undefined,
): Promise<void> {
  if (!chart) return;
  const rows = counts.map((row) => [...row]);
  await writeChart(chart, await plotConfusionMatrix(rows, { labels }));
}
