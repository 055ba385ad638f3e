/* Ed25519: only the check of a signature, written from RFC 8032 section 5.1 for browsers without BigInt.
   A field element is 16 limbs of 16 bits, low first, in ordinary numbers: 16 products of 32 bits, folded by 38, stay below 2^53. */
"use strict";

SXC.ed25519 = (function () {
  const LIMBS = 16;
  const P = [65517].concat(new Array(14).fill(65535), [32767]);
  /* The order of the group: 2^252 + 27742317777372353535851937790883648493. */
  const L = [0xd3ed, 0x5cf5, 0x631a, 0x5812, 0x9cd6, 0xa2f7, 0xf9de, 0x14de, 0, 0, 0, 0, 0, 0, 0, 0x1000];

  const small = (n) => [n].concat(new Array(LIMBS - 1).fill(0));

  function carried(x) {
    let carry = 0;
    for (let i = 0; i < LIMBS; i++) {
      const value = x[i] + carry;
      carry = Math.floor(value / 65536);
      x[i] = value - carry * 65536;
    }
    x[0] += 38 * carry;
    return x;
  }

  const add = (a, b) => carried(a.map((value, i) => value + b[i]));
  const sub = (a, b) => carried(a.map((value, i) => value - b[i]));

  function mul(a, b) {
    const wide = new Array(2 * LIMBS - 1).fill(0);
    for (let i = 0; i < LIMBS; i++) {
      const x = a[i];
      for (let j = 0; j < LIMBS; j++) wide[i + j] += x * b[j];
    }
    const out = wide.slice(0, LIMBS);
    for (let i = LIMBS; i < wide.length; i++) out[i - LIMBS] += 38 * wide[i];
    return carried(carried(out));
  }

  const sq = (a) => mul(a, a);

  /* a^(2^n - rest) for the three exponents needed; `low` are the five lowest bits, all bits above them are ones. */
  function power(a, bits, low) {
    let out = small(1);
    for (let i = bits - 1; i >= 0; i--) {
      out = sq(out);
      if (i >= 5 || (low >> i) & 1) out = mul(out, a);
    }
    return out;
  }

  const inverse = (a) => power(a, 255, 0b01011); /* p - 2 = 2^255 - 21 */
  const rootPower = (a) => power(a, 252, 0b11101); /* (p - 5) / 8 = 2^252 - 3 */

  /* The one writing of a value: below p. */
  function canonical(a) {
    let x = carried(carried(carried(a.slice())));
    for (let round = 0; round < 2; round++) if (!less(x, P)) x = minus(x, P);
    return x;
  }

  function less(a, b) {
    for (let i = a.length - 1; i >= 0; i--) if (a[i] !== b[i]) return a[i] < b[i];
    return false;
  }

  function minus(a, b) {
    const out = a.slice();
    for (let i = 0; i < out.length; i++) {
      out[i] -= b[i];
      if (out[i] < 0 && i + 1 < out.length) {
        out[i] += 65536;
        out[i + 1] -= 1;
      }
    }
    return out;
  }

  const same = (a, b) => canonical(a).join() === canonical(b).join();
  const limbsOf = (bytes) => Array.from({ length: LIMBS }, (_, i) => bytes[2 * i] + 256 * bytes[2 * i + 1]);

  let made = null;
  function curve() {
    if (made === null) {
      const d = mul(sub(small(0), small(121665)), inverse(carried(small(121666))));
      /* A square root of -1: 2^((p - 1) / 4), and (p - 1) / 4 = 2 * (p - 5) / 8 + 1. */
      const i = mul(sq(rootPower(small(2))), small(2));
      made = { d, d2: add(d, d), i, base: null };
      const base = new Uint8Array(32).fill(0x66);
      base[0] = 0x58;
      made.base = decoded(base);
    }
    return made;
  }

  /* RFC 8032 5.1.3; null for bytes that are no point. */
  function decoded(bytes) {
    const sign = bytes[31] >> 7;
    const y = limbsOf(bytes);
    y[15] &= 0x7fff;
    if (!less(y, P)) return null;
    const yy = sq(y), u = sub(yy, small(1)), v = add(mul(made.d, yy), small(1));
    const v3 = mul(sq(v), v), v7 = mul(sq(v3), v);
    let x = mul(mul(u, v3), rootPower(mul(u, v7)));
    const found = mul(v, sq(x));
    if (!same(found, u)) {
      if (!same(found, sub(small(0), u))) return null;
      x = mul(x, made.i);
    }
    const plain = canonical(x);
    if (plain.every((limb) => limb === 0) && sign) return null;
    if ((plain[0] & 1) !== sign) x = sub(small(0), x);
    return [x, y, small(1), mul(x, y)];
  }

  /* RFC 8032 5.1.4, extended homogeneous coordinates. */
  function plus(p, q) {
    const a = mul(sub(p[1], p[0]), sub(q[1], q[0])), b = mul(add(p[1], p[0]), add(q[1], q[0]));
    const c = mul(mul(p[3], made.d2), q[3]), d = mul(add(p[2], p[2]), q[2]);
    const e = sub(b, a), f = sub(d, c), g = add(d, c), h = add(b, a);
    return [mul(e, f), mul(g, h), mul(f, g), mul(e, h)];
  }

  function twice(p) {
    const a = sq(p[0]), b = sq(p[1]), c = add(sq(p[2]), sq(p[2]));
    const h = add(a, b), e = sub(h, sq(add(p[0], p[1]))), g = sub(a, b), f = add(c, g);
    return [mul(e, f), mul(g, h), mul(f, g), mul(e, h)];
  }

  function encoded(p) {
    const z = inverse(p[2]);
    const x = canonical(mul(p[0], z)), y = canonical(mul(p[1], z));
    const out = new Uint8Array(32);
    y.forEach((limb, i) => { out[2 * i] = limb & 255; out[2 * i + 1] = limb >> 8; });
    out[31] |= (x[0] & 1) << 7;
    return out;
  }

  /* 64 bytes, low first, modulo L: bit by bit. */
  function reduced(bytes) {
    let rest = small(0);
    for (let bit = bytes.length * 8 - 1; bit >= 0; bit--) {
      let carry = (bytes[bit >> 3] >> (bit & 7)) & 1;
      rest = rest.map((limb) => {
        const value = limb * 2 + carry;
        carry = value >> 16;
        return value & 65535;
      });
      if (!less(rest, L)) rest = minus(rest, L);
    }
    return rest;
  }

  function joined(...parts) {
    const out = new Uint8Array(parts.reduce((size, part) => size + part.length, 0));
    let at = 0;
    for (const part of parts) { out.set(part, at); at += part.length; }
    return out;
  }

  /* RFC 8032 5.1.7, without the cofactor: R is compared as bytes with [S]B - [k]A. */
  function verify(publicKey, message, signature) {
    if (publicKey.length !== 32 || signature.length !== 64) return false;
    const base = curve().base;
    const key = decoded(publicKey);
    const s = limbsOf(signature.subarray(32));
    if (key === null || !less(s, L)) return false;
    const k = reduced(SXC.sha2.sha512(joined(signature.subarray(0, 32), publicKey, message)));
    const away = [sub(small(0), key[0]), key[1], key[2], sub(small(0), key[3])];
    const both = plus(base, away);
    let sum = [small(0), small(1), small(1), small(0)];
    for (let bit = 252; bit >= 0; bit--) {
      const one = (s[bit >> 4] >> (bit & 15)) & 1, two = (k[bit >> 4] >> (bit & 15)) & 1;
      sum = twice(sum);
      if (one || two) sum = plus(sum, one ? (two ? both : base) : away);
    }
    const r = encoded(sum);
    return r.every((byte, i) => byte === signature[i]);
  }

  /* The browser's own check where it has one: the same answer, sooner. */
  async function check(publicKey, message, signature) {
    const subtle = self.crypto && self.crypto.subtle;
    if (subtle) {
      try {
        const key = await subtle.importKey("raw", publicKey, { name: "Ed25519" }, false, ["verify"]);
        return await subtle.verify({ name: "Ed25519" }, key, signature, message);
      } catch (notThere) {
        /* An older browser knows no Ed25519: ours below answers. */
      }
    }
    return verify(publicKey, message, signature);
  }

  return { verify, check, joined };
})();
