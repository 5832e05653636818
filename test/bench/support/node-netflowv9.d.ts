declare module 'node-netflowv9' {
  import type { Socket } from 'node:dgram';

  /** What the benchmarks use of node-netflowv9 0.2.16, which brings no types. */
  export default class NetFlowV9 {
    constructor(options: { readonly cb: (datagram: unknown) => void });
    readonly server: Socket;
    nfPktDecode(
      datagram: Buffer,
      sender: { readonly address: string; readonly port: number },
    ): { readonly flows: readonly { readonly in_bytes: number }[] } | undefined;
  }
}
