// The viewer: a camera that stands around a place on the ground, and everything that a hand, a key or a finger does.
"use strict";

(function () {
  const LOW = 5, HIGH = 89, NEAR = 0.25, FAR = 9; // degrees, picture widths: what a scene may say, and what is of use
  const DEGREE = Math.PI / 180;
  const SLOW = 40, REST = 250; // milliseconds: of a picture that is slow, and without a move before a fine one is drawn
  const RAISED = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };
  const waiting = {}; // viewers by the name of the data that they wait for

  function figures(value) {
    if (value === null || value === undefined || !isFinite(value)) return "not known";
    const size = Math.abs(value);
    if (size && (size >= 1e5 || size < 1e-3)) {
      const [mantissa, power] = value.toExponential(2).split("e");
      return `${mantissa}×10${[...String(Number(power))].map((sign) => RAISED[sign]).join("")}`.replace("-", "−");
    }
    return Number(value.toPrecision(4)).toString().replace("-", "−");
  }

  const plain = (value, digits) => Number(value.toPrecision(digits)).toString();

  class Viewer {
    constructor(element) {
      this.element = element;
      this.find = (name) => element.querySelector(`[data-part="${name}"]`);
      this.canvas = this.find("canvas");
      this.stage = this.find("stage");
      this.pointers = new Map();
      this.load(element.dataset.terrain);
      this.listen();
    }

    load(source) {
      waiting[source.split("/").pop().replace(/\?.*/, "")] = this;
      const script = document.createElement("script");
      script.src = source;
      script.onerror = () => this.fail("The terrain of this work is missing; make the gallery again.");
      document.head.append(script);
    }

    fail(sentence) {
      this.find("said").textContent = sentence;
      this.element.classList.add("failed");
    }

    async show(data) {
      const terrain = await thalweg.Terrain.of(data);
      try {
        this.renderer ||= new THREE.WebGLRenderer({ canvas: this.canvas, antialias: true, alpha: true });
      } catch {
        return this.fail("This browser draws no three-dimensional pictures; the stills show the same terrain.");
      }
      this.scenery?.dispose();
      this.terrain = terrain;
      this.scenery = new thalweg.Scenery(terrain);
      this.lens ||= new THREE.PerspectiveCamera(22, 1, 0.01, 60);
      this.lens.up.set(0, 0, 1);
      if (!this.camera) this.reset();
      this.stage.style.setProperty("--aspect", terrain.aspect);
      this.arrangePalettes();
      this.arrangeWalk();
      this.element.classList.add("ready");
      this.find("said").textContent = "";
      new ResizeObserver(() => this.draw()).observe(this.stage);
      this.drawNow();
      this.slow = this.timed() > SLOW;
    }

    reset() {
      this.camera = { ...this.terrain.camera, target: [...this.terrain.camera.target] };
      this.draw();
    }

    // Keeps the camera where a scene may put it, and above the ground.
    keep() {
      const camera = this.camera, terrain = this.terrain;
      camera.azimuth = ((camera.azimuth % 360) + 360) % 360;
      camera.distance = Math.min(FAR, Math.max(NEAR, camera.distance));
      camera.target[0] = Math.min(0.5, Math.max(-0.5, camera.target[0]));
      camera.target[1] = Math.min(0.5, Math.max(-0.5, camera.target[1] / terrain.depth)) * terrain.depth;
      camera.elevation = Math.min(HIGH, Math.max(LOW, camera.elevation));
      for (let k = 0; k < 200 && camera.elevation < HIGH; k++) {
        const [x, y, z] = this.position();
        if (z >= terrain.leastAt(x, y)) break;
        camera.elevation = Math.min(HIGH, camera.elevation + 0.5);
      }
    }

    target() {
      const [x, y] = this.camera.target;
      return [x, y, this.terrain.heightAt(x, y)];
    }

    position() {
      const a = this.camera.azimuth * DEGREE, e = this.camera.elevation * DEGREE, far = this.camera.distance;
      const [x, y, z] = this.target();
      return [x + far * Math.sin(a) * Math.cos(e), y + far * Math.cos(a) * Math.cos(e), z + far * Math.sin(e)];
    }

    // Returns how long a picture takes, milliseconds; reading a pixel waits for it.
    timed() {
      const gl = this.renderer.getContext(), begun = performance.now();
      this.drawNow();
      gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
      return performance.now() - begun;
    }

    draw() {
      if (this.asked || !this.scenery) return;
      this.asked = requestAnimationFrame(() => {
        this.drawNow(this.slow);
        clearTimeout(this.resting);
        if (this.slow) this.resting = setTimeout(() => this.drawNow(), REST);
      });
    }

    // Draws; coarsely, with fewer triangles and pixels, where that is asked for.
    drawNow(coarse = false) {
      this.asked = 0;
      const width = this.stage.clientWidth, height = this.stage.clientHeight;
      if (!width || !height) return;
      this.keep();
      const ratio = Math.min(2, window.devicePixelRatio || 1) * (coarse ? 0.5 : 1);
      this.scenery.coarsen(coarse);
      if (this.canvas.width !== Math.floor(width * ratio) || this.canvas.height !== Math.floor(height * ratio)) {
        this.renderer.setPixelRatio(ratio);
        this.renderer.setSize(width, height, false);
      }
      this.aim(width, height);
      this.renderer.render(this.scenery.scene, this.lens);
    }

    // Points the lens; the frame of the scene's pictures is the largest one of their shape that the canvas holds.
    aim(width, height) {
      const frame = Math.min(height, width / this.terrain.aspect), half = Math.tan(this.camera.angle / 2 * DEGREE);
      this.lens.fov = 2 * Math.atan(half * height / frame) / DEGREE;
      this.lens.aspect = width / height;
      this.lens.position.set(...this.position());
      this.lens.lookAt(...this.target());
      this.lens.updateProjectionMatrix();
      this.lens.updateMatrixWorld();
      const guides = this.find("guides"), aside = Math.abs(width / height / this.terrain.aspect - 1) > 0.01;
      guides.hidden = !aside;
      guides.style.width = `${frame * this.terrain.aspect}px`;
      guides.style.height = `${frame}px`;
    }

    // The camera as a scene says it: a picture of such a shot is framed as the view is.
    scene() {
      this.keep();
      const camera = this.camera, [alpha, beta] = this.terrain.onPlane(...camera.target);
      const number = [camera.azimuth, camera.elevation, camera.distance, camera.angle].map((each) => plain(each, 6));
      const [azimuth, elevation, distance, angle] = number;
      return `camera: {kind: fixed, azimuth: ${azimuth}, elevation: ${elevation}, distance: ${distance}, ` +
        `angle: ${angle}, target: [${plain(alpha, 8)}, ${plain(beta, 8)}]}`;
    }

    turn(right, up) {
      this.camera.azimuth += right;
      this.camera.elevation += up;
      this.draw();
    }

    zoom(factor) {
      this.camera.distance *= factor;
      this.draw();
    }

    // Moves what is looked at, in picture widths to the right and away.
    move(right, away) {
      const a = this.camera.azimuth * DEGREE;
      this.camera.target[0] += -right * Math.cos(a) - away * Math.sin(a);
      this.camera.target[1] += right * Math.sin(a) - away * Math.cos(a);
      this.draw();
    }

    // Reads the ground at a place of the canvas, in shares from its upper left.
    read(across, down) {
      const point = new THREE.Vector3(2 * across - 1, 1 - 2 * down, 0.5).unproject(this.lens);
      const from = this.lens.position, way = point.sub(from).normalize(), met = this.terrain.met(from, way);
      return met && this.terrain.read(met);
    }

    tell(found) {
      const said = found && [found.loss === null ? "" : `loss ${figures(found.loss)}`, found.said].filter(Boolean);
      this.find("reading").textContent = found
        ? `${said.join(", ")}  ·  α ${figures(found.alpha)}  β ${figures(found.beta)}` : "";
    }

    arrangePalettes() {
      const select = this.find("palette"), chosen = Math.max(0, select.selectedIndex);
      select.replaceChildren(...this.terrain.palettes.map((palette, number) => {
        const option = document.createElement("option");
        option.value = number;
        option.textContent = number ? palette.name : `${palette.name}, as in the scene`;
        return option;
      }));
      select.selectedIndex = Math.min(chosen, this.terrain.palettes.length - 1);
      select.onchange = () => { this.scenery.dress(select.selectedIndex); this.draw(); };
      this.scenery.dress(select.selectedIndex);
    }

    arrangeWalk() {
      const paths = this.terrain.parts.paths, slider = this.find("step");
      this.find("walk").hidden = !paths.length;
      if (!paths.length) return;
      this.leader = paths.reduce((best, each) => (each.steps.length > best.steps.length ? each : best));
      slider.max = this.leader.steps.length - 1;
      slider.value = Math.round(this.terrain.progress * slider.max);
      slider.oninput = () => this.walk();
      this.walk();
    }

    walk() {
      const slider = this.find("step"), place = Number(slider.value), steps = this.leader.steps, step = steps[place];
      this.scenery.walk(step);
      const told = this.terrain.parts.paths.map((path) => {
        const k = Math.round(thalweg.placeOf(path.steps, step)), away = path.distance[k];
        const far = away === null ? "" : `, ${figures(away)} off the plane`;
        return `${path.name ? `${path.name}: ` : ""}loss ${figures(path.loss[k])}${far}`;
      });
      const said = `step ${step} of ${steps[steps.length - 1]}`;
      this.find("told").textContent = `${said}  ·  ${told.join("  ·  ")}`;
      slider.setAttribute("aria-valuetext", `${said}, ${told.join(", ")}`);
      this.draw();
    }

    play() {
      const slider = this.find("step"), button = this.find("play");
      if (this.playing) return this.stop();
      if (slider.value === slider.max) slider.value = 0;
      button.textContent = "Pause";
      let last = performance.now(), place = Number(slider.value);
      const next = (now) => {
        place += (now - last) / 9000 * slider.max;
        last = now;
        slider.value = Math.min(slider.max, Math.round(place));
        this.walk();
        this.playing = place < slider.max ? requestAnimationFrame(next) : this.stop();
      };
      this.playing = requestAnimationFrame(next);
    }

    stop() {
      cancelAnimationFrame(this.playing);
      this.find("play").textContent = "Play";
      this.playing = 0;
      return 0;
    }

    listen() {
      const on = (name, act) => this.find(name).addEventListener("click", () => this.scenery && act());
      on("nearer", () => this.zoom(1 / 1.25));
      on("farther", () => this.zoom(1.25));
      on("reset", () => this.reset());
      on("play", () => this.play());
      on("copy", () => thalweg.copy(this.scene(), this.find("copied")));
      this.find("step").addEventListener("pointerdown", () => this.playing && this.stop());
      this.canvas.addEventListener("keydown", (event) => this.key(event));
      this.canvas.addEventListener("wheel", (event) => {
        if (document.activeElement !== this.canvas || !this.scenery) return;
        event.preventDefault();
        this.zoom(Math.exp(Math.max(-0.3, Math.min(0.3, event.deltaY * 0.0015))));
      }, { passive: false });
      this.canvas.addEventListener("pointerdown", (event) => this.down(event));
      this.canvas.addEventListener("pointermove", (event) => this.drag(event));
      for (const name of ["pointerup", "pointercancel"]) {
        this.canvas.addEventListener(name, (event) => this.pointers.delete(event.pointerId));
      }
      this.canvas.addEventListener("pointerleave", () => this.tell(null));
      this.canvas.addEventListener("dblclick", () => this.scenery && this.reset());
    }

    key(event) {
      if (!this.scenery || event.ctrlKey || event.metaKey || event.altKey) return;
      const far = 0.05 * this.camera.distance, moves = event.shiftKey;
      const keys = {
        ArrowLeft: () => (moves ? this.move(-far, 0) : this.turn(-5, 0)),
        ArrowRight: () => (moves ? this.move(far, 0) : this.turn(5, 0)),
        ArrowUp: () => (moves ? this.move(0, far) : this.turn(0, 3)),
        ArrowDown: () => (moves ? this.move(0, -far) : this.turn(0, -3)),
        "+": () => this.zoom(1 / 1.15), "=": () => this.zoom(1 / 1.15), "-": () => this.zoom(1.15),
        Home: () => this.reset(),
        ",": () => this.by(-1), ".": () => this.by(1),
      };
      if (!keys[event.key]) return;
      event.preventDefault();
      keys[event.key]();
      const [x, y] = this.camera.target;
      this.tell(this.terrain.covers(x, y) ? this.terrain.read({ x, y }) : null);
    }

    by(steps) {
      const slider = this.find("step");
      slider.value = Number(slider.value) + steps;
      if (this.leader) this.walk();
    }

    down(event) {
      if (!this.scenery) return;
      this.canvas.focus({ preventScroll: true });
      this.canvas.setPointerCapture(event.pointerId);
      this.pointers.set(event.pointerId, [event.clientX, event.clientY]);
    }

    drag(event) {
      if (!this.scenery) return;
      const box = this.canvas.getBoundingClientRect(), held = this.pointers.get(event.pointerId);
      if (!held) {
        const place = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
        return this.tell(this.read(...place));
      }
      const before = [...this.pointers.values()].map((each) => [...each]);
      const [dx, dy] = [event.clientX - held[0], event.clientY - held[1]];
      this.pointers.set(event.pointerId, [event.clientX, event.clientY]);
      const now = [...this.pointers.values()], far = this.camera.distance * Math.tan(this.camera.angle / 2 * DEGREE);
      const width = 2 * far / box.height; // of a pixel, at what is looked at
      if (now.length > 1) {
        const span = (pair) => Math.hypot(pair[0][0] - pair[1][0], pair[0][1] - pair[1][1]) || 1;
        this.zoom(span(before) / span(now));
        this.move(-dx * width / 2, dy * width / 2);
      } else if (event.shiftKey || event.buttons & 6) {
        this.move(-dx * width, dy * width);
      } else {
        this.turn(dx * 0.35, dy * 0.3);
      }
    }
  }

  // Takes what a file of data brings.
  thalweg.terrain = (name, data) => waiting[name] && waiting[name].show(data);
  thalweg.viewers = () => [...document.querySelectorAll("[data-terrain]")].map((each) => each.viewer);

  const begin = (element) => { element.viewer ||= new Viewer(element); };
  const seen = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting) { seen.unobserve(entry.target); begin(entry.target); }
  }, { rootMargin: "300px" });
  document.querySelectorAll("[data-terrain]").forEach((each) => seen.observe(each));
})();
