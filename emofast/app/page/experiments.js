// The leaderboard as recorded; a row is compared with the others on the same pictures.
import { ask, attempt, emotionName, fill, h, sharp, t, toast, token } from "./ui.js";

const FIRST = ["experiment", "accuracy", "noise", "runs", "accuracy_tta", "ancestor", "macro_f1_tta", "ferplus_tta", "parameters_m", "ms_per_face_cpu", "train_minutes"];
const INKS = ["#2563d0", "#d63031", "#00a8a8", "#a36b2d", "#7b3fa0", "#558b2f", "#f7b500"];

export default async function experiments(main) {
  const { datasets } = await ask("/api/experiments");
  const place = h("div", { class: "stack" });
  const choice = h("select", { "aria-label": t("dataset"), onchange: () => attempt(() => open(choice.value)) }, datasets.map((d) => h("option", {}, d)));
  fill(main, h("div", { class: "row spread" }, h("h1", {}, t("experiments")), datasets.length && choice), place);
  if (!datasets.length) return fill(place, h("p", { class: "card" }, t("noResults")));
  choice.value = datasets.find((d) => !["drawn", "sample", "tiny"].includes(d)) ?? datasets[0];
  await open(choice.value);

  async function open(data) {
    const board = await ask(`/api/experiments/${data}`), url = (name, file = "") => `/api/experiments/${data}/${encodeURIComponent(name)}${file}`;
    if (data !== choice.value) return; // another one was chosen meanwhile
    const columns = FIRST.filter((c) => board.columns.includes(c));
    const body = h("tbody"), curves = h("canvas", { class: "lines", role: "img", "aria-label": t("curves") }), key = h("div", { class: "row soft" });
    const detail = h("div", { class: "stack" }), chosen = new Map(), running = h("div", { class: "stack" });
    let differences = {};
    const choose = (name) => () => attempt(() => select(name));
    const head = h("thead", {}, h("tr", {}, columns.map((c) => h("th", { class: c === "experiment" ? "" : "number", title: c }, t(c))), h("th", { class: "number" }, t("paired"))));
    fill(place, running, h("section", { class: "card scroll" }, h("table", {}, head, body), h("p", { class: "soft" }, t("boardHint"))),
      h("section", { class: "card" }, h("h2", {}, t("curves")), curves, key), detail);
    rows();
    for (const r of board.rows.slice(0, 3).reverse()) await choose(r.experiment)();
    showRunning(board.training);
    const timer = setInterval(async () => {
      if (!running.isConnected) return clearInterval(timer);
      try { showRunning((await ask(`/api/experiments/${data}`)).training); } catch { /* the next time */ }
    }, 4000);

    function rows() {
      fill(body, board.rows.map((r) => h("tr", { tabindex: 0, class: chosen.has(r.experiment) ? "chosen" : "", onclick: choose(r.experiment), onkeydown: (e) => e.key === "Enter" && choose(r.experiment)() },
      columns.map((c) => h("td", { class: c === "experiment" ? "" : "number" }, c === "ancestor" ? descent(r) : cell(c, r[c]))), h("td", { class: "number" }, paired(differences[r.experiment])))));
    }

    async function select(name) {
      if (chosen.has(name) && chosen.size > 1) chosen.delete(name);
      else chosen.set(name, await ask(url(name)));
      differences = await ask(url([...chosen.keys()].at(-1), "/compare")).catch((e) => { if (e.status !== 404) toast(e.message); return {}; });
      rows();
      paintCurves(curves, key, chosen);
      const { result, pictures } = [...chosen.values()].at(-1);
      fill(detail, h("section", { class: "card" }, h("h2", {}, `${t("confusion")}: ${result.experiment}`),
        pictures.includes("confusion.png") && h("img", { src: url(result.experiment, "/confusion.png"), alt: t("confusion") })),
      board.mistakes.length && h("details", { class: "card scroll" }, h("summary", {}, t("mistakes")),
        board.pictures.includes("mistakes.png") && h("img", { src: url("-", "/mistakes.png"), alt: t("mistakes") }),
        h("table", {}, h("tbody", {}, board.mistakes.map((m) => h("tr", {}, h("td", {}, m.image_path), h("td", {}, `${emotionName(m.true)} → ${emotionName(m.predicted)}`), h("td", { class: "number" }, cell("", m.confidence))))))));
    }

    function showRunning(training) {
      fill(running, training.map((r) => h("section", { class: "card" }, h("h2", {}, `${t("training")}: ${r.name} (${t("ago", r.since)})`), h("pre", {}, r.log))));
    }
  }
}

const DIGITS = { runs: 0, train_minutes: 0, ms_per_face_cpu: 1, parameters_m: 2 };
const cell = (column, value) => (typeof value === "number" ? value.toFixed(DIGITS[column] ?? 4) : value ?? "");
const descent = (r) => r.ancestor && r.difference !== null ? `${signed(r.difference)} [${signed(r.low)}, ${signed(r.high)}] ${r.ancestor.slice(0, 2)}` : "";
const signed = (x) => `${x < 0 ? "−" : "+"}${Math.abs(x).toFixed(4)}`;

function paired(d) {
  if (!d) return "";
  if (d.error) return h("span", { class: "bad", title: d.error }, t("damaged"));
  const text = `${signed(d.difference)} ± ${d.half.toFixed(4)}`;
  return Math.abs(d.difference) > d.half ? h("b", {}, text) : text;
}

function paintCurves(canvas, key, chosen) {
  const [c, w, v] = sharp(canvas);
  const lines = [...chosen].map(([name, run], k) => ({ name, ink: INKS[k % INKS.length], values: run.history.filter((r) => r.seed === run.history[0].seed).map((r) => r.accuracy) })).filter((l) => l.values.length > 1);
  const all = lines.flatMap((l) => l.values).filter((x) => x !== null && x !== undefined), low = Math.min(...all), high = Math.max(...all), most = Math.max(...lines.map((l) => l.values.length));
  const x = (k) => 44 + k / Math.max(most - 1, 1) * (w - 56), y = (a) => 12 + (high - a) / (high - low || 1) * (v - 40);
  c.font = "12px system-ui, sans-serif";
  c.fillStyle = token("soft");
  c.strokeStyle = token("line");
  c.lineWidth = 1;
  if (all.length) for (const a of [low, (low + high) / 2, high]) {
    c.fillText(a.toFixed(3), 4, y(a) + 4);
    c.beginPath(); c.moveTo(44, y(a)); c.lineTo(w - 12, y(a)); c.stroke();
  }
  c.fillText(t("epochAxis"), 44, v - 6);
  for (const line of lines) {
    c.strokeStyle = line.ink;
    c.lineWidth = 2;
    c.beginPath(); line.values.forEach((a, k) => a !== null && c.lineTo(x(k), y(a))); c.stroke();
  }
  fill(key, lines.map((l) => h("span", {}, h("span", { class: "dot", style: { background: l.ink } }), l.name)));
}
