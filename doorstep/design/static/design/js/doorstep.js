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
