import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';

/** Stands before a server. Shut, it drops whoever is connected and whoever comes: the server as seen from outside when it is down. */
export class TcpGate {
  private readonly sockets = new Set<Socket>();
  private isOpen = true;

  private constructor(
    private readonly server: Server,
    private readonly target: { hostname: string; port: string },
  ) {}

  static async open(target: URL): Promise<TcpGate> {
    const server = createServer();
    const gate = new TcpGate(server, { hostname: target.hostname, port: target.port });
    server.on('connection', (socket) => gate.passOn(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return gate;
  }

  /** The same URL, through the gate. */
  reroute(url: string): string {
    const rerouted = new URL(url);
    rerouted.hostname = '127.0.0.1';
    rerouted.port = String((this.server.address() as AddressInfo).port);
    return rerouted.href;
  }

  shut(): void {
    this.isOpen = false;
    for (const socket of this.sockets) socket.destroy();
  }

  reopen(): void {
    this.isOpen = true;
  }

  async close(): Promise<void> {
    this.shut();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private passOn(socket: Socket): void {
    if (!this.isOpen) return void socket.destroy();
    const upstream = connect(Number(this.target.port), this.target.hostname);
    for (const [one, other] of [
      [socket, upstream],
      [upstream, socket],
    ] as const) {
      this.sockets.add(one);
      one.on('error', () => undefined);
      one.on('close', () => {
        this.sockets.delete(one);
        other.destroy();
      });
      one.pipe(other);
    }
  }
}
