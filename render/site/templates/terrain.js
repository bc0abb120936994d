// The terrain: what a page was given of a surface, made into arrays, meshes, and heights that can be asked for.
"use strict";

var thalweg = window.thalweg || {};

(function () {
  const ARRAYS = { u1: Uint8Array, u2: Uint16Array, f4: Float32Array };
  const HOLE = 5, DIVERGED = 3; // of the status of a point
  const STATUS = { 2: "between measured points", 3: "diverged", 4: "by symmetry", 5: "no data" };

  // Returns the array that a text holds: deflated; whole numbers are differences from the one before.
  async function opened(held) {
    const text = atob(held.bytes), bytes = new Uint8Array(text.length);
    for (let k = 0; k < text.length; k++) bytes[k] = text.charCodeAt(k);
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    const values = new ARRAYS[held.type](await new Response(stream).arrayBuffer());
    if (held.type !== "f4") for (let k = 1; k < values.length; k++) values[k] += values[k - 1];
    return values;
  }

  class Terrain {
    constructor(data, parts) {
      Object.assign(this, data);
      this.parts = parts;
      this.span = [data.alpha[1] - data.alpha[0], data.beta[1] - data.beta[0]];
    }

    static async of(data) {
      const held = {
        level: data.level, diverged: data.diverged, outline: data.outline, inland: data.inland,
        loss: data.measured.loss, status: data.measured.status, alphas: data.measured.alphas,
        betas: data.measured.betas, sun: data.sun.shares, sky: data.sky.shares, clearance: data.clearance.heights,
      };
      const parts = {};
      for (const name in held) parts[name] = held[name] ? await opened(held[name]) : null;
      parts.palettes = await Promise.all(data.palettes.map((each) => opened(each.colours)));
      parts.paths = await Promise.all(data.paths.map(async (path) => ({
        ...path, points: await opened(path.points), index: await opened(path.index), shown: await opened(path.shown),
      })));
      return new Terrain(data, parts);
    }

    // Returns a value of a lattice, between its entries, at x and y in picture widths from the middle.
    at(values, rows, columns, x, y, half) {
      const column = Math.min(columns - 1, Math.max(0, (x / half[0] + 1) / 2 * (columns - 1)));
      const row = Math.min(rows - 1, Math.max(0, (y / half[1] + 1) / 2 * (rows - 1)));
      const c = Math.min(columns - 2, Math.floor(column)), r = Math.min(rows - 2, Math.floor(row));
      const u = column - c, v = row - r, k = r * columns + c;
      return (values[k] * (1 - u) + values[k + 1] * u) * (1 - v)
        + (values[k + columns] * (1 - u) + values[k + columns + 1] * u) * v;
    }

    heightAt(x, y) {
      const level = this.at(this.parts.level, this.rows, this.columns, x, y, [0.5, 0.5 * this.depth]);
      return level / 65535 * this.height;
    }

    // The least height of a camera, so that a picture from there is taken from there.
    leastAt(x, y) {
      const c = this.clearance;
      return this.at(this.parts.clearance, c.rows, c.columns, x, y, c.half) + c.soft;
    }

    covers(x, y) {
      if (Math.abs(x) > 0.5 || Math.abs(y) > 0.5 * this.depth) return false;
      if (this.body === "disc" && Math.hypot(x / 0.49, y / (0.49 * this.depth)) > 1) return false;
      if (this.corner && x * this.corner[0] + y * this.corner[1] > this.corner[2]) return false;
      const half = [0.5, 0.5 * this.depth], inland = this.parts.inland;
      return !inland || this.at(inland, this.rows, this.columns, x, y, half) > 127.5;
    }

    // Returns where a ray first meets the ground, or null.
    met(from, way) {
      const step = 0.7 / Math.max(this.columns, this.rows);
      let before = 0;
      for (let t = Math.max(0, (from.z - this.height - 0.01) / Math.max(1e-6, -way.z)); t < 20; t += step) {
        const x = from.x + t * way.x, y = from.y + t * way.y, z = from.z + t * way.z;
        if (z < -0.001 || z > this.height + 3) break;
        if (this.covers(x, y) && z <= this.heightAt(x, y)) {
          if (t - before > step * 1.5 && before > 0) return null; // through a wall
          let low = Math.max(0, t - step), high = t;
          for (let k = 0; k < 12; k++) {
            const middle = (low + high) / 2, mx = from.x + middle * way.x, my = from.y + middle * way.y;
            if (this.covers(mx, my) && from.z + middle * way.z <= this.heightAt(mx, my)) high = middle;
            else low = middle;
          }
          return { x: from.x + high * way.x, y: from.y + high * way.y };
        }
        before = t;
      }
      return null;
    }

    // Returns what was measured at the point nearest to a place.
    read(place) {
      const column = Math.round((place.x + 0.5) * (this.columns - 1));
      const row = Math.round((place.y / this.depth + 0.5) * (this.rows - 1));
      const k = row * this.columns + column, measured = this.measured, parts = this.parts;
      const scaled = measured.low + parts.loss[k] / 65535 * (measured.high - measured.low);
      const status = parts.status[k];
      const known = status !== DIVERGED && status !== HOLE && status !== 0;
      return {
        alpha: parts.alphas[column], beta: parts.betas[row], said: STATUS[status] || "",
        loss: known ? (measured.logarithmic ? Math.exp(scaled) : scaled) : null,
      };
    }

    // Returns a place of the plane, α and β, of a point in picture widths.
    onPlane(x, y) {
      return [this.alpha[0] + (x + 0.5) * this.span[0], this.beta[0] + (y / this.depth + 0.5) * this.span[1]];
    }

    // Returns the levels as contours follow them: blurred a little, since raw ones turn lines to specks.
    blurred() {
      const { rows, columns } = this, level = this.parts.level, weights = [0.06, 0.245, 0.39, 0.245, 0.06];
      const across = new Float32Array(level.length), made = new Float32Array(level.length);
      const pass = (from, to, step, place, most) => {
        for (let k = 0; k < from.length; k++) {
          let sum = 0;
          for (let d = -2; d <= 2; d++) {
            const p = place(k), q = Math.min(most - 1, Math.max(0, p + d));
            sum += weights[d + 2] * from[k + (q - p) * step];
          }
          to[k] = sum;
        }
      };
      pass(level, across, 1, (k) => k % columns, columns);
      pass(across, made, columns, (k) => Math.floor(k / columns), rows);
      return made.map((value) => value / 65535);
    }

    // Returns the ground: places, and per point its level, smoothed level, light, and whether it is there.
    ground() {
      const { rows, columns, parts } = this, count = rows * columns;
      const position = new Float32Array(3 * count), about = new Float32Array(4 * count), there = new Float32Array(2 * count);
      const smooth = this.blurred();
      for (let r = 0, k = 0; r < rows; r++) {
        for (let c = 0; c < columns; c++, k++) {
          position[3 * k] = c / (columns - 1) - 0.5;
          position[3 * k + 1] = (r / (rows - 1) - 0.5) * this.depth;
          position[3 * k + 2] = parts.level[k] / 65535 * this.height;
          about.set([parts.level[k] / 65535, smooth[k], parts.sun[k] / 255, parts.sky[k] / 255], 4 * k);
          there[2 * k] = parts.inland ? parts.inland[k] / 255 : 1;
          there[2 * k + 1] = parts.diverged[k];
        }
      }
      return { position, about, there };
    }

    // Returns the triangles of the ground by every so manyeth point, and the last ones.
    triangles(step) {
      const stops = (count) => {
        const found = [];
        for (let k = 0; k < count - 1; k += step) found.push(k);
        return [...found, count - 1];
      };
      const rows = stops(this.rows), columns = stops(this.columns), index = [];
      for (let r = 0; r < rows.length - 1; r++) {
        for (let c = 0; c < columns.length - 1; c++) {
          const low = rows[r] * this.columns, high = rows[r + 1] * this.columns;
          const [a, b, d, e] = [low + columns[c], low + columns[c + 1], high + columns[c], high + columns[c + 1]];
          index.push(a, b, e, a, e, d);
        }
      }
      return new Uint32Array(index);
    }

    // Returns the cut under the edge, face by face: places and outward directions.
    cut() {
      const outline = this.parts.outline, count = outline.length / 2;
      const position = [], normal = [], top = [], index = [];
      for (let k = 0; k < count; k++) {
        const next = (k + 1) % count, inset = 1 - 1e-5;
        const [x, y, u, v] = [outline[2 * k], outline[2 * k + 1], outline[2 * next], outline[2 * next + 1]];
        if (!this.covers(x * inset, y * inset) || !this.covers(u * inset, v * inset)) continue;
        const length = Math.hypot(u - x, v - y) || 1, n = [(v - y) / length, (x - u) / length, 0];
        const start = position.length / 3;
        const here = this.heightAt(x, y), there = this.heightAt(u, v);
        position.push(x, y, here, u, v, there, x, y, this.bottom, u, v, this.bottom);
        top.push(here, there, here, there);
        normal.push(...n, ...n, ...n, ...n);
        index.push(start, start + 2, start + 3, start, start + 3, start + 1);
      }
      return { position, normal, top, index };
    }
  }

  thalweg.Terrain = Terrain;
  window.thalweg = thalweg;
})();
