// Small behaviours, one per data-behaviour. Every page works without any of them.
// A behaviour is added with behaviour("name", element => {…}); it runs once per element.
const behaviours = new Map();
const done = new WeakMap();

window.doorstep = {
  behaviour(name, start) {
    behaviours.set(name, start);
    document.querySelectorAll(`[data-behaviour~="${name}"]`).forEach((element) => run(name, element));
  },
  refresh(root) {
    behaviours.forEach((_start, name) =>
      root.querySelectorAll(`[data-behaviour~="${name}"]`).forEach((element) => run(name, element)));
  },
};

function run(name, element) {
  const names = done.get(element) || new Set();
  if (names.has(name)) return;
  names.add(name);
  done.set(element, names);
  behaviours.get(name)(element);
}

// The box of things to fix gets the focus, so that a screen reader says it first.
document.getElementById("problem")?.focus();

// A form sends once, however often the button is pressed; coming back to it wakes it up.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.dataset.sent) { event.preventDefault(); return; }
  if (form.method !== "post") return;
  form.dataset.sent = "1";
  setTimeout(() => delete form.dataset.sent, 8000);
});
addEventListener("pageshow", () =>
  document.querySelectorAll("form[data-sent]").forEach((form) => delete form.dataset.sent));

// Pages kept on this phone for when there is no signal (kept.js) go when their day is over, and
// when whoever they were kept for signs out.
const forget = (isOver) => window.caches?.keys().then((names) =>
  names.filter((name) => name.startsWith("kept:") && isOver(name)).forEach((name) => caches.delete(name))).catch(() => {});
forget((name) => Number(name.split(":")[2]) <= Date.now());
document.addEventListener("submit", (event) => {
  if (event.target.getAttribute("action")?.includes("/logout/")) forget(() => true);
});

// A menu closes with Escape or a press elsewhere.
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  document.querySelectorAll("details.menu[open]").forEach((menu) => {
    menu.open = false;
    menu.querySelector("summary").focus();
  });
});
document.addEventListener("click", (event) =>
  document.querySelectorAll("details.menu[open]").forEach((menu) => {
    if (!menu.contains(event.target)) menu.open = false;
  }));

// A page made for paper offers the printer; without script the browser's own menu does.
window.doorstep.behaviour("print", (button) => {
  button.hidden = false;
  button.addEventListener("click", () => print());
});

// A password may be looked at while it is typed; it leaves hidden again.
window.doorstep.behaviour("reveal", (input) => {
  const label = document.createElement("label");
  const box = document.createElement("input");
  label.className = "tickline";
  box.type = "checkbox";
  box.addEventListener("change", () => { input.type = box.checked ? "text" : "password"; });
  label.append(box, input.dataset.reveal);
  input.after(label);
  input.form?.addEventListener("submit", () => { input.type = "password"; });
});

// Words being written are kept: in this browser at once, on the server when the writer pauses.
// A form that never arrived comes back with the same key, so sending it again makes one post.
doorstep.behaviour("draft", (form) => {
  const text = form.querySelector("textarea");
  const key = form.querySelector("[name=client_key]");
  const token = form.querySelector("[name=csrfmiddlewaretoken]");
  if (!text || !key || !token) return;
  const place = `draft:${form.dataset.draft}`;
  const fields = () => [...form.querySelectorAll("input[type=text],textarea,select,input[type=radio]:checked")]
    .filter((field) => field.name).map((field) => [field.name, field.value]);
  const store = (value) => {
    try {
      if (value) localStorage.setItem(place, JSON.stringify(value));
      else localStorage.removeItem(place);
    } catch { /* no room or not allowed: the server's copy has to do */ }
  };
  let saved = null;
  try { saved = JSON.parse(localStorage.getItem(place)); } catch { saved = null; }
  const arrived = document.cookie.match(/doorstep_posted=([a-z0-9]+)/)?.[1];
  if (saved && saved.key === arrived) { store(null); saved = null; }
  if (saved && !text.value && Date.now() - saved.at < 7 * 24 * 3600e3) {
    saved.fields.forEach(([name, value]) => {
      const field = form.elements[name];
      if (field && name !== "csrfmiddlewaretoken") field.value = value;
    });
    key.value = saved.key;
    const said = document.createElement("p");
    said.className = "small muted draft-said";
    said.setAttribute("role", "status");
    said.textContent = form.dataset.draftSaid || "";
    text.after(said);
  }
  let timer;
  form.addEventListener("input", () => {
    store(text.value.trim() ? { key: key.value, at: Date.now(), fields: fields() } : null);
    clearTimeout(timer);
    timer = setTimeout(() => {
      const body = new FormData();
      fields().forEach(([name, value]) => body.append(name, value));
      body.append("draft", form.dataset.draft);
      body.append("client_key", key.value);
      body.append("csrfmiddlewaretoken", token.value);
      fetch(form.dataset.draftUrl, { method: "POST", body }).catch(() => {});
    }, 4000);
  });
  form.addEventListener("submit", () => clearTimeout(timer));
});

// Buttons for passkeys appear only where the browser can use them; a failure is said in words.
if (window.PublicKeyCredential) {
  document.querySelectorAll("[data-passkey]").forEach((button) => { button.hidden = false; });
}
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  document.querySelectorAll("[data-passkey-problem]").forEach((problem) => { problem.hidden = false; });
});

// Leaving quickly puts the other page in the place of this one, so that "back" doesn't return;
// Escape pressed three times does the same.
doorstep.behaviour("leave", (link) => {
  const go = () => { document.body.hidden = true; location.replace(link.href); };
  link.addEventListener("click", (event) => { event.preventDefault(); go(); });
  let pressed = 0;
  addEventListener("keydown", (event) => {
    pressed = event.key === "Escape" ? pressed + 1 : 0;
    if (pressed === 3) go();
  });
});
