// What is tapped or written without signal is kept on this phone until the server has it, and
// then sent exactly once, in order (updates say what is, or carry a key). For the register, the
// live room and a volunteer's task.
(() => {
  const kept = (name) => {
    const read = () => { try { return JSON.parse(localStorage.getItem(name)) || []; } catch { return []; } };
    const write = (rows) => { try { rows.length ? localStorage.setItem(name, JSON.stringify(rows)) : localStorage.removeItem(name); } catch { /* a full or private phone: the page still sends at once */ } };
    return { read, write };
  };

  // Sends rows in order. `send` answers true when a row is done with, false to try again later.
  const outbox = (name, send, show) => {
    const store = kept(name);
    let rows = store.read();
    let busy = false;
    let wait = 2000;
    const tell = () => { store.write(rows); show(rows); };
    const flush = async () => {
      if (busy) return;
      busy = true;
      while (rows.length) {
        const row = rows[0];
        let done = false;
        try { done = await send(row); } catch { done = false; }
        if (!done) {
          setTimeout(flush, wait);
          wait = Math.min(wait * 2, 60000);
          break;
        }
        wait = 2000;
        rows = rows.filter((other) => other !== row);
        tell();
      }
      busy = false;
    };
    addEventListener("online", () => { wait = 2000; flush(); });
    tell();
    flush();
    return { add(row) { rows.push(row); store.write(rows); flush().then(tell); setTimeout(tell, 1500); }, waiting: () => rows };
  };

  const newKey = () => (crypto.randomUUID ? crypto.randomUUID() : `${Date.now()}${Math.random()}`).replace(/[^a-z0-9]/g, "");
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
