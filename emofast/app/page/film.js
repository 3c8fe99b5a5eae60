// The film room: a form makes a session; a session is watched, edited and cut.
import { about, ask, attempt, fill, h, percent, t, toast } from "./ui.js";
import { Editor } from "./editor.js";

export default async function film(main) {
  const address = decodeURIComponent(location.hash.slice(1));
  return address ? openSession(main, address) : openList(main);
}

async function openList(main) {
  const place = h("div", { class: "stack" });
  fill(main, h("h1", {}, t("film")), h("p", { class: "soft" }, t("filmPrivacy")), place);
  if (!about.folders.length) return fill(place, h("p", { class: "card" }, t("noFolders")));
  const [{ sessions }, { films, left_out: rest }] = await Promise.all([ask("/api/sessions"), ask("/api/films")]);
  fill(place, sessions.length ? h("section", { class: "card sessions" }, h("h2", {}, t("sessions")), h("table", {}, h("tbody", {}, sessions.map((s) =>
    h("tr", {}, h("td", {}, h("a", { href: sessionUrl(s.address) }, s.name)), h("td", { class: "soft" }, jobText(s.job))))))) : null,
  films.length ? form(films) : h("p", { class: "card" }, t("noFilms")), rest && h("p", { class: "soft" }, t("leftOut", rest)));
}

const sessionUrl = (address) => `/film#${encodeURIComponent(address)}`;

function form(films) {
  const rows = films.map((f) => {
    const episode = h("input", { type: "radio", name: "episode", "aria-label": `${t("episode")}: ${f.name}`, onchange: update });
    const viewer = h("input", { type: "checkbox", "aria-label": `${t("viewer")}: ${f.name}`, onchange: update });
    const offset = h("input", { type: "number", step: "any", placeholder: t("bySound"), "aria-label": `${t("offset")}: ${f.name}`, hidden: true });
    const group = h("input", { placeholder: t("group"), size: 10, maxLength: 40, "aria-label": `${t("group")}: ${f.name}`, hidden: true });
    return { f, episode, viewer, offset, group, row: h("tr", {}, h("td", {}, episode), h("td", {}, viewer), h("td", {}, h("div", { class: "row" }, h("span", {}, f.name), offset, group))) };
  });
  const search = h("input", { type: "search", placeholder: t("search"), "aria-label": t("search"), hidden: films.length < 12,
    oninput: () => rows.forEach((r) => { r.row.hidden = !r.f.name.toLowerCase().includes(search.value.toLowerCase()) && !r.episode.checked && !r.viewer.checked; }) });
  const name = h("input", { maxLength: 80, placeholder: t("nameHint") }), length = h("input", { type: "number", value: 30, min: 1, step: 1 }), lag = h("input", { type: "number", value: 1, step: .1 });
  const go = h("button", { class: "go", disabled: true }, t("analyse")), says = h("span", { class: "soft" });
  const send = (e) => {
    e.preventDefault();
    attempt(async () => {
      go.disabled = true;
      try {
        const viewers = chosen().map((r) => ({ file: r.f.address, offset: r.offset.value === "" ? null : Number(r.offset.value), group: r.group.value }));
        const made = await ask("/api/sessions", { name: name.value, episode: rows.find((r) => r.episode.checked).f.address, viewers, length: Number(length.value), lag: Number(lag.value) });
        history.pushState(null, "", sessionUrl(made.address));
        dispatchEvent(new PopStateEvent("popstate"));
      } finally {
        go.disabled = false;
      }
    });
  };
  update();
  return h("form", { class: "card stack", onsubmit: send }, h("div", { class: "row spread" }, h("h2", {}, t("newSession")), search),
    h("div", { class: "scroll files" }, h("table", {}, h("thead", {}, h("tr", {}, h("th", {}, t("episode")), h("th", {}, t("viewer")), h("th", {}, t("file")))), h("tbody", {}, rows.map((r) => r.row)))),
    h("div", { class: "row" }, h("label", {}, t("name"), name), h("label", {}, t("length"), length), h("label", {}, t("lag"), lag)),
    h("div", { class: "row" }, go, says));

  function chosen() { return rows.filter((r) => r.viewer.checked && !r.episode.checked); }
  function update() {
    for (const r of rows) {
      r.viewer.disabled = r.episode.checked;
      r.offset.hidden = r.group.hidden = !r.viewer.checked || r.episode.checked;
    }
    const ready = rows.some((r) => r.episode.checked), n = chosen().length;
    go.disabled = !ready;
    says.textContent = !ready ? t("chooseEpisode") : n ? t("viewersChosen", n) : t("personOnScreen");
  }
}

function jobText(job) {
  const part = job.state === "running" && job.total ? `, ${percent(job.done / job.total)}` : "";
  return job.state === "running" ? `${t(job.stage)}${part}` : `${t(`job_${job.state}`)}${job.error ? `: ${job.error}` : ""}`;
}

async function openSession(main, address) {
  const url = (what) => `/api/${what}/${address.split("/").map(encodeURIComponent).join("/")}`;
  let session = await ask(url("sessions")), editor = null, closed = false, known = "", timer;
  const says = h("span", { role: "status" }), notes = h("details"), bar = h("progress", { "aria-label": t("progress") });
  const stop = h("button", { class: "quiet", onclick: () => work("cancel") }, t("cancel"));
  const go = h("button", { onclick: () => work(session.job.action === "trailer" && session.job.state !== "done" ? "trailer" : "analyse") }, t("goOn"));
  const status = h("div", { class: "card row status" }, says, bar, notes, stop, go), desk = h("div", { class: "stack" }), results = h("section", { class: "card" });
  fill(main, h("div", { class: "row spread" }, h("h1", {}, session.name), h("a", { class: "button quiet", href: "/film" }, t("allSessions"))), status, desk, results);
  const work = (action, more = {}) => attempt(async () => { session.job = await ask(url("job"), { action, ...more }); refresh(); });
  await load();
  poll();
  return () => { closed = true; clearTimeout(timer); editor?.close(); };

  async function load() {
    const saves = editor?.saves, [form, data] = await Promise.all([ask(url("sessions")), ask(url("timeline"))]);
    if (closed) return;
    if (editor?.saves !== saves) return load(); // a change came meanwhile
    session = { ...form, job: session.job }; // whether a job has ended is for `poll` to see
    if (!editor && (data.moments.rows.length || Object.keys(data.curves).length)) {
      editor = new Editor(session, data, { save: (given) => ask(url("moments"), given, "PUT"), reload: load, work });
      fill(desk, editor.element);
      editor.start();
    } else editor?.update(session, data);
  }

  async function poll() {
    timer = setTimeout(poll, session.job.state === "running" ? 700 : 4000);
    const before = session;
    try { session = await ask(url("sessions")); } catch (e) { status.hidden = false; return fill(says, `${e.message}. ${t("goneHint")}`); }
    if (closed) return;
    const ended = before.job.state === "running" && session.job.state !== "running";
    await editor?.settled();
    if (ended || session.job.stage !== before.job.stage) await attempt(load);
    if (ended && session.job.state === "done") toast(t(`done_${session.job.action}`));
    refresh();
  }

  function refresh() {
    const { job } = session, running = job.state === "running";
    fill(says, job.state === "done" && !session.analysed ? t("unanalysed") : jobText(job));
    says.className = job.state === "failed" ? "bad" : "";
    bar.hidden = stop.hidden = !running;
    go.hidden = running || (job.state === "done" && session.analysed);
    status.hidden = go.hidden && job.state === "done" && !job.warnings?.length;
    if (job.total) Object.assign(bar, { max: job.total, value: job.done });
    else bar.removeAttribute("value");
    editor?.busy(running);
    const news = JSON.stringify([job.warnings, session.results]);
    if (news === known) return; // what has the focus, or is being pressed, stays
    known = news;
    notes.hidden = !job.warnings?.length;
    fill(notes, h("summary", {}, t("warnings", job.warnings?.length)), job.warnings?.map((w) => h("p", {}, w)));
    fill(results, h("h2", {}, t("results")), session.results.length ? h("div", { class: "row" }, session.results.map(link)) : h("p", { class: "soft" }, t("noResultsYet")),
      h("p", { class: "soft" }, `${t("inFolder")} ${session.folder}`));
  }

  function link(file) {
    const href = `${url(`results/${encodeURIComponent(file.name)}`)}?${file.changed}`, shown = /\.(html|mp4|png)$/.test(file.name);
    return h("a", { class: "button quiet", href, ...(shown ? { target: "_blank", rel: "noopener" } : { download: file.name }) }, file.name);
  }
}

