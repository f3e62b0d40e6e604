// A volunteer's round on a phone: the page itself is kept on the phone while the round is theirs, so
// that it opens without signal. The marks are kept and sent by `room.js`; here they are put back
// where they were tapped. `worker.js` of rounds hands the kept page out.
(() => {
  const KEPT = "doorstep-round";

  doorstep.behaviour("round", (page) => {
    const form = page.querySelector("form[data-room]");
    const html = `<!DOCTYPE html>${document.documentElement.outerHTML}`;
    const keep = async () => {
      const kept = await caches.open(KEPT);
      const headers = { "Content-Type": "text/html; charset=utf-8", "X-Kept-At": `${Date.now()}` };
      await kept.put(location.pathname, new Response(html, { headers }));
      const parts = [...document.querySelectorAll("link[href],script[src]")].map((one) => one.href || one.src)
        .filter((one) => new URL(one).origin === location.origin);
      await Promise.all([...new Set(parts)].map((part) => kept.add(part).catch(() => {})));
      const fonts = performance.getEntriesByType("resource").map((one) => one.name)
        .filter((one) => /\/static\/.*\.(woff2|svg)/.test(one));
      await Promise.all(fonts.map((part) => kept.add(part).catch(() => {})));
    };
    if (window.caches && navigator.serviceWorker) {
      navigator.serviceWorker.register(page.dataset.worker, { scope: page.dataset.scope }).catch(() => {});
      if (navigator.onLine && !page.dataset.wasKept) keep().catch(() => {});
    }
    // What was tapped before the page was opened again, and isn't sent yet.
    try {
      (JSON.parse(localStorage.getItem(`register:${form.dataset.room}`)) || []).forEach((row) => {
        Object.entries(row).forEach(([name, value]) => {
          if (name.startsWith("mark-") && form.elements[name]) form.elements[name].value = value;
        });
      });
    } catch { /* a private phone keeps nothing */ }
    // Nothing of a round that is over stays on the phone.
    form.addEventListener("submit", (event) => {
      if (event.submitter?.name === "close" && navigator.onLine && window.caches) caches.delete(KEPT);
    });
  });
})();
