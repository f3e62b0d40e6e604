// A volunteer's task on a phone: updates made without signal are kept here, with the moment of the
// tap, and sent once each when there is signal again. What the page shows follows at once.
(() => {
  const { outbox, newKey, post, settled, strip, complain } = doorstep.kept;

  doorstep.behaviour("my-task", (page) => {
    const forms = [...page.querySelectorAll("form[data-update]")];
    const token = page.querySelector("[name=csrfmiddlewaretoken]")?.value;
    if (!token) return;
    let sent = false;
    const show = (rows) => {
      strip(rows);
      forms.forEach((form) => form.querySelectorAll("button").forEach((button) => {
        button.disabled = rows.some((row) => row.do === form.elements.do.value && row.do !== "note");
      }));
      if (sent && rows.length === 0 && !page.querySelector("[data-complaint]")) location.reload();
    };
    const box = outbox(`task:${page.dataset.task}`, async (row) => {
      const answer = await post(location.pathname, row, token);
      const done = await settled(answer, (said) => complain(page, said));
      if (done) sent = true;
      return done;
    }, show);
    forms.forEach((form) => form.addEventListener("submit", (event) => {
      if (navigator.onLine && box.waiting().length === 0) return;
      event.preventDefault();
      const row = { at: new Date().toISOString() };
      new FormData(form).forEach((value, name) => { if (name !== "csrfmiddlewaretoken") row[name] = value; });
      if (row.do === "note" && !row.words.trim()) return;
      form.elements.key.value = newKey().slice(0, 32);
      delete form.dataset.sent;
      if (row.do === "note") form.elements.words.value = "";
      box.add(row);
      show(box.waiting());
    }));
  });
})();
