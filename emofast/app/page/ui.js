// What all pages share: elements whose contents are always text, languages, requests, canvases.
import { TEXTS } from "./texts.js";

export const about = { emotions: [], folders: [] };
export const lang = () => localStorage.getItem("lang") ?? (navigator.language.startsWith("ru") ? "ru" : "en");

/** The text of a key in the language of the page; {0}, {1} stand for the arguments. */
export const atHome = () => ["localhost", "127.0.0.1", "[::1]"].includes(location.hostname); // else the server is another computer
export function t(key, ...args) {
  return (TEXTS[key]?.[lang() === "ru" ? 1 : 0] ?? key).replace(/\{(\d)\}/g, (_, k) => args[k]);
}

/** An element. Properties are set as such (on* are listeners, class, data-*, aria-* and the like attributes); children are elements or text. */
export function h(tag, props = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "style") Object.assign(element.style, value);
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name in element && !name.includes("-")) element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter(Boolean));
  return element;
}

export const fill = (element, ...children) => element.replaceChildren(...children.flat().filter(Boolean));

/** JSON from the server; throws an Error whose message is the server's sentence. */
export async function ask(path, given, method = given === undefined ? "GET" : "POST") {
  const body = given instanceof Blob ? given : JSON.stringify(given);
  const answer = await fetch(path, { method, body }).catch(() => { throw new Error(t("gone")); });
  const text = await answer.text(), json = answer.headers.get("content-type") === "application/json";
  const data = json ? JSON.parse(text) : { error: text.trim() };
  if (!answer.ok) throw Object.assign(new Error(data.error || answer.statusText), { status: answer.status });
  return data;
}

export function toast(message) {
  const box = document.getElementById("toast");
  box.textContent = message;
  box.classList.add("shown");
  clearTimeout(toast.hiding);
  toast.hiding = setTimeout(() => box.classList.remove("shown"), Math.max(5000, 60 * message.length));
}

/** Run something that may fail; its failure is shown. */
export async function attempt(work) {
  try { return await work(); } catch (e) { toast(e.message); }
}

export const emotion = (name) => about.emotions.find((e) => e.name === name);
export const emotionName = (name) => (lang() === "ru" ? emotion(name)?.russian : name) ?? name;
export const colour = (name) => emotion(name)?.colour ?? "#78808c";
export const percent = (x) => `${Math.round(100 * x)} %`;
export const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

/** 61.25 as 1:01.2 */
export function clock(seconds, digits = 1) {
  const step = 10 ** digits, all = Math.round(Math.max(seconds, 0) * step);
  const rest = ((all % (60 * step)) / step).toFixed(digits).padStart(digits ? digits + 3 : 2, "0");
  const minutes = Math.floor(all / (60 * step));
  return minutes < 60 ? `${minutes}:${rest}` : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, "0")}:${rest}`;
}

/** A canvas' context in CSS pixels, sharp on any screen, empty: [context, width, height]. */
export function sharp(canvas) {
  const ratio = devicePixelRatio || 1, { clientWidth: w, clientHeight: v } = canvas;
  if (canvas.width !== Math.round(w * ratio) || canvas.height !== Math.round(v * ratio)) {
    canvas.width = Math.round(w * ratio);
    canvas.height = Math.round(v * ratio);
  }
  const c = canvas.getContext("2d");
  c.setTransform(ratio, 0, 0, ratio, 0, 0);
  c.clearRect(0, 0, w, v);
  return [c, w, v];
}

export function download(contents, name) {
  const url = URL.createObjectURL(contents);
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

export const stamp = () => new Date().toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "-");

/** The table of nine bars: element, and show(probabilities, label) to set it. */
export function bars() {
  const rows = about.emotions.map((e) => {
    const value = h("i", { style: { background: e.colour } }), share = h("span", { class: "share" });
    return { name: e.name, value, share, row: h("div", { class: "bar" }, h("span", {}, emotionName(e.name)), h("b", {}, value), share) };
  });
  const element = h("div", { class: "bars" }, rows.map((r) => r.row));
  return [element, (p, label) => rows.forEach((r, k) => {
    r.value.style.transform = `scaleX(${p ? p[k] : 0})`;
    r.share.textContent = p ? percent(p[k]) : "";
    r.row.classList.toggle("main", r.name === label);
  })];
}

/** Boxes and labels of faces on a picture. faces: [{box: [x, y, w, h], label, share, colour, main}] in pixels of the picture. */
export function paintFaces(c, width, faces, size = Math.max(15, width / 38)) {
  for (const { box: [x, y, w, v], label, share, colour: ink, main } of faces) {
    c.lineWidth = (main ? 3.2 : 2) * size / 17;
    c.strokeStyle = "#12151c99";
    c.beginPath(); c.roundRect(x, y, w, v, size * .75); c.lineWidth += 2; c.stroke();
    c.strokeStyle = ink;
    c.lineWidth -= 2; c.stroke();
    c.font = `600 ${size}px system-ui, sans-serif`;
    const text = share === undefined ? label : `${label}  ${percent(share)}`;
    const wide = c.measureText(text).width + size * 1.1, tall = size * 1.6;
    const left = Math.min(Math.max(x, 0), Math.max(width - wide, 0)), top = y - tall - 5 < 0 ? Math.max(y, 0) + 5 : y - tall - 5;
    c.fillStyle = ink;
    c.beginPath(); c.roundRect(left, top, wide, tall, size * .5); c.fill();
    c.fillStyle = onColour(ink);
    c.fillText(text, left + size * .55, top + size * 1.15);
  }
}

function onColour(ink) {
  const [r, g, b] = [1, 3, 5].map((k) => parseInt(ink.slice(k, k + 2), 16));
  return .2126 * r + .7152 * g + .0722 * b > 150 ? "#12151c" : "#f4f6fa";
}
