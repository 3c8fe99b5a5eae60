// What lies under the moments: ruler, shots, curves; painted for the stretch that is in sight.
import { about, clock, sharp, t, token } from "./ui.js";

const RULER = 20, BARS = 40; // pixels; bars of moments lie in between
const TICKS = [.1, .2, .5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600];

/** From top to bottom: height, name, values, the value at the upper edge (null: the highest); the emotions' shares have no values. */
function lanes(curves) {
  const people = Object.keys(curves).map((key) => /^(score|reaction) (.+)/.exec(key)).filter(Boolean);
  return [[74, t("reaction"), curves.score ?? [], null], [44, t("shares"), null, 1], [26, t("attention"), curves.attention ?? [], 1],
    ...people.map(([key, kind, who]) => [30, who, curves[key], kind === "score" ? null : 1.1])];
}

export const height = (curves) => lanes(curves).reduce((sum, [tall]) => sum + tall, RULER + BARS);

/** scale: pixels a second; left: pixels scrolled away. */
export function paint(canvas, { curves, shots }, scale, left) {
  const [c, w, v] = sharp(canvas), step = curves.t?.[1] - curves.t?.[0] || .25;
  const x = (s) => s * scale - left, sample = (px) => Math.round((px + left) / scale / step);
  const upright = (at, from, to) => { c.beginPath(); c.moveTo(at, from); c.lineTo(at, to); c.stroke(); };
  const tick = TICKS.find((s) => s * scale > 64) ?? 3600;
  Object.assign(c, { font: "12px system-ui, sans-serif", fillStyle: token("soft"), strokeStyle: token("line"), lineJoin: "round", lineWidth: 1 });
  for (let s = Math.ceil(left / scale / tick) * tick; x(s) < w; s += tick) {
    c.fillText(clock(s, tick < 1 ? 1 : 0), x(s) + 4, 13);
    upright(x(s), 0, v);
  }
  c.fillStyle = token("well");
  c.fillRect(0, RULER, w, BARS);
  c.strokeStyle = token("soft");
  shots.map(x).filter((at) => at >= 0 && at <= w).forEach((at) => upright(at, RULER, RULER + BARS));
  let top = RULER + BARS;
  for (const [tall, name, values, high] of lanes(curves)) {
    Object.assign(c, { lineWidth: 1.6, strokeStyle: token(values === curves.attention ? "accent" : high === null ? "ink" : "soft") });
    if (values) curve(values, top, tall, high ?? Math.max(...values, 1));
    else if (curves.t) shares(top, tall);
    Object.assign(c, { fillStyle: token("soft"), strokeStyle: token("card"), lineWidth: 4 });
    c.strokeText(name, 6, top + 14);
    c.fillText(name, 6, top + 14);
    top += tall;
  }

  function curve(values, y, tall, high) { // of several values in one pixel the highest, so that no peak is lost
    c.beginPath();
    for (let px = 0, on = false; px <= w; px++) {
      const here = values.slice(sample(px), Math.max(sample(px + 1), sample(px) + 1)).filter((a) => a !== null);
      const at = y + tall - 3 - Math.max(...here, 0) / high * (tall - 8);
      if (here.length) on ? c.lineTo(px, at) : c.moveTo(px, at);
      on = here.length > 0;
    }
    c.stroke();
  }

  function shares(y, tall) {
    for (let px = 0; px <= w; px += 2) {
      let foot = y + tall - 2;
      for (const e of about.emotions) {
        const part = (curves[`share_${e.name}`][sample(px)] ?? 0) * (tall - 4);
        c.fillStyle = e.name === "neutral" ? token("line") : e.colour;
        c.fillRect(px, foot -= part, 2, part);
      }
    }
  }
}
