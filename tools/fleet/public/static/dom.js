/* Makes elements. Text goes in as text nodes only: nothing that a terminal or a register sent is ever read as markup. */
"use strict";

SXC.dom = (function () {
  const SVG = "http://www.w3.org/2000/svg";
  const ICONS = { good: "M11 25l9 9 17-19", stop: "M14 14l20 20M34 14L14 34", care: "M24 11v17M24 35v2" };

  function el(name, attributes, ...children) {
    const made = document.createElement(name);
    for (const key of Object.keys(attributes || {})) {
      if (key === "on") Object.keys(attributes.on).forEach((type) => made.addEventListener(type, attributes.on[type]));
      else if (attributes[key] !== null && attributes[key] !== false) made.setAttribute(key, attributes[key] === true ? "" : attributes[key]);
    }
    put(made, children);
    return made;
  }

  function put(parent, children) {
    for (const child of children) {
      if (Array.isArray(child)) put(parent, child);
      else if (child instanceof Node) parent.appendChild(child);
      else if (child !== null && child !== undefined && child !== false && child !== "") parent.appendChild(document.createTextNode(String(child)));
    }
  }

  function drawing(box, path) {
    const made = document.createElementNS(SVG, "svg");
    made.setAttribute("viewBox", box);
    made.setAttribute("aria-hidden", "true");
    const line = document.createElementNS(SVG, "path");
    line.setAttribute("d", path);
    made.appendChild(line);
    return made;
  }

  const icon = (tone) => drawing("0 0 48 48", ICONS[tone] || ICONS.care);
  const star = () => drawing("0 0 24 24", "M12 2.8l2.8 6 6.5.8-4.8 4.5 1.3 6.5L12 17.4l-5.8 3.2 1.3-6.5L2.7 9.6l6.5-.8z");

  /* A sentence with its gaps filled. */
  const filled = (sentence, facts) => sentence.replace(/\{(\w+)\}/g, (gap, name) => (facts && facts[name] !== undefined ? facts[name] : ""));

  function show(...children) {
    const page = document.getElementById("page");
    while (page.firstChild) page.removeChild(page.firstChild);
    put(page, children);
  }

  return { el, icon, star, filled, show };
})();
