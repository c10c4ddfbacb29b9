/**
 * Has the browser keep the site's files, so that it opens without a network from then on. The page of one file has all within it,
 * and that of `cellstate studio` is nothing without the command.
 */
export function keepOffline(): void {
  const served = document.querySelector('meta[name="cellstate-engine"]') !== null;
  if (import.meta.env.MODE === "file" || served || !("serviceWorker" in navigator)) return;
  // After what is seen first; where a browser refuses (a private window, a page without TLS), the page works all the same.
  const register = () => void navigator.serviceWorker.register("service-worker.js").catch(() => {});
  if (document.readyState === "complete") register();
  else addEventListener("load", register, { once: true });
}
