// What is tapped or written without signal is kept on this phone, and sent exactly once, in order
// (updates say what is, or carry a key). One rule for all of it, a mark on a round as much as a
// concern with a photo: it stays until the server says yes, or the person decides. What the server
// refuses is shown in its words, with three ways on: put it right, send it again, throw it away.
(() => {
  const newKey = () => (crypto.randomUUID ? crypto.randomUUID() : `${Date.now()}${Math.random()}`).replace(/[^a-z0-9]/g, "");
  let count = 0;
  const newSpot = () => {
    count += 1;
    return `${String(Date.now()).padStart(15, "0")}-${String(count).padStart(6, "0")}-${newKey()}`;
  };

  // Short rows, written down before the next tap. Each has a place of its own, in the order it was
  // made: what one page keeps, another page of the same phone can't write over. A full or private
  // phone keeps them in this page alone.
  const slips = (name) => {
    const mark = `${name}#`;
    const here = new Map();
    try {
      const old = JSON.parse(localStorage.getItem(name)) || []; // as it was kept before
      old.forEach((row, number) => localStorage.setItem(`${mark}0-${String(number).padStart(4, "0")}`, JSON.stringify(row)));
      localStorage.removeItem(name);
    } catch { /* nothing was kept */ }
    const get = (spot) => {
      try {
        const row = JSON.parse(localStorage.getItem(spot));
        if (row) return { ...row, spot };
      } catch { /* in this page alone */ }
      return here.has(spot) ? { ...here.get(spot), spot } : undefined;
    };
    return {
      rows() {
        let found = [];
        try { found = Object.keys(localStorage).filter((spot) => spot.startsWith(mark)); } catch { found = []; }
        return [...new Set([...found, ...here.keys()])].sort().map(get).filter(Boolean);
      },
      put({ spot = mark + newSpot(), ...row }) {
        try { localStorage.setItem(spot, JSON.stringify(row)); } catch { here.set(spot, row); }
      },
      drop(spot) {
        here.delete(spot);
        try { localStorage.removeItem(spot); } catch { /* it was in this page alone */ }
      },
    };
  };

  // Rows that hold files lie where files may lie. Raises on a full or private phone: such a row is
  // too large to be kept in a page, and the browser says itself that there is no line.
  const parcels = (name, table) => {
    const opened = () => new Promise((good, bad) => {
      const ask = indexedDB.open(name, 1);
      ask.onupgradeneeded = () => ask.result.createObjectStore(table, { keyPath: "key" });
      ask.onsuccess = () => good(ask.result);
      ask.onerror = () => bad(ask.error);
    });
    const change = async (mode, work) => {
      const book = await opened();
      return new Promise((good, bad) => {
        const turn = book.transaction(table, mode);
        const asked = work(turn.objectStore(table));
        turn.oncomplete = () => { book.close(); good(asked.result); };
        turn.onerror = () => { book.close(); bad(turn.error); };
      });
    };
    return {
      rows: async () => (await change("readonly", (store) => store.getAll()).catch(() => []))
        .map((row) => ({ ...row, spot: row.key })).sort((one, other) => one.at - other.at),
      put: ({ spot, ...row }) => change("readwrite", (store) => store.put(row)),
      drop: (spot) => change("readwrite", (store) => store.delete(spot)).catch(() => {}),
    };
  };

  // Sends rows in order: { what: for the eye, fields: for the server }. `send` answers "sent", "later" (no line, or the server is busy), "not-mine"
  // (another person's, who used this phone) or what was refused: { said }. `fix` puts a refused row
  // back where it was written; without it there is nothing in it to put right.
  const outbox = (shelf, send, show, fix) => {
    let busy = false;
    let again = false;
    let wait = 2000;
    let timer = 0;
    const look = document.getElementById("look");
    const first = (rows) => rows.find((row) => row.look);
    const tell = async () => {
      const rows = await shelf.rows();
      const one = first(rows);
      if (look) {
        look.hidden = !one;
        look.querySelector("[data-said]").textContent = one?.said || "";
        look.querySelector("[data-what]").textContent = one?.what || "";
        look.querySelector("[data-look=fix]").hidden = !(one && fix && fix.can(one.fields || one));
      }
      show(rows.filter((row) => !row.look));
    };
    const flush = async () => {
      if (!navigator.onLine) return;
      if (busy) { again = true; return; } // what was kept as the last row went is looked for once more
      busy = true; // before the first wait: two calls at once would send everything twice
      const seen = new Set();
      const next = async () => (await shelf.rows()).find((row) => !row.look && !seen.has(row.spot));
      for (let row = await next(); row; row = await next()) {
        seen.add(row.spot);
        let came = "later";
        try { came = await send(row.fields || row, row); } catch { came = "later"; }
        if (came === "later") {
          clearTimeout(timer);
          timer = setTimeout(flush, wait);
          wait = Math.min(wait * 2, 60000);
          break;
        }
        wait = 2000;
        if (came === "sent") await shelf.drop(row.spot);
        else if (came !== "not-mine") await shelf.put({ ...row, look: true, said: came.said });
        await tell();
      }
      busy = false;
      await tell();
      if (again) { again = false; flush(); }
    };
    const press = async (how) => {
      const one = first(await shelf.rows());
      if (!one) return;
      // What is put right stays kept until it is sent: the page may be closed now.
      if (how === "fix") { look.hidden = true; fix.put(one.fields || one, one.spot); return; }
      if (how === "again") await shelf.put({ ...one, look: false, said: "" });
      else await shelf.drop(one.spot);
      await tell();
      flush();
    };
    look?.querySelectorAll("[data-look]").forEach((button) => button.addEventListener("click", () => press(button.dataset.look)));
    addEventListener("online", () => { wait = 2000; flush(); });
    tell();
    flush();
    return {
      async add(row) {
        const kept = shelf.put(row); // at once: the page may be gone in the next moment
        setTimeout(tell, 1500);
        await kept;
        await flush();
        await tell();
      },
      drop: async (spot) => { await shelf.drop(spot); await tell(); },
      // Of slips alone; whatever is refused waits for the person, not for the line.
      waiting: () => shelf.rows().filter((row) => !row.look).map((row) => row.fields || row),
      refused: () => Boolean(look && !look.hidden),
      tell,
      flush,
    };
  };

  const post = async (url, fields, token) => {
    const once = (by) => {
      const body = new URLSearchParams(fields);
      body.set("csrfmiddlewaretoken", by);
      return fetch(url, { method: "POST", body, headers: { Accept: "application/json" }, credentials: "same-origin", redirect: "manual" });
    };
    const answer = await once(token);
    if (answer.status !== 403) return answer;
    // A page kept for hours may have an old token: a fresh page has the new one.
    const page = await fetch(location.pathname, { credentials: "same-origin" });
    const fresh = new DOMParser().parseFromString(await page.text(), "text/html").querySelector("[name=csrfmiddlewaretoken]")?.value;
    return fresh ? once(fresh) : answer;
  };
  // 200 is yes; a plain refusal is in words. Anything else is the line, or the server being busy.
  const settled = async (answer) => {
    if (answer.ok) return "sent";
    if (![403, 404, 409, 410, 413, 422].includes(answer.status)) return "later";
    let said = "";
    try { said = (await answer.json()).said; } catch { /* a page, not a sentence */ }
    return { said: said || document.getElementById("look")?.dataset.gone || "", status: answer.status };
  };
  const strip = (rows) => {
    const box = document.getElementById("kept");
    if (!box) return;
    box.hidden = rows.length === 0;
    box.querySelector("[data-count]").textContent = rows.length;
  };
  const complain = (root, said) => {
    let box = root.querySelector("[data-complaint]");
    if (!box) {
      box = document.createElement("div");
      box.className = "error-box";
      box.setAttribute("role", "alert");
      box.dataset.complaint = "";
      root.prepend(box);
    }
    box.textContent = said;
  };

  window.doorstep.kept = { outbox, slips, parcels, newKey, post, settled, strip, complain };
})();
