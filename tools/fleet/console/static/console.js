// Live parts by server-sent events, one key for the search, forms that are sent once. The server has escaped every part it sends.
"use strict";

const pulse = document.getElementById("pulse");

function take(parts) {
  for (const [name, html] of Object.entries(parts)) {
    const place = document.querySelector(`[data-live="${CSS.escape(name)}"]`);
    if (!place || place.dataset.seen === html) continue;
    const held = place.contains(document.activeElement) ? document.activeElement.getAttribute("href") : null;
    const scrolled = place.scrollTop;
    const isFirst = place.dataset.seen === undefined;
    place.dataset.seen = html;
    if (isFirst && place.innerHTML.trim() === normal(html)) continue;
    place.innerHTML = html;
    place.scrollTop = scrolled;
    if (held) for (const link of place.querySelectorAll("a")) if (link.getAttribute("href") === held) { link.focus(); break; }
    if (!isFirst && name.startsWith("tile-")) {
      place.classList.remove("changed");
      void place.offsetWidth;
      place.classList.add("changed");
    }
  }
}

function normal(html) {
  const box = document.createElement("div");
  box.innerHTML = html;
  return box.innerHTML.trim();
}

function say(isLive) {
  if (!pulse) return;
  pulse.classList.toggle("lost", !isLive);
  pulse.title = isLive ? "实时更新" : "和中心断开了，正在重新连接。下面是断开前的情况。";
}

const address = document.body.dataset.liveFrom;
if (address) {
  let source = null;
  const open = () => {
    source = new EventSource(address);
    source.onopen = () => say(true);
    source.onmessage = (event) => { say(true); take(JSON.parse(event.data)); };
    source.onerror = () => {
      say(false);
      if (source.readyState === EventSource.CLOSED) again();
    };
  };
  // Closed for good: the session ended (then the login page is due), or the centre is away (then look again in a while).
  const again = () => fetch(address, { redirect: "manual" }).then(
    (answer) => {
      if (answer.type === "opaqueredirect") return location.reload();
      if (answer.body) answer.body.cancel();
      setTimeout(open, 5000);
    },
    () => setTimeout(again, 5000),
  );
  const close = () => { if (source) { source.close(); source = null; } };
  open();
  // Nobody looks at a hidden page: it costs the centre nothing.
  document.addEventListener("visibilitychange", () => { if (document.hidden) close(); else if (!source) open(); });
  window.addEventListener("pagehide", close);
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (/^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName)) return;
  const search = document.querySelector("[data-slash]");
  if (search) { event.preventDefault(); search.focus(); search.select(); }
});

for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "1";
  });
}

// Lines that differ between what is kept and what came later.
const kept = document.querySelector("[data-diff=kept]"), came = document.querySelector("[data-diff=came]");
if (kept && came) {
  const sides = [[kept, new Set(came.textContent.split("\n"))], [came, new Set(kept.textContent.split("\n"))]];
  for (const [side, other] of sides) {
    const lines = side.textContent.split("\n");
    side.textContent = "";
    for (const line of lines) {
      const row = document.createElement(other.has(line) ? "span" : "mark");
      row.textContent = line + "\n";
      side.append(row);
    }
  }
}
