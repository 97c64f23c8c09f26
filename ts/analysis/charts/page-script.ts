/**
 * What runs in a page with charts, as text: it puts Vega's view in the place of each drawn chart and shows what is
 * known of the mark under the pointer. It is text because nothing here is compiled for a browser; the browser test
 * runs it.
 */
export const PAGE_SCRIPT = `
(() => {
  "use strict";
  const tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  document.body.append(tip);

  function element(name, text) {
    const made = document.createElement(name);
    made.textContent = text;
    return made;
  }

  function showTip(_handler, event, _item, value) {
    const known = value && typeof value === "object"
      ? Object.entries(value).filter(([, text]) => !["", "null", "undefined", "NaN"].includes(String(text)))
      : [];
    tip.hidden = known.length === 0;
    if (tip.hidden) return;
    const list = document.createElement("dl");
    for (const [name, text] of known) list.append(element("dt", name), element("dd", String(text)));
    tip.replaceChildren(list);
    const gap = 14;
    const left = event.clientX + gap + tip.offsetWidth > innerWidth ? event.clientX - gap - tip.offsetWidth : event.clientX + gap;
    const top = event.clientY + gap + tip.offsetHeight > innerHeight ? event.clientY - gap - tip.offsetHeight : event.clientY + gap;
    tip.style.left = Math.max(8, left) + "px";
    tip.style.top = Math.max(8, top) + "px";
  }

  function bringToLife(figure) {
    const stage = figure.querySelector(".stage");
    const spec = JSON.parse(figure.querySelector("script").textContent);
    const drawn = [...stage.childNodes];
    const options = { renderer: "svg", container: stage, bind: figure.querySelector(".controls"), hover: true, tooltip: showTip };
    stage.replaceChildren();
    try {
      const view = new vega.View(vega.parse(spec), options);
      view.runAsync().then(() => { figure.dataset.ready = "true"; });
    } catch (error) {
      stage.replaceChildren(...drawn);
      console.error(error);
    }
  }

  addEventListener("scroll", () => { tip.hidden = true; }, { passive: true });
  for (const figure of document.querySelectorAll("[data-chart]")) bringToLife(figure);
})();
`;
