// The page of the bench: the state comes from /events, verbs go to /do. It decides nothing.
"use strict";

let state = null;

async function ask(request) {
  return answer(
    await fetch("/do", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(request) }),
  );
}

async function answer(response) {
  if (!response.ok) return toast("台架没有听懂");
  const said = await response.json();
  if (!said.ok) toast(REFUSED[said.error] ? REFUSED[said.error](said.facts) : said.line);
}

let toastTimer = 0;
function toast(words) {
  text(at("toast"), words);
  at("toast").classList.add("up");
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => at("toast").classList.remove("up"), 3600);
}

// ---- all devices ---------------------------------------------------------------------------------------------------------

function buttons(box, device, faults) {
  box.replaceChildren(
    ...faults.map(([verb, words, back]) => {
      const button = document.createElement("button");
      button.textContent = words;
      button.dataset.verb = verb;
      button.addEventListener("click", () => {
        const isOn = button.getAttribute("aria-pressed") === "true";
        ask({ do: device, fault: isOn && back ? back : verb });
      });
      return button;
    }),
  );
}

function plugs() {
  for (const panel of document.querySelectorAll("[data-device]")) {
    const device = panel.dataset.device;
    const plug = document.createElement("span");
    plug.className = "plug";
    const cable = document.createElement("button");
    cable.className = "switch";
    cable.setAttribute("role", "switch");
    cable.setAttribute("aria-label", `${DEVICE[device]}插着`);
    cable.addEventListener("click", () => ask({ do: state[device].place ? "unplug" : "plug", device }));
    const move = document.createElement("button");
    move.className = "move";
    move.textContent = "换个口";
    move.title = "拔下来，插到另一个口";
    move.hidden = device === "camera";
    move.addEventListener("click", () => {
      const now = Number(state[device].place.split("-").pop()) || 0;
      ask({ do: "plug", device, port: (now % 12) + 4 });
    });
    plug.append(move, cable);
    panel.querySelector("h2").append(plug);
  }
}

function drawPlugs() {
  for (const panel of document.querySelectorAll("[data-device]")) {
    const place = state[panel.dataset.device].place;
    panel.classList.toggle("unplugged", !place);
    const cable = panel.querySelector(".switch");
    cable.setAttribute("aria-checked", String(Boolean(place)));
    cable.title = place || "没插";
    const move = panel.querySelector(".move");
    move.hidden = !/^usb:/.test(place);
  }
}

let lastHappening = 0;
function drawLog(happenings) {
  if (happenings.length && happenings.at(-1).number < lastHappening) {
    at("log").replaceChildren();
    lastHappening = 0;
  }
  for (const one of happenings.filter((item) => item.number > lastHappening)) {
    const row = document.createElement("li");
    const time = document.createElement("time");
    time.textContent = new Date(one.at).toLocaleTimeString("zh-CN", { hour12: false });
    row.append(time, HAPPENED[one.what] ? HAPPENED[one.what](one.facts) : one.what);
    row.dataset.what = one.what;
    at("log").prepend(row);
    lastHappening = one.number;
  }
  while (at("log").children.length > 60) at("log").lastElementChild.remove();
}

function draw(fresh) {
  state = fresh;
  drawReader(state.reader);
  drawScale(state.scale);
  drawCamera(state.camera);
  drawLabels(state.labels);
  drawPrinter(state.printer);
  drawLog(state.happenings);
  drawPlugs();
  const wanted = state.scale.kind === "hid" ? [...SCALE_FAULTS, ...SCALE_FAULTS_HID] : SCALE_FAULTS;
  if (at("scale-faults").children.length !== wanted.length) {
    buttons(at("scale-faults"), "scale", wanted);
    mark(at("scale-faults"), (verb) => state.scale.fault === verb);
  }
}

function listen() {
  const stream = new EventSource("/events");
  stream.onopen = () => {
    at("live").classList.add("on");
    text(at("live").lastElementChild, "已连上");
  };
  stream.onmessage = (event) => draw(JSON.parse(event.data));
  stream.onerror = () => {
    at("live").classList.remove("on");
    text(at("live").lastElementChild, "台架不在");
  };
}

function wire() {
  plugs();
  buttons(at("reader-faults"), "reader", READER_FAULTS);
  buttons(at("printer-faults"), "printer", PRINTER_FAULTS);
  at("take-card").addEventListener("click", () => ask({ do: "remove-card" }));
  at("pad").addEventListener("dragover", (event) => event.preventDefault());
  at("pad").addEventListener("drop", (event) => {
    event.preventDefault();
    const name = event.dataTransfer.getData("text/person");
    if (name) ask({ do: "tap-card", name });
  });

  const slide = at("kg-slide");
  let sending = 0;
  slide.addEventListener("input", () => {
    isSliding = true;
    at("kg-typed").value = Number(slide.value).toFixed(2);
    clearTimeout(sending);
    sending = setTimeout(() => ask({ do: "weight", kg: Number(slide.value).toFixed(2) }), 120);
  });
  slide.addEventListener("change", () => {
    isSliding = false;
    slide.blur();
  });
  at("kg-form").addEventListener("submit", (event) => {
    event.preventDefault();
    ask({ do: "weight", kg: at("kg-typed").value.trim() });
  });
  at("kg-empty").addEventListener("click", () => ask({ do: "weight", kg: "0" }));

  at("qr-form").addEventListener("submit", (event) => {
    event.preventDefault();
    ask({ do: "show-qr", text: at("qr-text").value.trim() });
  });
  at("qr-label").addEventListener("click", () => ask({ do: "show-label", number: seenLabels }));
  at("qr-clear").addEventListener("click", () => ask({ do: "clear-camera" }));
  at("qr-file").addEventListener("change", (event) => {
    if (event.target.files[0]) sendPicture(event.target.files[0]);
    event.target.value = "";
  });
  at("view").addEventListener("dragover", (event) => {
    event.preventDefault();
    at("view").classList.add("over");
  });
  at("view").addEventListener("dragleave", () => at("view").classList.remove("over"));
  at("view").addEventListener("drop", (event) => {
    event.preventDefault();
    at("view").classList.remove("over");
    if (event.dataTransfer.files[0]) sendPicture(event.dataTransfer.files[0]);
  });

  at("rows-form").addEventListener("submit", (event) => {
    event.preventDefault();
    ask({ do: "printer", fault: "paper-out-after-rows", number: Number.parseInt(at("rows").value, 10) || null });
  });
  at("printer-well").addEventListener("click", () => ask({ do: "printer", fault: "well" }));
}

wire();
drawPeople().then(listen);
