// What every page has: choices kept in cookies, the keyboard, the list of keys.

const root = document.documentElement;

function keep(name, value) {
  document.cookie = `${name}=${encodeURIComponent(value)}; path=/; max-age=31536000; SameSite=Strict`;
}

const theme = document.getElementById("theme");
theme.addEventListener("change", () => {
  keep("theme", theme.value);
  root.dataset.theme = theme.value;
  document.dispatchEvent(new CustomEvent("theme"));
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  document.dispatchEvent(new CustomEvent("theme"));
});

const zone = document.getElementById("zone");
const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
if (own && ![...zone.options].some((option) => option.value === own)) {
  zone.add(new Option(`This computer (${own})`, own));
}
zone.addEventListener("change", () => {
  keep("zone", zone.value);
  location.reload();
});

const keys = document.getElementById("keys");
const help = document.getElementById("help");
help.addEventListener("click", () => keys.showModal());

function rows() {
  return [...document.querySelectorAll("main tbody tr a.row, main tbody tr summary.row")];
}

function move(step) {
  const all = rows();
  if (!all.length) return;
  const at = all.indexOf(document.activeElement);
  const next = all[Math.min(Math.max(at < 0 ? (step > 0 ? 0 : all.length - 1) : at + step, 0), all.length - 1)];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}

let awaitsPlace = false;
const single = {
  j: () => move(1),
  k: () => move(-1),
  "?": () => keys.showModal(),
  "/": () => document.querySelector("main input[type=search]")?.focus(),
  z: () => zone.focus(),
  t: () => theme.focus(),
  p: () => document.querySelector("main button[data-pause]")?.click(),
};
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || keys.open) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (awaitsPlace) {
    awaitsPlace = false;
    const link = document.querySelector(`nav a[data-key="${CSS.escape(event.key)}"]`);
    if (link) {
      event.preventDefault();
      link.click();
    }
    return;
  }
  if (event.key === "g") {
    awaitsPlace = true;
    setTimeout(() => (awaitsPlace = false), 1200);
  } else if (single[event.key]) {
    event.preventDefault();
    single[event.key]();
  }
});
