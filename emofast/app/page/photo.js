// A picture dropped, pasted or chosen: its faces, emotions and numbers.
import { ask, atHome, bars, colour, download, emotionName, fill, h, paintFaces, t } from "./ui.js";

export default function photo(main) {
  const input = h("input", { type: "file", accept: "image/*", hidden: true, onchange: () => input.files[0] && read(input.files[0]) });
  const choose = () => { input.value = ""; input.click(); };
  const hint = h("div", {}, h("p", {}, t("dropHere")), h("button", { onclick: choose }, t("choosePicture")));
  const place = h("div", { class: "drop card" }, hint), side = h("div", { class: "stack" });
  fill(main, h("h1", {}, t("photo")), h("div", { class: "two" }, h("div", { class: "stack" }, place, input), side));
  fill(side, h("p", { class: "soft" }, t(atHome() ? "photoPrivacy" : "privacyShared")), h("p", {}, h("a", { href: "/api" }, t("apiLink"))));
  const onPaste = (e) => { const file = [...e.clipboardData.files][0]; if (file) read(file); };
  const over = (e) => { e.preventDefault(); place.classList.toggle("over", e.type === "dragover"); };
  place.addEventListener("dragover", over);
  place.addEventListener("dragleave", over);
  place.addEventListener("drop", (e) => { over(e); if (e.dataTransfer.files[0]) read(e.dataTransfer.files[0]); });
  addEventListener("paste", onPaste);
  return () => removeEventListener("paste", onPaste);

  async function read(file) {
    fill(side, h("p", { role: "status" }, t("looking")));
    try {
      // a kind that the server reads and this browser does not is shown as boxes alone
      show(await ask("/api/predict", file), await createImageBitmap(file).catch(() => null), file.name);
    } catch (e) {
      fill(place, hint);
      fill(side, h("p", { class: "bad", role: "status" }, e.message));
    }
  }

  function show(found, bitmap, name) {
    const canvas = h("canvas", { width: found.width, height: found.height, role: "img", "aria-label": name }), c = canvas.getContext("2d");
    if (bitmap) c.drawImage(bitmap, 0, 0, found.width, found.height);
    paintFaces(c, found.width, found.faces.map((f, k) => ({ box: f.box, label: f.reason ? t(f.reason) : emotionName(f.emotion), share: f.reason ? undefined : f.confidence, colour: colour(!f.reason && f.emotion), main: !k })));
    fill(place, canvas);
    const json = JSON.stringify(found, null, 1);
    fill(side, h("div", { class: "row" }, h("button", { onclick: choose }, t("another")),
      h("button", { class: "quiet", onclick: () => download(new Blob([json], { type: "application/json" }), "faces.json") }, "JSON")),
    found.faces.length ? found.faces.map(card) : h("p", { class: "card" }, t("noFaceInPicture")),
    h("details", { class: "card" }, h("summary", {}, t("numbers")), h("pre", {}, json)));
  }

  function card(face) {
    const [table, show] = bars();
    show(Object.values(face.probabilities), face.emotion);
    return h("section", { class: "card stack" }, h("div", { class: "now" }, h("span", { class: "dot", style: { background: colour(!face.reason && face.emotion) } }), face.reason ? t(face.reason) : emotionName(face.emotion)), table,
      h("p", { class: "soft" }, `${t("valence")} ${face.valence.toFixed(2)} · ${t("arousal")} ${face.arousal.toFixed(2)}`));
  }
}
