// SPDX-License-Identifier: MIT
// One emulated machine, for the page and for node: a terminal that a student
// types into (the serial port, which loses no key), and a line of the page's
// own (the virtio console), on which it asks. What v86 does is left to v86.
"use strict";

globalThis.Machine = class {
  // V86 is the class; options say where its program is, and what it restores
  // or boots. shows(bytes) gets what the terminal prints.
  constructor(V86, options, shows) {
    this.said = "";  // on the page's own line, since the last question
    this.emulator = new V86({
      memory_size: 128 << 20, vga_memory_size: 1 << 20, autostart: true,
      virtio_console: true, disable_speaker: true, disable_keyboard: true,
      disable_mouse: true,
      // A snapshot holds all bytes, but wants a disk of that size under it.
      hda: { buffer: new ArrayBuffer(56 << 20) }, ...options,
    });
    let bytes = [];
    this.emulator.add_listener("serial0-output-byte", byte => {
      if (bytes.push(byte) == 1)
        setTimeout(() => { shows(Uint8Array.from(bytes)); bytes = []; }, 5);
    });
    this.emulator.add_listener("virtio-console0-output-bytes", bytes => {
      this.said += new TextDecoder().decode(bytes);
      this.listen?.();
    });
    this.last = new Promise(resolve =>
      this.emulator.add_listener("emulator-started", resolve));
  }

  // What a key or a button sends, as a string.
  type(text) {
    this.emulator.serial_send_bytes(0, new TextEncoder().encode(text));
  }

  // A serial line has no size of its own: the machine is told.
  resize(columns, lines) {
    return this.ask(`stty -F /dev/ttyS0 cols ${columns} rows ${lines}`);
  }

  // Run a command beside the terminal: {status, text}. Fails after some
  // seconds: the machine may be lost. One at a time, each waits for its turn.
  ask(command, seconds = 60) {
    const mark = "@" + Math.random().toString(36).slice(2);
    const turn = this.last.then(() => new Promise((resolve, reject) => {
      this.said = "";
      this.listen = () => {
        const [, text, status] =
          this.said.match(`^([^]*)${mark} (\\d+)\\n`) ?? [];
        if (status) resolve({ status: +status, text });
      };
      setTimeout(() => reject(new Error(
        `no answer to: ${command}: ${this.said}`)), seconds * 1000);
      this.emulator.bus.send("virtio-console0-input-bytes",
        new TextEncoder().encode(`{ ${command}\n} 2>&1; echo "${mark} $?"\n`));
    }));
    this.last = turn.catch(() => {});
    return turn;
  }
};
