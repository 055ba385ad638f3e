/* The check of an SXC1 code, step by step as docs/token-format.md section 6 has it; no step asks for the time or sends anything. */
"use strict";

SXC.token = (function () {
  const BODY = 36, TOKEN = 100, DIGITS = 241, MAX_HOST = 11, LEAST_DIGITS = 20, STALE_DAYS = 30;
  const EPOCH_MS = Date.UTC(2025, 0, 1);
  const ALGORITHMS = { 1: "ED25519", 2: "SM2", 3: "P256" };
  const CLOCKS = ["untrusted", "rtc", "restored", "welcome", "gsm", "ntp"];
  const BASES = [[1, "control"], [2, "ownTest"], [4, "entrustedTest"]];
  const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  const SHAPE = /^https:\/\/([a-z0-9][a-z0-9.-]*)\/([0-9]*)$/;

  const ascii = (text) => Uint8Array.from(text, (one) => one.charCodeAt(0));
  const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  const number = (bytes, from, to) => bytes.slice(from, to).reduce((sum, byte) => sum * 256 + byte, 0);

  function unhex(text) {
    if (typeof text !== "string" || !/^([0-9a-fA-F]{2})*$/.test(text)) throw new Error("hex");
    return Uint8Array.from(text.match(/../g) || [], (pair) => parseInt(pair, 16));
  }

  function utf8(text) {
    return Uint8Array.from(unescape(encodeURIComponent(text)), (one) => one.charCodeAt(0));
  }

  /* 241 digits as one number of 100 bytes; null where they are more than that. */
  function bytesOf(digits) {
    const out = new Uint8Array(TOKEN);
    for (const digit of digits) {
      let carry = Number(digit);
      for (let i = TOKEN - 1; i >= 0; i--) {
        const value = out[i] * 10 + carry;
        out[i] = value & 255;
        carry = value >> 8;
      }
      if (carry) return null;
    }
    return out;
  }

  /* Steps 1 to 5: {status} or {host, token, body}. */
  function decode(text) {
    const match = text.length <= 400 ? SHAPE.exec(text) : null;
    if (match === null || match[1].length > MAX_HOST) return { status: "notOurs" };
    const digits = match[2];
    if (digits.length < DIGITS) return { status: digits.length >= LEAST_DIGITS ? "truncated" : "notOurs" };
    const token = digits.length > DIGITS ? null : bytesOf(digits);
    if (token === null) return { status: "malformed" };
    if (token[0] >> 4 !== 1) return { status: "unknownVersion" };
    if (!ALGORITHMS[token[0] & 15]) return { status: "unknownAlgorithm" };
    const body = readBody(token);
    return body === null ? { status: "malformed" } : { host: match[1], token, body };
  }

  function readBody(b) {
    const place = number(b, 14, 17), amount = number(b, 19, 22);
    const unit = amount & 15;
    if (b[13] > 5 || b[8] < 1 || b[8] > b[9] || b[22] > 7 || (unit > 3 && unit !== 8 && unit !== 9)) return null;
    return {
      algorithm: ALGORITHMS[b[0] & 15],
      key_id: number(b, 1, 4),
      counter: number(b, 4, 8),
      copy: b[8],
      copies: b[9],
      issued: EPOCH_MS + number(b, 10, 13) * 60000,
      clock: CLOCKS[b[13]],
      county: String(place >> 4).padStart(6, "0"),
      document: place & 15,
      product: number(b, 17, 19),
      amount: amountOf(amount >> 4, unit),
      unit: unit <= 3 ? "kg" : "piece",
      rounding: [0, 0.005, 0.05, 0.5][unit] || (unit === 9 ? 50 : 0),
      basis: BASES.filter((row) => b[22] & row[0]).map((row) => row[1]),
      subject: number(b, 23, 28),
      digest: hex(b.slice(28, 36)),
    };
  }

  /* Kilograms or pieces, as a text without zeros behind the point. */
  function amountOf(mantissa, unit) {
    if (unit >= 8) return String(mantissa * (unit === 9 ? 100 : 1));
    const places = 3 - unit;
    const text = String(mantissa).padStart(places + 1, "0");
    const whole = text.slice(0, text.length - places), rest = text.slice(text.length - places).replace(/0+$/, "");
    return rest ? whole + "." + rest : whole;
  }

  /* ISO/IEC 7064 MOD 37,36. */
  function checkCharacter(text) {
    let check = 18;
    for (const one of text) check = (((check || 36) * 2) % 37 + ALPHABET.indexOf(one)) % 36;
    return ALPHABET[(37 - ((check || 36) * 2) % 37) % 36];
  }

  function numberOf(terminal, counter) {
    const body = terminal + String(counter).padStart(6, "0");
    return [terminal.slice(0, 6), terminal.slice(6), body.slice(10), checkCharacter(body)].join("-");
  }

  /* Sorted keys, no blanks, not escaped: what the signature of a list covers. */
  function canonical(value) {
    if (Array.isArray(value)) return "[" + value.map(canonical).join(",") + "]";
    if (value === null || typeof value !== "object") return JSON.stringify(value);
    return "{" + Object.keys(value).sort().map((key) => JSON.stringify(key) + ":" + canonical(value[key])).join(",") + "}";
  }

  const isCount = (value) => Number.isInteger(value) && value >= 0;
  const isText = (value) => typeof value === "string";
  const isTime = (value) => isText(value) && /(Z|[+-]\d\d:\d\d)$/.test(value) && !isNaN(Date.parse(value));

  /* The document of section 4 as {host, issued, keys, voids}. Throws what is wrong: unknownVersion, badSignature or malformed. */
  async function readList(document, root) {
    if (document === null || typeof document !== "object" || Array.isArray(document)) throw new Error("malformed");
    if (document.schema !== 1) throw new Error("unknownVersion");
    if (root) {
      const bare = Object.assign({}, document);
      delete bare.signature;
      let signature;
      try { signature = unhex(document.signature); } catch (err) { throw new Error("badSignature"); }
      if (!(await SXC.ed25519.check(unhex(root), utf8(canonical(bare)), signature))) throw new Error("badSignature");
    }
    const keys = new Map(), voids = new Set();
    if (!isText(document.host) || !isTime(document.issued_at) || !Array.isArray(document.keys)) throw new Error("malformed");
    for (const row of document.keys) {
      const key = readKey(row);
      if (keys.has(key.key_id)) throw new Error("malformed");
      keys.set(key.key_id, key);
    }
    for (const row of document.voids || []) {
      if (!row || !isCount(row.key_id) || !isCount(row.counter)) throw new Error("malformed");
      voids.add(row.key_id + ":" + row.counter);
    }
    return { host: document.host, issued: Date.parse(document.issued_at), keys, voids };
  }

  function readKey(row) {
    const revoked = row && row.revoked_after === undefined ? null : row && row.revoked_after;
    const demo = row && row.demo === undefined ? false : row && row.demo;
    const whole = row && isCount(row.key_id) && Object.values(ALGORITHMS).includes(row.algorithm) && isText(row.public_key)
      && isText(row.terminal) && /^[0-9]{10}$/.test(row.terminal) && isText(row.station) && isText(row.county)
      && isTime(row.not_before) && (revoked === null || isCount(revoked)) && typeof demo === "boolean";
    if (!whole) throw new Error("malformed");
    let publicKey;
    try { publicKey = unhex(row.public_key); } catch (err) { throw new Error("malformed"); }
    if (row.algorithm === "ED25519" && publicKey.length !== 32) throw new Error("malformed");
    return Object.assign({}, row, { publicKey, revoked_after: revoked, demo });
  }

  /* Steps 6 to 13 on what `decode` gave. Nothing of `body` may be shown before the answer has a `number`. */
  async function judge(decoded, list, record, now) {
    const age = Math.max(0, Math.floor((now - list.issued) / 86400000));
    const verdict = { status: decoded.status, list_age_days: age, list_stale: age > STALE_DAYS };
    if (decoded.status) return verdict;
    const fail = (status) => Object.assign(verdict, { status });
    const body = decoded.body;
    if (decoded.host !== list.host) return fail("wrongHost");
    const key = list.keys.get(body.key_id);
    if (!key) return fail("unknownKey");
    if (key.algorithm !== body.algorithm || key.algorithm !== "ED25519") return fail("unknownAlgorithm");
    const message = SXC.ed25519.joined(ascii("SXC1" + decoded.host), decoded.token.subarray(0, BODY));
    if (!(await SXC.ed25519.check(key.publicKey, message, decoded.token.subarray(BODY)))) return fail("badSignature");
    Object.assign(verdict, { body, key, demo: key.demo, number: body.counter ? numberOf(key.terminal, body.counter) : null });
    if (body.counter === 0) return fail("malformed");
    if (key.revoked_after !== null && body.counter > key.revoked_after) return fail("revoked");
    if (list.voids.has(body.key_id + ":" + body.counter)) return fail("voided");
    if (record !== null && hex(SXC.sha2.sha256(utf8(record)).slice(0, 8)) !== body.digest) return fail("recordMismatch");
    return fail("valid");
  }

  return { decode, judge, readList, canonical, utf8, hex };
})();
