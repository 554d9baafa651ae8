// @ts-check
import { once } from 'node:events';
import { connect } from 'node:net';

/** One SMTP session (RFC 5321) in plain text, that can be stopped right before a mail's last byte. */
export class SmtpSession {
  /** @type {((reply: string) => void)[]} */
  #waiting = [];
  #buffered = '';
  #socket;

  /** @param {number} port on loopback */
  constructor(port) {
    this.#socket = connect(port, '127.0.0.1').setNoDelay(true).setEncoding('utf8');
    this.#socket.on('data', (/** @type {string} */ text) => {
      this.#buffered += text;
      for (let end = this.#buffered.indexOf('\r\n'); end >= 0; end = this.#buffered.indexOf('\r\n')) {
        const line = this.#buffered.slice(0, end);
        this.#buffered = this.#buffered.slice(end + 2);
        if (line[3] !== '-') this.#waiting.shift()?.(line);
      }
    });
  }

  async greet() {
    await this.#reply('220');
    await this.#command('EHLO bench.example', '250');
  }

  /** Everything but the end of the text. @param {string} to @param {string} mail */
  async begin(to, mail) {
    await this.#command('MAIL FROM:<bench@bench.example>', '250');
    await this.#command(`RCPT TO:<${to}>`, '250');
    await this.#command('DATA', '354');
    this.#socket.write(mail);
  }

  /** The end of the text; resolves when the mail was taken. */
  async end() {
    await this.#command('\r\n.', '250');
  }

  async quit() {
    await this.#command('QUIT', '221');
    if (!this.#socket.closed) await once(this.#socket.end(), 'close');
  }

  /** @param {string} line @param {string} expected */
  async #command(line, expected) {
    this.#socket.write(`${line}\r\n`);
    await this.#reply(expected);
  }

  /** @param {string} expected */
  async #reply(expected) {
    const reply = await new Promise((/** @type {(reply: string) => void} */ resolve) => this.#waiting.push(resolve));
    if (!reply.startsWith(expected)) throw new Error(`expected ${expected}, heard: ${reply}`);
  }
}
