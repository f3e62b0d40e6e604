// Telling us something without signal: kept on this phone until the server has it, and then sent
// exactly once (its key makes one of however many). And a pin on the drawn map.
(() => {
  const NAME = "doorstep-later";
  const opened = () => new Promise((good, bad) => {
    const ask = indexedDB.open(NAME, 1);
    ask.onupgradeneeded = () => ask.result.createObjectStore("notes", { keyPath: "key" });
    ask.onsuccess = () => good(ask.result);
    ask.onerror = () => bad(ask.error);
  });
  const notes = async (mode, work) => {
    const book = await opened();
    return new Promise((good, bad) => {
      const change = book.transaction("notes", mode);
      const asked = work(change.objectStore("notes"));
      change.oncomplete = () => { book.close(); good(asked.result); };
      change.onerror = () => { book.close(); bad(change.error); };
    });
  };
  const all = () => notes("readonly", (store) => store.getAll()).catch(() => []);
  const put = (row) => notes("readwrite", (store) => store.put(row));
  const drop = (key) => notes("readwrite", (store) => store.delete(key));
  const newKey = () => {
    const letters = "bcdfghjkmnpqrstvwxyz23456789";
    return [...crypto.getRandomValues(new Uint8Array(20))].map((n) => letters[n % letters.length]).join("");
  };
  const quickly = (url, options = {}) => fetch(url, { ...options, signal: AbortSignal.timeout(8000) });

  doorstep.behaviour("later", (form) => {
    if (!window.indexedDB) return;
    const url = form.getAttribute("action");
    const strip = document.getElementById("kept");
    const sent = document.getElementById("sent");
    const look = document.getElementById("look");
    let busy = false;
    let wait = 4000;

    const show = async () => {
      const rows = await all();
      const waiting = rows.filter((row) => !row.look);
      strip.hidden = waiting.length === 0;
      strip.querySelector("[data-count]").textContent = waiting.length;
      const first = rows.find((row) => row.look);
      look.hidden = !first;
      if (first) look.querySelector("[data-said]").textContent = first.said || "";
    };

    const flush = async () => {
      if (busy || !navigator.onLine) return;
      busy = true; // before the first wait: two calls at once would send everything twice
      const rows = (await all()).filter((row) => !row.look);
      if (!rows.length) {
        busy = false;
        return;
      }
      let failed = false;
      try {
        // A fresh page has the token, and says who is signed in by now.
        const page = new DOMParser().parseFromString(await (await quickly(url)).text(), "text/html");
        const fresh = page.querySelector("form.watch-tell");
        for (const row of rows) {
          // What one person wrote is never sent as another's.
          if (row.who && row.who !== fresh.dataset.who) continue;
          const body = new FormData();
          row.fields.forEach(([name, value]) => body.append(name, value));
          body.set("client_key", row.key);
          body.set("csrfmiddlewaretoken", fresh.elements.csrfmiddlewaretoken.value);
          const answer = await quickly(url, { method: "POST", body, headers: { Accept: "application/json" } });
          if (answer.ok) {
            await drop(row.key);
            sent.hidden = false;
          } else if (answer.status === 422) {
            await put({ ...row, look: true, said: (await answer.json()).said });
          } else failed = true;
        }
      } catch { failed = true; }
      busy = false;
      await show();
      if (failed) {
        setTimeout(flush, wait);
        wait = Math.min(wait * 2, 60000);
      }
    };

    let going = false;
    form.addEventListener("submit", async (event) => {
      if (going) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      const button = event.submitter;
      try {
        if (!navigator.onLine) throw new Error("no signal");
        await quickly(url, { method: "HEAD" });
        // From here on the server has it, or gives it back in the form: a note looked at again goes.
        await drop(form.elements.client_key.value).catch(() => {});
        going = true;
        form.requestSubmit(button || undefined);
        return;
      } catch { /* no signal: keep it here */ }
      if (!form.reportValidity()) return;
      const fields = [...new FormData(form)].filter(([name, value]) =>
        !["csrfmiddlewaretoken", "client_key"].includes(name) && !(value instanceof File && !value.size));
      try {
        await put({ key: form.elements.client_key.value, who: form.dataset.who, at: Date.now(), fields });
      } catch {
        going = true; // a full or private phone: the browser says what it can
        form.requestSubmit(button || undefined);
        return;
      }
      form.reset();
      form.elements.client_key.value = newKey();
      delete form.dataset.sent;
      await show();
      strip.scrollIntoView({ block: "center" });
      setTimeout(flush, wait);
    }, true);

    look.querySelector("[data-look]").addEventListener("click", async () => {
      const row = (await all()).find((one) => one.look);
      if (!row) return;
      row.fields.forEach(([name, value]) => {
        const field = form.elements.namedItem(name);
        if (!field) return;
        if (value instanceof File) {
          const carrier = new DataTransfer();
          carrier.items.add(value);
          field.files = carrier.files;
        } else field.value = value;
      });
      form.elements.client_key.value = row.key;
      form.querySelectorAll("details").forEach((part) => { part.open = true; });
      look.hidden = true; // it stays on the phone until it is sent: the page may be closed now
      form.elements.what.focus();
    });

    addEventListener("online", () => { wait = 4000; flush(); });
    show();
    flush();
    if (navigator.serviceWorker && form.dataset.worker) {
      navigator.serviceWorker.register(form.dataset.worker, { scope: url }).catch(() => {});
    }
  });

  document.querySelectorAll("[data-pin]").forEach((box) => {
    const form = box.closest("form");
    const svg = box.querySelector(".map svg");
    const pin = form.elements.pin;
    const area = form.elements.area;
    const said = box.querySelector("[data-pin-said]");
    const off = box.querySelector("[data-pin-off]");
    const wards = Object.fromEntries(box.dataset.wards.trim().split(" ").map((pair) => pair.split("=")));
    box.hidden = false;
    let dot;
    const put = (x, y) => {
      dot = dot || svg.appendChild(document.createElementNS("http://www.w3.org/2000/svg", "circle"));
      dot.setAttribute("class", "watch-dot");
      dot.setAttribute("r", 9);
      dot.setAttribute("cx", x);
      dot.setAttribute("cy", y);
      off.hidden = false;
    };
    const clear = () => {
      pin.value = "";
      dot?.remove();
      dot = undefined;
      off.hidden = true;
      said.textContent = "";
    };
    svg.addEventListener("click", (event) => {
      event.preventDefault();
      const link = event.target.closest("a");
      if (!link) return;
      const box_ = link.getBoundingClientRect();
      // Enter on a ward's link has no place of its own: its middle.
      const at = event.detail
        ? new DOMPoint(event.clientX, event.clientY)
        : new DOMPoint(box_.x + box_.width / 2, box_.y + box_.height / 2);
      const spot = at.matrixTransform(svg.getScreenCTM().inverse());
      pin.value = `${spot.x.toFixed(1)},${spot.y.toFixed(1)}`;
      put(spot.x, spot.y);
      area.value = wards[link.getAttribute("href")] || area.value;
      said.textContent = link.getAttribute("aria-label");
    });
    area.addEventListener("change", clear);
    off.addEventListener("click", clear);
    form.addEventListener("reset", clear);
    if (pin.value) put(...pin.value.split(",").map(Number));
  });
})();
