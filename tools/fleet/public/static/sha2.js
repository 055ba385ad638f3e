/* SHA-256 and SHA-512 of short texts, written from FIPS 180-4. Used where a phone's own are missing (they are, without https). */
"use strict";
self.SXC = self.SXC || {};
var SXC = self.SXC;

SXC.sha2 = (function () {
  /* FIPS 180-4, 4.2.3 and 5.3.5: 64 bits of the fractional parts of the cube roots of the first 80 primes, of the square roots of the
     first 8. SHA-256 uses the upper halves of the same. */
  const K = words(
    "428a2f98d728ae22 7137449123ef65cd b5c0fbcfec4d3b2f e9b5dba58189dbbc 3956c25bf348b538 59f111f1b605d019 923f82a4af194f9b " +
    "ab1c5ed5da6d8118 d807aa98a3030242 12835b0145706fbe 243185be4ee4b28c 550c7dc3d5ffb4e2 72be5d74f27b896f 80deb1fe3b1696b1 " +
    "9bdc06a725c71235 c19bf174cf692694 e49b69c19ef14ad2 efbe4786384f25e3 0fc19dc68b8cd5b5 240ca1cc77ac9c65 2de92c6f592b0275 " +
    "4a7484aa6ea6e483 5cb0a9dcbd41fbd4 76f988da831153b5 983e5152ee66dfab a831c66d2db43210 b00327c898fb213f bf597fc7beef0ee4 " +
    "c6e00bf33da88fc2 d5a79147930aa725 06ca6351e003826f 142929670a0e6e70 27b70a8546d22ffc 2e1b21385c26c926 4d2c6dfc5ac42aed " +
    "53380d139d95b3df 650a73548baf63de 766a0abb3c77b2a8 81c2c92e47edaee6 92722c851482353b a2bfe8a14cf10364 a81a664bbc423001 " +
    "c24b8b70d0f89791 c76c51a30654be30 d192e819d6ef5218 d69906245565a910 f40e35855771202a 106aa07032bbd1b8 19a4c116b8d2d0c8 " +
    "1e376c085141ab53 2748774cdf8eeb99 34b0bcb5e19b48a8 391c0cb3c5c95a63 4ed8aa4ae3418acb 5b9cca4f7763e373 682e6ff3d6b2b8a3 " +
    "748f82ee5defb2fc 78a5636f43172f60 84c87814a1f0ab72 8cc702081a6439ec 90befffa23631e28 a4506cebde82bde9 bef9a3f7b2c67915 " +
    "c67178f2e372532b ca273eceea26619c d186b8c721c0c207 eada7dd6cde0eb1e f57d4f7fee6ed178 06f067aa72176fba 0a637dc5a2c898a6 " +
    "113f9804bef90dae 1b710b35131c471b 28db77f523047d84 32caab7b40c72493 3c9ebe0a15c9bebc 431d67c49c100d4c 4cc5d4becb3e42b6 " +
    "597f299cfc657e2a 5fcb6fab3ad6faec 6c44198c4a475817");
  const H = words(
    "6a09e667f3bcc908 bb67ae8584caa73b 3c6ef372fe94f82b a54ff53a5f1d36f1 510e527fade682d1 9b05688c2b3e6c1f 1f83d9abfb41bd6b " +
    "5be0cd19137e2179");

  function words(text) {
    return text.split(" ").map((word) => [parseInt(word.slice(0, 8), 16), parseInt(word.slice(8), 16)]);
  }

  function padded(message, block, lengthBytes) {
    const size = Math.ceil((message.length + 1 + lengthBytes) / block) * block;
    const out = new Uint8Array(size);
    out.set(message);
    out[message.length] = 0x80;
    let bits = message.length * 8;
    for (let i = size - 1; bits > 0; i--) {
      out[i] = bits % 256;
      bits = Math.floor(bits / 256);
    }
    return out;
  }

  function sha256(message) {
    const rotate = (x, n) => (x >>> n) | (x << (32 - n));
    const h = H.map((pair) => pair[0] | 0);
    const data = padded(message, 64, 8);
    const w = new Int32Array(64);
    for (let at = 0; at < data.length; at += 64) {
      for (let t = 0; t < 16; t++) {
        const i = at + t * 4;
        w[t] = (data[i] << 24) | (data[i + 1] << 16) | (data[i + 2] << 8) | data[i + 3];
      }
      for (let t = 16; t < 64; t++) {
        const s0 = rotate(w[t - 15], 7) ^ rotate(w[t - 15], 18) ^ (w[t - 15] >>> 3);
        const s1 = rotate(w[t - 2], 17) ^ rotate(w[t - 2], 19) ^ (w[t - 2] >>> 10);
        w[t] = (w[t - 16] + s0 + w[t - 7] + s1) | 0;
      }
      let [a, b, c, d, e, f, g, z] = h;
      for (let t = 0; t < 64; t++) {
        const s1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
        const one = (z + s1 + ((e & f) ^ (~e & g)) + (K[t][0] | 0) + w[t]) | 0;
        const s0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
        const two = (s0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
        z = g; g = f; f = e; e = (d + one) | 0; d = c; c = b; b = a; a = (one + two) | 0;
      }
      [a, b, c, d, e, f, g, z].forEach((value, i) => { h[i] = (h[i] + value) | 0; });
    }
    return bytesOf(h);
  }

  /* A 64-bit word is two entries, high and low. */
  function sha512(message) {
    const h = [];
    H.forEach((pair) => h.push(pair[0], pair[1]));
    const data = padded(message, 128, 16);
    const w = new Float64Array(160);
    const word = (high, low) => [high >>> 0, low >>> 0];
    const right = (x, n) => (n < 32
      ? word((x[0] >>> n) | (x[1] << (32 - n)), (x[1] >>> n) | (x[0] << (32 - n)))
      : n === 32 ? word(x[1], x[0]) : word((x[1] >>> (n - 32)) | (x[0] << (64 - n)), (x[0] >>> (n - 32)) | (x[1] << (64 - n))));
    const shift = (x, n) => word(x[0] >>> n, (x[1] >>> n) | (x[0] << (32 - n)));
    const mix = (x, y, z) => word(x[0] ^ y[0] ^ z[0], x[1] ^ y[1] ^ z[1]);
    const sum = (...words) => {
      let low = 0, high = 0;
      for (const x of words) { high += x[0]; low += x[1]; }
      return word((high + Math.floor(low / 4294967296)) % 4294967296, low % 4294967296);
    };
    const get = (t) => [w[t * 2], w[t * 2 + 1]];
    for (let at = 0; at < data.length; at += 128) {
      for (let t = 0; t < 32; t++) {
        const i = at + t * 4;
        w[t] = ((data[i] << 24) | (data[i + 1] << 16) | (data[i + 2] << 8) | data[i + 3]) >>> 0;
      }
      for (let t = 16; t < 80; t++) {
        const x = get(t - 15), y = get(t - 2);
        const s0 = mix(right(x, 1), right(x, 8), shift(x, 7));
        const s1 = mix(right(y, 19), right(y, 61), shift(y, 6));
        const made = sum(get(t - 16), s0, get(t - 7), s1);
        w[t * 2] = made[0];
        w[t * 2 + 1] = made[1];
      }
      let [a, b, c, d, e, f, g, z] = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => [h[i * 2], h[i * 2 + 1]]);
      for (let t = 0; t < 80; t++) {
        const s1 = mix(right(e, 14), right(e, 18), right(e, 41));
        const choice = word((e[0] & f[0]) ^ (~e[0] & g[0]), (e[1] & f[1]) ^ (~e[1] & g[1]));
        const one = sum(z, s1, choice, K[t], get(t));
        const s0 = mix(right(a, 28), right(a, 34), right(a, 39));
        const most = word((a[0] & b[0]) ^ (a[0] & c[0]) ^ (b[0] & c[0]), (a[1] & b[1]) ^ (a[1] & c[1]) ^ (b[1] & c[1]));
        z = g; g = f; f = e; e = sum(d, one); d = c; c = b; b = a; a = sum(one, s0, most);
      }
      [a, b, c, d, e, f, g, z].forEach((value, i) => {
        const made = sum([h[i * 2], h[i * 2 + 1]], value);
        h[i * 2] = made[0];
        h[i * 2 + 1] = made[1];
      });
    }
    return bytesOf(h);
  }

  function bytesOf(words) {
    const out = new Uint8Array(words.length * 4);
    words.forEach((value, i) => {
      for (let j = 0; j < 4; j++) out[i * 4 + j] = (value >>> (24 - 8 * j)) & 255;
    });
    return out;
  }

  return { sha256, sha512 };
})();
