// The leaderboard as recorded; a row is compared with the others on the same pictures.
import { ask, attempt, emotionName, fill, h, t, toast } from "./ui.js";

const FIRST = ["experiment", "accuracy", "noise", "runs", "accuracy_tta", "ancestor", "macro_f1_tta", "ferplus_tta", "parameters_m", "ms_per_face_cpu", "train_minutes"];

export default async function experiments(main) {
  const { datasets } = await ask("/api/experiments");
  const place = h("div", { class: "stack" });
  const choice = h("select", { "aria-label": t("dataset"), onchange: () => attempt(() => open(choice.value)) }, datasets.map((d) => h("option", {}, d)));
  fill(main, h("div", { class: "row spread" }, h("h1", {}, t("experiments")), datasets.length && choice), place);
  if (!datasets.length) return fill(place, h("p", { class: "card" }, t("noResults")));
  choice.value = datasets.find((d) => !["drawn", "sample", "tiny"].includes(d)) ?? datasets[0];
  await open(choice.value);

  async function open(data) {
    const board = await ask(`/api/experiments/${data}`), url = (name, file) => `/api/experiments/${data}/${encodeURIComponent(name)}${file}`;
    if (data !== choice.value) return; // another one was chosen meanwhile
    let last;
    const columns = FIRST.filter((c) => board.columns.includes(c));
    const body = h("tbody"), detail = h("div", { class: "stack" }), running = h("div", { class: "stack" });
    /** One of the pictures that runs leave behind; where there is none, its section goes. */
    const picture = (name, what) => h("img", { src: url(name, `/${what}.png`), alt: t(what), onerror: (e) => (e.target.closest("section") ?? e.target).remove() });
    const choose = (name) => () => attempt(() => select(name));
    const head = h("thead", {}, h("tr", {}, columns.map((c) => h("th", { class: c === "experiment" ? "" : "number", title: c }, t(c))), h("th", { class: "number" }, t("paired"))));
    fill(place, running, h("section", { class: "card scroll" }, h("table", {}, head, body), h("p", { class: "soft" }, t("boardHint"))), detail,
      h("section", { class: "card" }, h("h2", {}, t("curves")), picture("-", "curves")),
      board.mistakes.length && h("details", { class: "card scroll" }, h("summary", {}, t("mistakes")), picture("-", "mistakes"),
        h("table", {}, h("tbody", {}, board.mistakes.map((m) => h("tr", {}, h("td", {}, m.image_path), h("td", {}, `${emotionName(m.true)} → ${emotionName(m.predicted)}`), h("td", { class: "number" }, cell("", m.confidence))))))));
    rows();
    if (board.rows.length) await choose(board.rows[0].experiment)();
    showRunning(board.training);
    const timer = setInterval(async () => {
      if (!running.isConnected) return clearInterval(timer);
      try { showRunning((await ask(`/api/experiments/${data}`)).training); } catch { /* the next time */ }
    }, 4000);

    function rows(chosen, differences = {}) {
      const focused = body.contains(document.activeElement);
      fill(body, board.rows.map((r) => h("tr", { tabindex: 0, class: r.experiment === chosen ? "chosen" : "", onclick: choose(r.experiment), onkeydown: (e) => e.key === "Enter" && choose(r.experiment)() },
        columns.map((c) => (c === "experiment" ? h("td", {}, breakable(r.experiment)) : h("td", { class: "number" }, c === "ancestor" ? descent(r) : cell(c, r[c])))), h("td", { class: "number" }, paired(differences[r.experiment])))));
      if (focused) body.querySelector(".chosen")?.focus({ preventScroll: true });
    }

    async function select(name) {
      last = name;
      const differences = await ask(url(name, "/compare")).catch((e) => { if (e.status !== 404) toast(e.message); return {}; });
      if (last !== name) return; // another one was chosen meanwhile
      rows(name, differences);
      fill(detail, h("section", { class: "card" }, h("h2", {}, `${t("confusion")}: ${name}`), picture(name, "confusion")));
    }

    function showRunning(training) {
      fill(running, training.map((r) => h("section", { class: "card" }, h("h2", {}, `${t("training")}: ${r.name} (${t("ago", r.since)})`), h("pre", {}, r.log))));
    }
  }
}

const DIGITS = { runs: 0, train_minutes: 0, ms_per_face_cpu: 1, parameters_m: 2 };
const cell = (column, value) => (typeof value === "number" ? value.toFixed(DIGITS[column] ?? 4) : value ?? "");
const breakable = (name) => name.split(/(?<=[_+])/).flatMap((part) => [h("wbr"), part]);
const descent = (r) => r.ancestor && r.difference !== null ? `${signed(r.difference)} [${signed(r.low, 3)}, ${signed(r.high, 3)}] ${r.ancestor.slice(0, 2)}` : "";
const signed = (x, digits = 4) => `${x < 0 ? "−" : "+"}${Math.abs(x).toFixed(digits)}`;

function paired(d) {
  if (!d) return "";
  if (d.error) return h("span", { class: "bad", title: d.error }, t("damaged"));
  const text = `${signed(d.difference)} ± ${d.half.toFixed(4)}`;
  return Math.abs(d.difference) > d.half ? h("b", {}, text) : text;
}
