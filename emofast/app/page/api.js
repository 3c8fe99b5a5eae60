// The HTTP interface, shown from its OpenAPI description: all of it is served from here.
import { ask, fill, h, t } from "./ui.js";

export default async function api(main) {
  const spec = await ask("/api/openapi.json");
  fill(main, h("h1", {}, `${spec.info.title}: ${t("api")}`), h("p", {}, spec.info.description),
    h("p", {}, h("a", { href: "/api/openapi.json" }, "openapi.json"), ` (OpenAPI ${spec.openapi})`),
    Object.entries(spec.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, about]) =>
      h("section", { class: "card stack" }, h("h2", {}, `${method.toUpperCase()} ${path}`), h("p", {}, about.summary), h("pre", {}, about.description),
        h("div", {}, h("b", {}, t("request")), ": ", Object.keys(about.requestBody.content).join(", ")),
        Object.entries(about.responses).map(([status, answer]) => h("details", { open: status === "200" },
          h("summary", {}, h("b", {}, status), ` ${answer.description}`),
          answer.content && h("pre", {}, JSON.stringify(answer.content["application/json"].schema, null, 1))))))));
}
