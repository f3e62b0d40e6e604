// A volunteer's task on a phone: updates made without signal are kept here, with the moment of the
// tap, and sent once each when there is signal again. What the page shows follows at once.
(() => {
  const { outbox, slips, newKey, post, settled, strip } = doorstep.kept;

  doorstep.behaviour("my-task", (page) => {
    const forms = [...page.querySelectorAll("form[data-update]")];
    // A task that is no longer theirs has no forms; what was kept for it is told all the same.
    const token = page.querySelector("[name=csrfmiddlewaretoken]")?.value || "";
    let sent = false;
    const show = (rows) => {
      strip(rows);
      const waiting = rows.map((row) => row.fields || row);
      forms.forEach((form) => form.querySelectorAll("button").forEach((button) => {
        button.disabled = waiting.some((row) => row.do === form.elements.do.value && row.do !== "note");
      }));
      if (sent && rows.length === 0 && !box.refused()) location.reload();
    };
    const form_of = (fields) => forms.find((form) => form.elements.do.value === fields.do);
    const box = outbox(slips(`task:${page.dataset.task}`), async (fields) => {
      const came = await settled(await post(location.pathname, fields, token));
      if (came === "sent") sent = true;
      return came;
    }, (rows) => show(rows), {
      can: form_of,
      put(fields, spot) {
        const form = form_of(fields);
        Object.entries(fields).forEach(([name, value]) => {
          const field = form.elements.namedItem(name);
          if (field) field.value = value;
        });
        form.dataset.spot = spot;
        form.closest("details")?.setAttribute("open", "");
        form.querySelector("button").focus();
      },
    });
    forms.forEach((form) => form.addEventListener("submit", (event) => {
      if (form.dataset.spot) box.drop(form.dataset.spot); // it goes as it is now
      delete form.dataset.spot;
      if (navigator.onLine && box.waiting().length === 0) return;
      event.preventDefault();
      const row = { at: new Date().toISOString() };
      new FormData(form).forEach((value, name) => { if (name !== "csrfmiddlewaretoken") row[name] = value; });
      if (row.do === "note" && !row.words.trim()) return;
      form.elements.key.value = newKey().slice(0, 32);
      delete form.dataset.sent;
      if (row.do === "note") form.elements.words.value = "";
      box.add({ what: `${form.querySelector("button").textContent.trim()} ${row.words || ""}`.trim(), fields: row });
      box.tell();
    }));
  });
})();
