// The camera, frame by frame: the next one leaves only after an answer, and what is painted is the very frame that was answered.
import { about, bars, colour, download, emotion, emotionName, fill, h, paintFaces, percent, sharp, stamp, t, toast, token } from "./ui.js";

const MINUTE = 60, STEP = .25; // seconds of history, and between two of its points

export default async function live(main) {
  const canvas = h("canvas", { width: 640, height: 480, role: "img", "aria-label": t("live") });
  const sign = h("div", { class: "sign", role: "status" }), fps = h("span", { title: t("fpsTitle") }), delay = h("span", { title: t("delayTitle") });
  const now = h("div", { class: "now", "aria-live": "polite" }), plane = h("canvas", { class: "plane", role: "img", "aria-label": t("plane") });
  const minute = h("canvas", { class: "minute", role: "img", "aria-label": t("minute") }), [table, showBars] = bars();
  const cameras = h("select", { "aria-label": t("camera"), hidden: true, onchange: () => start(cameras.value) });
  const mirrorButton = h("button", { class: "quiet", "aria-pressed": "true", title: "m", onclick: () => setMirror(!mirror) }, t("mirror"));
  const logButton = h("button", { class: "quiet", "aria-pressed": "false", onclick: () => { wish = logging ? "end log" : "log"; wake(); } }, t("log"));
  fill(main, h("div", { class: "two" },
    h("div", { class: "stack" }, h("div", { class: "stage" }, canvas, sign, h("div", { class: "chips" }, fps, delay)),
      h("div", { class: "row" }, cameras, mirrorButton,
        h("button", { class: "quiet", title: "s", onclick: snapshot }, t("snapshot")), logButton),
      h("section", { class: "card minutes" }, h("h2", {}, t("minute")), minute)),
    h("div", { class: "stack" }, h("section", { class: "card stack" }, now, table), h("section", { class: "card" }, h("h2", {}, t("plane")), plane))));

  const video = h("video", { muted: true, playsInline: true, autoplay: true }), grab = h("canvas");
  let closed = false, starting = null, mirror = true, logging = false, wish = null, picked = null, stream = null, painted = "", faces = [], boxes = [];
  let fresh = null, wake = () => {};
  const history = [], delays = [], ticks = [];
  const link = new Link(() => {
    if (logging) toast(t("logLost"));
    setLogging(false);
    wish = null;
    say(t("gone"), t("goneHint"));
  });
  const timer = setInterval(() => { paintMinute(); showPace(); }, 200);
  const keys = { m: () => setMirror(!mirror), ь: () => setMirror(!mirror), s: snapshot, ы: snapshot };
  const onKey = (e) => { if (!e.ctrlKey && !e.metaKey && !e.target.closest("input, select")) keys[e.key.toLowerCase()]?.(); };
  const onUnload = (e) => { if (logging) e.preventDefault(); }; // the browser asks first: a log that is not saved is lost
  addEventListener("keydown", onKey);
  addEventListener("beforeunload", onUnload);
  navigator.mediaDevices?.addEventListener("devicechange", onDevices);
  canvas.addEventListener("click", pick);
  say(t("asking"), t("askingHint"));
  showBars(null);
  paintPlane(null);
  start();
  const running = run();
  return () => {
    closed = true;
    stop();
    wake();
    running.finally(async () => { // a log that goes on is saved
      if (logging) await command("end log");
      link.close();
    });
    clearInterval(timer);
    removeEventListener("keydown", onKey);
    removeEventListener("beforeunload", onUnload);
    navigator.mediaDevices?.removeEventListener("devicechange", onDevices);
  };

  function say(title, hint = "", centre = true) {
    if (title + hint === painted) return;
    painted = title + hint;
    sign.classList.toggle("centre", centre);
    fill(sign, title && h("strong", {}, title), hint && h("small", {}, hint));
  }

  function stop() {
    stream?.getTracks().forEach((track) => { track.onended = null; track.stop(); });
    stream = null;
    ticks.length = 0;
  }

  /** No picture comes any more: what the last one showed is not the case now. */
  function lose() {
    fresh = null;
    say(t("unplugged"), t("unpluggedHint"));
    fill(now, "–");
    showBars(null);
    paintPlane(null);
  }

  async function start(deviceId) {
    if (!starting) await (starting = open(deviceId).catch((e) => say(t("cameraFailed"), e.message)).finally(() => { starting = null; }));
  }

  async function open(deviceId) {
    stop();
    if (!navigator.mediaDevices) return say(t("insecure"), t("insecureHint"));
    const size = { width: { ideal: 640 }, height: { ideal: 480 }, frameRate: { ideal: 30 } };
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: deviceId ? { ...size, deviceId: { exact: deviceId } } : { ...size, facingMode: "user" } });
    } catch (e) {
      const known = { NotAllowedError: "refused", NotFoundError: "missing", OverconstrainedError: "missing", NotReadableError: "busy" }[e.name];
      return say(t(known ?? "cameraFailed"), known ? t(`${known}Hint`) : e.message);
    }
    if (closed) return stop();
    stream.getVideoTracks()[0].onended = lose;
    video.srcObject = stream;
    await video.play().catch(() => {});
    watchFrames();
    const found = (await navigator.mediaDevices.enumerateDevices()).filter((d) => d.kind === "videoinput");
    const current = stream?.getVideoTracks()[0].getSettings().deviceId;
    fill(cameras, found.map((d, k) => h("option", { value: d.deviceId, selected: d.deviceId === current }, d.label || `${t("camera")} ${k + 1}`)));
    cameras.hidden = found.length < 2;
  }

  function onDevices() { // a camera was plugged in again
    if (!stream || stream.getVideoTracks()[0].readyState === "ended") start();
  }

  function watchFrames() {
    const mine = stream, next = (seen) => (video.requestVideoFrameCallback ? video.requestVideoFrameCallback(seen) : requestAnimationFrame(seen));
    next(function seen(at) {
      if (closed || stream !== mine) return;
      fresh = at;
      wake();
      next(seen);
    });
  }

  async function run() {
    while (!closed) {
      if (fresh === null && !wish) await new Promise((resolve) => { wake = resolve; });
      if (closed) return;
      if (!await link.ready()) continue;
      if (wish) await command(wish);
      if (fresh === null || !video.videoWidth) { fresh = null; continue; }
      const at = fresh, mine = stream;
      fresh = null;
      Object.assign(grab, { width: video.videoWidth, height: video.videoHeight });
      grab.getContext("2d").drawImage(video, 0, 0);
      const picture = await new Promise((done) => grab.toBlob(done, "image/jpeg", .88));
      const answer = await link.ask(new Blob([new Float64Array([at / 1000]), picture]));
      if (answer && !closed && stream === mine && mine?.active) show(answer, at);
    }
  }

  async function command(asked) {
    const answer = await link.ask(asked);
    wish = null;
    if (!answer) return;
    setLogging(Boolean(answer.logging));
    if (answer.log) download(new Blob([answer.log], { type: "text/csv" }), `emofast-${stamp()}.csv`);
    if (answer.logging) toast(t("logging"));
  }

  function setLogging(on) { logging = press(logButton, on); }
  function setMirror(on) { mirror = press(mirrorButton, on); }
  function press(button, on) { button.setAttribute("aria-pressed", String(on)); return on; }

  function show(answer, at) {
    if (answer.error) return say(answer.error);
    faces = answer.faces;
    const { width, height } = Object.assign(canvas, { width: grab.width, height: grab.height }), c = canvas.getContext("2d");
    if (mirror) c.setTransform(-1, 0, 0, 1, width, 0);
    c.drawImage(grab, 0, 0);
    c.resetTransform();
    const face = faces.find((f) => f.id === picked) ?? faces.reduce((a, b) => (a && a.box[2] >= b.box[2] ? a : b), null);
    boxes = faces.map((f) => {
      const [x, y, w, v] = f.box, ink = colour(f.emotion);
      return { id: f.id, box: [mirror ? width - x - w : x, y, w, v], label: label(f), share: f.reason ? undefined : confidence(f), colour: ink, main: f === face };
    });
    paintFaces(c, width, boxes, 16 * Math.max(width / (canvas.clientWidth || width), height / (canvas.clientHeight || height)));
    if (!face) say(t("noFace"), t("noFaceHint"), false);
    else say(face.reason ? t(face.reason) : "", face.reason ? t(`${face.reason}Hint`) : "", false);
    const text = face ? label(face) : "–";
    if (now.textContent !== text) fill(now, h("span", { class: "dot", style: { background: colour(face?.emotion) } }), text);
    showBars(face?.p, face?.emotion);
    paintPlane(face);
    remember(at / 1000, face);
    ticks.push(performance.now());
    if (delays.push(ticks.at(-1) - at) > 300) delays.shift();
    while (ticks[0] < ticks.at(-1) - 1500) ticks.shift();
  }

  function label(face) { return face.reason ? t(face.reason) : emotionName(face.emotion); }
  function confidence(face) { return face.p[about.emotions.findIndex((e) => e.name === face.emotion)]; }

  function pick(e) {
    const r = canvas.getBoundingClientRect(), scale = Math.max(canvas.width / r.width, canvas.height / r.height);
    const x = (e.clientX - r.left - r.width / 2) * scale + canvas.width / 2, y = (e.clientY - r.top - r.height / 2) * scale + canvas.height / 2;
    picked = boxes.find(({ box: [a, b, w, v] }) => x >= a && x <= a + w && y >= b && y <= b + v)?.id ?? null;
  }

  function remember(at, face) {
    const slot = Math.floor(at / STEP), last = history.at(-1);
    if (last?.slot !== slot) history.push({ slot, n: 0, p: about.emotions.map(() => 0) });
    while (history[0].slot < slot - MINUTE / STEP) history.shift();
    const point = history.at(-1);
    point.n += face ? 1 : 0;
    face?.p.forEach((p, k) => { point.p[k] += p; });
  }

  function paintMinute() {
    const [c, w, v] = sharp(minute), end = Math.floor(performance.now() / 1000 / STEP), wide = w / (MINUTE / STEP), foot = v - 16;
    c.fillStyle = token("well");
    c.fillRect(0, 0, w, foot);
    history.forEach((point, at) => {
      let y = foot;
      const x = w - (end - point.slot + 1) * wide, slots = Math.min((history[at + 1]?.slot ?? 0) - point.slot, 6); // few frames leave no holes
      point.n && point.p.forEach((p, k) => {
        const tall = foot * p / point.n;
        c.fillStyle = about.emotions[k].colour;
        c.fillRect(x, y -= tall, Math.max(slots, 1) * wide + .6, tall);
      });
    });
    Object.assign(c, { fillStyle: token("soft"), font: "12px system-ui, sans-serif" });
    [60, 45, 30, 15, 0].forEach((s) => {
      c.textAlign = s === 60 ? "left" : s ? "center" : "right";
      c.fillText(s ? `−${s}` : t("seconds"), w * (1 - s / 60), v - 2);
    });
  }

  function paintPlane(face) {
    const [c, w, v] = sharp(plane), r = w / 2 - 4, x = (a) => w / 2 + a * r, y = (b) => v / 2 - b * r;
    Object.assign(c, { strokeStyle: token("line"), fillStyle: token("soft"), lineWidth: 1, font: "12px system-ui, sans-serif" });
    c.beginPath(); c.arc(w / 2, v / 2, r, 0, 7); c.moveTo(4, v / 2); c.lineTo(w - 4, v / 2); c.moveTo(w / 2, 4); c.lineTo(w / 2, v - 4); c.stroke();
    const axes = [["excited", .03, .9, "left"], ["calm", .03, -.95, "left"], ["unpleasant", -.97, .04, "left"], ["pleasant", .97, .04, "right"]];
    axes.forEach(([text, a, b, align]) => { c.textAlign = align; c.fillText(t(text), x(a), y(b)); });
    for (const e of about.emotions) {
      c.fillStyle = e.colour;
      c.beginPath(); c.arc(x(e.valence), y(e.arousal), e.name === face?.emotion ? 6 : 4, 0, 7); c.fill();
    }
    if (!face) return;
    c.strokeStyle = c.fillStyle = emotion(face.emotion)?.colour ?? token("soft");
    c.lineWidth = 2.500;
    c.beginPath(); face.trail.forEach(([a, b]) => c.lineTo(x(a), y(b))); c.stroke();
    const [a, b] = face.trail.at(-1);
    c.beginPath(); c.arc(x(a), y(b), 8, 0, 7); c.fill();
    c.strokeStyle = token("card");
    c.stroke();
  }

  function showPace() {
    const span = ticks.length > 1 ? (ticks.at(-1) - ticks[0]) / 1000 : 0, sorted = [...delays].sort((a, b) => a - b);
    if (performance.now() - (ticks.at(-1) ?? 0) > 3000) {
      [fps, delay].forEach((chip) => { chip.textContent = ""; });
      if (ticks.length && fresh === null && !document.hidden) lose(); // a camera that the system has taken away stays silent
      return;
    }
    if (span) fps.textContent = `${Math.round((ticks.length - 1) / span)} ${t("fps")}`;
    if (sorted.length) delay.textContent = `${Math.round(sorted[Math.floor(sorted.length / 2)])} ${t("ms")}`;
    Object.assign(canvas.dataset, { fps: span ? (ticks.length - 1) / span : 0, p95: sorted[Math.floor(sorted.length * .95)] ?? 0, label: now.textContent });
  }

  function snapshot() {
    canvas.toBlob((picture) => picture && download(picture, `emofast-${stamp()}.png`));
  }
}

/** The WebSocket: one question at a time, opened again whenever it is gone. */
class Link {
  constructor(onGone) {
    Object.assign(this, { onGone, wait: 500 });
    this.open();
  }

  open() {
    this.socket = new WebSocket(`${location.origin.replace("http", "ws")}/api/live`);
    this.answered = null;
    this.opened = new Promise((resolve) => {
      this.socket.onopen = () => resolve(true);
      this.socket.onclose = () => {
        resolve(false);
        this.answered?.(null);
        this.onGone();
        this.retry = setTimeout(() => this.open(), this.wait = Math.min(this.wait * 1.6, 4000));
      };
    });
    this.socket.onmessage = (e) => { this.wait = 500; this.answered?.(JSON.parse(e.data)); };
  }

  /** Whether it is open, once that is known. */
  async ready() { return this.socket.readyState > 1 ? new Promise((resolve) => { setTimeout(resolve, 200); }) : this.opened; }

  ask(message) {
    return new Promise((resolve) => {
      this.answered = (answer) => { this.answered = null; resolve(answer); };
      if (this.socket.readyState === 1) this.socket.send(message);
      else this.answered(null);
    });
  }

  close() {
    clearTimeout(this.retry);
    this.socket.onclose = null;
    this.socket.close();
  }
}
