/* The page behind a label: checks the code here, says so at once, then asks the centre for the rest. */
"use strict";

SXC.page = (function () {
  const { el, icon, star, filled, show } = SXC.dom;
  const PATIENCE_MS = 12000;
  const BLOCKS = ["production", "trace", "credit", "certification"];
  const KINDS = ["goods", "copied", "quality", "facts", "other"];
  const MANY = 20;
  const meta = (name) => document.querySelector('meta[name="sxc-' + name + '"]').content;
  const digits = decodeURIComponent(location.pathname).replace(/^.*\//, "");
  let table = null, w = null;

  /* {ok, status, body}; throws when nobody answers in time. */
  async function ask(url, body) {
    const options = { credentials: "omit", referrerPolicy: "no-referrer" };
    if (body) Object.assign(options, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
    const late = new Promise((_, no) => setTimeout(() => no(new Error("late")), PATIENCE_MS));
    const answer = await Promise.race([fetch(url, options), late]);
    return { ok: answer.ok, status: answer.status, body: await Promise.race([answer.json().catch(() => null), late]) };
  }

  async function start() {
    SXC.started = true;
    try {
      table = (await ask(meta("words"))).body;
    } catch (err) {
      table = null;
    }
    if (table === null) return location.replace("?plain");
    w = table.words;
    return check();
  }

  async function check() {
    const decoded = SXC.token.decode("https://" + meta("host") + "/" + digits);
    if (decoded.status) return showVerdict(decoded.status);
    let answer;
    try {
      answer = await ask("/p/key/" + decoded.body.key_id + ".json");
    } catch (err) {
      return showVerdict("noNetwork", true);
    }
    if (answer.status === 404) return showVerdict("unknownKey");
    if (answer.status === 429) return showVerdict("busy", true);
    let list;
    try {
      list = await SXC.token.readList(answer.body, meta("list-key"));
    } catch (err) {
      return showVerdict(answer.ok ? "badList" : "noNetwork", true);
    }
    const verdict = await SXC.token.judge(decoded, list, null, Date.now());
    SXC.verdict = verdict;
    if (!verdict.number || verdict.status === "malformed") return showVerdict(verdict.status);
    showCertificate(verdict, null, verdict.status === "valid" ? "asking" : verdict.status);
    return fetchRecord(verdict);
  }

  async function fetchRecord(verdict) {
    let answer = null;
    try {
      answer = await ask("/p/scan", { digits });
    } catch (err) {
      answer = { ok: false, status: 0, body: null };
    }
    if (!answer.ok || !answer.body || !answer.body.scans) {
      return showCertificate(verdict, null, verdict.status === "valid" ? "offline" : verdict.status, true);
    }
    return showCertificate(verdict, answer.body, standing(verdict, answer.body));
  }

  /* The worse of what the centre says and what was found out here. */
  function standing(verdict, told) {
    if (verdict.status !== "valid" && told.standing !== "recalled") return verdict.status;
    if (["valid", "absent"].includes(told.standing) && told.record && !fits(verdict, told.record)) return "recordMismatch";
    return told.standing;
  }

  /* Whether the centre's record says what the code's signature covers; the whole record where nothing in it is hidden. */
  function fits(verdict, record) {
    const body = verdict.body;
    const whole = record.canonical === null || SXC.token.hex(SXC.sha2.sha256(SXC.token.utf8(record.canonical)).slice(0, 8)) === body.digest;
    return whole && table.documents[body.document] === record.form && record.issued === minute(body.issued)
      && body.basis.join() === record.basis.join() && body.unit === record.unit && nearly(body, record);
  }

  /* The code keeps large amounts rounded (token format, section 2). */
  function nearly(body, record) {
    return Math.abs(Number(body.amount) - Number(record.amount)) <= body.rounding + 1e-9;
  }

  /* Beijing's time whatever the phone's. */
  function minute(ms) {
    const t = new Date(ms + 8 * 3600000), two = (n) => String(n).padStart(2, "0");
    return `${t.getUTCFullYear()}年${t.getUTCMonth() + 1}月${t.getUTCDate()}日 ${two(t.getUTCHours())}:${two(t.getUTCMinutes())}`;
  }

  /* A specimen is never green: the word for it stands where else the verdict does. */
  function hero(word, demo, ...more) {
    const said = w.verdict[word] || w.verdict.malformed;
    const specimen = demo && said.tone === "good", tone = specimen ? "care" : said.tone;
    return el("section", { class: "verdict " + tone, "data-verdict": word }, el("div", { class: "mark" }, icon(tone)),
      el("h1", null, specimen ? w.page.demo : said.title), specimen && el("p", null, clauses(w.page.demo_says)),
      (!specimen || word !== "valid") && el("p", null, clauses(said.says)), more);
  }

  /* A line breaks only behind a comma or a stop. */
  const clauses = (text) => text.match(/[^，。：]+[，。：]*/g).map((part) => el("span", null, part));

  function retry() {
    return el("button", { type: "button", on: { click: () => location.reload() } }, w.page.retry);
  }

  function showVerdict(word, again) {
    show(hero(word, false, again && retry()), el("a", { class: "button second", href: "./" }, w.page.another));
    document.getElementById("page").setAttribute("aria-busy", "false");
  }

  function showCertificate(verdict, told, word, again) {
    const top = hero(word, verdict.demo,
      el("span", { class: "proof" }, w.page.here),
      told && told.void && el("dl", { class: "void" }, row(w.void.at, told.void.at), told.void.reason && row(w.void.reason, told.void.reason)),
      again && retry());
    show(verdict.demo && w.verdict[word].tone !== "good" && el("section", { class: "demo", role: "note" }, el("strong", null, w.page.demo), el("span", null, w.page.demo_says)),
      top,
      verdict.list_stale && el("p", { class: "notice bad" }, filled(w.page.stale, { days: verdict.list_age_days })),
      paper(verdict, told && told.record, w.verdict[word]), label(verdict),
      told && scans(told), BLOCKS.map((name) => block(name, told)),
      told && evaluation(told), told && report(), how(verdict, told));
    document.getElementById("page").setAttribute("aria-busy", told || again ? "false" : "true");
  }

  const row = (name, value, small) => [el("dt", null, name), el("dd", null, value, small && el("small", null, small))];

  /* The form, word for word; before the record is here only with what the signature covers. */
  function paper(verdict, record, said) {
    const body = verdict.body;
    const form = table.forms[record ? record.form : table.documents[body.document]] || table.forms.T2026_PRODUCER;
    const fields = record ? record.fields : {
      product: table.products[body.product] || null,
      quantity: body.amount + " " + (body.unit === "kg" ? w.page.kg : w.page.piece),
      origin: table.counties[body.county] || body.county,
      date: minute(body.issued).replace(/ .*/, "").replace(/年(\d)月/, "年0$1月").replace(/月(\d)日/, "月0$1日"),
    };
    const basis = record ? record.basis : body.basis;
    const over = said.tone === "stop" && said.title, stamp = verdict.demo ? w.page.demo : over;
    return el("section", { class: "paper" + (stamp ? " over" : "") + (stamp && !over ? " specimen" : "") },
      stamp && el("div", { class: stamp.length > 4 ? "stamp long" : "stamp", "aria-hidden": "true" }, stamp),
      el("h2", null, form.title), el("p", { class: "lead" }, form.heading),
      el("ul", { class: "promises" + (form.ticked ? " ticked" : "") }, form.promises.map((line) => el("li", null, line))),
      el("p", { class: "lead" }, form.basis_heading),
      el("ul", { class: "basis" }, form.basis.map(([key, text]) => el("li", { class: basis.includes(key) ? "on" : null }, text,
        el("span", { class: "unseen" }, basis.includes(key) ? w.page.yes : w.page.no)))),
      el("dl", null, form.fields.map(([key, name]) => fields[key] && row(name, fields[key], key === "contact" && record.phone_masked && w.page.masked))));
  }

  function label(verdict) {
    const body = verdict.body;
    return el("section", { class: "card" }, el("dl", null,
      row(w.page.number, el("span", { class: "code" }, verdict.number)),
      row(w.page.label, filled(w.page.label_of, body)),
      row(w.page.station, verdict.key.station)));
  }

  function scans(told) {
    const only = told.scans.count === 1;
    return el("section", { class: "card" + (only ? " fresh" : "") }, el("h2", null, w.scans.title),
      el("p", { class: "big" }, only ? w.scans.only : filled(w.scans.count, told.scans)),
      !only && el("p", null, filled(w.scans.first, told.scans)),
      told.scans.count > MANY && el("p", { class: "warn" }, w.scans.many));
  }

  function block(name, told) {
    const card = el("section", { class: "card", "data-block": name }, el("h2", null, w.blocks[name]));
    const put = (...more) => more.forEach((one) => one && card.appendChild(one));
    if (!told || !told.record) {
      put(el("p", { class: "none" }, w.blocks.waiting));
      return card;
    }
    const facts = told.blocks[name];
    const rows = (name === "trace" ? told.trace.map((step) => ({ at: step.at, title: filled(w.trace[step.what], step.facts) })) : [])
      .concat(facts ? facts.rows : []);
    if (facts) put(facts.grade && el("p", { class: "grade" }, facts.grade), facts.note && el("p", null, facts.note));
    if (rows.length) put(el("ol", { class: "trail" }, rows.map((one) => el("li", null, el("time", null, one.at), el("strong", null, one.title), one.detail && el("span", null, one.detail)))));
    if (!facts && !rows.length) put(el("p", { class: "none" }, w.blocks["none_" + name]));
    if (facts && facts.source) put(el("p", { class: "source" }, filled(w.blocks.source, facts) + " " + filled(w.blocks.updated, facts)));
    return card;
  }

  function how(verdict, told) {
    const proved = told && told.record && told.record.canonical !== null && fits(verdict, told.record);
    return fold(w.page.how, el("p", null, w.page.how_says),
      el("dl", null, row(w.page.terminal, verdict.key.terminal), row(w.page.key, "#" + verdict.body.key_id + " · Ed25519"),
        row(w.page.issued_at, minute(verdict.body.issued)), row(w.page.county, table.counties[verdict.body.county] || verdict.body.county)),
      proved && el("p", { class: "source" }, w.page.digest_ok));
  }

  function fold(title, ...inside) {
    return el("details", { class: "card" }, el("summary", null, title), el("div", { class: "inside" }, inside));
  }

  function evaluation(told) {
    const given = told.evaluations;
    const labels = [1, 2, 3, 4, 5].map((n) => el("label", { title: filled(w.evaluation.star, { n }) },
      el("input", { type: "radio", name: "stars", value: n, "aria-label": filled(w.evaluation.star, { n }) }), star()));
    const paint = (form) => {
      const chosen = Number((form.querySelector("input:checked") || { value: 0 }).value);
      labels.forEach((one, i) => { one.className = i < chosen ? "on" : ""; });
    };
    return fold(w.evaluation.title,
      el("p", null, given.count ? filled(w.evaluation.mean, given) : w.evaluation.none),
      form("evaluation", w.evaluation, "", el("fieldset", null, el("legend", null, w.evaluation.stars), el("div", { class: "stars" }, labels)), paint,
        (data) => (data.stars ? { stars: Number(data.stars), words: data.words } : null)));
  }

  function report() {
    const labels = KINDS.map((kind) => el("label", null, el("input", { type: "radio", name: "kind", value: kind }), w.report[kind]));
    const paint = () => labels.forEach((one) => { one.className = one.firstChild.checked ? "on" : ""; });
    return fold(w.report.title, el("p", null, w.report.says),
      form("report", w.report, "second", el("fieldset", { class: "kinds" }, el("legend", null, w.report.kind), labels), paint,
        (data) => (data.kind ? { kind: data.kind, words: data.words } : null)));
  }

  function form(name, words, look, choice, paint, read) {
    const box = el("textarea", { id: name + "-words", name: "words", rows: 3, maxlength: 200 });
    const button = el("button", { class: look || null }, words.send);
    const made = el("form", { novalidate: true, on: { change: () => paint(made), submit: (event) => { event.preventDefault(); send(); } } },
      choice, el("label", { for: name + "-words" }, words.words), box, button);
    const say = (text, bad) => {
      const old = made.querySelector(".notice");
      if (old) old.remove();
      made.appendChild(el("p", { class: "notice" + (bad ? " bad" : ""), role: "status" }, text));
    };
    async function send() {
      const chosen = made.querySelector("input:checked");
      const data = read({ [chosen ? chosen.name : "none"]: chosen && chosen.value, words: box.value });
      if (data === null) return say(w.trouble.incomplete, true);
      button.disabled = true;
      let answer = { ok: false, status: 0 };
      try {
        answer = await ask("/p/" + name, Object.assign({ digits }, data));
      } catch (err) {
        answer = { ok: false, status: 0 };
      }
      if (answer.ok) {
        while (made.firstChild) made.removeChild(made.firstChild);
        return say(words.thanks, false);
      }
      button.disabled = false;
      return say(answer.status === 429 ? w.trouble.tooMany : w.trouble.failed, true);
    }
    return made;
  }

  return { start, fits };
})();

if (document.querySelector('meta[name="sxc-host"]')) {
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", SXC.page.start);
  else SXC.page.start();
}
