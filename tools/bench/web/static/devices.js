// How each device looks: draws its part of the state. What a person does goes out through ask() of bench.js.
"use strict";

let people = [];
let seenLabels = 0;
let stripRows = 0;
let cameraKey = "";
let isSliding = false;

const at = (id) => document.getElementById(id);
const text = (node, words) => {
  if (node.textContent !== words) node.textContent = words;
};
const say = (node, words, mood) => {
  text(node, words);
  node.dataset.mood = mood;
};

function mark(box, isOn) {
  for (const button of box.children) button.setAttribute("aria-pressed", String(isOn(button.dataset.verb)));
}

// ---- people and reader ---------------------------------------------------------------------------------------------------

function idCard(person) {
  const card = at("id-card").content.firstElementChild.cloneNode(true);
  const put = (part, words) => text(card.querySelector(`.${part}`), words);
  put("name", person.name);
  put("facts", [person.sex, person.nation, person.born].filter(Boolean).join("　"));
  put("address", person.letter === "Y" ? `${person.address}　永久居留身份证` : person.address);
  put("number", person.number);
  card.dataset.letter = person.letter;
  return card;
}

async function drawPeople() {
  people = await (await fetch("/people.json")).json();
  for (const person of people) {
    const slot = document.createElement("div");
    slot.className = "seat";
    slot.dataset.name = person.name;
    const card = idCard(person);
    card.title = `有效期至 ${person.valid_to}`;
    card.addEventListener("click", () => ask({ do: "tap-card", name: person.name }));
    card.addEventListener("dragstart", (event) => event.dataTransfer.setData("text/person", person.name));
    const note = document.createElement("p");
    const subject = person.subjects.filter((name) => name !== person.name).join("、");
    note.textContent = person.note;
    const whose = document.createElement("small");
    whose.textContent = subject;
    note.append(whose);
    slot.append(card, note);
    at("cards").append(slot);
  }
}

function drawReader(reader) {
  const laid = at("on-pad").dataset.name || "";
  if (laid !== reader.card) {
    const seat = (name) => document.querySelector(`.seat[data-name="${CSS.escape(name)}"] .id-card`);
    const before = at("on-pad").firstElementChild;
    const from = reader.card && seat(reader.card) ? seat(reader.card).getBoundingClientRect() : null;
    const left = before ? before.getBoundingClientRect() : null;
    at("on-pad").replaceChildren();
    at("on-pad").dataset.name = reader.card;
    for (const each of document.querySelectorAll(".seat")) each.classList.toggle("away", each.dataset.name === reader.card);
    if (laid && left && seat(laid)) fly(seat(laid), left);
    const person = people.find((one) => one.name === reader.card);
    if (person) {
      const card = idCard(person);
      card.title = "点一下，把卡拿走";
      card.addEventListener("click", () => ask({ do: "remove-card" }));
      at("on-pad").append(card);
      if (from) fly(card, from);
    }
  }
  at("take-card").disabled = !reader.card;
  at("pad").classList.toggle("asking", reader.asking && Boolean(reader.place));
  if (!reader.place) say(at("reader-says"), "没插", "bad");
  else if (reader.fault) say(at("reader-says"), READER_WORD[reader.fault], "warn");
  else if (reader.asking) say(at("reader-says"), "终端正在找卡", "good");
  else say(at("reader-says"), "没人在问", "quiet");
  mark(at("reader-faults"), (verb) => reader.fault === verb);
}

function fly(node, from) {
  const to = node.getBoundingClientRect();
  if (!to.width || matchMedia("(prefers-reduced-motion: reduce)").matches) return;
  node.animate(
    [
      { transform: `translate(${from.left - to.left}px, ${from.top - to.top}px) scale(${from.width / to.width})`, zIndex: 9 },
      { transform: "none", zIndex: 9 },
    ],
    { duration: 260, easing: "cubic-bezier(.2,.8,.2,1)" },
  );
}

// ---- scale ---------------------------------------------------------------------------------------------------------------

function drawScale(scale) {
  text(at("kg"), scale.place ? (scale.kg === null ? "––" : scale.kg) : "––");
  if (!scale.place) say(at("scale-says"), "没插", "bad");
  else if (scale.fault && scale.fault !== "well") say(at("scale-says"), SCALE_WORD[scale.fault], "warn");
  else if (scale.over) say(at("scale-says"), "超载", "bad");
  else if (scale.moving) say(at("scale-says"), "在晃", "warn");
  else say(at("scale-says"), Number(scale.kg) === 0 ? "零" : "稳定", "good");
  if (!isSliding && document.activeElement !== at("kg-slide")) at("kg-slide").value = scale.on_pan;
  at("kg-slide").style.setProperty("--at", `${Math.min(100, (Number(scale.on_pan) / 150) * 100)}%`);
  drawGoods(Number(scale.on_pan));
  mark(at("scale-faults"), (verb) => scale.fault === verb);
}

let goodsDrawn = -1;
function drawGoods(kg) {
  const crates = kg <= 0 ? 0 : Math.min(6, Math.ceil(kg / 25));
  if (crates === goodsDrawn) return;
  goodsDrawn = crates;
  const tops = ["#C8452D", "#2E9E5B", "#E0A526", "#C8452D", "#6B8E23", "#E0A526"];
  at("goods").innerHTML = Array.from({ length: crates }, (_, index) => {
    const x = 160 - (crates * 44) / 2 + index * 44;
    const fruit = [6, 15, 24, 33].map((dx) => `<circle cx="${x + dx + 1}" cy="31" r="6.4" fill="${tops[index]}"/>`).join("");
    return `${fruit}<path d="M${x} 32h41l-3.5 24h-34z" class="crate"/><path d="M${x + 3} 40h35M${x + 4} 48h33" class="slat"/>`;
  }).join("");
}

// ---- camera --------------------------------------------------------------------------------------------------------------

function drawCamera(camera) {
  const key = `${camera.place} ${camera.shows}`;
  if (key !== cameraKey) {
    cameraKey = key;
    at("camera-view").src = `/camera.png?${encodeURIComponent(key)}${Date.now()}`;
  }
  at("view").classList.toggle("off", !camera.place);
  const label = /^label (\d+)$/.exec(camera.shows);
  if (!camera.place) say(at("camera-says"), "没插", "bad");
  else if (label) say(at("camera-says"), `第 ${label[1]} 张标签`, "good");
  else if (camera.shows) say(at("camera-says"), camera.shows, "good");
  else say(at("camera-says"), "镜头前没有东西", "quiet");
}

async function sendPicture(file) {
  await answer(
    await fetch(`/camera?name=${encodeURIComponent(file.name)}`, {
      method: "POST",
      headers: { "Content-Type": file.type || "image/unknown" },
      body: file,
    }),
  );
  cameraKey = "";
}

// ---- printer -------------------------------------------------------------------------------------------------------------

function drawPrinter(printer) {
  const bad = PRINTER_FAULTS.find(([, , , so]) => so(printer));
  if (!printer.place) say(at("printer-says"), "没插", "bad");
  else if (bad) say(at("printer-says"), bad[1], bad[0] === "paper-low" ? "warn" : "bad");
  else if (printer.strip_rows || printer.pending_bytes) say(at("printer-says"), "正在打", "good");
  else say(at("printer-says"), "好", "good");
  at("strip").parentElement.classList.toggle("no-paper", !printer.is_paper_in);
  at("lamp").dataset.mood = at("printer-says").dataset.mood;
  text(at("printer-model"), `${Math.round(printer.head_dots / 8)} 毫米热敏头 · 203 dpi`);
  if (printer.strip_rows !== stripRows) {
    stripRows = printer.strip_rows;
    at("strip").hidden = !stripRows;
    if (stripRows) {
      const next = new Image();
      next.onload = () => {
        at("strip-img").src = next.src;
      };
      next.src = `/paper/strip.png?${stripRows}-${seenLabels}`;
    }
  }
  mark(at("printer-faults"), (verb) => PRINTER_FAULTS.find(([name]) => name === verb)[3](printer));
}

function drawLabels(labels) {
  if (labels.length < seenLabels) {
    at("labels").replaceChildren();
    seenLabels = 0;
  }
  for (const label of labels.slice(seenLabels)) {
    const piece = document.createElement("figure");
    piece.className = `paper ${label.ended_by}`;
    piece.dataset.number = label.number;
    const link = document.createElement("a");
    link.href = `/paper/${label.number}.png`;
    link.target = "_blank";
    const picture = new Image(label.width_dots, label.height_dots);
    picture.src = link.href;
    picture.alt = `第 ${label.number} 张纸`;
    link.append(picture);
    const caption = document.createElement("figcaption");
    const bytes = label.bytes > 2048 ? `${(label.bytes / 1024).toFixed(1)} KB` : `${label.bytes} B`;
    caption.innerHTML = `<b>${label.number}</b><span>${ENDED[label.ended_by]} · ${bytes} · ${label.width_dots}×${label.height_dots} 点</span>`;
    const show = document.createElement("button");
    show.textContent = "放到镜头前";
    show.addEventListener("click", () => ask({ do: "show-label", number: label.number }));
    caption.append(show);
    piece.append(link, caption);
    at("labels").prepend(piece);
  }
  seenLabels = labels.length;
  at("tray-empty").hidden = labels.length > 0;
  at("qr-label").disabled = labels.length === 0;
  text(at("tray-says"), labels.length ? `${labels.length} 张` : "");
}
