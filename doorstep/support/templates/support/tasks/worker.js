// Shows a volunteer's own pages of today when there is no signal. The pages put their copies by
// themselves (kept.js); here one is shown only until its time is over, and thrown away as soon as
// the server answers something else.
const PAGE = /^{{ scope }}(volunteering\/|helping\/[a-z0-9]+\/|rounds\/[a-z0-9]+\/)$/;

const kept = async () => {
  const names = [];
  for (const name of await caches.keys()) {
    if (!name.startsWith("kept:")) continue;
    if (Number(name.split(":")[2]) > Date.now()) names.push(name);
    else await caches.delete(name);
  }
  return names;
};
const found = async (path) => {
  for (const name of await kept()) {
    const copy = await (await caches.open(name)).match(path);
    if (copy) return copy;
  }
  return undefined;
};
const forget = async (path) => {
  for (const name of await kept()) await (await caches.open(name)).delete(path);
};
const nothing = () => new Response({{ nothing|safe }}, {
  status: 503,
  headers: { "Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": "default-src 'self'" },
});

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== "GET" || origin !== self.location.origin) return;
  if (pathname.startsWith("/static/")) {
    event.respondWith(fetch(request).catch(async (problem) => {
      const part = await (await caches.open("kept-parts")).match(request, { ignoreVary: true });
      if (part) return part;
      throw problem;
    }));
    return;
  }
  if (request.mode !== "navigate") return;
  event.respondWith((async () => {
    let answer;
    try {
      answer = await fetch(request);
    } catch {
      return (PAGE.test(pathname) && await found(pathname)) || nothing();
    }
    // Signed out, or somebody else's by now. A page that is still theirs puts itself by again.
    if (answer.type === "opaqueredirect" && PAGE.test(pathname)) {
      for (const name of await kept()) await caches.delete(name);
    } else if (answer.status < 500 && PAGE.test(pathname)) await forget(pathname);
    return answer;
  })());
});
