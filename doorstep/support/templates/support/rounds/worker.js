// Opens a volunteer's round without signal, from the copy that the page kept (`rounds.js`). A copy is
// thrown away as soon as the round isn't theirs any more, or after three days.
const KEPT = "doorstep-round";
const ROUND = new RegExp("^{{ scope }}[a-z0-9]{8,12}/$");
const LONGEST = 3 * 24 * 3600 * 1000;

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

const found = async (path) => {
  const kept = await caches.open(KEPT);
  const copy = await kept.match(path, { ignoreSearch: true });
  if (!copy) return undefined;
  const at = Number(copy.headers.get("X-Kept-At") || Date.now());
  if (Date.now() - at > LONGEST) { await kept.delete(path); return undefined; }
  return copy;
};

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== location.origin) return;
  const isRound = ROUND.test(address.pathname);
  if (!isRound && !address.pathname.startsWith("/static/")) return;
  event.respondWith((async () => {
    try {
      const answer = await fetch(request);
      if (isRound && [0, 403, 404, 410].includes(answer.status)) await (await caches.open(KEPT)).delete(address.pathname);
      return answer;
    } catch (problem) {
      const copy = await found(address.pathname);
      if (copy) return copy;
      throw problem;
    }
  })());
});
