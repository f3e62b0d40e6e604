// Telling us something without signal, with its photo: kept by `outbox.js` as all else is, and
// written down only when there is no line. And a pin on the drawn map.
(() => {
  const { outbox, parcels, settled, strip } = doorstep.kept;
  const newKey = () => {
    const letters = "bcdfghjkmnpqrstvwxyz23456789";
    return [...crypto.getRandomValues(new Uint8Array(20))].map((n) => letters[n % letters.length]).join("");
  };
  const quickly = (url, options = {}) => fetch(url, { ...options, signal: AbortSignal.timeout(8000) });

  doorstep.behaviour("later", (form) => {
    if (!window.indexedDB) return;
    const url = form.getAttribute("action");
    const sent = document.getElementById("sent");
    const shelf = parcels("doorstep-later", "notes");
    const send = async (fields, row) => {
      // A fresh page has the token, and says who is signed in by now.
      const page = new DOMParser().parseFromString(await (await quickly(url)).text(), "text/html");
      const fresh = page.querySelector("form.watch-tell");
      // What one person wrote is never sent as another's.
      if (row.who && row.who !== fresh.dataset.who) return "not-mine";
      const body = new FormData();
      fields.forEach(([name, value]) => body.append(name, value));
      body.set("client_key", row.key);
      body.set("csrfmiddlewaretoken", fresh.elements.csrfmiddlewaretoken.value);
      const came = await settled(await quickly(url, { method: "POST", body, headers: { Accept: "application/json" } }));
      if (came === "sent") sent.hidden = false;
      return came;
    };
    const box = outbox(shelf, send, strip, {
      can: () => true,
      put(fields, key) {
        fields.forEach(([name, value]) => {
          const field = form.elements.namedItem(name);
          if (!field) return;
          if (value instanceof File) {
            const carrier = new DataTransfer();
            carrier.items.add(value);
            field.files = carrier.files;
          } else field.value = value;
        });
        form.elements.client_key.value = key;
        form.querySelectorAll("details").forEach((part) => { part.open = true; });
        form.elements.what.focus();
      },
    });

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
        await box.drop(form.elements.client_key.value);
        going = true;
        form.requestSubmit(button || undefined);
        return;
      } catch { /* no signal: keep it here */ }
      if (!form.reportValidity()) return;
      const fields = [...new FormData(form)].filter(([name, value]) =>
        !["csrfmiddlewaretoken", "client_key"].includes(name) && !(value instanceof File && !value.size));
      try {
        await shelf.put({ key: form.elements.client_key.value, who: form.dataset.who, at: Date.now(), what: form.elements.what.value, fields });
      } catch {
        going = true; // a full or private phone: the browser says what it can
        form.requestSubmit(button || undefined);
        return;
      }
      form.reset();
      form.elements.client_key.value = newKey();
      delete form.dataset.sent;
      await box.tell();
      document.getElementById("kept").scrollIntoView({ block: "center" });
      box.flush();
    }, true);

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
