// The episode, one time line under it, and its moments as bars: moments.csv is what is edited here.
import { height, paint } from "./timeline.js";
import { attempt, clock, colour, emotionName, fill, h, t, toast } from "./ui.js";

const SNAP = 9; // pixels within which an edge jumps to a shot

export class Editor {
  constructor(session, data, actions) {
    Object.assign(this, data.moments, { session, data, actions, undone: [], done: [], selected: -1, scale: 0, until: null, saves: 0, saved: 0, saving: Promise.resolve() });
    this.build();
  }

  build() {
    const tool = (label, key, run) => h("button", { class: "quiet small", title: key, onclick: run }, label);
    this.film = h("video", { src: this.session.episode.url, controls: true, preload: "auto", playsInline: true, "aria-label": t("episode") });
    this.face = h("video", { muted: true, playsInline: true, preload: "auto", "aria-label": t("viewer") });
    this.film.addEventListener("error", () => this.noCodec(this.film, this.session.episode));
    this.film.addEventListener("loadedmetadata", () => { if (!this.film.videoWidth) this.noCodec(this.film, this.session.episode); });
    this.face.addEventListener("error", () => { if (this.viewer) this.noCodec(this.face, this.viewer); });
    this.who = h("select", { "aria-label": t("viewer"), onchange: () => this.watch(this.who.value) }, h("option", { value: "" }, t("noViewer")), this.session.viewers.map((v) => h("option", {}, v.name)));
    this.list = h("tbody");
    this.length = h("input", { type: "number", min: 1, step: 1, value: this.session.length, "aria-label": t("length"), onchange: () => this.save() });
    this.order = h("select", { onchange: () => this.save() }, ["episode", "rank", "rows"].map((o) => h("option", { value: o, selected: o === this.session.order }, t(`order_${o}`))));
    this.vertical = h("input", { type: "checkbox", checked: this.session.vertical, onchange: () => this.save() });
    this.cut = h("button", { class: "make", onclick: async () => { if (await this.settled()) this.actions.work("trailer"); } }, t("makeTrailer"));
    this.undoButton = tool(t("undo"), "Ctrl+Z", () => this.undo());
    this.redoButton = tool(t("redo"), "Ctrl+Shift+Z", () => this.undo(this.undone, this.done));
    this.canvas = h("canvas", { role: "img", "aria-label": t("timeline") });
    this.bars = h("div", { class: "bars-lane" });
    this.head = h("div", { class: "head" });
    this.wide = h("div", { class: "wide" }, this.canvas, this.bars, this.head);
    this.track = h("div", { class: "track", tabindex: -1, onscroll: () => this.paint(), onpointerdown: (e) => this.onTrack(e) }, this.wide);
    this.time = h("output", { class: "soft" });
    this.filmPlace = h("div", { class: "screen" }, this.film);
    this.facePlace = h("div", { class: "screen", hidden: true }, this.face);
    this.element = h("div", { class: "stack editor" },
      h("div", { class: "desk" }, this.filmPlace, h("div", { class: "stack" }, this.session.viewers.length && h("div", { class: "row" }, this.who), this.facePlace,
        h("section", { class: "card moments" }, h("div", { class: "row spread" }, h("h2", {}, t("moments")), h("div", { class: "row" }, this.undoButton, this.redoButton, tool(t("add"), "N", () => this.add()))),
          h("div", { class: "scroll" }, h("table", {}, this.list)),
          h("div", { class: "row" }, h("label", {}, t("length"), this.length), h("label", {}, t("order"), this.order), h("label", { class: "check" }, this.vertical, t("vertical")), this.cut, h("small", {}, t("starHint")))))),
      h("section", { class: "card" }, h("div", { class: "row spread" }, this.time, h("div", { class: "row" }, tool("−", t("zoomOut"), () => this.zoom(1 / 1.6)), tool("+", t("zoomIn"), () => this.zoom(1.6)), tool(t("fit"), "", () => this.zoom(0)))),
        this.track, h("small", {}, t("timelineHint"))));
    this.onKey = (e) => this.key(e);
    this.onSize = new ResizeObserver(() => this.layout());
    [this.list, this.bars].forEach((place) => place.addEventListener("pointerdown", (e) => { this.pressed = !e.button; }, true));
    this.onLift = () => setTimeout(() => { this.pressed = false; this.showLate(); }); // after the click that a press ends in
  }

  start() {
    addEventListener("keydown", this.onKey);
    ["pointerup", "pointercancel"].forEach((kind) => addEventListener(kind, this.onLift));
    this.onSize.observe(this.track);
    if (this.session.viewers.length) this.watch(this.who.value = this.session.viewers[0].name);
    this.show();
    (function tick() { if (!this.closed) { this.follow(); requestAnimationFrame(tick.bind(this)); } }).call(this);
  }

  close() {
    this.closed = true;
    this.onSize.disconnect();
    removeEventListener("keydown", this.onKey);
    ["pointerup", "pointercancel"].forEach((kind) => removeEventListener(kind, this.onLift));
    [this.film, this.face].forEach((v) => { v.pause(); v.removeAttribute("src"); v.load(); });
  }

  /** New data from the server, after a job or a change elsewhere; edits that are under way are kept. */
  update(session, data) {
    const film = session.episode.url !== this.session.episode.url;
    Object.assign(this, { session, data });
    if (film) { fill(this.filmPlace, this.film); this.film.src = session.episode.url; }
    if (this.viewer) this.watch(this.viewer.name);
    if (!this.dirty) { this.length.value = session.length; this.order.value = session.order; this.vertical.checked = session.vertical; }
    this.show();
  }

  busy(running) { this.cut.disabled = running || !this.rows.length; }

  // ---- moments

  /** Seconds from the episode's first picture, as frames count; a browser counts from its sound, where that begins earlier. */
  get now() { return this.film.currentTime - this.ahead; }
  set now(seconds) { this.film.currentTime = seconds + this.ahead; }
  get ahead() { return this.session.episode.preview ? 0 : this.data.begin; }
  get frame() { return this.data.rate[1] / this.data.rate[0]; }
  whole(s) { return Math.round(Math.min(Math.max(s, 0), this.data.frames * this.frame) / this.frame) * this.frame; }

  /** Change the rows; `again` groups key presses on one edge into one step of undo. */
  change(rows, again = null) {
    if (!again || again !== this.again) this.done.push(this.rows);
    Object.assign(this, { rows, again, undone: [] });
    this.save();
    this.show();
  }

  /** One row with new values; where its peak is left outside, what was measured there is no longer true, and the server knows the curves. */
  edit(k, values, again) {
    const row = { ...this.rows[k], ...values }, elsewhere = row.peak < row.start || row.peak >= row.end;
    if (elsewhere) Object.assign(row, { peak: null, score: null, emotion: null, viewers: null, p_value: null });
    this.change(this.rows.with(k, row), again);
  }

  undo(from = this.done, to = this.undone) {
    if (!from.length) return;
    to.push(this.rows);
    Object.assign(this, { rows: from.pop(), again: null });
    this.save();
    this.show();
  }

  /** Saved in the order of the changes; what another window has saved meanwhile is shown instead of being overwritten. */
  save() {
    const mine = ++this.saves;
    this.saving = this.saving.then(() => attempt(async () => {
      if (mine !== this.saves) return; // a newer change is on its way
      try {
        const saved = await this.actions.save({ version: this.version, rows: this.rows, length: Number(this.length.value) || 30, order: this.order.value, vertical: this.vertical.checked });
        this.data.moments = saved;
        this.version = saved.version;
        this.saved = mine;
        if (mine === this.saves) this.rows = saved.rows;
        this.show();
      } catch (e) {
        if (e.status === 409 || e.status === 400) { this.version = null; this.saved = mine; await this.actions.reload(); }
        throw e;
      }
    }));
  }

  get dirty() { return this.saved !== this.saves; }

  /** Whether the server has all changes; those that it was not there for are sent again. */
  async settled() {
    const idle = async () => { for (let last; last !== this.saving;) await (last = this.saving); };
    await idle();
    if (this.dirty) { this.save(); await idle(); }
    return !this.dirty;
  }

  add() {
    const peak = this.whole(this.now), start = this.whole(peak - 2), end = this.whole(peak + 2); // what is watched, and what led to it
    this.selected = 0;
    this.change([{ start, end, peak, score: null, emotion: null, viewers: null, p_value: null, name: "" }, ...this.rows]); // the server knows what the curves say there
    this.focus(0);
  }

  remove(k) {
    this.selected = -1;
    this.change(this.rows.filter((_, i) => i !== k));
  }

  move(k, by) {
    const rows = [...this.rows], to = k + by;
    if (to < 0 || to >= rows.length) return;
    [rows[k], rows[to]] = [rows[to], rows[k]];
    this.selected = to;
    this.change(rows);
  }

  focus(k, part = "all") { this.bars.querySelector(`[data-k="${k}"]${part === "all" ? "" : ` .${part}`}`)?.focus(); }

  play(k) {
    this.selected = k;
    this.now = this.rows[k].start;
    this.until = this.rows[k].end;
    this.film.play();
    this.show();
  }

  // ---- edges

  /** `start` or `end` of a moment, or all of it, at a new place: on whole frames, and no shorter than five of them. */
  moved(row, part, seconds) {
    const least = 5 * this.frame, long = row.end - row.start;
    if (part === "start") return { start: this.whole(Math.min(seconds, row.end - least)) };
    if (part === "end") return { end: this.whole(Math.max(seconds, row.start + least)) };
    const start = this.whole(Math.min(Math.max(seconds, 0), this.data.duration - long));
    return { start, end: this.whole(start + long) };
  }

  /** The shot, or what was watched (`head`), that is as good as `seconds` to the eye; `seconds` where none is. */
  nearShot(seconds, free, head) {
    const near = free ? null : [...this.data.shots, head].reduce((a, b) => (Math.abs(b - seconds) < Math.abs(a - seconds) ? b : a), Infinity);
    return near !== null && Math.abs(near - seconds) * this.scale < SNAP ? near : seconds;
  }

  drag(e, k, part) {
    e.preventDefault();
    e.stopPropagation();
    const { currentTarget: handle } = e, row = this.rows[k], from = e.clientX, bar = handle.closest(".moment"), head = this.now;
    let values = null;
    handle.setPointerCapture(e.pointerId);
    handle.onpointermove = (m) => {
      if (!values && Math.abs(m.clientX - from) < 3) return;
      const anchor = part === "end" ? row.end : row.start;
      values = this.moved(row, part, this.nearShot(anchor + (m.clientX - from) / this.scale, m.altKey, head));
      this.put(bar, { ...row, ...values });
      this.now = values.end && part === "end" ? values.end - this.frame : values.start;
    };
    handle.onpointerup = handle.onpointercancel = (up) => {
      handle.onpointermove = handle.onpointerup = handle.onpointercancel = null;
      this.selected = k;
      if (!values) this.now = row.start;
      if (values && up.type === "pointerup") this.edit(k, values);
      else this.show();
      this.focus(k, part);
    };
  }

  nudge(e, k, part) {
    const row = this.rows[k], at = part === "end" ? row.end : row.start, by = { ArrowLeft: -1, ArrowRight: 1 }[e.key];
    let to = by && at + by * (e.shiftKey ? 1 : this.frame);
    if (e.key === "PageUp") to = this.data.shots.findLast((s) => s < at - this.frame / 2);
    if (e.key === "PageDown") to = this.data.shots.find((s) => s > at + this.frame / 2);
    if (to === undefined) return false;
    const values = this.moved(row, part, to);
    this.now = values.end && part === "end" ? values.end - this.frame : values.start;
    this.edit(k, values, `${k}${part}`);
    this.focus(k, part);
    return true;
  }

  key(e) {
    if (e.target.closest("input, select, textarea")) return;
    const key = e.key.toLowerCase(), part = e.target.closest?.(".edge")?.dataset.part ?? "all", k = Number(e.target.closest?.("[data-k]")?.dataset.k ?? -1);
    if ((e.ctrlKey || e.metaKey) && (key === "z" || key === "я")) e.shiftKey ? this.undo(this.undone, this.done) : this.undo();
    else if (e.ctrlKey || e.metaKey || e.altKey) return;
    else if (k >= 0 && this.nudge(e, k, part)) { /* an edge went */ } else if (k >= 0 && (key === "delete" || key === "backspace")) this.remove(k);
    else if (k >= 0 && key === "enter" && !e.target.closest("button")) this.play(k);
    else if (key === " " && !e.target.closest("button, video, summary")) this.film.paused ? this.film.play() : this.film.pause();
    else if (key === "n" || key === "т") this.add();
    else return;
    e.preventDefault();
  }

  // ---- what is seen

  showLate() { if (this.late) this.show(); }

  /** Everything anew; later, while a name is typed or something is pressed or dragged: that would be lost with its element. */
  show() {
    this.late = this.pressed || document.activeElement?.matches(".editor .name");
    if (!this.late && !this.dirty && this.data.moments.version !== this.version) Object.assign(this, this.data.moments, { done: [], undone: [] });
    this.undoButton.disabled = !this.done.length;
    this.redoButton.disabled = !this.undone.length;
    if (this.late) return;
    const active = document.activeElement?.closest?.(".editor [data-k]"), where = active && [active.dataset.k, document.activeElement.dataset.part, document.activeElement.dataset.use];
    fill(this.list, this.rows.map((r, k) => this.line(r, k)));
    fill(this.bars, this.rows.map((r, k) => this.bar(r, k)));
    if (where) this.element.querySelector(`[data-k="${where[0]}"]${where[1] ? ` [data-part="${where[1]}"]` : where[2] ? ` [data-use="${where[2]}"]` : ".moment"}`)?.focus({ preventScroll: true });
    this.layout();
  }

  line(r, k) {
    const small = (use, label, sign, run, off) => h("button", { class: "quiet small", "data-use": use, "aria-label": `${label} ${k + 1}`, title: label, disabled: off, onclick: run }, sign);
    return h("tr", { "data-k": k, class: k === this.selected ? "chosen" : "" },
      h("td", { title: t("inTrailer") }, r.chosen ? "★" : ""),
      h("td", {}, h("button", { class: "quiet small play", "data-use": "play", "aria-label": `${t("play")} ${k + 1}`, onclick: () => this.play(k) }, `${clock(r.start)}–${clock(r.end)}`)),
      h("td", {}, h("div", {}, h("span", { class: "dot", style: { background: colour(r.emotion) }, title: `${emotionName(r.emotion)}, ${Math.round(r.score)}` }),
        h("input", { class: "name", value: r.name, placeholder: emotionName(r.emotion), maxLength: 120, "data-use": "name", "aria-label": `${t("name")} ${k + 1}`, onchange: (e) => this.edit(k, { name: e.target.value }), onblur: () => this.showLate() }))),
      h("td", { class: "number soft", title: t("pTitle") }, r.p_value === null || r.p_value === undefined ? "" : `p ${r.p_value.toFixed(3)}`),
      h("td", {}, small("up", t("up"), "↑", () => this.move(k, -1), k === 0), small("down", t("down"), "↓", () => this.move(k, 1), k === this.rows.length - 1), small("delete", t("delete"), "×", () => this.remove(k))));
  }

  bar(r, k) {
    const edge = (part, at) => h("span", { class: `edge ${part}`, "data-part": part, tabindex: 0, role: "slider", "aria-label": `${t(`edge_${part}`)} ${k + 1}`, "aria-valuemin": 0, "aria-valuemax": this.data.duration, "aria-valuenow": at, "aria-valuetext": clock(at, 2), onpointerdown: (e) => this.drag(e, k, part) });
    const bar = h("div", { class: `moment${r.chosen ? " chosen" : ""}${k === this.selected ? " selected" : ""}`, "data-k": k, tabindex: 0, role: "group", "aria-label": `${k + 1}. ${r.name || emotionName(r.emotion)}, ${clock(r.start)}–${clock(r.end)}`, style: { background: colour(r.emotion) }, onpointerdown: (e) => this.drag(e, k, "all"), ondblclick: () => this.play(k) },
      edge("start", r.start), h("span", { class: "title" }, r.name || `${k + 1}`), edge("end", r.end));
    return this.put(bar, r);
  }

  put(bar, r) {
    Object.assign(bar.style, { left: `${r.start * this.scale}px`, width: `${Math.max((r.end - r.start) * this.scale, 6)}px` });
    return bar;
  }

  zoom(by) {
    const middle = (this.track.scrollLeft + this.track.clientWidth / 2) / this.scale;
    this.zoomed = by ? Math.min(Math.max((this.zoomed ?? 1) * by, 1), 400) : 1;
    this.layout();
    this.track.scrollLeft = middle * this.scale - this.track.clientWidth / 2;
  }

  layout() {
    this.scale = this.track.clientWidth / this.data.duration * (this.zoomed ?? 1);
    this.canvas.style.height = `${height(this.data.curves)}px`;
    this.canvas.style.width = `${this.track.clientWidth}px`;
    this.wide.style.width = `${this.data.duration * this.scale}px`;
    if (!this.late) [...this.bars.children].forEach((bar, k) => this.put(bar, this.rows[k]));
    this.paint();
  }

  paint() { paint(this.canvas, this.data, this.scale, this.track.scrollLeft); }

  onTrack(e) {
    if (e.target.closest(".moment") || e.clientY > this.track.getBoundingClientRect().top + this.canvas.clientHeight) return;
    const seek = (m) => { this.until = null; this.now = Math.min(Math.max((m.clientX - this.wide.getBoundingClientRect().left) / this.scale, 0), this.data.duration); };
    seek(e);
    this.track.onpointermove = (m) => m.buttons && seek(m);
    addEventListener("pointerup", () => { this.track.onpointermove = null; }, { once: true });
  }

  // ---- films

  follow() {
    const { now } = this;
    if (this.until !== null && now >= this.until - this.frame / 2) { this.film.pause(); this.until = null; }
    this.head.style.transform = `translateX(${now * this.scale}px)`;
    this.time.textContent = `${clock(now, 2)} / ${clock(this.data.duration, 0)}`;
    if (!this.film.paused && (this.zoomed ?? 1) > 1) {
      const at = now * this.scale - this.track.scrollLeft;
      if (at < 0 || at > this.track.clientWidth * .92) this.track.scrollLeft = now * this.scale - this.track.clientWidth * .1;
    }
    if (!this.viewer || this.face.readyState < 1) return;
    const { start, rate } = this.data.starts[this.viewer.name] ?? { start: this.viewer.offset ?? 0, rate: 1 };
    const at = (now - start) / rate, want = Math.min(Math.max(at, 0), this.face.duration || 0), still = this.film.paused || at !== want; // before or after it: a picture
    if (Math.abs(this.face.currentTime - want) > (still ? .04 : .2) && !this.face.seeking) this.face.currentTime = want;
    if (still !== this.face.paused) still ? this.face.pause() : this.face.play().catch(() => {});
  }

  watch(name) {
    this.viewer = this.session.viewers.find((v) => v.name === name) ?? null;
    this.facePlace.hidden = !this.viewer;
    fill(this.facePlace, this.face);
    if (!this.viewer) this.face.removeAttribute("src");
    else if (this.face.getAttribute("src") !== this.viewer.url) this.face.src = this.viewer.url;
  }

  noCodec(video, film) {
    const place = video === this.film ? this.filmPlace : this.facePlace;
    if (film.preview) return toast(t("noPreview"));
    fill(place, h("div", { class: "nocodec" }, h("p", {}, t("noCodec", film.name)), h("button", { onclick: () => this.actions.work("preview", { film: film.name }) }, t("makePreview"))));
  }
}
