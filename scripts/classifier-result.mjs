/** What a classifier's training and test come to, as `reproduce` writes it. */
export function classifierResult(task, { history, seconds }, { accuracy, loss, report }) {
  const figures = {
    "test accuracy": accuracy,
    "test loss": loss,
    "always the commonest": report.baseline.accuracy,
    "training, s": seconds,
  };
  return { figures, history, backend: task.model.backendName, text: String(report) };
}
