// Keeps the page “Tell us what you saw” on the phone, as a visitor sees it, for when there is no
// signal. Nothing anybody typed or read is kept here.
const KEPT = "watch-tell-{{ version }}";
const PAGE = "{{ page }}";

self.addEventListener("install", (event) => {
  event.waitUntil((async () => {
    const kept = await caches.open(KEPT);
    const answer = await fetch(PAGE, { credentials: "omit" });
    const text = await answer.clone().text();
    await kept.put(PAGE, answer);
    const parts = [...text.matchAll(/(?:href|src)="(\/static\/[^"#]+)/g)].map((match) => match[1]);
    await Promise.all([...new Set(parts)].map((part) => kept.add(part).catch(() => {})));
    self.skipWaiting();
  })());
});

self.addEventListener("activate", (event) => {
  event.waitUntil((async () => {
    const names = await caches.keys();
    await Promise.all(names.filter((name) => name.startsWith("watch-tell-") && name !== KEPT)
      .map((name) => caches.delete(name)));
  })());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET") return;
  const path = new URL(request.url).pathname;
  // The kept page is for a person to read. Whoever asks for a fresh one, for what is sent with it,
  // must hear that there is no line: the kept one has nobody's token.
  const isPage = path === PAGE && request.mode === "navigate";
  if (!isPage && !path.startsWith("/static/")) return;
  event.respondWith((async () => {
    try {
      return await fetch(request);
    } catch (problem) {
      const found = await (await caches.open(KEPT)).match(path, { ignoreSearch: true });
      if (found) return found;
      throw problem;
    }
  })());
});
