/**
 * Keeps the studio's files, so that the page opens without a network. The build writes in which files there are, and a version made
 * of their contents. The page itself comes from the network where there is one, so that nobody keeps an old studio; its other files
 * have their contents in their names.
 */
const [version, files] = __FILES__;
const start = `cellstate-studio ${self.registration.scope} `; // other studios of the same host keep theirs
const kept = () => caches.open(start + version);

self.addEventListener("install", (event) => event.waitUntil(kept().then((cache) => cache.addAll(files))));

self.addEventListener("activate", (event) => event.waitUntil(Promise.all([forgetOld(), self.clients.claim()])));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method === "GET" && request.url.startsWith(self.registration.scope)) event.respondWith(answer(request));
});

async function forgetOld() {
  const names = (await caches.keys()).filter((name) => name.startsWith(start) && name !== start + version);
  await Promise.all(names.map((name) => caches.delete(name)));
}

async function answer(request) {
  const cache = await kept();
  const found = await cache.match(request, { ignoreSearch: request.mode === "navigate" });
  if (request.mode === "navigate") return fetch(request).catch(() => found ?? Response.error());
  if (found) return found;
  const fresh = await fetch(request);
  if (fresh.ok) await cache.put(request, fresh.clone()); // what few need, HDF5's library, is kept once it was needed
  return fresh;
}
