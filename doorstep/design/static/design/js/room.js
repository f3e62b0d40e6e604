// The register and the live room: what is tapped or written is kept on this phone until the
// server has it, and then sent exactly once (marks say what is, messages carry a key): `outbox.js`.
(() => {
  const { outbox, slips, newKey, post, settled, strip, complain } = doorstep.kept;

  doorstep.behaviour("register", (form) => {
    const token = form.elements.csrfmiddlewaretoken.value;
    const url = form.getAttribute("action") || location.pathname;
    const field = (name) => form.elements.namedItem(name);
    let whenSent = false; // load the page again once everything has arrived
    const fixed = new Set(); // refused rows whose names stand in the form again
    const show = (rows) => {
      strip(rows);
      if (whenSent && rows.length === 0 && !box.refused()) location.reload();
    };
    const box = outbox(slips(`register:${form.dataset.room}`), async (fields) => {
      const answer = await post(url, fields, token);
      if (answer.ok) {
        const tally = await answer.clone().json();
        document.querySelectorAll("[data-tally]").forEach((spot) => {
          if (spot.dataset.tally in tally) spot.textContent = tally[spot.dataset.tally];
        });
      }
      return settled(answer);
    }, (rows) => show(rows), {
      can: (fields) => "new-0-name" in fields && field("new-0-name"),
      put(fields, spot) {
        // What was typed goes back where it was, to be mended.
        Object.entries(fields).forEach(([name, value]) => {
          const place = name.startsWith("new-") && field(name);
          if (place && place.type === "checkbox") place.checked = true;
          else if (place) place.value = value;
        });
        fixed.add(spot);
        field("new-0-name").focus();
      },
    });
    form.addEventListener("submit", (event) => {
      if (event.submitter?.name === "close") {
        if (navigator.onLine && box.waiting().length === 0) return;
        event.preventDefault();
        complain(form, form.dataset.wait);
      } else {
        event.preventDefault();
        form.querySelector("[data-complaint]")?.remove();
        const row = { at: new Date().toISOString() };
        let lines = 0;
        for (let number = 0; field(`new-${number}-key`); number += 1) {
          const part = (name) => field(`new-${number}-${name}`);
          if (!part("name").value.trim()) continue;
          ["key", "name", "how", "guests"].forEach((name) => { row[`new-${lines}-${name}`] = part(name).value; });
          if (part("first").checked) row[`new-${lines}-first`] = "on";
          lines += 1;
          part("name").value = "";
          part("guests").value = "0";
          part("first").checked = false;
          part("key").value = newKey();
        }
        whenSent = true;
        if (lines) {
          fixed.forEach((spot) => box.drop(spot));
          fixed.clear();
          box.add({ what: Object.entries(row).filter(([name]) => name.endsWith("-name")).map(([, name]) => name).join(", "), fields: row });
        } else show(box.waiting());
      }
      delete form.dataset.sent;
    });
    form.addEventListener("change", (event) => {
      const match = /^(mark|guests)-(\d+)$/.exec(event.target.name || "");
      if (!match) return;
      const id = match[2];
      const mark = field(`mark-${id}`).value;
      if (match[1] === "guests" && mark !== "came") return;
      const row = { [`mark-${id}`]: mark, at: new Date().toISOString() };
      const guests = field(`guests-${id}`);
      if (guests) row[`guests-${id}`] = guests.value || "0";
      // A later save of the whole form must not send this again over somebody else's mark.
      field(`was-${id}`).value = mark;
      if (guests) field(`wasguests-${id}`).value = guests.value || "0";
      const line = event.target.closest("[data-roll], li");
      const name = line?.querySelector("[dir=auto]")?.textContent.trim() || "";
      const said = event.target.closest("label")?.textContent.trim() || "";
      box.add({ what: `${name} ${said}`.trim(), fields: row });
    });
  });

  doorstep.behaviour("room", (room) => {
    const form = room.querySelector("[data-room-say]");
    const text = form.elements.text;
    const keyField = form.elements.client_key;
    const token = form.elements.csrfmiddlewaretoken.value;
    const talk = () => document.getElementById("room-talk");
    let etag = room.dataset.etag;
    let wait = 3000;
    let timer = 0;
    let stopped = false;
    room.querySelector("[data-reload]").hidden = true;

    const bottom = () => { const list = talk(); list.scrollTop = list.scrollHeight; };
    bottom();

    // Bring one list in step with the new one, touching only what changed, so that a screen
    // reader hears new messages and nothing twice, and nobody loses focus.
    const step = (was, fresh) => {
      const old = new Map([...was.children].map((item) => [item.id, item]));
      [...fresh.children].forEach((item, index) => {
        const same = old.get(item.id);
        if (same) {
          old.delete(item.id);
          if (same.innerHTML !== item.innerHTML && !same.contains(document.activeElement)) same.replaceChildren(...item.childNodes);
          same.className = item.className;
          if (was.children[index] !== same) was.insertBefore(same, was.children[index] || null);
        } else was.insertBefore(document.importNode(item, true), was.children[index] || null);
      });
      old.forEach((item) => { if (!item.classList.contains("say-waiting")) item.remove(); });
    };
    const take = (html) => {
      const fresh = new DOMParser().parseFromString(html, "text/html");
      const list = talk();
      const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 80;
      step(list, fresh.getElementById("room-talk"));
      ["room-hands", "room-here"].forEach((id) => {
        const was = document.getElementById(id);
        if (!was.contains(document.activeElement)) was.replaceWith(document.importNode(fresh.getElementById(id), true));
      });
      if (atEnd) bottom();
    };
    const poll = async () => {
      clearTimeout(timer);
      if (stopped) return;
      try {
        const answer = await fetch(room.dataset.now, { headers: { "If-None-Match": etag }, credentials: "same-origin" });
        if ([403, 404, 410].includes(answer.status)) { stopped = true; location.reload(); return; }
        if (answer.status === 200) { take(await answer.text()); etag = answer.headers.get("ETag") || etag; }
        wait = document.hidden ? 20000 : 3000;
      } catch { wait = Math.min(wait * 2, 30000); }
      timer = setTimeout(poll, wait + Math.random() * 500);
    };
    document.addEventListener("visibilitychange", () => { if (!document.hidden) poll(); });
    timer = setTimeout(poll, wait);

    const showWaiting = (rows) => {
      strip(navigator.onLine && rows.length < 2 ? [] : rows);
      talk().querySelectorAll(".say-waiting").forEach((item) => item.remove());
      rows.map((row) => row.fields || row).forEach((row) => {
        const item = document.createElement("li");
        item.className = "say say-me say-waiting";
        item.id = `w${row.client_key}`;
        const words = document.createElement("p");
        words.dir = "auto";
        words.textContent = row.text;
        item.append(words);
        talk().append(item);
      });
      if (rows.length) bottom();
    };
    let fixed = "";
    const box = outbox(slips(`room:${room.dataset.room}`), async (fields) => {
      const came = await settled(await post(form.action, fields, token));
      if (came === "sent") poll();
      return came;
    }, showWaiting, {
      can: () => true,
      put(fields, spot) {
        text.value = fields.text;
        fixed = spot;
        text.focus();
      },
    });
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      delete form.dataset.sent;
      const words = text.value.trim();
      if (!words) { text.focus(); return; }
      form.querySelector("[data-complaint]")?.remove();
      if (fixed) box.drop(fixed);
      fixed = "";
      box.add({ what: words, fields: { text: words, client_key: keyField.value } });
      box.tell();
      keyField.value = newKey();
      text.value = "";
      text.focus();
    });
    text.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) { event.preventDefault(); form.requestSubmit(); }
    });

    // Hands, hiding and the like go without leaving the page; without a line they go as forms do.
    room.addEventListener("submit", async (event) => {
      const act = event.target.closest("[data-room-act]");
      if (!act) return;
      event.preventDefault();
      delete act.dataset.sent;
      const fields = new FormData(act, event.submitter);
      document.activeElement?.blur();
      try { await post(act.action, fields, token); } catch { complain(room, navigator.onLine ? "" : act.innerText); }
      etag = "";
      poll();
    });
  });
})();
