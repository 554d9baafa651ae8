import { connect, type Socket } from 'node:net';

/** Everything that Redis is told by anybody, as `MONITOR` shows it, across restarts. */
export class Monitor {
  private readonly chunks: string[] = [];
  private socket: Socket | undefined;
  private isStopped = false;

  constructor(private readonly port: number) {
    this.watch();
  }

  get text(): string {
    return this.chunks.join('');
  }

  stop(): void {
    this.isStopped = true;
    this.socket?.destroy();
  }

  private watch(): void {
    if (this.isStopped) return;
    this.socket = connect(this.port, '127.0.0.1', () => this.socket?.write('MONITOR\r\n'));
    this.socket.setEncoding('latin1');
    this.socket.on('data', (chunk: string) => this.chunks.push(chunk));
    this.socket.on('error', () => undefined);
    this.socket.on('close', () => setTimeout(() => this.watch(), 20).unref());
  }
}
