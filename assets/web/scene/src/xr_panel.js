// In VR, beside the seat: what a person must be told, buttons for a ray or a pinch, and the rays themselves.
// Drawn after the picture and without the eye's blur: it is the instrument's face, not part of the place.

import {
  BufferGeometry, CanvasTexture, Group, Line, LineBasicMaterial, Matrix4, Mesh, MeshBasicMaterial, PerspectiveCamera,
  PlaneGeometry, Scene, SRGBColorSpace, Vector3,
} from "three";

const PIXELS = 1024, SIDE_M = 0.9, AWAY_M = 1.3;
const ASIDE_RAD = 0.9, BELOW_RAD = 0.12; // right of mirrors and screens that matter, within a turn of the head
const RAY_M = 3;
const MARGIN = 40, LINE = 52, FONT = '38px "Noto Sans KR", sans-serif', ROW = 96, GAP = 12;
const INK = "#f2f4f7", PAPER = "#12161c", RAISED = "#2a3340", CHOSEN = "#2f6fdb";

export class Panel {
  constructor() {
    this.canvas = Object.assign(document.createElement("canvas"), { width: PIXELS, height: PIXELS });
    this.texture = new CanvasTexture(this.canvas);
    this.texture.colorSpace = SRGBColorSpace;
    this.texture.anisotropy = 4;
    const over = { depthTest: false, depthWrite: false };
    this.face = new Mesh(new PlaneGeometry(SIDE_M, SIDE_M), new MeshBasicMaterial({ map: this.texture, ...over }));
    this.face.matrixAutoUpdate = false;
    this.lines = new Group();
    this.scene = new Scene();
    this.scene.add(this.face, this.lines);
    this.line = new BufferGeometry().setFromPoints([new Vector3(), new Vector3(0, 0, -RAY_M)]);
    this.ink = new LineBasicMaterial({ color: INK, ...over });
    this.camera = new PerspectiveCamera();
    this.camera.matrixWorldAutoUpdate = false;
    this.said = "";
    this.rects = [];
  }

  // Beside a head (a matrix of the reference space, y up), facing it.
  place(head) {
    const at = new Vector3().setFromMatrixPosition(head), back = new Vector3().setFromMatrixColumn(head, 2);
    const yaw = Math.atan2(back.x, back.z) - ASIDE_RAD;
    this.face.matrix.makeRotationY(yaw).setPosition(at).multiply(new Matrix4().makeRotationX(-BELOW_RAD))
      .multiply(new Matrix4().makeTranslation(0, 0, -AWAY_M));
    this.inverse = this.face.matrix.clone().invert();
  }

  // The button under a ray; on the panel but on no button: {}; off the panel: null.
  hit({ origin, direction }) {
    if (!this.inverse || !origin) return null;
    const o = origin.clone().applyMatrix4(this.inverse), d = direction.clone().transformDirection(this.inverse), t = -o.z / d.z;
    const x = (o.x + t * d.x) / SIDE_M + 0.5, y = 0.5 - (o.y + t * d.y) / SIDE_M;
    if (!(t > 0) || x < 0 || x > 1 || y < 0 || y > 1) return null;
    return this.rects.find(({ box: [left, top, width, height] }) =>
      x * PIXELS >= left && x * PIXELS < left + width && y * PIXELS >= top && y * PIXELS < top + height)?.button ?? {};
  }

  rays(all) {
    while (this.lines.children.length < all.length) this.lines.add(new Line(this.line, this.ink));
    this.lines.children.forEach((line, i) => {
      line.visible = i < all.length;
      if (!line.visible) return;
      line.position.copy(all[i].origin);
      line.quaternion.setFromUnitVectors(new Vector3(0, 0, -1), all[i].direction);
    });
    const under = all.map((ray) => this.hit(ray)?.name).find(Boolean) ?? null;
    this.under = under;
  }

  // Write sentences and rows of buttons; the texture is made anew only when they change.
  show(sentences, rows) {
    const said = JSON.stringify([sentences, rows, this.under]);
    this.rects = this.laid(rows);
    if (said === this.said) return;
    this.said = said;
    this.write(sentences);
    this.texture.needsUpdate = true;
  }

  laid(rows) {
    return rows.flatMap((row, i) => {
      const top = PIXELS - MARGIN - (rows.length - i) * (ROW + GAP) + GAP, width = (PIXELS - 2 * MARGIN + GAP) / row.length - GAP;
      return row.map((button, j) => ({ button, box: [MARGIN + j * (width + GAP), top, width, ROW] }));
    });
  }

  write(sentences) {
    const pen = this.canvas.getContext("2d");
    pen.fillStyle = PAPER;
    pen.fillRect(0, 0, PIXELS, PIXELS);
    Object.assign(pen, { font: FONT, textBaseline: "middle", fillStyle: INK, textAlign: "left" });
    const space = Math.min(...this.rects.map(({ box }) => box[1])) - MARGIN, width = PIXELS - 2 * MARGIN;
    const lines = sentences.flatMap((text) => wrapped(pen, text, width)), step = Math.min(LINE, space / lines.length);
    lines.forEach((text, i) => pen.fillText(text, MARGIN, MARGIN + (i + 0.5) * step, width));
    pen.textAlign = "center";
    for (const { button, box: [left, top, wide, high] } of this.rects) {
      pen.fillStyle = button.on || button.name === this.under ? CHOSEN : RAISED;
      pen.beginPath();
      pen.roundRect(left, top, wide, high, 16);
      pen.fill();
      pen.fillStyle = INK;
      pen.fillText(button.text, left + wide / 2, top + high / 2, wide - 2 * GAP);
    }
  }

  draw(renderer, destination, { matrix, projectionMatrix, viewport }) {
    const { camera } = this;
    camera.matrixWorld.copy(matrix);
    camera.matrixWorldInverse.copy(matrix).invert();
    camera.projectionMatrix.copy(projectionMatrix);
    camera.projectionMatrixInverse.copy(projectionMatrix).invert();
    if (destination) destination.viewport.copy(viewport);
    renderer.setRenderTarget(destination);
    renderer.render(this.scene, camera);
  }
}

// A sentence in lines no wider than given; broken between words.
function wrapped(pen, text, width) {
  const lines = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line ? `${line} ${word}` : word;
    if (line && pen.measureText(longer).width > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}
