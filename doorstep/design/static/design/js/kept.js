// A page that this phone keeps for when there is no signal: a copy of what the server sent, in a
// cache named after whose it is and until when. The worker shows it; here it is put by, and thrown
// away when its time is over.
(() => {
  const PARTS = "kept-parts";
  doorstep.behaviour("keep", async (box) => {
    const { who, until, worker, scope, only } = box.dataset;
    const name = `kept:${who}:${until}`;
    const lapse = () => {
      // The page itself must not outlive its copy: midnight comes with the page open, too.
      document.querySelectorAll("[data-private]").forEach((part) => part.remove());
      caches.delete(name);
      location.reload();
    };
    const left = Number(until) - Date.now();
    if (left <= 0) { if (!navigator.onLine) lapse(); return; }
    if (left < 2 ** 31) setTimeout(lapse, left);
    const sign = () => { box.hidden = navigator.onLine; };
    addEventListener("online", sign);
    addEventListener("offline", sign);
    box.hidden = true;
    if (!window.caches || !navigator.serviceWorker) return;
    try {
      const html = `<!DOCTYPE html>\n${document.documentElement.outerHTML}`;
      sign();
      const store = await caches.open(name);
      if (only !== undefined) {
        const stays = new Set([location.pathname, ...only.split(" ")]);
        for (const row of await store.keys()) if (!stays.has(new URL(row.url).pathname)) await store.delete(row);
      }
      await store.put(location.pathname, new Response(html, {
        headers: {
          "Content-Type": "text/html; charset=utf-8",
          "Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
        },
      }));
      for (const other of await caches.keys()) if (other.startsWith("kept:") && other !== name) await caches.delete(other);
      await navigator.serviceWorker.register(worker, { scope });
      const parts = await caches.open(PARTS);
      const wanted = new Set([...html.matchAll(/(?:href|src)="(\/static\/[^"#]+)/g)].map((match) => match[1]));
      for (const row of await parts.keys()) if (!wanted.has(new URL(row.url).pathname)) await parts.delete(row);
      await Promise.all([...wanted].map(async (part) => (await parts.match(part)) || parts.add(part).catch(() => {})));
    } catch { sign(); /* a full or private phone keeps nothing, and needs a line */ }
  });
})();
