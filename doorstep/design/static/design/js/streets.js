// A map of streets under a drawn map. Nothing is asked of the streets' host, and Leaflet is not
// loaded, before somebody presses the button. The drawing itself moves onto the streets: its links,
// names and pins stay what they are, by keyboard too. Without this the drawn map stays.
doorstep.behaviour("streets", (box) => {
  const { tiles, credit, creditLink, sheet, shown, size, spot, code, style, label } = box.dataset;
  const bar = box.querySelector(".streets-bar");
  const [go, back, off] = ["go", "back", "off"].map((name) => bar.querySelector(`[data-${name}]`));
  const drawing = box.querySelector("svg");
  const before = drawing.getAttribute("viewBox");
  const home = drawing.parentElement;
  let map = null;
  let frame = null;
  bar.hidden = false;

  const corners = (words) => {
    const [south, west, north, east] = words.split(" ").map(Number);
    return [[south, west], [north, east]];
  };
  const bring = (make) => new Promise((resolve, reject) => {
    const element = make();
    element.onload = resolve;
    element.onerror = () => { element.remove(); reject(); };
    document.head.append(element);
  });
  const leaflet = () => window.L ? Promise.resolve() : Promise.all([
    bring(() => Object.assign(document.createElement("link"), { rel: "stylesheet", href: style })),
    bring(() => Object.assign(document.createElement("script"), { src: code })),
  ]);

  const open = () => {
    const L = window.L;
    const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
    frame = document.createElement("div");
    frame.className = `${home.className} streets-map`;
    frame.dir = "ltr";
    frame.setAttribute("role", "region");
    frame.setAttribute("aria-label", label);
    home.after(frame);
    home.hidden = true;
    map = L.map(frame, {
      zoomControl: false, attributionControl: false, maxZoom: 19, zoomSnap: 0.5,
      zoomAnimation: !still, fadeAnimation: !still, inertia: !still,
    });
    const at = spot && spot.split(" ").map(Number);
    if (at) map.setView(at, 16); else map.fitBounds(corners(shown));
    map.setMinZoom(Math.floor(map.getBoundsZoom(corners(sheet))) - 1);
    map.setMaxBounds(L.latLngBounds(corners(sheet)).pad(0.5));
    L.control.zoom({ zoomInTitle: box.dataset.in, zoomOutTitle: box.dataset.out }).addTo(map);
    const named = document.createElement(creditLink ? "a" : "span");
    named.textContent = credit;
    if (creditLink) Object.assign(named, { href: creditLink, rel: "noreferrer" });
    L.control.attribution({ prefix: false }).addTo(map).addAttribution(named.outerHTML);
    // The host may know which site asks (some want that), never which page.
    L.tileLayer(tiles, { maxZoom: 19, referrerPolicy: "origin" })
      .on("tileerror", () => { off.textContent = off.dataset.off; })
      .on("tileload", () => { off.textContent = ""; })
      .addTo(map);
    drawing.setAttribute("viewBox", size);
    drawing.setAttribute("preserveAspectRatio", "none");
    L.svgOverlay(drawing, corners(sheet), { interactive: true }).addTo(map);
    const dot = () => L.divIcon({ className: "streets-spot", iconSize: [26, 26] });
    if (at) L.marker(at, { icon: dot(), interactive: false, keyboard: false }).addTo(map);
    // Pins and names keep their size however near one is.
    const units = Number(size.split(" ")[2]);
    const measure = () => {
      const { width } = drawing.getBoundingClientRect();
      drawing.style.setProperty("--unit", units / width);
      frame.classList.toggle("streets-far", width < 620);
    };
    map.on("zoomend", measure);
    measure();
    // Moving the map with a finger on a ward is not a press on its link.
    let moved = false;
    frame.addEventListener("pointerdown", () => { moved = false; }, true);
    map.on("dragstart", () => { moved = true; });
    frame.addEventListener("click", (event) => {
      if (!moved || !event.target.closest(".leaflet-overlay-pane")) return;
      moved = false;
      event.preventDefault();
      event.stopPropagation();
    }, true);
    frame.focus({ preventScroll: true });
  };

  go.addEventListener("click", async () => {
    go.disabled = true;
    try {
      await leaflet();
      open();
      go.hidden = true;
      back.hidden = false;
    } catch {
      off.textContent = off.dataset.off;
    }
    go.disabled = false;
  });
  back.addEventListener("click", () => {
    map.remove();  // takes the drawing out of the page, too
    drawing.removeAttribute("preserveAspectRatio");
    drawing.removeAttribute("style");
    drawing.removeAttribute("class");
    drawing.setAttribute("viewBox", before);
    home.append(drawing);
    frame.remove();
    home.hidden = false;
    off.textContent = "";
    back.hidden = true;
    go.hidden = false;
    go.focus();
  });
});
