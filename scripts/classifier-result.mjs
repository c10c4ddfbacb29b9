/** A classifier's training and test results, as `reproduce` writes them. */
export function classifierResult(task, { history, seconds }, { accuracy, loss, report }) {
  const figures = {
    "test accuracy": accuracy,
    "test loss": loss,
    "always the most common": report.baseline.accuracy,
    "training, s": seconds,
  };
  return { figures, history, backend: task.model.backendName, text: String(report) };
}
