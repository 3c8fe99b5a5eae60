// Which page is meant, in which language; pages are modules that give back how to leave them.
import { about, ask, atHome, attempt, fill, h, lang, t } from "./ui.js";

const PAGES = ["live", "film", "photo", "experiments"];
let leave = () => {};

async function open() {
  const page = location.pathname.slice(1), place = h("div", { class: page || "home" });
  document.documentElement.lang = lang();
  document.title = page ? `${t(page)} · emofast` : "emofast";
  fill(document.getElementById("nav"), PAGES.map((p) => h("a", { href: `/${p}`, "aria-current": p === page && "page" }, t(p))));
  Object.assign(document.getElementById("lang"), lang() === "ru" ? { textContent: "EN", ariaLabel: "English" } : { textContent: "RU", ariaLabel: "Русский" });
  leave();
  leave = () => {};
  fill(document.getElementById("main"), place);
  if (!page) return fill(place, home());
  const end = await import(`./${page}.js`).then((it) => it.default(place)).catch((e) => fill(place, h("p", { class: "card bad", role: "alert" }, e.message))) ?? leave;
  if (place.isConnected) leave = end;
  else end(); // another page was opened meanwhile
}

function home() {
  return [h("h1", {}, t("claim")), h("p", { class: "soft" }, t(atHome() ? "privacy" : "privacyShared")),
    h("div", { class: "tiles" }, PAGES.map((p) => h("a", { class: "card", href: `/${p}` }, h("h2", {}, t(p)), h("p", {}, t(`${p}About`)))))];
}

document.getElementById("lang").addEventListener("click", () => {
  localStorage.setItem("lang", lang() === "ru" ? "en" : "ru");
  open();
});
document.addEventListener("click", (e) => {
  const link = e.target.closest?.("a[href^='/']");
  if (!link || link.target || link.hasAttribute("download") || e.ctrlKey || e.metaKey || e.shiftKey || link.pathname.startsWith("/api/")) return;
  e.preventDefault();
  if (link.href !== location.href) history.pushState(null, "", link.href);
  open();
});
addEventListener("popstate", open);

if (new URLSearchParams(location.search).has("token")) history.replaceState(null, "", location.pathname + location.hash);
await attempt(async () => Object.assign(about, await ask("/api/about")));
await open();
