// What is tapped or written without signal is kept on this phone until the server has it, and
// then sent exactly once, in order (updates say what is, or carry a key). For the register, the
// live room and a volunteer's task.
(() => {
  const newKey = () => (crypto.randomUUID ? crypto.randomUUID() : `${Date.now()}${Math.random()}`).replace(/[^a-z0-9]/g, "");

  // Each row has a place of its own, in the order it was made: what one page keeps, another page
  // of the same phone can't write over. A full or private phone keeps rows in this page alone.
  const kept = (name) => {
    const mark = `${name}#`;
    const here = new Map();
    let count = 0;
    try {
      const old = JSON.parse(localStorage.getItem(name)) || []; // as it was kept before
      old.forEach((row, number) => localStorage.setItem(`${mark}0-${String(number).padStart(4, "0")}`, JSON.stringify(row)));
      localStorage.removeItem(name);
    } catch { /* nothing was kept */ }
    const spots = () => {
      let found = [];
      try { found = Object.keys(localStorage).filter((spot) => spot.startsWith(mark)); } catch { found = []; }
      return [...new Set([...found, ...here.keys()])].sort();
    };
    const get = (spot) => {
      try {
        const row = JSON.parse(localStorage.getItem(spot));
        if (row) return row;
      } catch { /* in this page alone */ }
      return here.get(spot);
    };
    return {
      spots,
      get,
      rows: () => spots().map(get).filter(Boolean),
      add(row) {
        count += 1;
        const spot = `${mark}${String(Date.now()).padStart(15, "0")}-${String(count).padStart(6, "0")}-${newKey()}`;
        try { localStorage.setItem(spot, JSON.stringify(row)); } catch { here.set(spot, row); }
      },
      drop(spot) {
        here.delete(spot);
        try { localStorage.removeItem(spot); } catch { /* it was in this page alone */ }
      },
    };
  };

  // Sends rows in order. `send` answers true when a row is done with, false to try again later.
  const outbox = (name, send, show) => {
    const store = kept(name);
    let busy = false;
    let wait = 2000;
    const tell = () => show(store.rows());
    const flush = async () => {
      if (busy) return;
      busy = true;
      for (let [spot] = store.spots(); spot; [spot] = store.spots()) {
        const row = store.get(spot);
        let done = !row; // another page of this phone has sent it meanwhile
        try { done = done || await send(row); } catch { done = false; }
        if (!done) {
          setTimeout(flush, wait);
          wait = Math.min(wait * 2, 60000);
          break;
        }
        wait = 2000;
        store.drop(spot);
        tell();
      }
      busy = false;
    };
    addEventListener("online", () => { wait = 2000; flush(); });
    tell();
    flush();
    return { add(row) { store.add(row); flush().then(tell); setTimeout(tell, 1500); }, waiting: () => store.rows() };
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
  // 200 is done; so is a plain refusal, said aloud. Anything else is the line, or the server being busy.
  const settled = async (answer, refuse) => {
    if (answer.ok) return true;
    if ([403, 404, 409, 410, 413, 422].includes(answer.status)) {
      let said = "";
      try { said = (await answer.json()).said; } catch { /* a page, not a sentence */ }
      refuse(said, answer.status);
      return true;
    }
    return false;
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

  window.doorstep.kept = { outbox, newKey, post, settled, strip, complain };
})();
