// The scenery: ground, cut and paths as three.js draws them, lit by what was baked, coloured by a palette.
"use strict";

(function () {
  const SHADE = `
    vec3 shown(vec3 light) {
      vec3 c = clamp(light / (1.0 + 0.15 * light) * 1.15, 0.0, 1.0);
      return mix(12.92 * c, 1.055 * pow(c, vec3(1.0 / 2.4)) - 0.055, step(0.0031308, c));
    }
    vec3 lined(vec3 albedo, float line) {
      float bright = dot(albedo, vec3(0.2126, 0.7152, 0.0722));
      return mix(albedo, bright > 0.22 ? albedo * 0.5 : albedo * 1.9 + 0.012, 0.75 * line);
    }
    float lines(float level, float count) {
      float place = level * count, width = fwidth(place);
      float near = abs(fract(place - 0.5) - 0.5);
      float line = 1.0 - smoothstep(0.6 * width, 1.5 * width, near);
      return line * (1.0 - smoothstep(0.2, 0.6, width)) * step(0.5, place);
    }`;
  const GROUND = {
    vertex: `
      attribute vec4 about; attribute vec2 there;
      varying vec4 vAbout; varying vec2 vThere; varying vec2 vPlace;
      void main() {
        vAbout = about; vThere = there; vPlace = position.xy;
        gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
      }`,
    fragment: `
      uniform sampler2D palette; uniform vec3 sun, sky, corner; uniform vec2 radii;
      uniform float exposure, count, strength;
      varying vec4 vAbout; varying vec2 vThere; varying vec2 vPlace;
      ${SHADE}
      void main() {
        if (vThere.x < 0.5 || dot(vPlace, corner.xy) > corner.z || length(vPlace / radii) > 1.0) discard;
        vec3 albedo = texture2D(palette, vec2((vAbout.x * 255.0 + 0.5) / 256.0, 0.5)).rgb;
        albedo = mix(albedo, vec3(0.07), step(0.5, vThere.y));
        float line = lines(vAbout.y, count) * strength;
        vec3 light = sun * vAbout.z + sky * vAbout.w;
        gl_FragColor = vec4(shown(lined(albedo, line) * light * exposure), 1.0);
      }`,
  };
  const CUT = {
    vertex: `
      attribute float top; varying float vHeight, vTop; varying vec3 vNormal;
      void main() {
        vHeight = position.z; vTop = top; vNormal = normal;
        gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
      }`,
    fragment: `
      uniform sampler2D palette; uniform vec3 sun, sky, towards; uniform float exposure, count, strength, height;
      varying float vHeight, vTop; varying vec3 vNormal;
      ${SHADE}
      void main() {
        float level = clamp(vHeight / height, 0.0, 1.0), under = vTop - vHeight;
        vec3 albedo = texture2D(palette, vec2((level * 255.0 + 0.5) / 256.0, 0.5)).rgb;
        float line = lines(level, count) * strength, deep = exp(-under / 0.1);
        vec3 light = sun * 0.5 * max(0.0, dot(vNormal, towards)) + sky * 0.5;
        vec3 stone = mix(0.035 * (light + 0.25 * sky), lined(albedo, 0.6 * line) * light, 0.02 + 0.98 * deep);
        float rim = 1.0 - smoothstep(0.0, max(0.0022, 1.2 * fwidth(under)), under);
        gl_FragColor = vec4(shown((stone + rim * (0.35 * albedo + 0.1) * length(sky)) * exposure), 1.0);
      }`,
  };
  const WAY = {
    vertex: `
      attribute float place; varying float vPlace; varying vec3 vNormal;
      void main() {
        vPlace = place; vNormal = normalMatrix * normal;
        gl_Position = projectionMatrix * modelViewMatrix * vec4(position, 1.0);
        gl_Position.z -= 0.0012 * gl_Position.w; // else the ground, on a coarser mesh, would swallow it here and there
      }`,
    fragment: `
      uniform vec3 colour; uniform float head;
      varying float vPlace; varying vec3 vNormal;
      ${SHADE}
      void main() {
        float facing = clamp(normalize(vNormal).z, 0.0, 1.0);
        vec3 hot = mix(colour, vec3(1.0), 0.55 * facing * facing);
        bool walked = vPlace <= head;
        gl_FragColor = vec4(shown(hot * (walked ? 1.25 : 0.8)), walked ? 1.0 : 0.3);
      }`,
  };
  const SIDES = 8, HEAD = 2.1, QUICK = 120; // points along a side of a ground that is quick to draw

  // Returns a round line through the points of a path that are shown, with the place in the trajectory of each.
  function wayOf(path) {
    const position = [], normal = [], place = [], index = [];
    const point = (k) => new THREE.Vector3(path.points[3 * k], path.points[3 * k + 1], path.points[3 * k + 2]);
    const count = path.index.length, up = new THREE.Vector3(0, 0, 1);
    let before = -1;
    for (let k = 0; k < count; k++) {
      if (!path.shown[k]) { before = -1; continue; }
      const along = point(Math.min(count - 1, k + 1)).sub(point(Math.max(0, k - 1))).normalize();
      const side = new THREE.Vector3().crossVectors(along, up).normalize();
      if (!side.lengthSq()) side.set(1, 0, 0);
      const above = new THREE.Vector3().crossVectors(side, along), start = position.length / 3;
      for (let s = 0; s < SIDES; s++) {
        const turn = s / SIDES * 2 * Math.PI;
        const away = side.clone().multiplyScalar(Math.cos(turn)).addScaledVector(above, Math.sin(turn));
        const p = point(k).addScaledVector(away, path.radius).addScaledVector(up, 0.6 * path.radius);
        position.push(p.x, p.y, p.z); normal.push(away.x, away.y, away.z); place.push(path.index[k]);
        if (before >= 0) {
          const t = (s + 1) % SIDES;
          index.push(before + s, before + t, start + s, before + t, start + t, start + s);
        }
      }
      before = start;
    }
    const made = new THREE.BufferGeometry();
    made.setAttribute("position", new THREE.Float32BufferAttribute(position, 3));
    made.setAttribute("normal", new THREE.Float32BufferAttribute(normal, 3));
    made.setAttribute("place", new THREE.Float32BufferAttribute(place, 1));
    made.setIndex(index);
    return made;
  }

  // Returns where the head of a path is at a place in its trajectory, and whether it is shown there.
  function headOf(path, place) {
    let k = 1;
    while (k < path.index.length - 1 && path.index[k] < place) k++;
    const span = path.index[k] - path.index[k - 1] || 1, share = Math.min(1, Math.max(0, (place - path.index[k - 1]) / span));
    const mixed = [0, 1, 2].map((d) => path.points[3 * (k - 1) + d] * (1 - share) + path.points[3 * k + d] * share);
    return { at: mixed, shown: path.shown[share < 0.5 ? k - 1 : k] > 0 };
  }

  class Scenery {
    constructor(terrain) {
      this.terrain = terrain;
      this.scene = new THREE.Scene();
      this.palettes = terrain.parts.palettes.map((colours) => {
        const pixels = new Uint8Array(4 * 256).fill(255);
        for (let k = 0; k < 256; k++) pixels.set(colours.subarray(3 * k, 3 * k + 3), 4 * k);
        const texture = new THREE.DataTexture(pixels, 256, 1);
        texture.colorSpace = THREE.SRGBColorSpace;
        texture.magFilter = texture.minFilter = THREE.LinearFilter;
        texture.needsUpdate = true;
        return texture;
      });
      const [far, disc] = [1e9, terrain.body === "disc"];
      this.common = {
        palette: { value: this.palettes[0] }, exposure: { value: 1 },
        sun: { value: new THREE.Vector3(...terrain.sun.colour) }, sky: { value: new THREE.Vector3(...terrain.sky.colour) },
        towards: { value: new THREE.Vector3(...terrain.towards) }, height: { value: Math.max(terrain.height, 1e-6) },
        count: { value: terrain.contours.count },
        strength: { value: terrain.contours.strength },
        corner: { value: new THREE.Vector3(...(terrain.corner || [0, 0, far])) },
        radii: { value: new THREE.Vector2(...(disc ? [0.49, 0.49 * terrain.depth] : [far, far])) },
      };
      if (terrain.body !== "none") this.addGround();
      if (terrain.bottom < 0) this.addCut();
      this.ways = terrain.parts.paths.map((path) => this.addWay(path));
      this.dress(0);
    }

    material(shader, uniforms, more) {
      return new THREE.ShaderMaterial({ vertexShader: shader.vertex, fragmentShader: shader.fragment, uniforms, ...more });
    }

    addGround() {
      const made = new THREE.BufferGeometry(), ground = this.terrain.ground();
      made.setAttribute("position", new THREE.BufferAttribute(ground.position, 3));
      made.setAttribute("about", new THREE.BufferAttribute(ground.about, 4));
      made.setAttribute("there", new THREE.BufferAttribute(ground.there, 2));
      const most = Math.max(this.terrain.rows, this.terrain.columns), steps = [1, Math.max(1, Math.round(most / QUICK))];
      this.indices = steps.map((step) => new THREE.BufferAttribute(this.terrain.triangles(step), 1));
      this.ground = made;
      this.coarsen(false);
      this.scene.add(new THREE.Mesh(made, this.material(GROUND, this.common, { side: THREE.DoubleSide })));
    }

    // Draws the ground by fewer triangles, while it is turned where that is slow, or by all of them.
    coarsen(coarse) {
      if (this.ground) this.ground.setIndex(this.indices[coarse ? 1 : 0]);
    }

    addCut() {
      const made = new THREE.BufferGeometry(), cut = this.terrain.cut();
      made.setAttribute("position", new THREE.Float32BufferAttribute(cut.position, 3));
      made.setAttribute("normal", new THREE.Float32BufferAttribute(cut.normal, 3));
      made.setAttribute("top", new THREE.Float32BufferAttribute(cut.top, 1));
      made.setIndex(cut.index);
      this.scene.add(new THREE.Mesh(made, this.material(CUT, this.common, { side: THREE.DoubleSide })));
    }

    addWay(path) {
      const colour = { value: new THREE.Vector3() }, head = { value: 0 };
      const line = new THREE.Mesh(wayOf(path), this.material(WAY, { colour, head }, { transparent: true }));
      const bead = new THREE.Mesh(
        new THREE.SphereGeometry(HEAD * path.radius, 20, 14), new THREE.MeshBasicMaterial({ color: 0xffffff }));
      this.scene.add(line, bead);
      return { path, colour, head, line, bead, own: new THREE.Color(path.colour) };
    }

    // Lays another palette on the terrain; the light stays.
    dress(number) {
      const palette = this.terrain.palettes[number];
      this.common.palette.value = this.palettes[number];
      this.common.exposure.value = palette.exposure;
      this.ways.forEach((way, line) => {
        const own = number && !line ? palette.path : way.own.toArray();
        way.colour.value.set(...own);
        way.bead.material.color.setRGB(...own.map((part) => 0.35 * part + 0.65));
      });
    }

    // Shows the paths, or hides them.
    show(shown) {
      for (const way of this.ways) way.line.visible = way.bead.visible = shown;
    }

    // Puts the heads of all paths at a step.
    walk(step) {
      for (const way of this.ways) {
        const place = placeOf(way.path.steps, step), head = headOf(way.path, place);
        way.head.value = place;
        way.bead.position.set(...head.at);
        way.bead.visible = head.shown;
      }
    }

    dispose() {
      this.scene.traverse((each) => {
        if (each.geometry) each.geometry.dispose();
        if (each.material) each.material.dispose();
      });
      this.palettes.forEach((each) => each.dispose());
    }
  }

  // Returns the place in a trajectory at a step, between its logged ones.
  function placeOf(steps, step) {
    if (step <= steps[0]) return 0;
    let k = 1;
    while (k < steps.length && steps[k] < step) k++;
    if (k >= steps.length) return steps.length - 1;
    return k - 1 + (step - steps[k - 1]) / (steps[k] - steps[k - 1]);
  }

  thalweg.Scenery = Scenery;
  thalweg.placeOf = placeOf;
})();
