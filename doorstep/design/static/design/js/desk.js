// The desk: queues and clocks stay current, a call is saved as it is typed, keys do what hands do.
(() => {
  const EVERY = 5000;
  const swap = (html, root) => {
    const box = document.createElement("template");
    box.innerHTML = html;
    [...box.content.children].forEach((fresh) => {
      const old = fresh.id && root.querySelector(`#${CSS.escape(fresh.id)}`);
      if (!old) return;
      // Nobody loses a tick, or the place they read at.
      const ticked = new Set([...old.querySelectorAll("input:checked")].map((one) => one.value));
      fresh.querySelectorAll("input[type=checkbox]").forEach((one) => { one.checked = ticked.has(one.value); });
      const at = old.contains(document.activeElement) && document.activeElement.closest("a,button,input");
      const again = at && (at.getAttribute("href") || at.value);
      old.replaceWith(fresh);
      if (again) [...fresh.querySelectorAll("a,button,input")].find((one) => (one.getAttribute("href") || one.value) === again)?.focus();
    });
    window.doorstep.refresh(root);
  };

  // A queue, or the progress of a list.
  window.doorstep.behaviour("desk", (root) => {
    let etag = root.dataset.etag || "";
    let wait = EVERY;
    const ask = async () => {
      if (!document.hidden) {
        try {
          const answer = await fetch(root.dataset.now, { headers: etag ? { "If-None-Match": etag } : {}, credentials: "same-origin" });
          if (answer.status === 200) {
            etag = answer.headers.get("ETag") || "";
            swap(await answer.text(), root);
          }
          wait = answer.ok || answer.status === 304 ? EVERY : Math.min(wait * 2, 60000);
          if (answer.status === 403 || answer.status === 404) return;
        } catch { wait = Math.min(wait * 2, 60000); }
      }
      setTimeout(ask, wait);
    };
    setTimeout(ask, wait);
  });

  // Who else has a request open.
  window.doorstep.behaviour("looking", (root) => {
    const ask = async () => {
      try {
        const answer = await fetch(root.dataset.now, { credentials: "same-origin" });
        if (answer.ok && !document.hidden) swap(await answer.text(), root);
        if (answer.status === 403 || answer.status === 404) return;
      } catch { /* the line: asked again */ }
      setTimeout(ask, 10000);
    };
    setTimeout(ask, 3000);
  });

  // Control and Enter sends the form that is typed in, also from a field that stands beside it.
  const byKeys = (form) => document.addEventListener("keydown", (event) => {
    if (event.target.form !== form && !form.contains(event.target)) return;
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      form.requestSubmit(form.querySelector("button[value=send],button[value=next],button"));
    }
  });
  window.doorstep.behaviour("send-by-keys", byKeys);

  // A call: saved half a second after the last key, with what stands beside it brought back.
  window.doorstep.behaviour("call", (form) => {
    byKeys(form);
    let timer;
    let turn = 0;
    let sent = false;
    let held = null; // the button pressed while there was no line
    const unsaved = document.getElementById("unsaved");
    // “Saved” stands there only while it is true.
    const tell = (isSaved) => {
      unsaved.hidden = isSaved;
      document.querySelector("#call-around [data-saved]")?.toggleAttribute("hidden", !isSaved);
    };
    const save = async () => {
      clearTimeout(timer);
      const mine = ++turn;
      let isSaved = false;
      const body = new FormData(form);
      body.set("then", "save");
      document.querySelectorAll("#call-around input[name=person]:checked").forEach((one) => body.set("person", one.value));
      try {
        // A way elsewhere is no yes: they are signed out, or it was sent from another window.
        const answer = await fetch(location.href, { method: "POST", body, headers: { "X-Part": "1" }, credentials: "same-origin", redirect: "manual" });
        isSaved = answer.ok;
        if (isSaved && mine === turn && !sent) swap(await answer.text(), document.body);
      } catch { isSaved = false; }
      if (mine !== turn || sent) return;
      tell(isSaved);
      if (!isSaved) timer = setTimeout(save, 4000);
      else if (held) {
        delete form.dataset.sent; // it was pressed already, and never left
        form.requestSubmit(held);
      }
    };
    const soon = () => { clearTimeout(timer); timer = setTimeout(save, 500); };
    form.addEventListener("input", soon);
    document.addEventListener("change", (event) => { if (event.target.name === "person") soon(); });
    // Without a line nothing leaves the screen: it goes as soon as it was saved.
    form.addEventListener("submit", (event) => {
      if (!unsaved.hidden || !navigator.onLine) {
        event.preventDefault();
        held = event.submitter || form.querySelector("button[value=send]");
        tell(false);
        save();
        return;
      }
      sent = true;
      clearTimeout(timer);
    });
    addEventListener("online", () => { if (!unsaved.hidden) save(); });
    // Enter in a line asks who it may be; only the button, or Control with it, sends.
    document.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.ctrlKey || event.metaKey || event.isComposing) return;
      if (event.target.form !== form || !event.target.matches("input")) return;
      event.preventDefault();
      save();
    });
    // Hung up, closed, or the battery: once more on the way out.
    addEventListener("pagehide", () => {
      if (sent) return;
      const body = new FormData(form);
      body.set("then", "save");
      navigator.sendBeacon?.(location.href, body);
    });
    form.querySelector("textarea")?.focus();
  });
})();
